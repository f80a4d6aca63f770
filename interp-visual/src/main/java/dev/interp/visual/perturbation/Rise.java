package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * RISE: how the target's value at the picture seen through random soft masks goes with what the
 * masks show: the covariance of a place's mask and the value, divided by the share of the picture
 * that a mask shows. A mask is a small grid of zeros and ones, upsampled bilinearly and shifted by
 * less than a cell.
 *
 * <p>The map is {@code [N, 1, H, W]}, the same for all channels. Cost: {@code samples + 1} forward
 * passes; no backward pass.
 *
 * <p>Petsiuk, Das, Saenko: RISE: Randomized Input Sampling for Explanation of Black-box Models,
 * BMVC 2018. Deviations: the paper does not take the mean value off, which lifts the whole map by
 * it, and so by far more than the places differ where the target is a logit; 1000 masks instead of
 * 4000 by default. Peer: Xplique 1.3, which divides by the sum of the masks instead.
 */
public final class Rise implements Attributor {
  private final int grid;
  private final double share;
  private final Draws draws;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private Rise(
      int grid, double share, Draws draws, Baseline baseline, int batchSize, Progress progress) {
    this.grid = grid;
    this.share = share;
    this.draws = draws;
    this.baseline = baseline;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 1000 masks of 7 by 7 cells that show half the picture over zero, 16 at a time.
   *
   * @return the method
   */
  public static Rise withDefaults() {
    return new Rise(7, 0.5, new Draws(1000, 0), Baseline.zero(), 16, Progress.none());
  }

  /**
   * Sets the masks.
   *
   * @param cells along each side, at least 1
   * @param probability that a cell is shown, in (0, 1)
   * @return the method with such masks
   */
  public Rise withMasks(int cells, double probability) {
    if (cells < 1 || !(probability > 0 && probability < 1)) {
      throw new IllegalArgumentException(
          "masks need at least 1 cell a side and a probability in (0, 1), was "
              + cells
              + " and "
              + probability);
    }
    return new Rise(cells, probability, draws, baseline, batchSize, progress);
  }

  /**
   * Sets the number of masks; the cost grows with it.
   *
   * @param number at least 1
   * @return the method with that number of samples
   */
  public Rise withSamples(int number) {
    return new Rise(grid, share, draws.withSamples(number), baseline, batchSize, progress);
  }

  /**
   * Sets the seed.
   *
   * @param number equal seeds give equal bytes
   * @return the method with that seed
   */
  public Rise withSeed(long number) {
    return new Rise(grid, share, draws.withSeed(number), baseline, batchSize, progress);
  }

  /**
   * Sets what shows where a mask hides the picture.
   *
   * @param cover taken from there
   * @return the method with that baseline
   */
  public Rise withBaseline(Baseline cover) {
    return new Rise(grid, share, draws, cover, batchSize, progress);
  }

  /**
   * Sets how many masked pictures are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public Rise withBatchSize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, was " + size);
    }
    return new Rise(grid, share, draws, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public Rise withProgress(Progress listener) {
    return new Rise(grid, share, draws, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "rise";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("grid", grid + "×" + grid);
    texts.put("probability", Double.toString(share));
    texts.put("baseline", baseline.toString());
    draws.describe(texts);
    return Collections.unmodifiableMap(texts);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      if (x.rank() != 4) {
        throw new IllegalArgumentException("RISE needs pictures [N, C, H, W]");
      }
      int height = (int) x.size(2);
      int width = (int) x.size(3);
      INDArray cover = baseline.of(run.x());
      Evaluations runs = new Evaluations(run, batchSize, progress);
      Evaluations.Cache covers = new Evaluations.Cache(cover);
      List<Moments> moments = new ArrayList<>();
      for (int i = 0; i < run.examples(); i++) {
        moments.add(new Moments(height * width, runs.output(i)));
      }
      runs.each(
          draws.samples(),
          (example, copy, row) -> {
            double[] mask = mask(copy, height, width);
            double[] under = covers.of(example);
            for (int i = 0; i < row.length; i++) {
              row[i] = under[i] + mask[i % mask.length] * (row[i] - under[i]);
            }
          },
          (example, copy, output) -> moments.get(example).add(mask(copy, height, width), output));
      INDArray[] maps =
          moments.stream()
              .map(m -> Nd4j.createFromArray(m.covariance(draws.samples())))
              .map(m -> m.divi(share).castTo(run.x().dataType()))
              .toArray(INDArray[]::new);
      INDArray values = Nd4j.stack(0, maps).reshape('c', run.examples(), 1, height, width);
      return run.finish(Network.INPUT, values, runs.resolved());
    }
  }

  /** Sums over the masks of an example; outputs count from the example's own. */
  private static final class Moments {
    private final double[] masks;
    private final double[] products;
    private final double origin;
    private double outputs;

    Moments(int size, double origin) {
      this.masks = new double[size];
      this.products = new double[size];
      this.origin = origin;
    }

    void add(double[] mask, double output) {
      outputs += output - origin;
      for (int i = 0; i < mask.length; i++) {
        masks[i] += mask[i];
        products[i] += mask[i] * (output - origin);
      }
    }

    double[] covariance(int samples) {
      double[] map = new double[masks.length];
      for (int i = 0; i < map.length; i++) {
        map[i] = (products[i] - masks[i] * outputs / samples) / samples;
      }
      return map;
    }
  }

  /** A mask by its number, in row order; drawn anew each time, so that none is kept. */
  double[] mask(int number, int height, int width) {
    SplittableRandom random = draws.random(number);
    int cellHeight = (height + grid - 1) / grid;
    int cellWidth = (width + grid - 1) / grid;
    int down = random.nextInt(cellHeight);
    int across = random.nextInt(cellWidth);
    double[][] cells = new double[grid + 1][grid + 1];
    for (double[] row : cells) {
      for (int j = 0; j <= grid; j++) {
        row[j] = random.nextDouble() < share ? 1 : 0;
      }
    }
    double[] mask = new double[height * width];
    for (int i = 0; i < height; i++) {
      double y = place(i + down, cellHeight);
      double[] upper = cells[(int) y];
      double[] lower = cells[Math.min(grid, (int) y + 1)];
      for (int j = 0; j < width; j++) {
        double x = place(j + across, cellWidth);
        int left = (int) x;
        int right = Math.min(grid, left + 1);
        double top = upper[left] + (x - left) * (upper[right] - upper[left]);
        double bottom = lower[left] + (x - left) * (lower[right] - lower[left]);
        mask[i * width + j] = top + (y - (int) y) * (bottom - top);
      }
    }
    return mask;
  }

  /** Where a pixel's centre lies among the centres of cells, the outer ones reaching outwards. */
  private double place(int pixel, int cell) {
    return Math.min(grid, Math.max(0, (pixel + 0.5) / cell - 0.5));
  }
}
