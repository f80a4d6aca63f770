package dev.interp.visual.gallery;

import dev.interp.core.attribution.Progress;
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
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a filter really sees, at the resolution of the input: its strongest unit in each of its top
 * pictures is watched while a small patch of noise covers the picture at every place of a dense
 * grid. How much the unit changes is averaged over pictures, with the centres of the units'
 * receptive fields laid on each other; the region where the change is above half of its maximum is
 * the empirical receptive field, and the side of a square of that area its size. Where a unit
 * cannot see by the arithmetic of kernels and strides, no pixel counts: what changes there is owed
 * to the part of a patch that lies in its field.
 *
 * <p>Cost: {@code ((H - patch) / stride + 1) * ((W - patch) / stride + 1)} forward passes to the
 * highest of the layers for every different picture.
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
   * A filter that is to be measured.
   *
   * @param layer its layer
   * @param channel its index
   * @param shots where it is strongest, the pictures to be covered; those without a positive
   *     activation are passed over
   */
  public record Filter(String layer, int channel, List<TopPictures.Shot> shots) {
    /** Copies the list. */
    public Filter {
      shots = List.copyOf(shots);
    }
  }

  /** What a filter sees. Maps are made anew whenever they are asked for, as they are large. */
  public static final class Measured {
    private final Filter filter;
    private final Grid grid;
    private final LayerInfo layer;
    private final List<Look> looks = new ArrayList<>();
    private double side;

    Measured(Filter filter, Grid grid, LayerInfo layer) {
      this.filter = filter;
      this.grid = grid;
      this.layer = layer;
    }

    /**
     * The filter.
     *
     * @return as it was given
     */
    public Filter filter() {
      return filter;
    }

    /**
     * The size of the empirical field.
     *
     * @return in pixels of the input, at most {@link #theoretical}; 0 if no patch changed anything
     */
    public double side() {
      return side;
    }

    /**
     * The size by the arithmetic of kernels and strides: the side of a square of its area.
     *
     * @return in pixels of the input, at most what a picture has
     */
    public double theoretical() {
      ReceptiveField field = layer.receptiveField();
      return Math.sqrt(
          Math.min(grid.height, field.height().size())
              * Math.min(grid.width, field.width().size()));
    }

    /**
     * How many pictures it is the mean of.
     *
     * @return 0 for a filter that no picture excites
     */
    public int pictures() {
      return looks.size();
    }

    /**
     * The size of {@link #map} and {@link #region}.
     *
     * @return {@code 2 H - 1} rows; the middle one has the centre of the unit, rounded
     */
    public int height() {
      return 2 * grid.height - 1;
    }

    /**
     * The size of {@link #map} and {@link #region}.
     *
     * @return {@code 2 W - 1} columns; the middle one has the centre of the unit, rounded
     */
    public int width() {
      return 2 * grid.width - 1;
    }

    /**
     * The discrepancy map, also beyond the theoretical field, where it tells of the patches' size.
     *
     * @return mean change of the activation at each place, row by row; 0 where no picture reached
     */
    public float[] map() {
      double[] sum = new double[height() * width()];
      int[] count = new int[sum.length];
      for (Look look : looks) {
        look.add(grid, sum, count);
      }
      float[] map = new float[sum.length];
      for (int i = 0; i < map.length; i++) {
        map[i] = count[i] == 0 ? 0 : (float) (sum[i] / count[i]);
      }
      return map;
    }

    /**
     * The empirical field.
     *
     * @return whether each place belongs to it, row by row
     */
    public boolean[] region() {
      boolean[] region = new boolean[height() * width()];
      for (Look look : looks) {
        look.allow(grid, region);
      }
      float[] map = map();
      float largest = 0;
      for (int i = 0; i < map.length; i++) {
        largest = region[i] ? Math.max(largest, map[i]) : largest;
      }
      for (int i = 0; i < map.length; i++) {
        region[i] &= largest > 0 && map[i] > HALF * largest;
      }
      return region;
    }

    private void finish() {
      int area = 0;
      for (boolean inside : looks.isEmpty() ? new boolean[0] : region()) {
        area += inside ? 1 : 0;
      }
      side = Math.min(theoretical(), Math.sqrt(area));
    }
  }

  /** Where patches are laid. */
  private record Grid(int height, int width, int patch, int stride) {
    int across() {
      return (width - patch) / stride + 1;
    }

    int places() {
      return ((height - patch) / stride + 1) * across();
    }

    int top(int place) {
      return place / across() * stride;
    }

    int left(int place) {
      return place % across() * stride;
    }

    /** The place of a pixel where the centre of a unit is the middle; −1 if it is too far off. */
    int at(int y, int x, int row, int column) {
      int down = y - row + height - 1;
      int right = x - column + width - 1;
      boolean near = down >= 0 && down < 2 * height - 1 && right >= 0 && right < 2 * width - 1;
      return near ? down * (2 * width - 1) + right : -1;
    }
  }

  /** A unit in a picture: where it is, what it sees at most, and what each patch changes. */
  private static final class Look {
    private final int channel;
    private final int unitRow;
    private final int unitColumn;
    private final int row;
    private final int column;
    private final Patch seen;
    final float[] changes;

    Look(Grid grid, LayerInfo layer, int channel, int unit) {
      this.channel = channel;
      int columns = layer.shape().size() == 3 ? Math.toIntExact(layer.shape().get(2)) : 1;
      unitRow = unit / columns;
      unitColumn = unit % columns;
      ReceptiveField field = layer.receptiveField();
      row = (int) Math.round(Patch.center(field.height(), unitRow));
      column = (int) Math.round(Patch.center(field.width(), unitColumn));
      seen = Patch.of(field, unitRow, unitColumn, grid.height, grid.width);
      changes = new float[grid.places()];
    }

    /** The unit in an example of a tensor with its channels last. */
    float value(INDArray maps, int example) {
      return maps.rank() == 2
          ? maps.getFloat(example, channel)
          : maps.getFloat(example, unitRow, unitColumn, channel);
    }

    void add(Grid grid, double[] sum, int[] count) {
      double[] own = new double[grid.height * grid.width];
      int[] patches = new int[own.length];
      for (int place = 0; place < changes.length; place++) {
        for (int y = grid.top(place); y < grid.top(place) + grid.patch; y++) {
          for (int x = grid.left(place); x < grid.left(place) + grid.patch; x++) {
            own[y * grid.width + x] += changes[place];
            patches[y * grid.width + x]++;
          }
        }
      }
      for (int i = 0; i < own.length; i++) {
        int at = grid.at(i / grid.width, i % grid.width, row, column);
        if (patches[i] > 0 && at >= 0) {
          sum[at] += own[i] / patches[i];
          count[at]++;
        }
      }
    }

    void allow(Grid grid, boolean[] region) {
      for (int y = seen.top(); y < seen.top() + seen.height(); y++) {
        for (int x = seen.left(); x < seen.left() + seen.width(); x++) {
          int at = grid.at(y, x, row, column);
          if (at >= 0) {
            region[at] = true;
          }
        }
      }
    }
  }

  /**
   * Measures filters, of one layer or several.
   *
   * @param network the network
   * @param filters the filters to be measured
   * @param perFilter how many shots of each are looked at, the first ones, at least 1
   * @param pictures gives a picture as the network takes it, {@code [1, C, H, W]}, by the index
   *     that shots have; all of the same size
   * @return one result per filter, in their order
   * @throws IllegalArgumentException if the patch is larger than the input, pictures differ in
   *     size, or a number is not legal
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<Measured> measure(
      Network network, List<Filter> filters, int perFilter, IntFunction<INDArray> pictures) {
    if (perFilter < 1) {
      throw new IllegalArgumentException("at least 1 picture per filter, was " + perFilter);
    }
    if (filters.isEmpty()) {
      return List.of();
    }
    TreeMap<Integer, List<Integer>> byPicture = new TreeMap<>();
    for (int f = 0; f < filters.size(); f++) {
      for (TopPictures.Shot shot : used(filters.get(f), perFilter)) {
        byPicture.computeIfAbsent(shot.picture(), k -> new ArrayList<>()).add(f);
      }
    }
    int first = byPicture.isEmpty() ? 0 : byPicture.firstKey();
    long[] input = Arrays.copyOfRange(pictures.apply(first).shape(), 1, 4);
    Grid grid = new Grid((int) input[1], (int) input[2], patch, stride);
    if (patch > input[1] || patch > input[2]) {
      throw new IllegalArgumentException(
          "the patch must fit the input of "
              + input[2]
              + " x "
              + input[1]
              + ", its side was "
              + patch);
    }
    Network sized = network.withInput(input);
    List<Measured> results =
        filters.stream().map(f -> new Measured(f, grid, sized.layer(f.layer()))).toList();
    int done = 0;
    for (Map.Entry<Integer, List<Integer>> entry : byPicture.entrySet()) {
      INDArray x = pictures.apply(entry.getKey());
      if (!Arrays.equals(Arrays.copyOfRange(x.shape(), 1, 4), input)) {
        throw new IllegalArgumentException(
            "all pictures must have the size "
                + Arrays.toString(input)
                + " of the first, picture "
                + entry.getKey()
                + " is "
                + Arrays.toString(x.shape())
                + "; does the preprocessing resize?");
      }
      List<Measured> watched = entry.getValue().stream().map(results::get).toList();
      for (Measured one : watched) {
        int unit =
            one.filter.shots().stream()
                .filter(shot -> shot.picture() == entry.getKey())
                .findFirst()
                .orElseThrow()
                .unit();
        one.looks.add(new Look(grid, one.layer, one.filter.channel(), unit));
      }
      cover(sized, grid, x, watched, entry.getKey());
      progress.report(++done, byPicture.size());
    }
    results.forEach(Measured::finish);
    return results;
  }

  private static List<TopPictures.Shot> used(Filter filter, int perFilter) {
    return filter.shots().stream().limit(perFilter).filter(shot -> shot.activation() > 0).toList();
  }

  private void cover(Network network, Grid grid, INDArray x, List<Measured> watched, int picture) {
    float[] pixels = StrongestUnits.floats(x);
    int channels = (int) x.size(1);
    float[] noise = noise(pixels, channels, picture);
    float[] before = watch(network, x, watched).get(0);
    for (int from = 0; from < grid.places(); from += BATCH) {
      int some = Math.min(BATCH, grid.places() - from);
      float[] batch = new float[some * pixels.length];
      for (int i = 0; i < some; i++) {
        System.arraycopy(pixels, 0, batch, i * pixels.length, pixels.length);
        int corner = i * pixels.length + grid.top(from + i) * grid.width + grid.left(from + i);
        for (int c = 0; c < channels; c++) {
          for (int row = 0; row < patch; row++) {
            System.arraycopy(
                noise,
                (c * patch + row) * patch,
                batch,
                corner + (c * grid.height + row) * grid.width,
                patch);
          }
        }
      }
      try (INDArray covered =
          Nd4j.createFromArray(batch).reshape('c', some, channels, grid.height, grid.width)) {
        List<float[]> after = watch(network, covered, watched);
        for (int i = 0; i < some; i++) {
          for (int k = 0; k < before.length; k++) {
            List<Look> looks = watched.get(k).looks;
            looks.get(looks.size() - 1).changes[from + i] = Math.abs(before[k] - after.get(i)[k]);
          }
        }
      }
    }
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
  private static List<float[]> watch(Network network, INDArray x, List<Measured> watched) {
    String[] layers =
        watched.stream().map(one -> one.filter.layer()).distinct().toArray(String[]::new);
    float[][] values = new float[(int) x.size(0)][watched.size()];
    try (Trace trace = network.run(x, Hooks.none().keep(layers).forgetBelow())) {
      for (String layer : layers) {
        trace.read(
            layer,
            maps -> {
              for (int k = 0; k < watched.size(); k++) {
                Measured one = watched.get(k);
                if (one.filter.layer().equals(layer)) {
                  Look look = one.looks.get(one.looks.size() - 1);
                  for (int n = 0; n < values.length; n++) {
                    values[n][k] = look.value(maps, n);
                  }
                }
              }
              return values;
            });
      }
    }
    return Stream.of(values).toList();
  }
}
