package dev.interp.visual.cam;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.render.Interpolation;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The maps that differentiate something else than the target: Shapley-CAM, Finer-CAM, guided. */
class ObjectiveCamTest {
  private static final INDArray X = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);

  /**
   * The logits (5/3, −2/3) of {@link CamTest#averaged} are linear in A without a bias, so the
   * directional derivative is the logits themselves.
   */
  @Test
  void shapley_cam_solved_by_hand() {
    INDArray x = CamTest.X;
    Attribution result =
        ShapleyCam.withDefaults().attribute(CamTest.averaged(), x, Target.ofClass(0));
    double difference = 7.0 / 3;
    double p = 1 / (1 + Math.exp(difference));
    double bend = p * (1 - p) * difference;
    double first = 1 + p + bend / 2;
    double second = -p - bend / 2;
    INDArray expected = x.mul((3 * first - second) / 6).add(x.mul(-2).addi(1).muli(first / 6));
    assertClose(result.values(), expected, 1e-9);
    assertThat(result.outputs().get(0)).isCloseTo(5.0 / 3, within(1e-12));
    assertClose(
        ShapleyCam.withDefaults()
            .withUtility(ShapleyCam.Utility.TARGET)
            .attribute(CamTest.averaged(), x, Target.ofClass(0))
            .values(),
        x.add(1).divi(6),
        1e-14);
  }

  /**
   * On one place the map is G · A − Aᵀ H A / 2, the first two derivatives of a scaled activation.
   */
  @Test
  void shapley_cam_of_curved_networks_and_targets_is_a_second_order() {
    for (Activation above : List.of(Activation.RELU, Activation.TANH)) {
      Network network =
          Network.builder(3, 1, 1)
              .add("maps", new Op.Scale(0.7, 0.1))
              .add("bent", new Op.Activation(above.getActivationFunction()))
              .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
              .add("y", new Op.Dense(gaussian(DataType.DOUBLE, 3, 3, 3), null))
              .add("softmax", new Op.Softmax())
              .build();
      INDArray x = gaussian(DataType.DOUBLE, 8, 1, 3, 1, 1);
      ShapleyCam method = ShapleyCam.withDefaults().withLayer("maps");
      DoubleUnaryOperator probability = t -> softmax(scaled(network, x, t))[1];
      check(method, network, x, Target.probability(1), probability);
      DoubleUnaryOperator residual =
          t -> scaled(network, x, t)[1] + Math.log(softmax(scaled(network, x, t))[1]);
      check(method, network, x, Target.ofClass(1), residual);
      DoubleUnaryOperator logit = t -> scaled(network, x, t)[1];
      check(method.withUtility(ShapleyCam.Utility.TARGET), network, x, Target.ofClass(1), logit);
    }
  }

  private static void check(
      ShapleyCam method, Network network, INDArray x, Target target, DoubleUnaryOperator value) {
    double step = 1e-3;
    double up = value.applyAsDouble(1 + step);
    double down = value.applyAsDouble(1 - step);
    double slope = (up - down) / (2 * step);
    double bend = (up + down - 2 * value.applyAsDouble(1)) / (step * step);
    assertThat(method.attribute(network, x, target).values().getDouble(0))
        .isCloseTo(slope - bend / 2, within(1e-5));
  }

  private static double[] scaled(Network network, INDArray x, double factor) {
    return network
        .logits(x, Hooks.none().edit("maps", a -> a.muli(factor)))
        .getRow(0)
        .toDoubleVector();
  }

  private static double[] softmax(double[] z) {
    double sum = IntStream.range(0, z.length).mapToDouble(i -> Math.exp(z[i])).sum();
    return IntStream.range(0, z.length).mapToDouble(i -> Math.exp(z[i]) / sum).toArray();
  }

  @Test
  void finer_cam_differentiates_the_weighted_difference() {
    double[] z = {0.3, -0.2, 1.1, 0.7};
    int[] others = {0, 3};
    double[] gradient = FinerCam.gradient(z, 2, others, 0.6);
    for (int i = 0; i < z.length; i++) {
      double[] up = z.clone();
      double[] down = z.clone();
      up[i] += 1e-5;
      down[i] -= 1e-5;
      double slope = (difference(up, others) - difference(down, others)) / 2e-5;
      assertThat(gradient[i]).isCloseTo(slope, within(1e-8));
    }
  }

  private static double difference(double[] z, int[] others) {
    double[] p = softmax(z);
    double sum = p[others[0]] + p[others[1]];
    return (p[others[0]] * (z[2] - 0.6 * z[others[0]]) + p[others[1]] * (z[2] - 0.6 * z[others[1]]))
        / sum;
  }

  @Test
  void finer_cam_against_one_class_is_grad_cam_of_the_difference() {
    Network network = SmallNets.convolutional();
    Target contrast = Target.contrast(0, 2);
    assertClose(
        FinerCam.withDefaults().attribute(network, X, contrast).values(),
        Cam.gradCam().attribute(network, X, contrast).values(),
        1e-12);
    assertClose(
        FinerCam.withDefaults()
            .withRivals(1)
            .withStrength(0)
            .attribute(network, X, Target.ofClass(1))
            .values(),
        Cam.gradCam().attribute(network, X, Target.ofClass(1)).values(),
        1e-12);
    INDArray logits = network.logits(X);
    for (int i = 0; i < 2; i++) {
      double[] z = logits.getRow(i).toDoubleVector();
      int nearest = Math.abs(z[0] - z[1]) < Math.abs(z[2] - z[1]) ? 0 : 2;
      INDArray x = X.slice(i).reshape(1, 2, 7, 5);
      assertClose(
          FinerCam.withDefaults().withRivals(1).attribute(network, x, Target.ofClass(1)).values(),
          Cam.gradCam().attribute(network, x, Target.contrast(1, nearest)).values(),
          1e-12);
    }
  }

  @Test
  void guided_grad_cam_is_the_product_of_both() {
    Network network = SmallNets.convolutional();
    INDArray map = Cam.gradCam().rectified().attribute(network, X, Target.ofClass(0)).values();
    INDArray guided = Gradient.guidedBackprop().attribute(network, X, Target.ofClass(0)).values();
    for (Interpolation how : Interpolation.values()) {
      Upsampling up = Upsampling.valueOf(how.name());
      Attribution result =
          GuidedGradCam.withDefaults()
              .withInterpolation(how)
              .attribute(network, X, Target.ofClass(0));
      assertThat(result.tensor()).isEqualTo("input");
      assertClose(
          result.values(), guided.mul(up.apply(map, 7, 5).broadcast(guided.shape())), 1e-12);
    }
  }

  @Test
  void wrong_use_is_refused() {
    FinerCam finer = FinerCam.withDefaults();
    assertThatThrownBy(() -> finer.withRivals(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least 1 class to compare, was 0");
    assertThatThrownBy(() -> finer.withStrength(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the strength must be finite, was NaN");
    assertThatThrownBy(
            () -> finer.attribute(SmallNets.convolutional(), X, Target.neuron("conv2", 0, 0, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("finer-cam compares classes, but the target neuron conv2[0, 0, 0] is not one");
    assertThatThrownBy(
            () ->
                GuidedGradCam.withDefaults()
                    .withLayer("flat")
                    .attribute(SmallNets.convolutional(), X, Target.predicted()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("guided-grad-cam needs a layer of maps [C, H, W], 'flat' is [60]");
  }
}
