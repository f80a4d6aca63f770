package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

final class RandomisationTest {
  private static final INDArray X =
      Tensors.gaussian(org.nd4j.linalg.api.buffer.DataType.DOUBLE, 3, 1, 2, 7, 5);

  /** Looks at one layer's parameters only: rising while they are the learned ones, else falling. */
  private static Attributor loyalTo(String layer) {
    double first = weight(SmallNets.convolutional(), layer);
    return Hand.reading(
        (network, x) -> {
          INDArray rising = Tensors.counting(1, 1, 7, 5);
          return weight(network, layer) == first ? rising : rising.neg();
        });
  }

  private static double weight(Network network, String layer) {
    return network.nodes().stream()
        .filter(n -> n.name().equals(layer))
        .mapToDouble(n -> n.op().parameters().get(0).getDouble(0))
        .findFirst()
        .orElseThrow();
  }

  private static double judged(Metric metric, Attributor method) {
    return score(metric, Hand.explained(SmallNets.convolutional(), method, X, 1));
  }

  @Test
  void layers_forget_from_the_end_that_is_named() {
    Attributor first = loyalTo("conv1");
    Attributor last = loyalTo("logits");
    // Three layers, one a stage. From the top the first layer is whole in two stages of three.
    assertThat(judged(Randomisation.topDown(), first)).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(judged(Randomisation.topDown(), last)).isCloseTo(-1, within(1e-12));
    assertThat(judged(Randomisation.bottomUp(), first)).isCloseTo(-1, within(1e-12));
    assertThat(judged(Randomisation.bottomUp(), last)).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(judged(Randomisation.smooth().withSamples(2, 0.1), last))
        .isCloseTo(-1, within(1e-12));
    // Two stages: the upper layer (of three, rounded down), then all.
    assertThat(judged(Randomisation.topDown().withStages(2), first)).isCloseTo(0, within(1e-12));
  }

  @Test
  void a_map_that_ignores_the_network_is_found_out() {
    Attributor edges = Hand.reading((network, x) -> x.dup());
    assertThat(judged(Randomisation.topDown(), edges)).isCloseTo(1, within(1e-12));
    assertThat(judged(Randomisation.bottomUp(), edges)).isCloseTo(1, within(1e-12));
    assertThat(judged(Randomisation.smooth(), edges)).isCloseTo(1, within(1e-12));
    assertThat(judged(Randomisation.efficient(), edges)).isZero();
    assertThat(judged(Randomisation.randomLogit(), edges)).isCloseTo(1, within(1e-12));
  }

  @Test
  void efficient_is_the_relative_rise_of_the_entropy() {
    double first = weight(SmallNets.convolutional(), "conv1");
    // Two values in equal number, then five: log 2, then log 5.
    Attributor method =
        Hand.reading(
            (network, x) -> {
              boolean learned = weight(network, "conv1") == first;
              INDArray map = Tensors.counting(1, 1, 7, 5);
              for (int p = 0; p < 35; p++) {
                map.putScalar(new long[] {0, 0, p / 5, p % 5}, learned ? (p < 7 ? 1 : 0) : p % 5);
              }
              return map;
            });
    double before = -(0.2 * Math.log(0.2) + 0.8 * Math.log(0.8));
    assertThat(judged(Randomisation.efficient(), method))
        .isCloseTo((Math.log(5) - before) / before, within(1e-12));
  }

  @Test
  void random_logit_compares_with_another_class() {
    // Two classes of opposite weights: the other class's map is the reverse.
    Network network =
        Network.builder(1, 2, 2)
            .add(
                "flat",
                new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
            .add(
                "logits",
                new Op.Dense(Tensors.array(new long[] {4, 2}, 1, -1, 2, -2, 3, -3, 4, -4), null))
            .build();
    Examples examples =
        Hand.explained(network, Hand.gradient(true), Hand.picture(2, 2, 1, 1, 1, 1), 1);
    assertThat(score(Randomisation.randomLogit(), examples)).isCloseTo(-1, within(1e-12));
  }

  @Test
  void only_the_layers_named_forget() {
    Network network = SmallNets.convolutional();
    assertThat(RandomisedNetwork.layers(network)).containsExactly("conv1", "conv2", "logits");
    String before = network.fingerprint();
    Network random = RandomisedNetwork.of(network, Set.of("conv2"), 5);
    assertThat(weight(random, "conv1")).isEqualTo(weight(network, "conv1"));
    assertThat(weight(random, "conv2")).isNotEqualTo(weight(network, "conv2"));
    assertThat(network.fingerprint()).isEqualTo(before).isNotEqualTo(random.fingerprint());
    assertThat(RandomisedNetwork.of(network, Set.of("conv2"), 5).fingerprint())
        .isEqualTo(random.fingerprint());
    Network both = RandomisedNetwork.of(network, Set.of("conv2", "logits"), 5);
    assertThat(weight(both, "conv2")).isEqualTo(weight(random, "conv2"));
    assertThat(random.logits()).isEqualTo(network.logits());
    assertThatThrownBy(() -> RandomisedNetwork.of(network, Set.of("relu1"), 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("conv1, conv2, logits");
  }
}
