package dev.interp.visual.gradient;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PathMethodsTest {
  private static final INDArray WEIGHTS = gaussian(DataType.DOUBLE, 1, 60, 3);
  private static final INDArray X = gaussian(DataType.DOUBLE, 3, 2, 2, 6, 5);

  private static Network linear() {
    return SmallNets.linear(WEIGHTS, gaussian(DataType.DOUBLE, 2, 3), 2, 6, 5);
  }

  private static INDArray weights(int example) {
    return WEIGHTS.getColumn(2).reshape(1, 2, 6, 5).broadcast(example, 2, 6, 5);
  }

  private static Attribution explain(Attributor method) {
    return method.attribute(linear(), X, Target.ofClass(2));
  }

  private static void assertComplete(Attribution result) {
    assertThat(result.completenessGaps())
        .hasSize(2)
        .allSatisfy(gap -> assertThat(gap).isCloseTo(0, within(1e-11)));
  }

  // ---------------------------------------------------------------- integrated gradients

  @Test
  void several_baselines_give_the_mean_over_them() {
    List<Baseline> baselines =
        List.of(Baseline.zero(), Baseline.constant(1, -2), Baseline.array(input().mul(0.5)));
    IntegratedGradients method = IntegratedGradients.withDefaults().withSteps(3);
    Attribution together =
        method
            .withBaselines(baselines)
            .attribute(SmallNets.convolutional(), input(), Target.ofClass(1));
    INDArray expected = Nd4j.zeros(DataType.DOUBLE, 2, 2, 7, 5);
    double[] gaps = new double[2];
    for (Baseline baseline : baselines) {
      Attribution one =
          method
              .withBaseline(baseline)
              .attribute(SmallNets.convolutional(), input(), Target.ofClass(1));
      expected.addi(one.values().div(3));
      for (int i = 0; i < 2; i++) {
        gaps[i] += one.completenessGaps().get(i) / 3;
      }
    }
    assertClose(together.values(), expected, 1e-13);
    assertThat(together.completenessGaps().get(0)).isCloseTo(gaps[0], within(1e-11));
    assertThat(together.completenessGaps().get(1)).isCloseTo(gaps[1], within(1e-11));
    assertThat(together.provenance().forwards()).isEqualTo(3 * 3 + 1 + 3);
    assertThat(together.provenance().backwards()).isEqualTo(3 * 3);
  }

  private static INDArray input() {
    return gaussian(DataType.DOUBLE, 3, 2, 2, 7, 5);
  }

  @ParameterizedTest
  @EnumSource
  void without_inputs_a_linear_network_gives_its_weights(Quadrature rule) {
    Attribution result =
        explain(IntegratedGradients.withDefaults().withQuadrature(rule).withoutInputs());
    assertClose(result.values(), weights(2), 1e-13);
    assertThat(result.completenessGaps()).isEmpty();
  }

  @Test
  void no_baseline_is_refused() {
    assertThatThrownBy(() -> IntegratedGradients.withDefaults().withBaselines(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the number of baselines must be at least 1, was 0");
  }

  // ---------------------------------------------------------------- expected gradients

  @Test
  void expected_gradients_of_a_linear_network_lead_from_the_mean_reference() {
    INDArray references = gaussian(DataType.DOUBLE, 8, 4, 2, 6, 5);
    Attribution result =
        explain(ExpectedGradients.withDefaults().withReferences(references).withSamples(8));
    INDArray mean = references.mean(true, 0).broadcast(X.shape());
    assertClose(result.values(), X.sub(mean).mul(weights(2)), 1e-13);
    assertComplete(result);
    assertThat(result.provenance().forwards()).isEqualTo(8 + 1 + 4);
    assertThat(result.provenance().backwards()).isEqualTo(8);
  }

  @Test
  void expected_gradients_come_close_to_integrated_gradients() {
    INDArray x = gaussian(DataType.DOUBLE, 5, 1, 1, 2, 3);
    INDArray exact =
        IntegratedGradients.withDefaults()
            .attribute(SmallNets.smooth(), x, Target.ofClass(0))
            .values();
    ExpectedGradients method = ExpectedGradients.withDefaults().withSamples(400);
    Attribution sampled = method.attribute(SmallNets.smooth(), x, Target.ofClass(0));
    assertClose(sampled.values(), exact, 1e-3);
    assertThat(sampled.completenessGaps().get(0)).isCloseTo(0, within(1e-3)).isNotZero();
  }

  @Test
  void the_seed_decides_the_draws() {
    ExpectedGradients method = ExpectedGradients.withDefaults().withSamples(5);
    INDArray first = smooth(method.withSeed(3));
    assertSameBits(smooth(method.withSeed(3)), first);
    assertThat(bytes(smooth(method.withSeed(4)))).isNotEqualTo(bytes(first));
  }

  private static INDArray smooth(Attributor method) {
    INDArray x = gaussian(DataType.DOUBLE, 5, 1, 1, 2, 3);
    return method.attribute(SmallNets.smooth(), x, Target.ofClass(0)).values();
  }

  @Test
  void references_that_do_not_fit_are_refused() {
    INDArray references = gaussian(DataType.DOUBLE, 8, 4, 2, 5, 6);
    assertThatThrownBy(() -> explain(ExpectedGradients.withDefaults().withReferences(references)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the baseline must be [2, 2, 6, 5] or have 1 for the batch or for height and width,"
                + " was [1, 2, 5, 6]");
  }

  // ---------------------------------------------------------------- blur integrated gradients

  @Test
  void blur_of_a_linear_network_is_weight_times_what_the_blur_takes() {
    BlurIntegratedGradients method =
        BlurIntegratedGradients.withDefaults().withMaxSigma(1.5).withSteps(4);
    Attribution result = explain(method);
    assertClose(result.values(), X.sub(blurred(X, 1.5)).mul(weights(2)), 1e-12);
    assertComplete(result);
    Attribution rooted = explain(method.withRootedSigmas());
    assertClose(rooted.values(), X.sub(blurred(X, Math.sqrt(1.5))).mul(weights(2)), 1e-12);
    assertThat(rooted.provenance().settings().get("sqrt")).isEqualTo("true");
  }

  /** The sum over a window of weights that are one in all, zero beyond the border. */
  private static INDArray blurred(INDArray x, double sigma) {
    int radius = (int) (4 * sigma + 0.5);
    double total = 0;
    for (int d = -radius; d <= radius; d++) {
      total += Math.exp(-d * d / (2 * sigma * sigma));
    }
    INDArray result = Nd4j.zeros(DataType.DOUBLE, x.shape());
    for (int p = 0; p < 4; p++) {
      for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 5; j++) {
          double sum = 0;
          for (int a = 0; a < 6; a++) {
            for (int b = 0; b < 5; b++) {
              if (Math.abs(a - i) <= radius && Math.abs(b - j) <= radius) {
                double d = (a - i) * (a - i) + (b - j) * (b - j);
                sum +=
                    Math.exp(-d / (2 * sigma * sigma))
                        / (total * total)
                        * x.getDouble(p / 2, p % 2, a, b);
              }
            }
          }
          result.putScalar(new int[] {p / 2, p % 2, i, j}, sum);
        }
      }
    }
    return result;
  }

  @Test
  void pictures_are_needed_for_blur_and_regions() {
    Network network = SmallNets.linear(WEIGHTS, Nd4j.zeros(DataType.DOUBLE, 3), 60);
    INDArray x = X.reshape(2, 60);
    assertThatThrownBy(
            () -> BlurIntegratedGradients.withDefaults().attribute(network, x, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("blur integrated gradients need pictures [N, C, H, W], was [2, 60]");
    assertThatThrownBy(() -> Xrai.withDefaults().attribute(network, x, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("XRAI needs pictures [N, C, H, W], was [2, 60]");
  }

  // ---------------------------------------------------------------- guided integrated gradients

  @Test
  void a_guided_path_ends_at_the_picture() {
    Attribution result =
        explain(
            GuidedIntegratedGradients.withDefaults()
                .withSteps(7)
                .withBaseline(Baseline.constant(0.3)));
    assertClose(result.values(), X.sub(0.3).mul(weights(2)), 1e-12);
    assertComplete(result);
  }

  @Test
  void without_freedom_the_path_is_straight() {
    INDArray guided =
        smooth(GuidedIntegratedGradients.withDefaults().withSteps(9).withMaxDistance(0));
    INDArray straight =
        smooth(
            IntegratedGradients.withDefaults()
                .withSteps(10)
                .withQuadrature(Quadrature.RIEMANN_TRAPEZOID));
    assertClose(guided, straight, 1e-13);
  }

  /**
   * y = 3 a + b + a b from (0, 0) to (1, 1) in two steps, one value at a time, both free to go all
   * the way: b reacts least at the start (1 against 3) and moves alone, then a at 3 + 1.
   */
  @Test
  void what_the_output_reacts_to_least_moves_first() {
    Network network =
        Network.builder(2)
            .add("a", new Op.Subset(0, 1), Network.INPUT)
            .add("b", new Op.Subset(1, 2), Network.INPUT)
            .add("ab", new Op.Elementwise(Op.Combination.MULTIPLY), "a", "b")
            .add("flat", new Op.Dense(array(new long[] {2, 1}, 3, 1), null), Network.INPUT)
            .add("y", new Op.Elementwise(Op.Combination.ADD), "flat", "ab")
            .build()
            .withPrecision(DataType.DOUBLE);
    Attribution result =
        GuidedIntegratedGradients.withDefaults()
            .withSteps(2)
            .withFraction(0.5)
            .withMaxDistance(1)
            .attribute(network, array(new long[] {1, 2}, 1, 1), Target.ofClass(0));
    assertThat(numbers(result.values())).containsExactly(4, 1);
    assertThat(result.completenessGaps()).containsExactly(0.0);
  }

  @Test
  void the_number_of_a_rank_is_that_of_the_sorted_array() {
    Random random = new Random(4);
    for (int n : new int[] {1, 2, 3, 10, 101}) {
      double[] numbers = random.doubles(n).map(u -> Math.rint(8 * u)).toArray();
      double[] sorted = numbers.clone();
      Arrays.sort(sorted);
      for (int rank = 0; rank < n; rank++) {
        assertThat(GuidedIntegratedGradients.smallest(rank, numbers.clone()))
            .isEqualTo(sorted[rank]);
      }
    }
  }

  @Test
  void guided_settings_are_checked() {
    GuidedIntegratedGradients method = GuidedIntegratedGradients.withDefaults();
    assertThatThrownBy(() -> method.withFraction(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the fraction must be in (0, 1], was 0.0");
    assertThatThrownBy(() -> method.withMaxDistance(1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the largest distance must be in [0, 1], was 1.5");
    assertThatThrownBy(() -> BlurIntegratedGradients.withDefaults().withMaxSigma(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the largest sigma must be above 0, was 0.0");
  }

  // ---------------------------------------------------------------- all of them

  static List<Attributor> paths() {
    return List.of(
        IntegratedGradients.withDefaults(),
        ExpectedGradients.withDefaults(),
        BlurIntegratedGradients.withDefaults(),
        GuidedIntegratedGradients.withDefaults(),
        Xrai.withDefaults().withBaselines(List.of(Baseline.zero())),
        Conductance.withDefaults().withTensor("tanh"));
  }

  @ParameterizedTest
  @MethodSource("paths")
  void the_gap_is_the_sum_minus_the_difference_of_outputs(Attributor method) {
    Network network = SmallNets.smooth();
    INDArray x = gaussian(DataType.DOUBLE, 5, 3, 1, 2, 3);
    Attribution result = method.attribute(network, x, Target.ofClasses(1, 0, 1));
    INDArray start = Nd4j.zeros(DataType.DOUBLE, x.shape());
    double loose = 1e-11;
    if (method instanceof BlurIntegratedGradients) {
      // At 50 pixels of blur next to nothing is left of a picture of 2×3.
      loose = 0.02;
    }
    INDArray here = network.logits(x);
    INDArray there = network.logits(start);
    for (int i = 0; i < 3; i++) {
      int c = result.classes().get(i);
      double sum = result.values().slice(i).sumNumber().doubleValue();
      double gap = sum - (here.getDouble(i, c) - there.getDouble(i, c));
      assertThat(result.completenessGaps().get(i)).isCloseTo(gap, within(loose));
    }
  }

  @ParameterizedTest
  @MethodSource("paths")
  void a_hidden_neuron_can_be_the_target(Attributor method) {
    Network network = SmallNets.smooth();
    INDArray x = gaussian(DataType.DOUBLE, 5, 2, 1, 2, 3);
    Target neuron = Target.neuron("tanh", 2);
    Attribution result = method.attribute(network, x, neuron);
    assertThat(result.classes()).containsExactly(-1, -1);
    double sum = result.values().slice(0).sumNumber().doubleValue();
    INDArray zero = Nd4j.zeros(DataType.DOUBLE, 1, 1, 2, 3);
    double output = result.outputs().get(0);
    double atZero =
        IntegratedGradients.withDefaults().attribute(network, zero, neuron).outputs().get(0);
    if (!(method instanceof BlurIntegratedGradients)) {
      assertThat(sum - (output - atZero))
          .isCloseTo(result.completenessGaps().get(0), within(1e-11));
    }
    assertThat(result.completenessGaps().get(0)).isCloseTo(0, within(0.02));
  }
}
