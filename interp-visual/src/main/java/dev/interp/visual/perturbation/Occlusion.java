package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Rectangle;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Occlusion: a window slides over the picture, what is under it is replaced by the baseline, and
 * the fall of the target's value is credited to the window. A pixel's value is the mean over the
 * windows that cover it; windows at the right and bottom rim may reach over it, so that every pixel
 * is covered. A vector is a picture of one row.
 *
 * <p>The map is {@code [N, 1, H, W]} if all channels are occluded together, {@code [N, C, H, W]} if
 * {@linkplain #withChannelsApart each alone}, {@code [N, F]} for vectors. Cost: one forward pass
 * and one per window (and channel), which recomputes only what the window reaches ({@link
 * dev.interp.core.network.IncrementalRun}); no backward pass.
 *
 * <p>Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014, section 4.2.
 * The tests agree with captum 0.7.0 in float64.
 */
public final class Occlusion implements Attributor {
  private static final int DEFAULT_SHARE = 7;

  private final int[] window;
  private final int[] stride;
  private final Form form;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  /**
   * What is occluded and given.
   *
   * @param apart each channel alone
   * @param falls the windows' numbers as they are
   */
  private record Form(boolean apart, boolean falls) {}

  private Occlusion(
      int[] window, int[] stride, Form form, Baseline baseline, int batchSize, Progress progress) {
    this.window = window;
    this.stride = stride;
    this.form = form;
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
    return new Occlusion(
        new int[0], new int[0], new Form(false, false), Baseline.zero(), 16, Progress.none());
  }

  /**
   * Sets a square window.
   *
   * @param side of the square window in pixels, at least 1
   * @param step by which it moves in pixels, at least 1 and at most its side, or pixels would be
   *     left out
   * @return the method with that window
   */
  public Occlusion withWindow(int side, int step) {
    return withWindow(side, side, step, step);
  }

  /**
   * Sets the window.
   *
   * @param height in pixels, at least 1
   * @param width in pixels, at least 1
   * @param down by which it moves down in pixels, at least 1 and at most its height
   * @param across by which it moves to the right in pixels, at least 1 and at most its width
   * @return the method with that window
   */
  public Occlusion withWindow(int height, int width, int down, int across) {
    if (down < 1 || across < 1 || down > height || across > width) {
      throw new IllegalArgumentException(
          "the window must be at least 1 and the stride in [1, window], was window "
              + sides(height, width)
              + ", stride "
              + sides(down, across));
    }
    return new Occlusion(
        new int[] {height, width}, new int[] {down, across}, form, baseline, batchSize, progress);
  }

  private static String sides(int height, int width) {
    return height == width ? Integer.toString(height) : height + "×" + width;
  }

  /**
   * Occludes one channel at a time.
   *
   * @return the method with a map per channel
   */
  public Occlusion withChannelsApart() {
    return new Occlusion(
        window, stride, new Form(true, form.falls()), baseline, batchSize, progress);
  }

  /**
   * Gives the windows' own numbers instead of means over the windows of a pixel.
   *
   * @return the method with a map {@code [N, 1 or C, rows of windows, columns of windows]}
   */
  public Occlusion withFallsPerWindow() {
    return new Occlusion(
        window, stride, new Form(form.apart(), true), baseline, batchSize, progress);
  }

  /**
   * Sets what the window shows.
   *
   * @param cover taken from there
   * @return the method with that baseline
   */
  public Occlusion withBaseline(Baseline cover) {
    return new Occlusion(window, stride, form, cover, batchSize, progress);
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
    return new Occlusion(window, stride, form, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public Occlusion withProgress(Progress listener) {
    return new Occlusion(window, stride, form, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "occlusion";
  }

  @Override
  public Map<String, String> settings() {
    boolean usual = window.length == 0;
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        "window", usual ? "a seventh of the shorter side" : sides(window[0], window[1]) + " px");
    settings.put("stride", usual ? "half the window" : sides(stride[0], stride[1]) + " px");
    settings.put("baseline", baseline.toString());
    if (form.apart()) {
      settings.put("channels", "apart");
    }
    if (form.falls()) {
      settings.put("values", "per window");
    }
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.checkInput(x);
    Places places = places(x);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Evaluations.Cache covers = new Evaluations.Cache(baseline.of(run.x()));
      Evaluations runs = new Evaluations(run, batchSize, progress);
      List<double[]> falls = new ArrayList<>();
      for (int i = 0; i < run.examples(); i++) {
        falls.add(new double[places.count()]);
      }
      List<Rectangle> boxes = IntStream.range(0, places.count()).mapToObj(places::box).toList();
      runs.eachWithin(
          i -> boxes,
          (example, place, row) -> {
            double[] cover = covers.of(example);
            places.each(place, i -> row[i] = cover[i]);
          },
          (example, place, fall) -> falls.get(example)[place] = fall);
      INDArray[] maps =
          falls.stream()
              .map(f -> Nd4j.createFromArray(form.falls() ? f : places.means(f)))
              .toArray(INDArray[]::new);
      long[] shape =
          form.falls()
              ? new long[] {x.size(0), places.maps(), places.rows(), places.columns()}
              : x.rank() == 2
                  ? x.shape()
                  : new long[] {x.size(0), places.maps(), x.size(2), x.size(3)};
      INDArray values = Nd4j.stack(0, maps).castTo(run.x().dataType()).reshape('c', shape);
      return run.finish(Network.INPUT, values, runs.resolved());
    }
  }

  Places places(INDArray x) {
    int channels = x.rank() == 4 ? (int) x.size(1) : 1;
    int height = x.rank() == 4 ? (int) x.size(2) : 1;
    int width = (int) x.size(x.rank() - 1);
    int usual = Math.max(1, Math.min(height, width) / DEFAULT_SHARE);
    int[] sides = window.length == 0 ? new int[] {usual, usual} : window;
    int[] steps =
        window.length == 0 ? new int[] {Math.max(1, usual / 2), Math.max(1, usual / 2)} : stride;
    if (sides[0] > height || sides[1] > width) {
      throw new IllegalArgumentException(
          "the window must fit into the picture of "
              + height
              + "×"
              + width
              + ", was "
              + sides(sides[0], sides[1]));
    }
    return new Places(channels, height, width, sides, steps, form.apart() ? channels : 1);
  }

  /**
   * Where the window can be, in order of channels (if apart), rows and columns.
   *
   * @param maps how many maps there are, one or one per channel
   */
  record Places(
      int channels, int height, int width, List<Integer> sides, List<Integer> steps, int maps) {
    Places(int channels, int height, int width, int[] sides, int[] steps, int maps) {
      this(
          channels,
          height,
          width,
          Arrays.stream(sides).boxed().toList(),
          Arrays.stream(steps).boxed().toList(),
          maps);
    }

    int rows() {
      return positions(height, sides.get(0), steps.get(0));
    }

    int columns() {
      return positions(width, sides.get(1), steps.get(1));
    }

    int count() {
      return maps * rows() * columns();
    }

    /** How many windows it takes to cover a side, the last of which may reach over the rim. */
    private static int positions(int length, int side, int step) {
      return (Math.max(0, length - side) + step - 1) / step + 1;
    }

    /** The pixels under a window. */
    Rectangle box(int place) {
      int perMap = rows() * columns();
      int top = place % perMap / columns() * steps.get(0);
      int left = place % columns() * steps.get(1);
      return new Rectangle(
          left, top, Math.min(left + sides.get(1), width), Math.min(top + sides.get(0), height));
    }

    /** Visits what lies under a window, of all channels or its own. */
    void each(int place, IntConsumer visit) {
      int map = place / (rows() * columns());
      Rectangle box = box(place);
      for (int c = maps == 1 ? 0 : map; c < (maps == 1 ? channels : map + 1); c++) {
        for (int i = box.top(); i < box.bottom(); i++) {
          for (int j = box.left(); j < box.right(); j++) {
            visit.accept((c * height + i) * width + j);
          }
        }
      }
    }

    /** Means over the windows of a pixel. */
    double[] means(double[] falls) {
      int plane = height * width;
      double[] sums = new double[maps * plane];
      int[] covered = new int[sums.length];
      for (int place = 0; place < falls.length; place++) {
        double fall = falls[place];
        each(
            place,
            i -> {
              if (i < sums.length) {
                sums[i] += fall;
                covered[i]++;
              }
            });
      }
      Arrays.setAll(sums, i -> sums[i] / covered[i]);
      return sums;
    }
  }
}
