package dev.interp.visual.perturbation;

import static dev.interp.core.testkit.Tensors.array;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Two channels, the second one twice the first; the logits are their means. */
class OcclusionSensitivityTest {
  private static final OcclusionSensitivity METHOD =
      OcclusionSensitivity.withDefaults().withWindow(1, 1);
  private static final INDArray X = array(new long[] {1, 1, 2, 2}, 4, 0, -4, 8);

  private static Network network() {
    return Network.builder(1, 2, 2)
        .add(
            "maps",
            new Op.Convolution(
                Nd4j.createFromArray(1.0, 2.0).reshape(2, 1, 1, 1), null, Window.of(1, 1, 0), 1))
        .add("logits", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("classes", new Op.Softmax())
        .build();
  }

  /** Logits are (2, 4); hiding 4, 0, −4 and 8 takes (1, 2), 0, −(1, 2) and (2, 4) away. */
  @Test
  void three_forms_by_hand() {
    OcclusionSensitivity.Maps maps = METHOD.run(network(), X, "maps", 1);

    assertThat(maps.rows()).isEqualTo(2);
    assertThat(maps.columns()).isEqualTo(2);
    assertThat(maps.channel()).isEqualTo(1);
    assertThat(maps.total()).isEqualTo(16);
    assertThat(maps.totals()).containsExactly(8.0, 16.0, 24.0, 0.0);
    assertThat(maps.probability()).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-12));
    double[] odds = {1, 2, 3, 0};
    for (int i = 0; i < 4; i++) {
      assertThat(maps.probabilities().get(i))
          .isCloseTo(1 / (1 + Math.exp(-odds[i])), within(1e-12));
    }
    assertThat(maps.labels().subList(0, 3)).containsExactly(1, 1, 1);
    // Under −20 in the place of the 8 the means are −5 and −10.
    OcclusionSensitivity.Maps dark =
        METHOD.withBaseline(Baseline.constant(-20)).run(network(), X, "maps", 0);
    assertThat(dark.labels()).containsExactly(0, 0, 0, 0);
    assertThat(dark.totals().get(3)).isEqualTo(-40);
  }

  @Test
  void wrong_use_is_told() {
    Network network = network();
    assertThatThrownBy(() -> METHOD.run(network, Nd4j.concat(0, X, X), "maps", 0))
        .hasMessageContaining("one picture");
    assertThatThrownBy(() -> METHOD.run(network, X, "logits", 0))
        .hasMessageContaining("'logits' is [2]");
    assertThatThrownBy(() -> METHOD.run(network, X, "maps", 2)).hasMessageContaining("[0, 2)");
    assertThatThrownBy(() -> METHOD.withWindow(3, 1).run(network, X, "maps", 0))
        .hasMessageContaining("must fit");
    assertThatThrownBy(() -> METHOD.withProgress((done, total) -> false).run(network, X, "maps", 0))
        .isInstanceOf(CancellationException.class);
  }

  /** Hiding the 4 lowers one place of both maps, hiding the −4 raises another one. */
  @Test
  void signs_of_changes_are_compared() {
    INDArray two = Nd4j.concat(0, X, X);
    IntPredicate four = k -> k == 0;
    IntPredicate minus = k -> k == 2;
    IntPredicate eight = k -> k == 3;
    assertThat(difference("maps", two, four, four)).isZero();
    assertThat(difference("maps", two, four, minus)).isEqualTo(0.5);
    // In the means a place is nothing and a sign all.
    assertThat(difference("logits", two, four, minus)).isEqualTo(1);
    assertThat(difference("logits", two, four, eight)).isZero();
    // The pairs of three: none, half, half.
    assertThat(difference("maps", Nd4j.concat(0, X, X, X), four, four, minus))
        .isCloseTo(1 / 3.0, within(1e-12));
    assertThatThrownBy(() -> difference("maps", two, four, k -> k == 1))
        .hasMessageContaining("picture 1 must change 'maps'");
    assertThatThrownBy(() -> difference("maps", two, four)).hasMessageContaining("1 parts");
    assertThatThrownBy(() -> difference("maps", X, four)).hasMessageContaining("at least 2");
  }

  private static double difference(String layer, INDArray x, IntPredicate... hidden) {
    return PartCorrespondence.difference(network(), layer, x, List.of(hidden), Baseline.zero());
  }
}
