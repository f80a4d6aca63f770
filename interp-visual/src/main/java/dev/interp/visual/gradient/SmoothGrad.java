package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Another method's maps over noisy copies of the input, {@code M(x + εᵢ)}, put together to one. The
 * class is decided on the input without noise.
 *
 * <ul>
 *   <li>{@link Statistic#MEAN}: the mean (Smilkov, Thorat, Kim, Viégas, Wattenberg: SmoothGrad,
 *       2017).
 *   <li>{@link Statistic#MEAN_OF_SQUARES}: the mean of the squares (Hooker, Erhan, Kindermans, Kim:
 *       A Benchmark for Interpretability Methods, NeurIPS 2019, section 4.2, SmoothGrad-squared).
 *   <li>{@link Statistic#VARIANCE}: the variance, divided by n (Adebayo, Gilmer, Goodfellow, Kim:
 *       Local Explanation Methods for Deep Neural Networks Lack Sensitivity, 2018, VarGrad). It is
 *       summed up by Welford's recurrence, which loses no digits where the maps differ little from
 *       their mean.
 * </ul>
 *
 * <p>Cost: n times the inner method, and one forward pass for the output without noise. All
 * examples of a batch get the same noise pattern, scaled to each: a standard deviation of a share σ
 * of the example's range. The tests agree with captum 0.7.0 in float64, given its noise.
 */
public final class SmoothGrad implements Attributor {
  /** What is made of the maps of the noisy copies, place by place. */
  public enum Statistic {
    /** Their mean: SmoothGrad. */
    MEAN,
    /** The mean of their squares: SmoothGrad-squared. */
    MEAN_OF_SQUARES,
    /** Their variance: VarGrad. */
    VARIANCE
  }

  private final Attributor inner;
  private final Statistic statistic;
  private final int samples;
  private final double deviation;
  private final long seed;
  private final @Nullable INDArray noise;
  private final int batchSize;
  private final Progress progress;

  private SmoothGrad(
      Attributor inner,
      Statistic statistic,
      int samples,
      double deviation,
      long seed,
      @Nullable INDArray noise,
      int batchSize,
      Progress progress) {
    this.inner = inner;
    this.statistic = statistic;
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
    return new SmoothGrad(inner, Statistic.MEAN, 25, 0.15, 0, null, 8, Progress.none());
  }

  /**
   * Sets what is made of the maps.
   *
   * @param kind mean, mean of squares or variance
   * @return the method with that statistic
   */
  public SmoothGrad withStatistic(Statistic kind) {
    return new SmoothGrad(inner, kind, samples, deviation, seed, noise, batchSize, progress);
  }

  /**
   * Sets how many noisy copies are made.
   *
   * @param number at least 1
   * @return the method with that many samples
   */
  public SmoothGrad withSamples(int number) {
    PathGradients.atLeast("samples", 1, number);
    return new SmoothGrad(inner, statistic, number, deviation, seed, null, batchSize, progress);
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
    return new SmoothGrad(inner, statistic, samples, share, seed, null, batchSize, progress);
  }

  /**
   * Sets the seed of the noise.
   *
   * @param value any number
   * @return the method with that seed
   */
  public SmoothGrad withSeed(long value) {
    return new SmoothGrad(inner, statistic, samples, deviation, value, noise, batchSize, progress);
  }

  /**
   * Gives the noise itself, added as it is.
   *
   * @param array {@code [n, C, H, W]} in network input values; not copied, not modified
   * @return the method with that noise
   */
  public SmoothGrad withNoise(INDArray array) {
    return new SmoothGrad(
        inner, statistic, (int) array.size(0), deviation, seed, array, batchSize, progress);
  }

  /**
   * Sets how many noisy copies are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public SmoothGrad withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new SmoothGrad(inner, statistic, samples, deviation, seed, noise, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public SmoothGrad withProgress(Progress listener) {
    return new SmoothGrad(inner, statistic, samples, deviation, seed, noise, batchSize, listener);
  }

  @Override
  public String id() {
    String name =
        switch (statistic) {
          case MEAN -> "smoothgrad";
          case MEAN_OF_SQUARES -> "smoothgrad-squared";
          case VARIANCE -> "vargrad";
        };
    return inner.id().equals("gradient") ? name : name + "-" + inner.id();
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
      List<Collector> collectors = new ArrayList<>();
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
        tensor = part.tensor();
        for (int r = 0; r < rows.length; r++) {
          INDArray map = part.values().slice(r);
          if (rows[r] == collectors.size()) {
            collectors.add(new Collector(statistic, map));
          }
          collectors.get(rows[r]).take(map);
        }
        part.values().close();
        batch.close();
        progress.report(first + rows.length, count);
      }
      if (noise == null) {
        Arrays.stream(patterns).forEach(INDArray::close);
      }
      INDArray[] maps = collectors.stream().map(Collector::result).toArray(INDArray[]::new);
      INDArray values = Nd4j.stack(0, maps);
      Arrays.stream(maps).forEach(INDArray::close);
      return run.finish(tensor, values, resolved);
    }
  }

  /** The statistic of one example's maps, which come one after another. */
  private static final class Collector {
    private final Statistic statistic;
    private final INDArray mean;
    private final INDArray squares;
    private int n;

    Collector(Statistic statistic, INDArray like) {
      this.statistic = statistic;
      this.mean = Nd4j.zeros(like.dataType(), like.shape());
      this.squares =
          statistic == Statistic.VARIANCE ? Nd4j.zeros(like.dataType(), like.shape()) : mean;
    }

    /** May change its argument. */
    void take(INDArray map) {
      n++;
      switch (statistic) {
        case MEAN -> mean.addi(map);
        case MEAN_OF_SQUARES -> mean.addi(map.muli(map));
        case VARIANCE -> {
          // Welford: both differences are small where the maps differ little.
          INDArray before = map.sub(mean);
          INDArray step = before.div(n);
          mean.addi(step);
          squares.addi(before.muli(map.subi(mean)));
          before.close();
          step.close();
        }
        default -> throw new IllegalStateException(statistic.toString());
      }
    }

    INDArray result() {
      if (squares != mean) {
        mean.close();
      }
      return squares.divi(n);
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
