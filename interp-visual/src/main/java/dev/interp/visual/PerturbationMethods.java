package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.visual.perturbation.Occlusion;
import java.util.List;

/** The methods that change the picture and look at the output. */
final class PerturbationMethods {
  private PerturbationMethods() {}

  static List<Method> all() {
    return List.of(
        new Method(
            "occlusion",
            "Occlusion",
            "How far the target falls when a window hides part of the picture.",
            "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014",
            "(windows + 1) · F",
            "[N, 1, H, W], signed",
            false,
            "",
            PerturbationMethods::occlusion));
  }

  private static Attributor occlusion(MethodOptions o) {
    Occlusion method = Occlusion.withDefaults().withProgress(o.progress());
    Integer window = o.window();
    Integer stride = o.stride();
    if (window != null) {
      method = method.withWindow(window, stride == null ? Math.max(1, window / 2) : stride);
    } else if (stride != null) {
      throw new IllegalArgumentException("a stride needs a window; give both");
    }
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }
}
