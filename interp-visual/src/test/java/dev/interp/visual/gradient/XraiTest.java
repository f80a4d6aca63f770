package dev.interp.visual.gradient;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class XraiTest {
  private static final int SIDE = 16;

  private static Xrai form(boolean fast) {
    Xrai method = Xrai.withDefaults().withSteps(3);
    return fast ? method.fast() : method;
  }

  private static final double[] MAP = {4, 4, 1, 5, -2};
  private static final List<int[]> MASKS =
      List.of(new int[] {0, 1, 2}, new int[] {0, 1}, new int[] {2, 3});

  /** Means are 3, 4 and 3; after {0, 1} is taken they are 1 and 3. */
  @Test
  void the_full_form_always_takes_the_largest_mean_of_what_is_free() {
    assertThat(Xrai.gather(MAP, MASKS, 1, false)).containsExactly(4, 4, 3, 3, -2);
  }

  /** The order by the first means is {0, 1}, {0, 1, 2}, {2, 3}. */
  @Test
  void the_fast_form_keeps_the_order_of_the_first_means() {
    assertThat(Xrai.gather(MAP, MASKS, 1, true)).containsExactly(4, 4, 1, 5, -2);
  }

  @Test
  void regions_that_add_too_little_are_left_out() {
    assertThat(Xrai.gather(MAP, MASKS, 2, true)).containsExactly(4, 4, 3, 3, -2);
    // Only the first region is large enough, the rest shares its mean.
    assertThat(Xrai.gather(MAP, MASKS, 3, false)).containsExactly(3, 3, 3, 1.5, 1.5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void the_map_sums_to_what_integrated_gradients_sum_to(boolean fast) {
    INDArray weights = gaussian(DataType.DOUBLE, 4, 2L * SIDE * SIDE, 1);
    Network network = SmallNets.linear(weights, Nd4j.zeros(DataType.DOUBLE, 1), 2, SIDE, SIDE);
    INDArray x = gaussian(DataType.DOUBLE, 5, 3, 2, SIDE, SIDE);
    INDArray black = x.min(true, 2, 3);
    INDArray white = x.max(true, 2, 3);
    Attribution gathered = form(fast).attribute(network, x, Target.ofClass(0));
    Attribution gradients =
        IntegratedGradients.withDefaults()
            .withSteps(3)
            .withBaselines(List.of(Baseline.array(black), Baseline.array(white)))
            .attribute(network, x, Target.ofClass(0));
    assertThat(gathered.values().shape()).containsExactly(3, 1, SIDE, SIDE);
    for (int i = 0; i < 3; i++) {
      assertThat(gathered.values().slice(i).sumNumber().doubleValue())
          .isCloseTo(gradients.values().slice(i).sumNumber().doubleValue(), within(1e-9));
      assertThat(gathered.completenessGaps().get(i)).isCloseTo(0, within(1e-9));
    }
  }

  @Test
  void batches_are_as_singles_and_the_form_is_told() {
    INDArray weights = gaussian(DataType.DOUBLE, 4, 2L * SIDE * SIDE, 1);
    Network network = SmallNets.linear(weights, Nd4j.zeros(DataType.DOUBLE, 1), 2, SIDE, SIDE);
    INDArray x = gaussian(DataType.DOUBLE, 5, 2, 2, SIDE, SIDE);
    INDArray both = form(true).attribute(network, x, Target.ofClass(0)).values();
    INDArray second = Nd4j.stack(0, x.slice(1));
    INDArray alone = form(true).attribute(network, second, Target.ofClass(0)).values();
    assertClose(Nd4j.stack(0, both.slice(1)), alone, 1e-12);
    assertThat(form(true).settings()).containsEntry("form", "fast").containsEntry("steps", "3");
    assertThat(form(false).settings()).containsEntry("baseline", "black; white");
  }
}
