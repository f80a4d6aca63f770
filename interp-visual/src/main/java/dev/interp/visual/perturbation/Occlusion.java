package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Occlusion: a window slides over the picture, what is under it is replaced by the baseline, and
 * the fall of the target's value is credited to the window. A pixel's value is the mean over the
 * windows that cover it; windows at the right and bottom rim may reach over it, so that every pixel
 * is covered.
 *
 * <p>The map is {@code [N, 1, H, W]}: all channels are occluded together. Cost: one forward pass
 * and one per window; no backward pass.
 *
 * <p>Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014, section 4.2.
 * The tests agree with captum 0.7.0 in float64.
 */
public final class Occlusion implements Attributor {
  private static final int DEFAULT_SHARE = 7;

  private final int window;
  private final int stride;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private Occlusion(int window, int stride, Baseline baseline, int batchSize, Progress progress) {
    this.window = window;
    this.stride = stride;
    this.baseline = baseline;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * A zero window of a seventh of the picture's shorter side that moves by half its side, 16 at a
   * time.
   *
   * @return the method
   */
  public static Occlusion withDefaults() {
    return new Occlusion(0, 0, Baseline.zero(), 16, Progress.none());
  }

  /**
   * Sets the window.
   *
   * @param side of the square window in pixels, at least 1
   * @param step by which it moves in pixels, at least 1 and at most its side, or pixels would be
   *     left out
   * @return the method with that window
   */
  public Occlusion withWindow(int side, int step) {
    if (side < 1 || step < 1 || step > side) {
      throw new IllegalArgumentException(
          "the window must be at least 1 and the stride in [1, window], was window "
              + side
              + ", stride "
              + step);
    }
    return new Occlusion(side, step, baseline, batchSize, progress);
  }

  /**
   * Sets what the window shows.
   *
   * @param cover taken from there
   * @return the method with that baseline
   */
  public Occlusion withBaseline(Baseline cover) {
    return new Occlusion(window, stride, cover, batchSize, progress);
  }

  /**
   * Sets how many occluded pictures are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public Occlusion withBatchSize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, was " + size);
    }
    return new Occlusion(window, stride, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public Occlusion withProgress(Progress listener) {
    return new Occlusion(window, stride, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "occlusion";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("window", window == 0 ? "a seventh of the shorter side" : window + " px");
    settings.put("stride", window == 0 ? "half the window" : stride + " px");
    settings.put("baseline", baseline.toString());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.checkInput(x);
    if (x.rank() != 4) {
      throw new IllegalArgumentException("occlusion needs pictures [N, C, H, W]");
    }
    long h = x.size(2);
    long w = x.size(3);
    if (window > Math.min(h, w)) {
      throw new IllegalArgumentException(
          "the window must fit into the picture of " + h + "×" + w + ", was " + window);
    }
    int side = window == 0 ? (int) Math.max(1, Math.min(h, w) / DEFAULT_SHARE) : window;
    int step = window == 0 ? Math.max(1, side / 2) : stride;
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray cover = baseline.of(run.x());
      Target.Resolved resolved = run.resolve();
      int rows = positions(h, side, step);
      int columns = positions(w, side, step);
      int windows = rows * columns;
      INDArray sum = Nd4j.zeros(run.x().dataType(), run.examples(), 1, h, w);
      long count = (long) windows * run.examples();
      for (long first : AttributionRun.batches(count, batchSize)) {
        int[] example = new int[(int) Math.min(batchSize, count - first)];
        for (int r = 0; r < example.length; r++) {
          example[r] = (int) ((first + r) / windows);
        }
        INDArray batch = run.rows(example);
        for (int r = 0; r < example.length; r++) {
          int place = (int) ((first + r) % windows);
          Area area = new Area(place / columns * step, place % columns * step, side, h, w);
          area.in(batch, r).assign(area.in(cover, example[r]));
        }
        INDArray values = run.resolve(batch, run.targetOf(resolved, example)).values();
        for (int r = 0; r < example.length; r++) {
          int place = (int) ((first + r) % windows);
          Area area = new Area(place / columns * step, place % columns * step, side, h, w);
          double fall = resolved.values().getDouble(example[r]) - values.getDouble(r);
          area.in(sum, example[r]).addi(fall);
        }
        batch.close();
        progress.report(first + example.length, count);
      }
      cover.close();
      INDArray coverage = coverage(rows, columns, step, side, sum);
      sum.divi(coverage);
      coverage.close();
      return run.finish(Network.INPUT, sum, resolved);
    }
  }

  /** How many windows it takes to cover a side, the last of which may reach over the rim. */
  private static int positions(long length, int side, int step) {
    return (int) ((Math.max(0, length - side) + step - 1) / step) + 1;
  }

  private static INDArray coverage(int rows, int columns, int step, int side, INDArray like) {
    long h = like.size(2);
    long w = like.size(3);
    INDArray count = Nd4j.zeros(like.dataType(), 1, 1, h, w);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        new Area(i * step, j * step, side, h, w).in(count, 0).addi(1);
      }
    }
    return count.broadcast(like.shape());
  }

  /** The part of the window that lies in the picture. */
  private record Area(int top, int left, int side, long height, long width) {
    INDArray in(INDArray batch, int example) {
      return batch.get(
          NDArrayIndex.point(example),
          NDArrayIndex.all(),
          NDArrayIndex.interval(top, Math.min(top + side, height)),
          NDArrayIndex.interval(left, Math.min(left + side, width)));
    }
  }
}
