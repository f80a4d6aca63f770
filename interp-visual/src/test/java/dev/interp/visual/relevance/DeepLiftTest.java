package dev.interp.visual.relevance;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class DeepLiftTest {
  private static final List<DeepLift> ALL =
      List.of(DeepLift.rescale(), DeepLift.revealCancel(), DeepLift.shap());

  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }

  @Test
  void a_linear_network_gives_weight_times_difference() {
    INDArray weights = gaussian(DataType.DOUBLE, 1, 12, 3);
    Network network = SmallNets.linear(weights, gaussian(DataType.DOUBLE, 2, 3), 2, 3, 2);
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 2, 3, 2);
    INDArray start = gaussian(DataType.DOUBLE, 4, 2, 2, 3, 2);
    INDArray w = weights.getColumn(2).reshape(1, 2, 3, 2).broadcast(x.shape());
    for (DeepLift method : ALL) {
      DeepLift from = method.withBaseline(Baseline.array(start));
      from = method.id().endsWith("shap") ? from.withNoise(1, 0, 0) : from;
      Attribution result = from.attribute(network, x, Target.ofClass(2));
      assertClose(result.values(), x.sub(start).mul(w), 1e-14);
    }
  }

  /**
   * y = relu(2 a − b + 1) + relu(a + b − 5) from (0, 0) to (3, 1): the first rises from 1 to 6 for
   * a difference of 5, the second stays shut.
   */
  @Test
  void rescale_solved_by_hand() {
    Network network =
        Network.builder(2)
            .add(
                "hidden",
                new Op.Dense(array(new long[] {2, 2}, 2, 1, -1, 1), array(new long[] {2}, 1, -5)))
            .add("relu", relu())
            .add("y", new Op.Dense(array(new long[] {2, 1}, 1, 1), null))
            .build();
    INDArray x = array(new long[] {1, 2}, 3, 1);
    Target y = Target.ofClass(0);
    assertThat(numbers(DeepLift.rescale().attribute(network, x, y).values()))
        .containsExactly(6, -1);
    // From −2 at (0, 4) the first opens: Δy / Δx = 6 / 9, differences are (3, −3).
    Attribution other =
        DeepLift.rescale()
            .withBaseline(Baseline.array(array(new long[] {1, 2}, 0, 4)))
            .attribute(network, x, y);
    assertClose(other.values(), array(new long[] {1, 2}, 3 * 2 * 6 / 9.0, 3 * 6 / 9.0), 1e-14);
  }

  /** A difference of zero between two equal units leaves the gradient: at 2, 1; at −2, 0. */
  @Test
  void where_nothing_differs_the_gradient_stands() {
    Network network = Network.builder(2).add("relu", relu()).build().withPrecision(DataType.DOUBLE);
    INDArray x = array(new long[] {1, 2}, 2, -2);
    for (int unit = 0; unit < 2; unit++) {
      Attribution result =
          DeepLift.rescale()
              .withBaseline(Baseline.array(x))
              .attribute(network, x, Target.ofClass(unit));
      assertThat(numbers(result.values())).containsExactly(0, 0);
    }
  }

  /**
   * The example of the authors' tests: contributions −1, 2, −3, 4 and bias 1, so −4 and 6 from a
   * start of 1. The rectifier makes ½ (6 + 3) of the positive and ½ (−1 − 4) of the negative part.
   */
  @Test
  void reveal_cancel_solved_by_hand() {
    Network network =
        Network.builder(4)
            .add(
                "sum",
                new Op.Dense(array(new long[] {4, 1}, 1, -2, -3, 4), array(new long[] {1}, 1)))
            .add("relu", relu())
            .build();
    INDArray x = array(new long[] {1, 4}, -1, -1, 1, 1);
    double up = 4.5 / 6;
    double down = 2.5 / 4;
    Attribution result = DeepLift.revealCancel().attribute(network, x, Target.ofClass(0));
    assertClose(result.values(), array(new long[] {1, 4}, -down, 2 * up, -3 * down, 4 * up), 1e-14);
    assertThat(result.completenessGaps().get(0)).isCloseTo(0, within(1e-14));
  }

  /** min(a, b) = a − relu(a − b): reveal-cancel shares it evenly where rescale sees one input. */
  @Test
  void reveal_cancel_shares_a_minimum() {
    Network network =
        Network.builder(2)
            .add("difference", new Op.Dense(array(new long[] {2, 1}, 1, -1), null))
            .add("relu", relu())
            .add("a", new Op.Subset(0, 1), Network.INPUT)
            .add("minimum", new Op.Elementwise(Op.Combination.SUBTRACT), "a", "relu")
            .build();
    INDArray x = array(new long[] {1, 2}, 5, 3);
    Target y = Target.ofClass(0);
    assertThat(numbers(DeepLift.rescale().attribute(network, x, y).values())).containsExactly(0, 3);
    assertClose(
        DeepLift.revealCancel().attribute(network, x, y).values(),
        array(new long[] {1, 2}, 5 - 3.5, 1.5),
        1e-14);
  }

  /** A batch norm of −2 turns positive contributions into negative ones. */
  @Test
  void reveal_cancel_takes_a_batch_norm_into_the_linear_op() {
    INDArray weights = gaussian(DataType.DOUBLE, 1, 4, 3);
    INDArray bias = gaussian(DataType.DOUBLE, 2, 3);
    INDArray scale = array(new long[] {3}, -2, 0.5, 3);
    INDArray shift = array(new long[] {3}, 1, -1, 0.5);
    Op end = new Op.Dense(gaussian(DataType.DOUBLE, 3, 3, 2), null);
    Network apart =
        Network.builder(4)
            .add("linear", new Op.Dense(weights, bias))
            .add("norm", new Op.Affine(scale, shift))
            .add("relu", relu())
            .add("y", end)
            .build();
    Network folded =
        Network.builder(4)
            .add("linear", new Op.Dense(weights.mulRowVector(scale), bias.mul(scale).add(shift)))
            .add("relu", relu())
            .add("y", end)
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 4, 3, 4);
    DeepLift method = DeepLift.revealCancel().withBaseline(Baseline.constant(0.4));
    assertClose(
        method.attribute(apart, x, Target.ofClass(1)).values(),
        method.attribute(folded, x, Target.ofClass(1)).values(),
        1e-13);
  }

  @Test
  void shap_is_the_mean_over_its_baselines() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    Baseline first = Baseline.array(gaussian(DataType.DOUBLE, 2, 2, 2, 7, 5));
    Baseline second = Baseline.constant(-0.2, 0.7);
    Target target = Target.ofClasses(1, 2);
    INDArray mean =
        DeepLift.rescale()
            .withBaseline(first)
            .attribute(network, x, target)
            .values()
            .add(DeepLift.rescale().withBaseline(second).attribute(network, x, target).values())
            .divi(2);
    Attribution shap =
        DeepLift.shap().withBaselines(List.of(first, second)).attribute(network, x, target);
    assertClose(shap.values(), mean, 1e-14);
    assertThat(shap.provenance().forwards()).isEqualTo(3);
    assertThat(shap.provenance().backwards()).isEqualTo(2);
    INDArray noisy = x.add(Baseline.noise(0.5, 9).of(x)).subi(x);
    assertClose(
        DeepLift.shap().withNoise(1, 0.5, 9).attribute(network, x, target).values(),
        DeepLift.rescale()
            .withBaseline(Baseline.array(noisy))
            .attribute(network, x, target)
            .values(),
        1e-13);
  }

  @Test
  void a_neuron_and_a_tensor_between_can_be_asked_for() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    for (DeepLift method : List.of(DeepLift.rescale(), DeepLift.revealCancel())) {
      for (String unit : List.of("conv2", "relu2")) {
        Attribution result =
            method.withTensor("pool1").attribute(network, x, Target.neuron(unit, 1, 1, 0));
        assertThat(result.values().shape()).containsExactly(2, 4, 3, 2);
        assertThat(result.completenessGaps())
            .allSatisfy(g -> assertThat(g).isCloseTo(0, within(1e-12)));
      }
    }
  }

  @Test
  void settings_are_told_in_order() {
    assertThat(DeepLift.rescale().settings())
        .containsExactly(Map.entry("tensor", "input"), Map.entry("baseline", "zero"));
    assertThat(DeepLift.shap().withNoise(3, 0.5, 7).settings())
        .containsExactly(
            Map.entry("tensor", "input"),
            Map.entry("baseline", "zero"),
            Map.entry("samples", "3"),
            Map.entry("deviation", "0.5"),
            Map.entry("seed", "7"));
    assertThat(
            DeepLift.shap()
                .withBaselines(List.of(Baseline.zero(), Baseline.mean()))
                .withTensor("a")
                .settings())
        .containsExactly(Map.entry("tensor", "a"), Map.entry("baselines", "[zero, mean]"));
  }

  @Test
  void settings_of_another_variant_are_refused() {
    assertThatThrownBy(() -> DeepLift.rescale().withBaselines(List.of(Baseline.zero())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "only deep-lift-shap takes several baselines, at least one; this is deep-lift with 1");
    assertThatThrownBy(() -> DeepLift.shap().withBaselines(List.of()))
        .hasMessage(
            "only deep-lift-shap takes several baselines, at least one; this is deep-lift-shap"
                + " with 0");
    assertThatThrownBy(() -> DeepLift.revealCancel().withNoise(2, 1, 0))
        .hasMessage(
            "only deep-lift-shap with a single baseline takes noise; this is"
                + " deep-lift-reveal-cancel with 1");
    assertThatThrownBy(() -> DeepLift.shap().withNoise(0, 1, 0))
        .hasMessage("baselines must be at least 1 and their deviation at least 0, was 0 and 1.0");
  }
}
