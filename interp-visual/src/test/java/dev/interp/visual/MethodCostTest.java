package dev.interp.visual;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.attribution.Progress;
import dev.interp.core.attribution.Provenance;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** How many passes each method of the catalogue takes per example, as counted by the network. */
class MethodCostTest {
  private static final int STEPS = 5;
  private static final int CHANNELS = 5;
  private static final int CLASSES = 3;

  /** Of the grid of two by two. */
  private static final int SEGMENTS = 4;

  /** Of three by three, two apart, on seven by five. */
  private static final int WINDOWS = 3 * 2;

  private static final int ITERATIONS = 3;

  private record Cost(double forwards, double backwards) {}

  private static final Map<String, Cost> COSTS = costs();

  private static Map<String, Cost> costs() {
    Map<String, Cost> costs = new HashMap<>();
    for (String id :
        List.of(
            "gradient",
            "saliency",
            "input-x-gradient",
            "guided-backprop",
            "deconvnet",
            "lrp-epsilon",
            "lrp-epsilon-plus",
            "lrp-epsilon-plus-flat",
            "lrp-epsilon-gamma-box",
            "lrp-epsilon-alpha2-beta1",
            "lrp-epsilon-alpha2-beta1-flat",
            "lrp-alpha1-beta0",
            "deep-taylor",
            "excitation-backprop",
            "contrastive-excitation-backprop",
            "full-grad",
            "cam",
            "grad-cam",
            "grad-cam-plus-plus",
            "hires-cam",
            "xgrad-cam",
            "layer-cam",
            "grad-cam-element-wise",
            "eigen-grad-cam",
            "finer-cam")) {
      costs.put(id, new Cost(1, 1));
    }
    // The picture and the baseline tell how complete the values are.
    costs.put("integrated-gradients", new Cost(STEPS + 2, STEPS));
    costs.put("conductance", new Cost(STEPS + 3, STEPS + 1));
    costs.put("internal-influence", new Cost(STEPS + 1, STEPS));
    costs.put("expected-gradients", new Cost(STEPS + 2, STEPS));
    costs.put("blur-integrated-gradients", new Cost(STEPS + 2, STEPS + 1));
    costs.put("guided-integrated-gradients", new Cost(STEPS + 3, STEPS + 1));
    // From black and from white.
    costs.put("xrai", new Cost(2 * (STEPS + 2), 2 * STEPS));
    costs.put("smoothgrad", new Cost(STEPS + 1, STEPS));
    costs.put("smoothgrad-squared", new Cost(STEPS + 1, STEPS));
    costs.put("vargrad", new Cost(STEPS + 1, STEPS));
    costs.put("deep-lift", new Cost(2, 1));
    costs.put("deep-lift-reveal-cancel", new Cost(2, 1));
    costs.put("deep-lift-shap", new Cost(8 + 1, 8));
    costs.put("eigen-cam", new Cost(1, 0));
    costs.put("fem", new Cost(1, 0));
    costs.put("guided-grad-cam", new Cost(2, 2));
    costs.put("shapley-cam", new Cost(3, 2));
    costs.put("score-cam", new Cost(CHANNELS + 1, 0));
    // Up to the layer, then from it: the activation itself and once without each channel.
    costs.put("ablation-cam", new Cost(1 + (1 + CHANNELS), 0));
    costs.put("occlusion", new Cost(WINDOWS + 1, 0));
    costs.put("feature-ablation", new Cost(SEGMENTS + 1, 0));
    costs.put("feature-permutation", new Cost(STEPS * SEGMENTS + 1, 0));
    costs.put("lime", new Cost(STEPS, 0));
    costs.put("kernel-shap", new Cost(STEPS + 2, 0));
    costs.put("shapley-sampling", new Cost(STEPS * (SEGMENTS - 1) + 2, 0));
    costs.put("shapley-exact", new Cost(1 << SEGMENTS, 0));
    costs.put("rise", new Cost(STEPS + 1, 0));
    costs.put("sobol", new Cost(STEPS * (SEGMENTS + 2) + 1, 0));
    costs.put("hsic", new Cost(STEPS + 1, 0));
    costs.put("meaningful-perturbation", new Cost(ITERATIONS + 36, ITERATIONS));
    costs.put("extremal-perturbation", new Cost(ITERATIONS + 1, ITERATIONS));
    // Two draws for each window.
    costs.put("prediction-difference-analysis", new Cost(2 * WINDOWS + 1, 0));
    costs.put("clear", new Cost(1, CLASSES));
    return costs;
  }

  static List<String> ids() {
    return Method.all().stream().map(Method::id).toList();
  }

  @Test
  void every_method_has_its_cost_here() {
    assertThat(ids()).containsExactlyInAnyOrderElementsOf(COSTS.keySet());
  }

  @ParameterizedTest
  @MethodSource("ids")
  void a_method_takes_the_passes_that_it_states(String id) {
    Network network = id.equals("cam") ? SmallNets.pooled() : SmallNets.convolutional();
    MethodOptions options =
        new MethodOptions(null, STEPS, null, 3, 2, null, 4L, 4, Progress.none())
            .withValues(MethodProperties.SHORT);
    Provenance provenance =
        Method.of(id)
            .with(options)
            .attribute(network, Tensors.gaussian(DataType.DOUBLE, 5, 2, 2, 7, 5), Target.ofClass(1))
            .provenance();
    assertThat(new Cost(provenance.forwards(), provenance.backwards())).isEqualTo(COSTS.get(id));
  }
}
