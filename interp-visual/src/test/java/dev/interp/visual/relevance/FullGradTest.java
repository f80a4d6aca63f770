package dev.interp.visual.relevance;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import dev.interp.visual.BranchedNets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class FullGradTest {
  private static final FullGrad METHOD = FullGrad.withDefaults();

  /** y = 3 relu(2 a − b + 1) − 4 relu(a − 5) + 7 at (2, 1): the first open, the second shut. */
  @Test
  void terms_solved_by_hand() {
    Network network =
        Network.builder(2)
            .add(
                "hidden",
                new Op.Dense(array(new long[] {2, 2}, 2, 1, -1, 0), array(new long[] {2}, 1, -5)))
            .add("relu", new Op.Activation(Activation.RELU.getActivationFunction()))
            .add("y", new Op.Dense(array(new long[] {2, 1}, 3, -4), array(new long[] {1}, 7)))
            .build();
    FullGrad.Terms terms =
        METHOD.decompose(network, array(new long[] {1, 2}, 2, 1), Target.ofClass(0));
    assertThat(numbers(terms.input())).containsExactly(12, -3);
    assertThat(terms.biases().keySet()).containsExactly("hidden", "y");
    assertThat(numbers(bias(terms, "hidden"))).containsExactly(3, 0);
    assertThat(numbers(bias(terms, "y"))).containsExactly(7);
    assertThat(terms.outputs()).containsExactly(19.0);
    assertThat(terms.gaps()).containsExactly(0.0);
  }

  private static INDArray bias(FullGrad.Terms terms, String tensor) {
    return java.util.Objects.requireNonNull(terms.biases().get(tensor), tensor);
  }

  /** The tangent of x² at z misses z²; of tanh, tanh z − z / cosh² z. */
  @Test
  void an_op_that_is_not_linear_adds_what_its_tangent_misses() {
    Network network =
        Network.builder(2)
            .add("tanh", new Op.Activation(Activation.TANH.getActivationFunction()))
            .add("square", new Op.Elementwise(Op.Combination.MULTIPLY), "tanh", "tanh")
            .build()
            .withPrecision(DataType.DOUBLE);
    FullGrad.Terms terms =
        METHOD.decompose(network, array(new long[] {1, 2}, 0.5, 3), Target.ofClass(0));
    double t = Math.tanh(0.5);
    double slope = 1 - t * t;
    assertClose(terms.input(), array(new long[] {1, 2}, 2 * t * slope * 0.5, 0), 1e-14);
    assertClose(bias(terms, "tanh"), array(new long[] {1, 2}, 2 * t * (t - slope * 0.5), 0), 1e-14);
    assertClose(bias(terms, "square"), array(new long[] {1, 2}, -t * t, 0), 1e-14);
  }

  @Property(tries = 30, seed = "3")
  void the_terms_sum_to_the_output(@ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = BranchedNets.of(seed, seed % 2 == 0);
    INDArray x = BranchedNets.batch(seed + 1, 2);
    INDArray logits = network.logits(x);
    FullGrad.Terms terms = METHOD.decompose(network, x, Target.ofClasses(2, 1));
    for (int i = 0; i < 2; i++) {
      double output = logits.getDouble(i, 2 - i);
      double sum = terms.input().slice(i).sumNumber().doubleValue();
      for (INDArray term : terms.biases().values()) {
        sum += term.slice(i).sumNumber().doubleValue();
      }
      assertThat(terms.outputs().get(i)).isCloseTo(output, within(1e-12));
      assertThat(sum).isCloseTo(output, within(1e-9));
      assertThat(terms.gaps().get(i)).isCloseTo(sum - output, within(1e-12));
    }
  }

  @Test
  void a_hidden_neuron_has_the_biases_below_it_only() {
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    FullGrad.Terms terms =
        METHOD.decompose(SmallNets.convolutional(), x, Target.neuron("conv2", 1, 0, 1));
    assertThat(terms.biases().keySet()).containsExactly("conv1", "conv2");
    assertThat(bias(terms, "conv1").shape()).containsExactly(2, 4, 7, 5);
    assertThat(terms.gaps()).allSatisfy(gap -> assertThat(gap).isCloseTo(0, within(1e-12)));
  }

  /**
   * One convolution of weight 2 and bias 1: the input's share runs from 0 to 1, the bias is flat.
   */
  @Test
  void the_map_adds_scaled_shares() {
    Network network =
        Network.builder(1, 1, 3)
            .add(
                "maps",
                new Op.Convolution(
                    array(new long[] {1, 1, 1, 1}, 2),
                    array(new long[] {1}, 1),
                    Window.of(1, 1, 0),
                    1))
            .add("gap", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .build();
    Attribution result =
        METHOD.attribute(network, array(new long[] {1, 1, 1, 3}, -3, 1, 2), Target.ofClass(0));
    assertClose(result.values(), array(new long[] {1, 1, 1, 3}, 1, 0, 0.5), 1e-6);
    assertThat(result.completenessGaps().get(0)).isCloseTo(0, within(1e-14));
    assertThat(result.provenance().forwards()).isEqualTo(1);
    assertThat(result.provenance().backwards()).isEqualTo(1);
  }

  @Test
  void a_map_of_vectors_is_refused() {
    Network network =
        Network.builder(2).add("y", new Op.Dense(array(new long[] {2, 1}, 1, 1), null)).build();
    assertThatThrownBy(
            () -> METHOD.attribute(network, array(new long[] {1, 2}, 1, 1), Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("full-grad maps need pictures [N, C, H, W]; decompose(…) takes vectors, too");
    assertThat(METHOD.settings()).isEqualTo(java.util.Map.of());
    assertThat(List.of(METHOD.id())).containsExactly("full-grad");
  }
}
