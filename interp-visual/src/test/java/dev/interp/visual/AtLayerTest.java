package dev.interp.visual;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.testkit.AttributorContract;
import dev.interp.core.testkit.SmallNets;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.perturbation.Occlusion;
import dev.interp.visual.relevance.Relevance;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

class AtLayerTest extends AttributorContract {
  private static final INDArray X = gaussian(DataType.DOUBLE, 3, 3, 2, 7, 5);

  @Override
  protected Attributor method() {
    return AtLayer.of("pool1", IntegratedGradients.withDefaults().withSteps(4).withBatchSize(3));
  }

  @Override
  protected Optional<Attributor> method(Progress listener) {
    return Optional.of(
        AtLayer.of(
            "pool1",
            IntegratedGradients.withDefaults()
                .withSteps(4)
                .withBatchSize(3)
                .withProgress(listener)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"input", "relu1", "conv2", "conv3", "sum", "relu3", "means"})
  void the_gradient_of_the_part_is_that_of_the_whole(String tensor) {
    Network network = SmallNets.residual();
    Attribution result =
        AtLayer.of(tensor, Gradient.plain()).attribute(network, X, Target.predicted());
    Attribution whole =
        Gradient.plain().withTensor(tensor).attribute(network, X, Target.predicted());
    assertThat(result.tensor()).isEqualTo(tensor);
    assertClose(result.values(), whole.values(), 1e-12);
    assertThat(result.classes()).isEqualTo(whole.classes());
    assertThat(result.provenance().network()).isEqualTo(network.fingerprint());
    assertThat(result.provenance().forwards()).isEqualTo(2);
    assertThat(result.provenance().backwards()).isEqualTo(1);
  }

  /** Both paths of the block end in a sum, so the part above conv3 alone is no network. */
  @Test
  void inside_a_block_each_example_has_its_own_shortcut() {
    Network network = SmallNets.residual();
    Attribution result =
        AtLayer.of("conv3", push -> path(push.apply(Baseline.constant(0.3))))
            .attribute(network, X, Target.ofClasses(2, 0, 1));
    assertThat(result.values().shape()).containsExactly(3, 4, 7, 5);
    INDArray start = activation(network, Baseline.constant(0.3).of(X), "conv3");
    for (int i = 0; i < 3; i++) {
      INDArray x = X.slice(i).reshape(1, 2, 7, 5);
      INDArray from = start.slice(i).reshape(1, 4, 7, 5);
      int c = new int[] {2, 0, 1}[i];
      double there = network.logits(x, Hooks.none().edit("conv3", a -> from)).getDouble(0, c);
      double sum = result.values().slice(i).sumNumber().doubleValue();
      assertThat(sum - result.completenessGaps().get(i))
          .isCloseTo(network.logits(x).getDouble(0, c) - there, within(1e-9));
      assertThat(Math.abs(result.completenessGaps().get(i))).isLessThan(0.05 * Math.abs(sum) + 0.1);
    }
  }

  @Test
  void relevance_stays_with_the_layer_and_the_shortcut_takes_its_share() {
    Network network = SmallNets.residual();
    INDArray values =
        AtLayer.of("conv3", Relevance.epsilonPlus())
            .attribute(network, X, Target.ofClass(1))
            .values();
    INDArray sum =
        AtLayer.of("sum", Relevance.epsilonPlus())
            .attribute(network, X, Target.ofClass(1))
            .values();
    INDArray own = activation(network, X, "conv3");
    INDArray both = activation(network, X, "sum");
    assertClose(values.mul(both), sum.mul(own), 1e-5);
  }

  @Test
  void baselines_are_those_that_the_network_makes_of_a_picture() {
    Network network = SmallNets.convolutional();
    Baseline picture = Baseline.array(gaussian(DataType.DOUBLE, 9, 3, 2, 7, 5));
    Attribution result =
        AtLayer.of("relu2", push -> path(push.apply(picture)))
            .attribute(network, X, Target.ofClass(1));
    // Above relu2 the network is linear, so that the path does not matter.
    INDArray way = activation(network, X, "relu2");
    way.subi(activation(network, picture.of(X), "relu2"));
    INDArray gradient =
        Gradient.plain().withTensor("relu2").attribute(network, X, Target.ofClass(1)).values();
    assertClose(result.values(), way.muli(gradient), 1e-12);
    assertThat(result.completenessGaps()).allMatch(gap -> Math.abs(gap) < 1e-9);
    // To the layer for pictures and baselines, the ends of the path, and its eight points.
    assertThat(result.provenance().forwards()).isEqualTo(1 + 1 + 2 + 8);
  }

  @Test
  void a_perturbation_method_changes_the_activation() {
    Network network = SmallNets.convolutional();
    Occlusion window = Occlusion.withDefaults().withWindow(1, 1);
    Attribution result = AtLayer.of("relu2", window).attribute(network, X, Target.ofClass(0));
    INDArray activation = activation(network, X, "relu2");
    INDArray gradient =
        Gradient.plain().withTensor("relu2").attribute(network, X, Target.ofClass(0)).values();
    assertClose(result.values(), activation.mul(gradient).sum(true, 1), 1e-12);
  }

  @Test
  void settings_tell_the_layer_and_the_baseline_as_it_was_given() {
    AtLayer method = AtLayer.of("relu2", push -> path(push.apply(Baseline.constant(0.5))));
    assertThat(method.id()).isEqualTo("integrated-gradients");
    assertThat(method.settings())
        .containsEntry("layer", "relu2")
        .containsEntry("baseline", "constant [0.5]");
    assertThat(AtLayer.of("relu2", Gradient.saliency()).settings())
        .containsAllEntriesOf(Map.of("layer", "relu2"));
  }

  @Test
  void a_neuron_above_can_be_the_target() {
    Network network = SmallNets.convolutional();
    Target target = Target.neuron("conv2", 1, 2, 0);
    INDArray values =
        AtLayer.of("relu1", Gradient.saliency()).attribute(network, X, target).values();
    assertClose(
        values,
        Transforms.abs(
            Gradient.plain().withTensor("relu1").attribute(network, X, target).values(), true),
        1e-12);
    assertThatThrownBy(() -> AtLayer.of("relu2", Gradient.plain()).attribute(network, X, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the target must lie above the layer 'relu2', but it reads 'conv2'");
    assertThatThrownBy(
            () -> AtLayer.of("softmax", Gradient.plain()).attribute(network, X, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'softmax' must lead to the logits 'logits', but no path does");
  }

  private static IntegratedGradients path(Baseline baseline) {
    return IntegratedGradients.withDefaults().withSteps(8).withBaseline(baseline);
  }

  private static INDArray activation(Network network, INDArray x, String tensor) {
    try (Trace trace = network.run(x, Hooks.none().keep(tensor))) {
      return trace.activation(tensor);
    }
  }
}
