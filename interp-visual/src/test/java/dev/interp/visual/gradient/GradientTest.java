package dev.interp.visual.gradient;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static dev.interp.core.testkit.Tensors.slope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GradientTest {
  /** y = 2 relu(x₀) + 3 relu(x₁) − 4 relu(x₂). */
  private static Network rectified() {
    return Network.builder(3)
        .add("relu", new Op.Activation(new ActivationReLU()))
        .add("y", new Op.Dense(array(new long[] {3, 1}, 2, 3, -4), null))
        .build();
  }

  private static double[] values(Gradient method) {
    INDArray x = array(new long[] {1, 3}, 1, -2, 3);
    return numbers(method.attribute(rectified(), x, Target.ofClass(0)).values());
  }

  @Test
  void each_form_on_three_rectifiers() {
    assertThat(values(Gradient.plain())).containsExactly(2, 0, -4);
    assertThat(values(Gradient.saliency())).containsExactly(2, 0, 4);
    assertThat(values(Gradient.inputTimesGradient())).containsExactly(2, -0.0, -12);
    assertThat(values(Gradient.guidedBackprop())).containsExactly(2, 0, 0);
    assertThat(values(Gradient.deconvnet())).containsExactly(2, 3, 0);
  }

  @Test
  void a_hidden_tensor_can_be_explained() {
    Gradient method = Gradient.inputTimesGradient().withTensor("relu");
    assertThat(values(method)).containsExactly(2, 0, -12);
    Attribution result =
        method.attribute(rectified(), array(new long[] {1, 3}, 1, -2, 3), Target.ofClass(0));
    assertThat(result.tensor()).isEqualTo("relu");
    assertThat(method.settings()).containsEntry("tensor", "relu");
  }

  @Test
  void an_unknown_tensor_is_refused() {
    assertThatThrownBy(() -> values(Gradient.plain().withTensor("rleu")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no tensor is named 'rleu'; did you mean 'relu'?");
  }

  @Test
  void input_times_gradient_of_a_linear_network_is_input_times_weight() {
    INDArray weights = gaussian(DataType.DOUBLE, 1, 12, 2);
    Network network = SmallNets.linear(weights, Nd4j.zeros(DataType.DOUBLE, 2), 2, 2, 3);
    INDArray x = gaussian(DataType.DOUBLE, 2, 2, 2, 2, 3);
    Attribution result = Gradient.inputTimesGradient().attribute(network, x, Target.ofClass(1));
    INDArray expected = x.mul(weights.getColumn(1).reshape(1, 2, 2, 3).broadcast(x.shape()));
    assertClose(result.values(), expected, 1e-15);
    for (int i = 0; i < 2; i++) {
      assertThat(result.values().slice(i).sumNumber().doubleValue())
          .isCloseTo(result.outputs().get(i), org.assertj.core.api.Assertions.within(1e-12));
    }
  }

  @Test
  void the_gradient_is_the_slope() {
    Network network = SmallNets.smooth();
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 1, 2, 3);
    Attribution result = Gradient.plain().attribute(network, x, Target.ofClass(1));
    INDArray slope = slope(batch -> network.logits(batch).getColumn(1).dup(), x);
    assertClose(result.values(), slope, 1e-7);
  }
}
