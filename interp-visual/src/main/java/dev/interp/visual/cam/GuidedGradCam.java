package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.rule.Composite;
import dev.interp.visual.render.Interpolation;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Guided Grad-CAM: guided backpropagation times the rectified Grad-CAM map, brought to the
 * picture's size. The result is {@code [N, C, H, W]}, signed.
 *
 * <p>Cost: two forward passes, a backward pass that stops at the layer, and one to the input.
 *
 * <p>Selvaraju et al.: Grad-CAM, ICCV 2017, section 3.1. Up-sampled by nearest neighbour, the cell
 * at floor(i · h / H), as in captum 0.7; the paper's bilinear interpolation is an option. Like
 * guided backpropagation it changes little when the network's weights are randomised (Adebayo et
 * al. 2018).
 */
public final class GuidedGradCam implements Attributor {
  private final @Nullable String layer;
  private final Interpolation interpolation;

  private GuidedGradCam(@Nullable String layer, Interpolation interpolation) {
    this.layer = layer;
    this.interpolation = interpolation;
  }

  /**
   * The map at the network's last tensor with spatial extent, up-sampled by nearest neighbour.
   *
   * @return the method
   */
  public static GuidedGradCam withDefaults() {
    return new GuidedGradCam(null, Interpolation.NEAREST);
  }

  /**
   * Sets the layer of the Grad-CAM map.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public GuidedGradCam withLayer(String tensor) {
    return new GuidedGradCam(tensor, interpolation);
  }

  /**
   * Sets how the map is brought to the picture's size.
   *
   * @param how nearest cell, or bilinear between the centres of cells
   * @return the method with that interpolation
   */
  public GuidedGradCam withInterpolation(Interpolation how) {
    return new GuidedGradCam(layer, how);
  }

  @Override
  public String id() {
    return "guided-grad-cam";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("layer", layer == null ? "last with spatial extent" : layer);
    settings.put("interpolation", interpolation.name().toLowerCase(Locale.ROOT));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    CamLayers layers = layer == null ? CamLayers.LAST : CamLayers.LAST.at(layer);
    List<String> tensors = layers.of(network, id());
    network.checkInput(x);
    if (x.rank() != 4) {
      throw new IllegalArgumentException("guided-grad-cam needs pictures [N, C, H, W]");
    }
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Target.Resolved resolved;
      INDArray map;
      try (Trace trace =
          run.network().run(run.x(), Hooks.none().keep(tensors.get(0)).forgetBelow())) {
        resolved = trace.resolve(target);
        map = Cam.maps(trace, resolved, tensors, Weighting.GRAD_CAM).get(0);
      }
      Upsampling how =
          interpolation == Interpolation.NEAREST ? Upsampling.NEAREST : Upsampling.BILINEAR;
      INDArray large = how.apply(Transforms.relu(map, false), x.size(2), x.size(3));
      Hooks guided = Hooks.none().withRules(Composite.guidedBackprop());
      try (Trace trace = run.network().run(run.x(), guided)) {
        INDArray values = trace.gradient(resolved, Network.INPUT);
        return run.finish(Network.INPUT, values.muli(large.broadcast(values.shape())), resolved);
      }
    }
  }
}
