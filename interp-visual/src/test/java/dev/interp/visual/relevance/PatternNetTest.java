package dev.interp.visual.relevance;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.AttributorContract;
import dev.interp.core.testkit.SmallNets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

@ParameterizedClass
@ValueSource(booleans = {false, true})
class PatternNetTest extends AttributorContract {
  private final boolean weighted;

  PatternNetTest(boolean weighted) {
    this.weighted = weighted;
  }

  private PatternNet of(Patterns patterns) {
    return weighted ? PatternNet.attribution(patterns) : PatternNet.of(patterns);
  }

  @Override
  protected Attributor method() {
    PatternEstimator estimator = PatternEstimator.of(SmallNets.convolutional());
    estimator.add(gaussian(DataType.DOUBLE, 9, 20, 2, 7, 5));
    return of(estimator.patterns());
  }

  /**
   * y = 3 relu(x₁ − x₂) + 5 relu(−x₁) is 6 at (2, 0). Patterns (5, 1)/4 and 1/3: the signal is 6/3
   * · (5, 1)/4, what speaks for it 6 · (5, −1)/4. The second unit is shut.
   */
  @Test
  void solved_by_hand() {
    Network network =
        Network.builder(2)
            .add("hidden", new Op.Dense(array(new long[] {2, 2}, 1, -1, -1, 0), null))
            .add("relu", new Op.Activation(Activation.RELU.getActivationFunction()))
            .add("y", new Op.Dense(array(new long[] {2, 1}, 3, 5), null))
            .build();
    Patterns patterns =
        new Patterns(
            Map.of(
                "hidden", array(new long[] {2, 2}, 1.25, 9, 0.25, 9),
                "y", array(new long[] {2, 1}, 1.0 / 3, 7)));
    Attribution result =
        of(patterns).attribute(network, array(new long[] {1, 2}, 2, 0), Target.ofClass(0));
    assertClose(
        result.values(),
        weighted ? array(new long[] {1, 2}, 7.5, -1.5) : array(new long[] {1, 2}, 2.5, 0.5),
        1e-14);
    assertThat(result.provenance().forwards()).isEqualTo(1);
    assertThat(result.provenance().backwards()).isEqualTo(1);
  }

  /** A norm after a linear op is part of its weight; one before everything is undone or passed. */
  @Test
  void batch_norms_count_to_the_op_before_them() {
    Network network =
        Network.builder(2)
            .add("first", new Op.Affine(array(new long[] {2}, 4, 0), array(new long[] {2}, 1, 1)))
            .add("y", new Op.Dense(array(new long[] {2, 1}, 1, 2), null))
            .add("norm", new Op.Affine(array(new long[] {1}, 10), array(new long[] {1}, -7)))
            .build();
    Patterns patterns = new Patterns(Map.of("y", array(new long[] {2, 1}, 0.5, 0.25)));
    Attribution result =
        of(patterns).attribute(network, array(new long[] {1, 2}, 1, 1), Target.ofClass(0));
    double y = 10 * (5 + 2) - 7;
    assertThat(result.outputs()).containsExactly(y);
    assertClose(
        result.values(),
        weighted
            ? array(new long[] {1, 2}, y * 10 * 0.5, y * 20 * 0.25)
            : array(new long[] {1, 2}, y * 0.5 / 4, 0),
        1e-14);
  }

  /** Weights as patterns make the gradient of it, times the output. */
  @Test
  void with_the_weights_for_patterns_it_is_the_gradient() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    java.util.Map<String, INDArray> weights = new java.util.HashMap<>();
    for (String name : java.util.List.of("conv1", "conv2", "logits")) {
      INDArray w =
          network.nodes().stream()
              .filter(n -> n.name().equals(name))
              .findFirst()
              .orElseThrow()
              .op()
              .parameters()
              .get(0);
      weights.put(name, weighted ? org.nd4j.linalg.factory.Nd4j.onesLike(w) : w);
    }
    for (String tensor : java.util.List.of("input", "pool1")) {
      INDArray gradient =
          dev.interp.visual.gradient.Gradient.plain()
              .withTensor(tensor)
              .attribute(network, x, Target.ofClass(1))
              .values();
      Attribution result =
          of(new Patterns(weights)).withTensor(tensor).attribute(network, x, Target.ofClass(1));
      for (int n = 0; n < 2; n++) {
        gradient.slice(n).muli(result.outputs().get(n));
      }
      assertThat(result.tensor()).isEqualTo(tensor);
      assertClose(result.values(), gradient, 1e-13);
    }
  }

  @Test
  void patterns_of_another_network_are_refused() {
    PatternEstimator estimator = PatternEstimator.of(SmallNets.smooth());
    estimator.add(gaussian(DataType.DOUBLE, 1, 5, 1, 2, 3));
    assertThatThrownBy(
            () ->
                of(estimator.patterns())
                    .attribute(
                        SmallNets.convolutional(),
                        gaussian(DataType.DOUBLE, 1, 1, 2, 7, 5),
                        Target.predicted()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there must be a pattern of shape [4, 2, 3, 3] for 'conv1', was none (are the patterns"
                + " of another network?)");
  }

  @Test
  void settings_tell_patterns_apart() {
    Patterns one = new Patterns(Map.of("y", array(new long[] {1}, 1)));
    Patterns other = new Patterns(Map.of("y", array(new long[] {1}, 1 + 1e-15)));
    assertThat(of(one).settings().keySet()).containsExactly("tensor", "patterns");
    assertThat(of(one).settings()).isEqualTo(of(one).settings());
    assertThat(of(one).settings()).isNotEqualTo(of(other).settings());
    assertThat(numbers(one.byTensor().values().iterator().next())).containsExactly(1);
  }
}
