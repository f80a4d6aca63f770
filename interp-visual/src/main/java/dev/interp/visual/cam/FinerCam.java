package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Finer-CAM: Grad-CAM of what tells a class from the classes like it. In place of the logit z of
 * class c stands {@code Σᵢ pᵢ (z_c − strength · zᵢ) / Σᵢ pᵢ}, where i runs over the classes with
 * the logits nearest to that of c and p are the softmax probabilities; the gradient goes through
 * these too. For {@link Target#contrast} the one other class is taken. The result has the layer's
 * height and width, one channel, and is signed unless {@link #rectified} asks for {@code max(L,
 * 0)}. The outputs told are those of the target itself.
 *
 * <p>Cost: one forward pass, and one backward pass that stops at the lowest layer.
 *
 * <p>Zhang et al.: Finer-CAM, CVPR 2025, with the weights, strength 1 and three classes of
 * pytorch-grad-cam 084273b, but without the 10⁻⁹ that it adds to the sum: where the network is
 * sure, all other probabilities are less than that, and the map would vanish.
 */
public final class FinerCam implements Attributor {
  private final CamLayers layers;
  private final double strength;
  private final int rivals;

  private FinerCam(CamLayers layers, double strength, int rivals) {
    this.layers = layers;
    this.strength = strength;
    this.rivals = rivals;
  }

  /**
   * The signed map at the network's last tensor with spatial extent, against the three nearest
   * classes at strength 1.
   *
   * @return the method
   */
  public static FinerCam withDefaults() {
    return new FinerCam(CamLayers.LAST, 1, 3);
  }

  /**
   * Sets the layer.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public FinerCam withLayer(String tensor) {
    return withLayers(tensor);
  }

  /**
   * Sets several layers, whose maps are fused as {@link Cam#withLayers} says.
   *
   * @param tensors names of tensors {@code [C, H, W]}
   * @return the method at those layers; its values lie on the layer with the largest map
   */
  public FinerCam withLayers(String... tensors) {
    return new FinerCam(layers.at(tensors), strength, rivals);
  }

  /**
   * Leaves only what speaks for the class.
   *
   * @return the method with negative values set to zero
   */
  public FinerCam rectified() {
    return new FinerCam(layers.rectify(), strength, rivals);
  }

  /**
   * Sets how much the other classes count.
   *
   * @param share 0 for not at all, which is Grad-CAM of the class; 1 for fully
   * @return the method with that strength
   */
  public FinerCam withStrength(double share) {
    if (!Double.isFinite(share)) {
      throw new IllegalArgumentException("the strength must be finite, was " + share);
    }
    return new FinerCam(layers, share, rivals);
  }

  /**
   * Sets with how many classes the class is compared; with all others if the network has fewer.
   *
   * @param count at least 1
   * @return the method with that number
   */
  public FinerCam withRivals(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("there must be at least 1 class to compare, was " + count);
    }
    return new FinerCam(layers, strength, count);
  }

  @Override
  public String id() {
    return "finer-cam";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = layers.settings();
    settings.put("strength", Double.toString(strength));
    settings.put("rivals", Integer.toString(rivals));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    List<String> tensors = layers.of(network, id());
    if (!target.tensor(network).equals(network.logits()) || target instanceof Target.Custom) {
      throw new NotApplicableException(
          "finer-cam compares classes, but the target " + target + " is not one");
    }
    if (network.classCount() < 2) {
      throw new NotApplicableException("finer-cam needs two classes, the network has one");
    }
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace =
            run.network()
                .run(run.x(), Hooks.none().keep(tensors.toArray(String[]::new)).forgetBelow())) {
      Target.Resolved own = trace.resolve(target);
      INDArray logits = trace.logits();
      INDArray seed = logits.like();
      for (int i = 0; i < run.examples(); i++) {
        double[] z = logits.getRow(i).toDoubleVector();
        int c = own.classes().get(i);
        int[] others =
            target instanceof Target.Contrast against
                ? new int[] {against.against()}
                : nearest(z, c, rivals);
        seed.putRow(
            i, Nd4j.createFromArray(gradient(z, c, others, strength)).castTo(seed.dataType()));
      }
      Target.Resolved finer = new Target.Resolved(own.tensor(), own.classes(), own.values(), seed);
      List<INDArray> maps = Cam.maps(trace, finer, tensors, Weighting.GRAD_CAM);
      return layers.finish(run, tensors, maps, own);
    }
  }

  private static int[] nearest(double[] z, int c, int count) {
    return IntStream.range(0, z.length)
        .boxed()
        .filter(i -> i != c)
        .sorted(Comparator.comparingDouble(i -> Math.abs(z[i] - z[c])))
        .limit(count)
        .mapToInt(i -> i)
        .toArray();
  }

  /** The derivative of the weighted difference with respect to each logit. */
  static double[] gradient(double[] z, int c, int[] others, double strength) {
    double largest = IntStream.of(others).mapToDouble(i -> z[i]).max().orElse(0);
    double sum = IntStream.of(others).mapToDouble(i -> Math.exp(z[i] - largest)).sum();
    double mean =
        IntStream.of(others).mapToDouble(i -> z[i] * Math.exp(z[i] - largest)).sum() / sum;
    double[] gradient = new double[z.length];
    gradient[c] = 1;
    for (int i : others) {
      gradient[i] -= strength * Math.exp(z[i] - largest) / sum * (1 + z[i] - mean);
    }
    return gradient;
  }
}
