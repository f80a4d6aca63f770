package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.segment.Felzenszwalb;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * XRAI: the regions of a picture in order of how much attribution they hold. Integrated gradients,
 * by default from a black and a white baseline and summed over the channels, are gathered over
 * {@link Felzenszwalb} regions at six scales, each widened by a small disk. Regions are then taken
 * one after another, always the one with the largest mean attribution over the pixels that no
 * region before had; each pixel gets that mean. Pixels that no region took share the mean of what
 * is left, so that the map sums to what integrated gradients sum to; their completeness gap is
 * passed on.
 *
 * <p>{@link #fast} orders the regions once by their mean over all their pixels instead.
 *
 * <p>Result {@code [N, 1, H, W]}. Cost: integrated gradients with its number of baselines, and one
 * forward pass.
 *
 * <p>Kapishnikov, Bolukbasi, Viégas, Terry: XRAI: Better Attributions Through Regions, ICCV 2019,
 * algorithm 1; scales, disk and least sizes as in the authors' package {@code PAIR-code/saliency}.
 * Deviations: the package divides the picture at 224×224 and takes the largest channel; here it is
 * divided at its own size, with disk and sizes in proportion, and channels are summed, which keeps
 * the sum. Black and white are the least and largest value of each channel of the example.
 */
public final class Xrai implements Attributor {
  private static final double[] SCALES = {50, 100, 150, 250, 500, 1200};
  private static final double SIDE = 224;
  private static final double DISK = 5;
  private static final double LEAST_REGION = 150;
  private static final double LEAST_GAIN = 50;

  private final int steps;
  private final List<Baseline> baselines;
  private final boolean fast;
  private final int batchSize;
  private final Progress progress;

  private Xrai(
      int steps, List<Baseline> baselines, boolean fast, int batchSize, Progress progress) {
    this.steps = steps;
    this.baselines = List.copyOf(baselines);
    this.fast = fast;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * The full form with 50 steps from each of two baselines, black and white, 8 at a time.
   *
   * @return the method
   */
  public static Xrai withDefaults() {
    return new Xrai(50, List.of(), false, 8, Progress.none());
  }

  /**
   * Orders the regions once.
   *
   * @return the method in its fast form
   */
  public Xrai fast() {
    return new Xrai(steps, baselines, true, batchSize, progress);
  }

  /**
   * Sets the number of nodes of the integral from each baseline.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public Xrai withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new Xrai(number, baselines, fast, batchSize, progress);
  }

  /**
   * Sets where the paths begin.
   *
   * @param starts baselines of integrated gradients; empty for black and white
   * @return the method with those baselines
   */
  public Xrai withBaselines(List<Baseline> starts) {
    return new Xrai(steps, starts, fast, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public Xrai withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new Xrai(steps, baselines, fast, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public Xrai withProgress(Progress listener) {
    return new Xrai(steps, baselines, fast, batchSize, listener);
  }

  @Override
  public String id() {
    return "xrai";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("form", fast ? "fast" : "full");
    settings.put("steps", Integer.toString(steps));
    settings.put(
        "baseline",
        baselines.isEmpty()
            ? "black; white"
            : baselines.stream().map(Baseline::toString).collect(Collectors.joining("; ")));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray pictures = run.x();
      if (pictures.rank() != 4) {
        throw new IllegalArgumentException(
            "XRAI needs pictures [N, C, H, W], was " + Arrays.toString(pictures.shape()));
      }
      List<Baseline> starts =
          baselines.isEmpty()
              ? List.of(
                  Baseline.array(pictures.min(true, 2, 3)),
                  Baseline.array(pictures.max(true, 2, 3)))
              : baselines;
      starts.forEach(b -> b.of(pictures).close());
      Target.Resolved resolved = run.resolve();
      Attribution gradients =
          IntegratedGradients.withDefaults()
              .withSteps(steps)
              .withBaselines(starts)
              .withBatchSize(batchSize)
              .withProgress(progress)
              .attribute(
                  run.network(),
                  pictures,
                  run.targetOf(resolved, IntStream.range(0, run.examples()).toArray()));
      int height = (int) pictures.size(2);
      int width = (int) pictures.size(3);
      double[] values = new double[run.examples() * height * width];
      for (int i = 0; i < run.examples(); i++) {
        double[] map =
            gradients.values().slice(i).castTo(DataType.DOUBLE).sum(0).dup('c').data().asDouble();
        double[] gathered =
            gather(map, masks(pictures.slice(i)), least(LEAST_GAIN, height * width), fast);
        System.arraycopy(gathered, 0, values, i * map.length, map.length);
      }
      gradients.values().close();
      INDArray result =
          Nd4j.createFromArray(values)
              .reshape(run.examples(), 1, height, width)
              .castTo(pictures.dataType());
      return run.finish(Network.INPUT, result, resolved, gradients.completenessGaps());
    }
  }

  /** A number of pixels of a picture of 224×224 as a share of another one's. */
  private static int least(double pixels, int area) {
    return (int) Math.max(1, Math.round(pixels * area / (SIDE * SIDE)));
  }

  /** The pixels of each region of each scale, widened by the disk. */
  private static List<int[]> masks(INDArray picture) {
    int height = (int) picture.size(1);
    int width = (int) picture.size(2);
    double low = picture.minNumber().doubleValue();
    double range = picture.maxNumber().doubleValue() - low;
    // From −1 to 1, the range that the scales are meant for.
    INDArray even =
        picture.castTo(DataType.DOUBLE).sub(low).muli(range > 0 ? 2 / range : 0).subi(1);
    int radius = (int) Math.round(DISK * Math.min(height, width) / SIDE);
    List<int[]> masks = new ArrayList<>();
    for (double scale : SCALES) {
      int[] labels =
          Felzenszwalb.withDefaults()
              .withScale(scale)
              .withMinSize(least(LEAST_REGION, height * width))
              .divide(even);
      int regions = Arrays.stream(labels).max().orElse(-1) + 1;
      BitSet[] widened = new BitSet[regions];
      Arrays.setAll(widened, r -> new BitSet(labels.length));
      for (int p = 0; p < labels.length; p++) {
        BitSet mask = widened[labels[p]];
        int row = p / width;
        for (int i = Math.max(0, row - radius); i <= Math.min(height - 1, row + radius); i++) {
          int half = (int) Math.sqrt(radius * radius - (i - row) * (i - row));
          int column = p % width;
          mask.set(
              i * width + Math.max(0, column - half),
              i * width + Math.min(width - 1, column + half) + 1);
        }
      }
      Arrays.stream(widened).map(m -> m.stream().toArray()).forEach(masks::add);
    }
    return masks;
  }

  /** The mean of each region over the pixels that are its own when its turn comes. */
  static double[] gather(double[] map, List<int[]> masks, int leastGain, boolean fast) {
    Tally tally = new Tally(map, masks);
    if (fast) {
      IntStream.range(0, masks.size())
          .boxed()
          .sorted(Comparator.comparingDouble((Integer m) -> -tally.mean(m)))
          .toList()
          .forEach(
              m -> {
                if (tally.count[m] >= leastGain) {
                  tally.take(m);
                }
              });
    } else {
      for (int best = tally.best(leastGain); best >= 0; best = tally.best(leastGain)) {
        tally.take(best);
      }
    }
    return tally.finish();
  }

  /** Sums and counts of each mask over the pixels that are still free. */
  private static final class Tally {
    private final double[] map;
    private final List<int[]> masks;
    private final int[][] masksOf;
    private final int[] count;
    private final double[] sum;
    private final boolean[] taken;
    private final double[] result;

    Tally(double[] map, List<int[]> masks) {
      this.map = map;
      this.masks = masks;
      this.count = new int[masks.size()];
      this.sum = new double[masks.size()];
      this.taken = new boolean[map.length];
      this.result = new double[map.length];
      int[] layers = new int[map.length];
      for (int[] mask : masks) {
        for (int p : mask) {
          layers[p]++;
        }
      }
      this.masksOf = new int[map.length][];
      Arrays.setAll(masksOf, p -> new int[layers[p]]);
      for (int m = 0; m < masks.size(); m++) {
        for (int p : masks.get(m)) {
          masksOf[p][--layers[p]] = m;
          count[m]++;
          sum[m] += map[p];
        }
      }
    }

    double mean(int m) {
      return sum[m] / count[m];
    }

    /** The mask with the largest mean of those with enough free pixels, −1 if there is none. */
    int best(int leastGain) {
      int best = -1;
      for (int m = 0; m < count.length; m++) {
        if (count[m] >= leastGain && (best < 0 || mean(m) > mean(best))) {
          best = m;
        }
      }
      return best;
    }

    void take(int m) {
      fill(Arrays.stream(masks.get(m)).filter(p -> !taken[p]).toArray());
    }

    double[] finish() {
      fill(IntStream.range(0, map.length).filter(p -> !taken[p]).toArray());
      return result;
    }

    private void fill(int[] pixels) {
      double total = 0;
      for (int p : pixels) {
        total += map[p];
      }
      for (int p : pixels) {
        taken[p] = true;
        result[p] = total / pixels.length;
        for (int m : masksOf[p]) {
          count[m]--;
          sum[m] -= map[p];
        }
      }
    }
  }
}
