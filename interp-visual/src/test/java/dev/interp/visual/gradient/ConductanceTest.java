package dev.interp.visual.gradient;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ConductanceTest {
  private static final INDArray X = gaussian(DataType.DOUBLE, 5, 2, 1, 2, 3);

  /** y = 2 h₀ − 3 h₁ with h = (x₀ + x₁, x₁ − 4). */
  private static Network linear() {
    return Network.builder(2)
        .add("h", new Op.Dense(array(new long[] {2, 2}, 1, 0, 1, 1), Nd4j.createFromArray(0.0, -4)))
        .add("y", new Op.Dense(array(new long[] {2, 1}, 2, -3), null))
        .build();
  }

  @ParameterizedTest
  @EnumSource(names = {"RIEMANN_TRAPEZOID", "RIEMANN_LEFT", "RIEMANN_RIGHT"})
  void a_linear_network_gives_weight_times_change(Quadrature rule) {
    Attribution result =
        Conductance.withDefaults()
            .withTensor("h")
            .withSteps(3)
            .withQuadrature(rule)
            .withBaseline(Baseline.constant(1))
            .attribute(linear(), array(new long[] {1, 2}, 3, 5), Target.ofClass(0));
    // h goes from (2, −3) to (8, 1).
    assertClose(result.values(), array(new long[] {1, 2}, 12, -12), 1e-14);
    assertThat(result.completenessGaps().get(0)).isCloseTo(0, within(1e-13));
    assertThat(result.tensor()).isEqualTo("h");
  }

  @Test
  void internal_influence_of_a_linear_network_is_its_weights() {
    Attribution result =
        InternalInfluence.withDefaults()
            .withTensor("h")
            .attribute(linear(), array(new long[] {1, 2}, 3, 5), Target.ofClass(0));
    assertClose(result.values(), array(new long[] {1, 2}, 2, -3), 1e-13);
  }

  @Test
  void conductance_of_a_neuron_is_the_part_of_the_path_through_it() {
    NeuronConductance method =
        NeuronConductance.of(Target.neuron("h", 0)).withBaseline(Baseline.constant(1));
    INDArray x = array(new long[] {1, 2}, 3, 5);
    Attribution result = method.attribute(linear(), x, Target.ofClass(0));
    assertClose(result.values(), array(new long[] {1, 2}, 4, 8), 1e-13);
  }

  @Test
  void conductances_of_all_neurons_sum_to_integrated_gradients() {
    Network network = SmallNets.smooth();
    INDArray sum = Nd4j.zeros(DataType.DOUBLE, X.shape());
    for (int i = 0; i < 4; i++) {
      sum.addi(
          NeuronConductance.of(Target.neuron("tanh", i))
              .attribute(network, X, Target.ofClass(1))
              .values());
    }
    INDArray whole =
        IntegratedGradients.withDefaults().attribute(network, X, Target.ofClass(1)).values();
    assertClose(sum, whole, 1e-12);
  }

  @Test
  void a_channel_is_the_sum_of_its_neurons() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 9, 1, 2, 7, 5);
    INDArray sum = Nd4j.zeros(DataType.DOUBLE, x.shape());
    for (int row = 0; row < 4; row++) {
      for (int column = 0; column < 3; column++) {
        Target neuron = Target.neuron("relu2", 1, row, column);
        sum.addi(few(neuron).attribute(network, x, Target.ofClass(1)).values());
      }
    }
    INDArray channel =
        few(Target.channel("relu2", 1)).attribute(network, x, Target.ofClass(1)).values();
    assertClose(channel, sum, 1e-12);
  }

  private static NeuronConductance few(Target unit) {
    return NeuronConductance.of(unit).withSteps(3);
  }

  /** Summed over the input, a neuron's map is that neuron's entry in the map of its layer. */
  @Test
  void layer_and_neuron_agree() {
    Network network = SmallNets.smooth();
    INDArray layer =
        Conductance.withDefaults()
            .withTensor("tanh")
            .withSteps(2000)
            .attribute(network, X, Target.ofClass(1))
            .values();
    for (int i = 0; i < 4; i++) {
      INDArray neuron =
          NeuronConductance.of(Target.neuron("tanh", i))
              .attribute(network, X, Target.ofClass(1))
              .values();
      for (int example = 0; example < 2; example++) {
        assertThat(neuron.slice(example).sumNumber().doubleValue())
            .isCloseTo(layer.getDouble(example, i), within(1e-5));
      }
    }
  }

  @Test
  void the_gap_shrinks_with_the_square_of_the_steps() {
    double coarse = gap(10);
    assertThat(Math.abs(gap(100))).isLessThan(Math.abs(coarse) / 90);
  }

  private static double gap(int steps) {
    return Conductance.withDefaults()
        .withTensor("hidden")
        .withSteps(steps)
        .attribute(SmallNets.smooth(), X, Target.ofClass(1))
        .completenessGaps()
        .get(0);
  }

  @Test
  void passes_are_counted() {
    Attribution result =
        few(Target.channel("conv2", 0))
            .attribute(
                SmallNets.convolutional(),
                gaussian(DataType.DOUBLE, 9, 2, 2, 7, 5),
                Target.predicted());
    assertThat(result.provenance().forwards()).isEqualTo(3 + 1);
    assertThat(result.provenance().backwards()).isEqualTo(2 * 3);
  }

  @Test
  void the_default_tensor_is_the_last_with_spatial_extent() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 9, 1, 2, 7, 5);
    assertThat(
            Conductance.withDefaults()
                .withSteps(2)
                .attribute(network, x, Target.predicted())
                .tensor())
        .isEqualTo("relu2");
    Attribution influence =
        InternalInfluence.withDefaults().withSteps(2).attribute(network, x, Target.predicted());
    assertThat(influence.tensor()).isEqualTo("relu2");
    assertThat(numbers(influence.values())).hasSize(60);
  }

  @Test
  void what_cannot_be_asked_is_refused() {
    assertThatThrownBy(() -> NeuronConductance.of(Target.ofClass(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the unit must be a neuron or a channel, was class 1");
    assertThatThrownBy(() -> Conductance.withDefaults().withQuadrature(Quadrature.RIEMANN_MIDDLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "conductance needs gradients at the ends of pieces: gauss-legendre, riemann-left,"
                + " riemann-right or riemann-trapezoid, was riemann-middle");
    assertThatThrownBy(
            () ->
                Conductance.withDefaults()
                    .withTensor("tahn")
                    .attribute(SmallNets.smooth(), X, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no tensor is named 'tahn'; did you mean 'tanh'?");
    assertThatThrownBy(
            () -> few(Target.neuron("tanh", 4)).attribute(SmallNets.smooth(), X, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4");
  }
}
