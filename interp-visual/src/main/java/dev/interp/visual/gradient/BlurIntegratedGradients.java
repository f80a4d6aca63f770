package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Blur integrated gradients: the path runs from the picture blurred by a wide Gaussian to the
 * picture itself through less and less blur, so that no baseline colour is needed. Along it {@code
 * ∂y/∂x} is integrated by trapezoids over the differences of the pictures. The values sum to the
 * output at x minus the output at the widest blur; what the trapezoids miss of it is reported as
 * the completeness gap.
 *
 * <p>Beyond its border a picture counts as zero in network input values, so a wide blur fades to
 * zero there.
 *
 * <p>Cost: {@code steps + 1} forward and backward passes, and one forward pass for the output.
 *
 * <p>Xu, Venugopalan, Sundararajan: Attribution in Scale and Space, CVPR 2020. Defaults as in the
 * authors' package {@code PAIR-code/saliency}. Deviation: that package takes the derivative of the
 * blur by a finite difference of 0.01 at the sharper end of each step, which is nothing at the
 * picture itself, where a Gaussian that narrow has only one pixel; differences between neighbouring
 * points of the path leave nothing out.
 */
public final class BlurIntegratedGradients implements Attributor {
  private static final double REACH = 4;

  private final double maxSigma;
  private final int steps;
  private final boolean rooted;
  private final int batchSize;
  private final Progress progress;

  private BlurIntegratedGradients(
      double maxSigma, int steps, boolean rooted, int batchSize, Progress progress) {
    this.maxSigma = maxSigma;
    this.steps = steps;
    this.rooted = rooted;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 100 steps of equal size from no blur to a standard deviation of 50 pixels, 8 at a time.
   *
   * @return the method
   */
  public static BlurIntegratedGradients withDefaults() {
    return new BlurIntegratedGradients(50, 100, false, 8, Progress.none());
  }

  /**
   * Sets the widest blur.
   *
   * @param sigma standard deviation in pixels, above 0
   * @return the method with that blur
   */
  public BlurIntegratedGradients withMaxSigma(double sigma) {
    if (!(sigma > 0 && Double.isFinite(sigma))) {
      throw new IllegalArgumentException("the largest sigma must be above 0, was " + sigma);
    }
    return new BlurIntegratedGradients(sigma, steps, rooted, batchSize, progress);
  }

  /**
   * Sets the number of steps of the path.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public BlurIntegratedGradients withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new BlurIntegratedGradients(maxSigma, number, rooted, batchSize, progress);
  }

  /**
   * Takes the i-th of n blurs as {@code sqrt(i · maxSigma / n)} instead of {@code i · maxSigma /
   * n}: more steps at small scales, and a widest blur of the root of the largest sigma.
   *
   * @return the method with rooted sigmas
   */
  public BlurIntegratedGradients withRootedSigmas() {
    return new BlurIntegratedGradients(maxSigma, steps, true, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public BlurIntegratedGradients withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new BlurIntegratedGradients(maxSigma, steps, rooted, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public BlurIntegratedGradients withProgress(Progress listener) {
    return new BlurIntegratedGradients(maxSigma, steps, rooted, batchSize, listener);
  }

  @Override
  public String id() {
    return "blur-integrated-gradients";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("steps", Integer.toString(steps));
    settings.put("max sigma", maxSigma + " px");
    settings.put("sqrt", Boolean.toString(rooted));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray sharp = run.x().dup('c');
      if (sharp.rank() != 4) {
        throw new IllegalArgumentException(
            "blur integrated gradients need pictures [N, C, H, W], was "
                + Arrays.toString(sharp.shape()));
      }
      Target.Resolved resolved = run.resolve();
      double[] end = new double[run.examples()];
      INDArray values = Nd4j.zeros(sharp.dataType(), sharp.shape());
      // Pictures and gradients of the point before, from which the next trapezoid is made.
      INDArray[] before = new INDArray[2];
      new PathGradients(run, resolved, batchSize, progress, steps + 1L)
          .run(
              steps + 1,
              Hooks.none(),
              (example, k, into) -> into.assign(blurred(sharp.slice(example), sigma(k))),
              (trace, given, batch, examples, points) -> {
                Target.Resolved here = trace.resolve(given);
                INDArray gradient = trace.gradient(here, Network.INPUT);
                for (int r = 0; r < examples.length; r++) {
                  int example = examples[r];
                  INDArray picture = batch.slice(r).dup('c');
                  INDArray slope = gradient.slice(r).dup('c');
                  if (points[r] > 0) {
                    INDArray step = before[0].sub(picture).muli(before[1].addi(slope));
                    values.slice(example).addi(step.muli(0.5));
                    step.close();
                    before[0].close();
                    before[1].close();
                  }
                  before[0] = picture;
                  before[1] = slope;
                  if (points[r] == steps) {
                    end[example] = here.values().getDouble(r);
                  }
                }
                gradient.close();
              });
      return run.finish(Network.INPUT, values, resolved, PathGradients.gaps(values, resolved, end));
    }
  }

  private double sigma(int k) {
    double even = k * maxSigma / steps;
    return rooted ? Math.sqrt(even) : even;
  }

  /** One picture [C, H, W]: two products with banded matrices, one per axis. */
  private static INDArray blurred(INDArray picture, double sigma) {
    if (sigma == 0) {
      return picture;
    }
    long c = picture.size(0);
    int h = (int) picture.size(1);
    int w = (int) picture.size(2);
    INDArray across = picture.reshape(c * h, w).mmul(band(w, sigma).castTo(picture.dataType()));
    INDArray down = band(h, sigma).castTo(picture.dataType());
    INDArray result = Nd4j.createUninitialized(picture.dataType(), new long[] {c, h, w}, 'c');
    INDArray planes = across.reshape(c, h, w);
    for (int i = 0; i < c; i++) {
      result.slice(i).assign(down.mmul(planes.slice(i)));
    }
    return result;
  }

  /** Row i holds the weights of all pixels in pixel i; what lies beyond the border is missing. */
  private static INDArray band(int n, double sigma) {
    int radius = (int) (REACH * sigma + 0.5);
    double[] weights = new double[radius + 1];
    double total = 0;
    for (int d = 0; d <= radius; d++) {
      weights[d] = Math.exp(-d * d / (2 * sigma * sigma));
      total += d == 0 ? weights[d] : 2 * weights[d];
    }
    double[] band = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = Math.max(0, i - radius); j < Math.min(n, i + radius + 1); j++) {
        band[i * n + j] = weights[Math.abs(i - j)] / total;
      }
    }
    return Nd4j.createFromArray(band).reshape(n, n);
  }
}
