package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Grad-CAM: {@code L = Σₖ αₖ Aₖ} with {@code αₖ = 1/Z Σᵢⱼ ∂y/∂Aₖᵢⱼ} for the channels k of one
 * layer's activation A. The map has the layer's height and width, one channel, and is signed unless
 * {@link #rectified} asks for the paper's {@code max(L, 0)}.
 *
 * <p>Cost: one forward pass, and a backward pass that stops at the layer.
 *
 * <p>Selvaraju et al.: Grad-CAM, ICCV 2017, equations 1 and 2. The tests agree with
 * pytorch-grad-cam 084273b in float64.
 */
public final class GradCam implements Attributor {
  private final @Nullable String layer;
  private final boolean rectify;

  private GradCam(@Nullable String layer, boolean rectify) {
    this.layer = layer;
    this.rectify = rectify;
  }

  /**
   * The signed map at the network's last tensor with spatial extent.
   *
   * @return the method
   */
  public static GradCam withDefaults() {
    return new GradCam(null, false);
  }

  /**
   * Sets the layer.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public GradCam withLayer(String tensor) {
    return new GradCam(tensor, rectify);
  }

  /**
   * Leaves only what speaks for the target.
   *
   * @return the method with negative values set to zero
   */
  public GradCam rectified() {
    return new GradCam(layer, true);
  }

  @Override
  public String id() {
    return "grad-cam";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("layer", layer == null ? "last with spatial extent" : layer);
    settings.put("sign", rectify ? "rectified" : "signed");
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    String tensor = layer == null ? network.lastSpatial() : layer;
    LayerInfo info = network.layer(tensor);
    if (info.shape().size() != 3) {
      throw new IllegalArgumentException(
          "grad-cam needs a layer of maps [C, H, W], '" + tensor + "' is " + info.shape());
    }
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace = run.network().run(run.x(), Hooks.none().keep(tensor))) {
      Target.Resolved resolved = trace.resolve(target);
      INDArray weights = trace.readGradient(resolved, tensor, GradCam::meanOverPlaces);
      INDArray map = trace.read(tensor, a -> weightedSum(weights, a));
      weights.close();
      return run.finish(tensor, rectify ? Transforms.relu(map, false) : map, resolved);
    }
  }

  /** A row of ones times the matrix of places by channels, for each example. */
  private static INDArray meanOverPlaces(INDArray gradient) {
    long n = gradient.size(0);
    long channels = gradient.size(3);
    long places = gradient.size(1) * gradient.size(2);
    INDArray share = Nd4j.valueArrayOf(new long[] {1, places}, 1.0 / places, gradient.dataType());
    INDArray means = Nd4j.createUninitialized(gradient.dataType(), n, channels);
    INDArray matrices = gradient.reshape(n, places, channels);
    for (int i = 0; i < n; i++) {
      means.putRow(i, share.mmul(matrices.slice(i)));
    }
    share.close();
    return means;
  }

  /** The matrix of places by channels times a column of weights, for each example. */
  private static INDArray weightedSum(INDArray weights, INDArray activation) {
    long n = activation.size(0);
    long channels = activation.size(3);
    long places = activation.size(1) * activation.size(2);
    INDArray maps = Nd4j.createUninitialized(activation.dataType(), n, places);
    INDArray matrices = activation.reshape(n, places, channels);
    for (int i = 0; i < n; i++) {
      maps.putRow(i, matrices.slice(i).mmul(weights.slice(i).reshape(channels, 1)));
    }
    return maps.reshape(n, 1, activation.size(1), activation.size(2));
  }
}
