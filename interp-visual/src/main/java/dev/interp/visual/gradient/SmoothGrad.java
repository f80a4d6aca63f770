package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The mean of another method's maps over noisy copies of the input: {@code 1/n Σ M(x + εᵢ)}. The
 * class is decided on the input without noise.
 *
 * <p>Cost: n times the inner method, and one forward pass for the output without noise. All
 * examples of a batch get the same noise pattern, scaled to each.
 *
 * <p>Smilkov, Thorat, Kim, Viégas, Wattenberg: SmoothGrad, 2017: noise with a standard deviation of
 * a share σ of the input's range. The tests agree with captum 0.7.0 in float64, given its noise.
 */
public final class SmoothGrad implements Attributor {
  private final Attributor inner;
  private final int samples;
  private final double deviation;
  private final long seed;
  private final @Nullable INDArray noise;
  private final int batchSize;
  private final Progress progress;

  private SmoothGrad(
      Attributor inner,
      int samples,
      double deviation,
      long seed,
      @Nullable INDArray noise,
      int batchSize,
      Progress progress) {
    this.inner = inner;
    this.samples = samples;
    this.deviation = deviation;
    this.seed = seed;
    this.noise = noise;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 25 signed gradients at noise of 15 % of the input's range, seed 0, 8 at a time.
   *
   * @return the method
   */
  public static SmoothGrad withDefaults() {
    return of(Gradient.plain());
  }

  /**
   * The same around any method.
   *
   * @param inner gives a map of one shape for every noisy copy
   * @return the method
   */
  public static SmoothGrad of(Attributor inner) {
    return new SmoothGrad(inner, 25, 0.15, 0, null, 8, Progress.none());
  }

  /**
   * Sets how many noisy copies are made.
   *
   * @param number at least 1
   * @return the method with that many samples
   */
  public SmoothGrad withSamples(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("samples must be at least 1, was " + number);
    }
    return new SmoothGrad(inner, number, deviation, seed, null, batchSize, progress);
  }

  /**
   * Sets how strong the noise is.
   *
   * @param share standard deviation as a share of each example's range (maximum minus minimum), at
   *     least 0
   * @return the method with that noise
   */
  public SmoothGrad withDeviation(double share) {
    if (!(share >= 0 && Double.isFinite(share))) {
      throw new IllegalArgumentException("the deviation must be at least 0, was " + share);
    }
    return new SmoothGrad(inner, samples, share, seed, null, batchSize, progress);
  }

  /**
   * Sets the seed of the noise.
   *
   * @param value any number
   * @return the method with that seed
   */
  public SmoothGrad withSeed(long value) {
    return new SmoothGrad(inner, samples, deviation, value, noise, batchSize, progress);
  }

  /**
   * Gives the noise itself, added as it is.
   *
   * @param array {@code [n, C, H, W]} in network input values; not copied, not modified
   * @return the method with that noise
   */
  public SmoothGrad withNoise(INDArray array) {
    return new SmoothGrad(inner, (int) array.size(0), deviation, seed, array, batchSize, progress);
  }

  /**
   * Sets how many noisy copies are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public SmoothGrad withBatchSize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, was " + size);
    }
    return new SmoothGrad(inner, samples, deviation, seed, noise, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public SmoothGrad withProgress(Progress listener) {
    return new SmoothGrad(inner, samples, deviation, seed, noise, batchSize, listener);
  }

  @Override
  public String id() {
    return inner.id().equals("gradient") ? "smoothgrad" : "smoothgrad-" + inner.id();
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("samples", Integer.toString(samples));
    if (noise == null) {
      settings.put("deviation", Double.toString(deviation));
      settings.put("seed", Long.toString(seed));
    } else {
      settings.put("noise", "given " + Arrays.toString(noise.shape()));
    }
    settings.putAll(inner.settings());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    checkNoise(x);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Target.Resolved resolved = run.resolve();
      INDArray[] patterns = patterns(run.x());
      double[] scale = scale(run.x());
      long count = (long) samples * run.examples();
      INDArray sum = null;
      String tensor = Network.INPUT;
      for (long first : AttributionRun.batches(count, batchSize)) {
        int[] rows = new int[(int) Math.min(batchSize, count - first)];
        Arrays.setAll(rows, r -> (int) ((first + r) / samples));
        INDArray batch = run.rows(rows);
        for (int r = 0; r < rows.length; r++) {
          INDArray pattern = patterns[(int) ((first + r) % samples)];
          INDArray scaled = pattern.mul(scale[rows[r]]);
          batch.slice(r).addi(scaled);
          scaled.close();
        }
        Attribution part = inner.attribute(run.network(), batch, run.targetOf(resolved, rows));
        if (sum == null) {
          long[] shape = part.values().shape().clone();
          shape[0] = run.examples();
          sum = Nd4j.zeros(part.values().dataType(), shape);
          tensor = part.tensor();
        }
        for (int r = 0; r < rows.length; r++) {
          sum.slice(rows[r]).addi(part.values().slice(r));
        }
        part.values().close();
        batch.close();
        progress.report(first + rows.length, count);
      }
      if (sum == null) {
        throw new IllegalStateException("a batch has at least one example");
      }
      if (noise == null) {
        Arrays.stream(patterns).forEach(INDArray::close);
      }
      return run.finish(tensor, sum.divi(samples), resolved);
    }
  }

  private void checkNoise(INDArray x) {
    if (noise == null) {
      return;
    }
    long[] expected = x.shape().clone();
    expected[0] = noise.size(0);
    if (!Arrays.equals(expected, noise.shape())) {
      throw new IllegalArgumentException(
          "the noise must be [n, …] with the input's shape after it, "
              + Arrays.toString(Arrays.copyOfRange(expected, 1, expected.length))
              + ", was "
              + Arrays.toString(noise.shape()));
    }
  }

  private INDArray[] patterns(INDArray x) {
    INDArray[] patterns = new INDArray[samples];
    long[] shape = Arrays.copyOfRange(x.shape(), 1, x.rank());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < samples; i++) {
      if (noise != null) {
        patterns[i] = noise.slice(i).castTo(x.dataType());
      } else {
        float[] values = new float[(int) (x.length() / x.size(0))];
        for (int j = 0; j < values.length; j++) {
          values[j] = (float) random.nextGaussian();
        }
        patterns[i] = Nd4j.create(values, shape, 'c').castTo(x.dataType());
      }
    }
    return patterns;
  }

  private double[] scale(INDArray x) {
    double[] scale = new double[(int) x.size(0)];
    for (int i = 0; i < scale.length; i++) {
      INDArray example = x.slice(i);
      double range = example.maxNumber().doubleValue() - example.minNumber().doubleValue();
      scale[i] = noise == null ? deviation * range : 1;
    }
    return scale;
  }
}
