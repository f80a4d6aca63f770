package dev.interp.visual;

import dev.interp.visual.cam.Cam;
import java.util.List;

/** The class activation maps. */
final class CamMethods {
  private CamMethods() {}

  static List<Method> all() {
    return List.of(
        new Method(
            "grad-cam",
            "Grad-CAM",
            "Which places of a layer speak for the target, by its channels and their weight.",
            "Selvaraju et al.: Grad-CAM, 2017",
            "F + B down to the layer",
            "[N, 1, h, w] at the layer's resolution, signed",
            false,
            "",
            o ->
                o.layer() == null
                    ? Cam.gradCam()
                    : Cam.gradCam().withLayer(o.layer())));
  }
}
