package dev.interp.disentangle.dissect;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartImage;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a filter really sees, at the resolution of the input: its strongest unit in each of its top
 * pictures is watched while a small patch of noise covers the picture at every place of a dense
 * grid. How much the unit changes is averaged over pictures, with the centres of the units'
 * receptive fields laid on each other; the region where the change is above half of its maximum is
 * the empirical receptive field, and the side of a square of that area its size.
 *
 * <p>Cost: {@code ((H - patch) / stride + 1) * ((W - patch) / stride + 1)} forward passes to the
 * layer for every different picture.
 *
 * <p>Source: B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba, Object detectors emerge in
 * deep scene CNNs (ICLR 2015): noise of 11 x 11 pixels, stride 3, at 227 x 227. Deviations: maps
 * are laid on each other by the centres of the units and not by their peaks; the threshold, which
 * the paper does not give, is half of the maximum. Noise is drawn evenly between the least and the
 * largest value of the picture's input.
 *
 * <p>Immutable; {@code withX} returns a copy. Safe for concurrent use.
 */
public final class EmpiricalField {
  private static final double HALF = 0.5;
  private static final int BATCH = 64;

  private final int patch;
  private final int stride;
  private final long seed;
  private final Progress progress;

  private EmpiricalField(int patch, int stride, long seed, Progress progress) {
    this.patch = patch;
    this.stride = stride;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * Patches of 11 pixels, stride 3, seed 0.
   *
   * @return the method
   */
  public static EmpiricalField withDefaults() {
    return new EmpiricalField(11, 3, 0, Progress.none());
  }

  /**
   * Sets the patch and its grid.
   *
   * @param side of the patch in pixels of the input, at least 1
   * @param step from one place to the next, 1 to {@code side}
   * @return a copy
   * @throws IllegalArgumentException if a number is not legal
   */
  public EmpiricalField withPatch(int side, int step) {
    if (side < 1 || step < 1 || step > side) {
      throw new IllegalArgumentException(
          "a patch needs a side of at least 1 and a stride of 1 to its side, was "
              + side
              + " and "
              + step);
    }
    return new EmpiricalField(side, step, seed, progress);
  }

  /**
   * Sets the seed of the noise.
   *
   * @param value any
   * @return a copy
   */
  public EmpiricalField withSeed(long value) {
    return new EmpiricalField(patch, stride, value, progress);
  }

  /**
   * Sets who is told of the progress, in pictures.
   *
   * @param listener may cancel
   * @return a copy
   */
  public EmpiricalField withProgress(Progress listener) {
    return new EmpiricalField(patch, stride, seed, listener);
  }

  /**
   * What a filter sees.
   *
   * @param filter its index
   * @param side size of the empirical field, in pixels of the input; 0 if no patch changed anything
   * @param theoretical size by the arithmetic of kernels and strides
   * @param pictures how many pictures it is the mean of
   * @param height rows of the map, {@code 2 H - 1}
   * @param width its columns, {@code 2 W - 1}; the middle is the centre of the unit
   * @param map mean change of the activation at each place, row by row; owned by the record
   */
  // Nobody compares two of them, so equality by identity of the array does no harm.
  @SuppressWarnings("ArrayRecordComponent")
  public record Measured(
      int filter,
      double side,
      double theoretical,
      int pictures,
      int height,
      int width,
      float[] map) {}

  /**
   * Measures filters of a dissected layer.
   *
   * @param network the network
   * @param layer the dissected layer, of this network and these pictures
   * @param filters the filters to be measured; those that are dead have a size of 0
   * @param perFilter how many top pictures of each are looked at, at least 1
   * @param pictures the pictures of the dissection
   * @return one result per filter, in their order
   * @throws IllegalArgumentException if the patch is larger than the input or a number is not legal
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<Measured> measure(
      Network network,
      LayerDissection layer,
      List<LayerDissection.Filter> filters,
      int perFilter,
      Pictures pictures) {
    if (perFilter < 1) {
      throw new IllegalArgumentException("at least 1 picture per filter, was " + perFilter);
    }
    if (patch > layer.inputHeight() || patch > layer.inputWidth()) {
      throw new IllegalArgumentException(
          "the patch must fit the input of "
              + layer.inputWidth()
              + " x "
              + layer.inputHeight()
              + ", its side was "
              + patch);
    }
    List<Canvas> canvases = new ArrayList<>();
    TreeMap<Integer, List<Watched>> byPicture = new TreeMap<>();
    for (LayerDissection.Filter filter : filters) {
      Canvas canvas = new Canvas(filter.filter(), layer);
      canvases.add(canvas);
      for (TopPictures.Shot shot :
          filter.top().subList(0, Math.min(perFilter, filter.top().size()))) {
        if (shot.activation() > 0) {
          byPicture
              .computeIfAbsent(shot.picture(), k -> new ArrayList<>())
              .add(new Watched(canvas, shot));
        }
      }
    }
    int done = 0;
    for (Map.Entry<Integer, List<Watched>> entry : byPicture.entrySet()) {
      cover(network, layer, entry.getKey(), entry.getValue(), pictures);
      progress.report(++done, byPicture.size());
    }
    return canvases.stream().map(Canvas::result).toList();
  }

  private record Watched(Canvas canvas, TopPictures.Shot shot) {}

  private void cover(
      Network network, LayerDissection layer, int index, List<Watched> watched, Pictures pictures) {
    PartImage picture = pictures.data().get(index);
    INDArray x = pictures.batch(List.of(picture));
    LayerInfo info = Maps.layer(network, layer.layer(), x);
    float[] pixels = Maps.floats(x);
    int channels = (int) x.size(1);
    int h = layer.inputHeight();
    int w = layer.inputWidth();
    float[] noise = noise(pixels, channels, index);
    List<int[]> places = new ArrayList<>();
    for (int top = 0; top <= h - patch; top += stride) {
      for (int left = 0; left <= w - patch; left += stride) {
        places.add(new int[] {top, left});
      }
    }
    float[] before = watch(network, info, x, watched).get(0);
    for (Watched one : watched) {
      one.canvas.begin(one.shot.unit() / layer.width(), one.shot.unit() % layer.width());
    }
    for (int from = 0; from < places.size(); from += BATCH) {
      List<int[]> some = places.subList(from, Math.min(places.size(), from + BATCH));
      float[] batch = new float[some.size() * pixels.length];
      for (int i = 0; i < some.size(); i++) {
        System.arraycopy(pixels, 0, batch, i * pixels.length, pixels.length);
        int corner = i * pixels.length + some.get(i)[0] * w + some.get(i)[1];
        for (int c = 0; c < channels; c++) {
          for (int row = 0; row < patch; row++) {
            System.arraycopy(
                noise, (c * patch + row) * patch, batch, corner + (c * h + row) * w, patch);
          }
        }
      }
      INDArray covered = Nd4j.createFromArray(batch).reshape('c', some.size(), channels, h, w);
      List<float[]> after = watch(network, info, covered, watched);
      for (int i = 0; i < some.size(); i++) {
        for (int k = 0; k < watched.size(); k++) {
          float change = Math.abs(before[k] - after.get(i)[k]);
          watched.get(k).canvas.add(some.get(i)[0], some.get(i)[1], patch, change);
        }
      }
    }
    watched.forEach(one -> one.canvas.end());
  }

  private float[] noise(float[] pixels, int channels, int picture) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (float value : pixels) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    Random random = new Random(seed * 31 + picture);
    float[] noise = new float[channels * patch * patch];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = low + random.nextFloat() * (high - low);
    }
    return noise;
  }

  /** The watched units in each example of a batch. */
  private static List<float[]> watch(
      Network network, LayerInfo layer, INDArray x, List<Watched> watched) {
    int filters = Maps.size(layer, 0);
    int cells = Maps.size(layer, 1) * Maps.size(layer, 2);
    try (Trace trace = network.run(x, Hooks.none().keep(layer.name()))) {
      float[] maps = trace.read(layer.name(), Maps::floats);
      List<float[]> values = new ArrayList<>();
      for (int n = 0; n < x.size(0); n++) {
        float[] own = new float[watched.size()];
        for (int k = 0; k < own.length; k++) {
          Watched one = watched.get(k);
          own[k] = maps[(n * cells + one.shot.unit()) * filters + one.canvas.filter];
        }
        values.add(own);
      }
      return values;
    }
  }

  /** The changes around one filter's units. */
  private static final class Canvas {
    final int filter;
    private final LayerDissection layer;
    private final int h;
    private final int w;
    private final double[] sum;
    private final int[] count;
    private final double[] own;
    private final int[] ownCount;
    private int row;
    private int column;
    private int pictures;

    Canvas(int filter, LayerDissection layer) {
      this.filter = filter;
      this.layer = layer;
      h = layer.inputHeight();
      w = layer.inputWidth();
      sum = new double[(2 * h - 1) * (2 * w - 1)];
      count = new int[sum.length];
      own = new double[h * w];
      ownCount = new int[own.length];
    }

    void begin(int unitRow, int unitColumn) {
      Arrays.fill(own, 0);
      Arrays.fill(ownCount, 0);
      row = center(layer.field().height(), unitRow, h);
      column = center(layer.field().width(), unitColumn, w);
    }

    private static int center(ReceptiveField.Axis axis, int unit, int pixels) {
      long center = Math.round(axis.center() + unit * axis.stride());
      return (int) Math.max(0, Math.min(pixels - 1, center));
    }

    void add(int top, int left, int patch, float change) {
      for (int y = top; y < top + patch; y++) {
        for (int x = left; x < left + patch; x++) {
          own[y * w + x] += change;
          ownCount[y * w + x]++;
        }
      }
    }

    void end() {
      pictures++;
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          if (ownCount[y * w + x] > 0) {
            int at = (y - row + h - 1) * (2 * w - 1) + x - column + w - 1;
            sum[at] += own[y * w + x] / ownCount[y * w + x];
            count[at]++;
          }
        }
      }
    }

    Measured result() {
      float[] map = new float[sum.length];
      float largest = 0;
      for (int i = 0; i < map.length; i++) {
        map[i] = count[i] == 0 ? 0 : (float) (sum[i] / count[i]);
        largest = Math.max(largest, map[i]);
      }
      int area = 0;
      for (float value : map) {
        area += largest > 0 && value > HALF * largest ? 1 : 0;
      }
      double theoretical =
          Math.sqrt(
              Math.min(h, layer.field().height().size())
                  * Math.min(w, layer.field().width().size()));
      return new Measured(
          filter, Math.sqrt(area), theoretical, pictures, 2 * h - 1, 2 * w - 1, map);
    }
  }
}
