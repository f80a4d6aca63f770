package dev.interp.visual.perturbation;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.counting;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ShapleyTest {
  private static final Segmentation FOUR = Segmentation.grid(2, 2);
  private static final ShapleyExact EXACT = ShapleyExact.withDefaults().withSegments(FOUR);
  private static final KernelShap KERNEL = KernelShap.withDefaults().withSegments(FOUR);
  private static final ShapleySampling SAMPLING =
      ShapleySampling.withDefaults().withSegments(FOUR).withSamples(7);

  static List<Attributor> methods() {
    return List.of(EXACT, KERNEL, KERNEL.withSamples(12), SAMPLING);
  }

  private static INDArray pictures() {
    return gaussian(DataType.DOUBLE, 9, 2, 2, 7, 5);
  }

  /** One value of each of the four parts. */
  private static double[] corners(INDArray map, int example) {
    long h = map.size(2) - 1;
    long w = map.size(3) - 1;
    return new double[] {
      map.getDouble(example, 0, 0, 0),
      map.getDouble(example, 0, 0, w),
      map.getDouble(example, 0, h, 0),
      map.getDouble(example, 0, h, w)
    };
  }

  /** Two players are worth 6 and 0 alone, 10 together. */
  @Test
  void a_game_solved_by_hand() {
    assertThat(ShapleyExact.shapley(new double[] {0, 6, 0, 10}, 2)).containsExactly(8, 2);
    assertThat(ShapleyExact.shapley(new double[] {3, 5}, 1)).containsExactly(2);
  }

  @Test
  void all_coalitions_of_the_kernel_give_the_exact_values() {
    Network network = SmallNets.convolutional();
    for (Baseline baseline : List.of(Baseline.zero(), Baseline.mean())) {
      Attribution exact =
          EXACT.withBaseline(baseline).attribute(network, pictures(), Target.ofClass(1));
      Attribution kernel =
          KERNEL.withBaseline(baseline).attribute(network, pictures(), Target.ofClass(1));
      assertClose(kernel.values(), exact.values(), 1e-12);
      assertThat(kernel.provenance().forwards()).isEqualTo(16);
      assertThat(exact.provenance().forwards()).isEqualTo(16);
      assertThat(exact.provenance().backwards()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void values_sum_to_the_difference_of_the_outputs(Attributor method) {
    Network network = SmallNets.convolutional();
    Attribution result = method.attribute(network, pictures(), Target.ofClass(2));
    double[] empty = network.logits(Nd4j.zeros(DataType.DOUBLE, 1, 2, 7, 5)).toDoubleVector();
    for (int i = 0; i < 2; i++) {
      double sum = Arrays.stream(corners(result.values(), i)).sum();
      assertThat(sum).isCloseTo(result.outputs().get(i) - empty[2], within(1e-10));
      assertThat(result.completenessGaps().get(i)).isCloseTo(0, within(1e-10));
    }
  }

  /** On a linear net every order adds the same, so every method is exact. */
  @ParameterizedTest
  @MethodSource("methods")
  void a_linear_net_gives_the_sum_of_weight_times_value(Attributor method) {
    Network network = SmallNets.linear(counting(16, 1), Nd4j.ones(DataType.DOUBLE, 1), 1, 4, 4);
    INDArray x = gaussian(DataType.DOUBLE, 4, 1, 1, 4, 4);
    double[] expected = new double[4];
    for (int i = 0; i < 16; i++) {
      expected[i / 8 * 2 + i % 4 / 2] += (i + 1) * x.getDouble(0, 0, i / 4, i % 4);
    }
    double[] found = corners(method.attribute(network, x, Target.ofClass(0)).values(), 0);
    assertThat(found).containsExactly(expected, within(1e-9));
  }

  /** The weights of the right half are zero, and top and bottom of the left are mirrored. */
  @Test
  void players_alike_get_alike_and_those_without_effect_nothing() {
    INDArray weights = gaussian(DataType.DOUBLE, 3, 16, 3);
    for (int i = 0; i < 16; i++) {
      for (int k = 0; k < 3; k++) {
        int twin = i < 8 ? i : (15 - i) / 4 * 4 + i % 4;
        weights.putScalar(i, k, i % 4 >= 2 ? 0 : weights.getDouble(twin, k));
      }
    }
    Network network =
        Network.builder(1, 4, 4)
            .add(
                "flat",
                new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
            .add("hidden", new Op.Dense(weights, null))
            .add("relu", new Op.Activation(Activation.RELU.getActivationFunction()))
            .add("y", new Op.Dense(array(new long[] {3, 1}, 1, -2, 3), null))
            .build();
    INDArray half = gaussian(DataType.DOUBLE, 5, 1, 1, 2, 4);
    INDArray x = Nd4j.concat(2, half, Nd4j.reverse(half.dup()));
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        x.putScalar(new int[] {0, 0, i, j}, half.getDouble(0, 0, i < 2 ? i : 3 - i, j));
      }
    }
    for (Attributor method : List.of(EXACT, KERNEL)) {
      double[] found = corners(method.attribute(network, x, Target.ofClass(0)).values(), 0);
      assertThat(found[0]).isNotZero().isCloseTo(found[2], within(1e-10));
      assertThat(found[1]).isCloseTo(0, within(1e-10));
      assertThat(found[3]).isCloseTo(0, within(1e-10));
    }
    double[] sampled = corners(SAMPLING.attribute(network, x, Target.ofClass(0)).values(), 0);
    assertThat(sampled[1]).isCloseTo(0, within(1e-10));
  }

  @Test
  void many_samples_come_near_the_exact_values() {
    Network network = SmallNets.convolutional();
    INDArray exact = EXACT.attribute(network, pictures(), Target.ofClass(0)).values();
    INDArray sampled =
        SAMPLING.withSamples(2000).attribute(network, pictures(), Target.ofClass(0)).values();
    assertClose(sampled, exact, 0.05);
    Segmentation nine = Segmentation.grid(3, 3);
    assertClose(
        KERNEL
            .withSegments(nine)
            .withSamples(400)
            .attribute(network, pictures(), Target.ofClass(0))
            .values(),
        EXACT.withSegments(nine).attribute(network, pictures(), Target.ofClass(0)).values(),
        0.05);
  }

  @Test
  void another_seed_draws_other_coalitions() {
    Network network = SmallNets.convolutional();
    KernelShap drawn = KERNEL.withSegments(Segmentation.grid(3, 3)).withSamples(40);
    for (SampledMethod<?> method : List.of(drawn, SAMPLING)) {
      byte[] one = bytes(method.attribute(network, pictures(), Target.ofClass(0)).values());
      byte[] two =
          bytes(method.withSeed(1).attribute(network, pictures(), Target.ofClass(0)).values());
      assertThat(two).isNotEqualTo(one);
    }
  }

  /** Sizes one and eight of nine fit into 20 as a whole; two are drawn, a pair. */
  @Test
  void coalitions_of_the_kernel() {
    Map<BitSet, Double> few = KernelShap.coalitions(9, new Draws(20, 0));
    assertThat(few).hasSizeLessThanOrEqualTo(20);
    assertThat(few.keySet().stream().filter(s -> s.cardinality() == 1)).hasSize(9);
    assertThat(few.keySet().stream().filter(s -> s.cardinality() == 8)).hasSize(9);
    assertThat(few.values().stream().mapToDouble(Double::doubleValue).sum())
        .isCloseTo(1, within(1e-12));
    Map<BitSet, Double> all = KernelShap.coalitions(4, new Draws(14, 0));
    assertThat(all).hasSize(14);
    // (M − 1) / (choose(M, s) s (M − s)): 3/(4·3) for size one and 3/(6·4) for size two.
    double one = all.getOrDefault(BitSet.valueOf(new long[] {1}), 0.0);
    double two = all.getOrDefault(BitSet.valueOf(new long[] {3}), 0.0);
    assertThat(one / two).isCloseTo(2, within(1e-12));
    assertThat(KernelShap.coalitions(1, new Draws(5, 0))).isEmpty();
  }

  @Test
  void a_single_part_gets_the_whole_difference() {
    Network network = SmallNets.convolutional();
    for (CoveredMethod<?> method : List.of(EXACT, KERNEL, SAMPLING)) {
      Attribution result =
          method
              .withSegments(Segmentation.grid(1, 1))
              .attribute(network, pictures(), Target.ofClass(1));
      assertThat(result.provenance().forwards()).isEqualTo(2);
      double empty = network.logits(Nd4j.zeros(DataType.DOUBLE, 1, 2, 7, 5)).getDouble(1);
      assertThat(result.values().getDouble(1, 0, 3, 3))
          .isCloseTo(result.outputs().get(1) - empty, within(1e-12));
    }
  }

  @Test
  void too_many_segments_are_refused_before_work() {
    PassCounter passes = new PassCounter();
    Network network = SmallNets.convolutional().counting(passes);
    assertThatThrownBy(
            () ->
                EXACT
                    .withSegments(Segmentation.grid(6, 3))
                    .attribute(network, pictures(), Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "exact Shapley values take at most 16 segments (2^16 forward passes), but grid 6×3"
                + " gives 18; use fewer segments, kernel-shap or shapley-sampling");
    assertThatThrownBy(
            () ->
                KERNEL
                    .withSegments(Segmentation.mask(Nd4j.zeros(6, 5)))
                    .attribute(network, pictures(), Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the mask must be [H, W], [C, H, W] or [N, C, H, W]");
    assertThat(passes.forwards()).isZero();
    assertThatThrownBy(() -> KERNEL.withSamples(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("samples must be at least 1, was 0");
    assertThatThrownBy(() -> KERNEL.withBatchSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was 0");
  }
}
