package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.testkit.AttributorContract;
import dev.interp.core.testkit.SmallNets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of the catalogue keeps the contract of attributors. */
@ParameterizedClass
@MethodSource("ids")
class MethodContractTest extends AttributorContract {
  /** Methods of so few passes that they take no listener. */
  private static final List<String> FEW_PASSES =
      List.of(
          "gradient",
          "saliency",
          "input-x-gradient",
          "guided-backprop",
          "deconvnet",
          "cam",
          "clear",
          "deep-lift",
          "deep-lift-reveal-cancel",
          "full-grad",
          "grad-cam",
          "grad-cam-plus-plus",
          "hires-cam",
          "xgrad-cam",
          "layer-cam",
          "grad-cam-element-wise",
          "eigen-cam",
          "eigen-grad-cam",
          "shapley-cam",
          "finer-cam",
          "fem",
          "guided-grad-cam");

  private static final Map<String, String> SHORT =
      Map.of(
          "meaningful-perturbation.iterations", "5",
          "extremal-perturbation.iterations", "5",
          "prediction-difference-analysis.samples", "3",
          "prediction-difference-analysis.window", "3",
          "prediction-difference-analysis.stride", "2");

  private static boolean hasFewPasses(String id) {
    return FEW_PASSES.contains(id)
        || id.startsWith("lrp-")
        || id.equals("deep-taylor")
        || id.endsWith("excitation-backprop");
  }

  /** Four parts: their cost grows with them, or the contract's picture is too small for more. */
  private static final List<String> FEW_PARTS =
      List.of(
          "feature-ablation",
          "feature-permutation",
          "lime",
          "shapley-sampling",
          "shapley-exact",
          "sobol");

  private final String id;

  MethodContractTest(String id) {
    this.id = id;
  }

  static List<String> ids() {
    return Method.all().stream().map(Method::id).toList();
  }

  @Override
  protected Network network() {
    return id.equals("cam") ? SmallNets.pooled() : super.network();
  }

  @Override
  protected Attributor method() {
    return make(Progress.none());
  }

  @Override
  protected Optional<Attributor> method(Progress listener) {
    return hasFewPasses(id) ? Optional.empty() : Optional.of(make(listener));
  }

  /** Small batches that examples do not fill evenly. */
  private Attributor make(Progress listener) {
    MethodOptions options = new MethodOptions(null, 5, null, 3, 2, null, 4L, 4, listener);
    Map<String, String> values = new HashMap<>(SHORT);
    if (FEW_PARTS.contains(id)) {
      values.put(id + ".segments", "grid-2");
    }
    return Method.of(id).with(options.withValues(values));
  }
}
