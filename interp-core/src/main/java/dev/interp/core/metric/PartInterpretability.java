package dev.interp.core.metric;

import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.Trace;
import dev.interp.core.network.UnitInterpolation;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How often the filters of a layer mark a part: the share of the pictures that show part k in which
 * the region that filter f marks covers it with an intersection over union above 0.2; of the parts
 * the best one counts, and the mean is taken over filters.
 *
 * <p>The region that a filter marks is where its map, brought to the size of the picture, exceeds
 * the filter's threshold; 0.5 % of its activations in all pictures do ({@link Thresholds}). Maps
 * are up-sampled bilinearly between the centres of the units' receptive fields, and go on unchanged
 * beyond the outermost.
 *
 * <p>Source: Q. Zhang, Y. N. Wu, S.-C. Zhu, Interpretable convolutional neural networks (CVPR
 * 2018), section 5.2. Deviation: regions by up-sampling, as in D. Bau et al., Network dissection
 * (CVPR 2017), instead of receptive fields measured with occluders.
 *
 * <p>An accumulator, to be filled in two rounds over the pictures: first the thresholds, then the
 * regions. Parts can be merged in any order. Not safe for concurrent use.
 */
public final class PartInterpretability {
  private static final double QUANTILE = 0.005;
  private static final double OVERLAP = 0.2;

  /**
   * The thresholds of filters, exact: the largest values that at most 0.5 % of a filter's
   * activations exceed. Keeps the positive activations, 4 bytes each.
   */
  public static final class Thresholds {
    private final int filters;
    private final float[][] positive;
    private final int[] counts;
    private long cells;

    /**
     * An empty accumulator.
     *
     * @param filters the number of filters, at least 1
     */
    public Thresholds(int filters) {
      this.filters = filters;
      this.positive = new float[filters][64];
      this.counts = new int[filters];
    }

    /**
     * Adds the maps of a batch.
     *
     * @param maps {@code [N, filters, h, w]}; not modified
     * @throws IllegalArgumentException if the number of filters is another one
     */
    public void add(INDArray maps) {
      if (maps.rank() != 4 || maps.size(1) != filters) {
        throw new IllegalArgumentException(
            "maps must be [N, " + filters + ", h, w], was " + Arrays.toString(maps.shape()));
      }
      int size = (int) (maps.size(2) * maps.size(3));
      float[] values = maps.dup('c').data().asFloat();
      for (int i = 0; i < values.length; i++) {
        if (values[i] > 0) {
          add(i / size % filters, values[i]);
        }
      }
      cells += maps.size(0) * size;
    }

    private void add(int filter, float value) {
      if (counts[filter] == positive[filter].length) {
        positive[filter] = Arrays.copyOf(positive[filter], 2 * counts[filter]);
      }
      positive[filter][counts[filter]++] = value;
    }

    /**
     * Adds a batch of pictures, run through a network.
     *
     * @param network the network; not modified
     * @param tensor maps whose channels are the filters
     * @param x the pictures as the network takes them, {@code [N, C, H, W]}; not modified
     */
    public void add(Network network, String tensor, INDArray x) {
      try (Trace trace = network.run(x, Hooks.none().keep(tensor).forgetBelow())) {
        add(trace.activation(tensor));
      }
    }

    /**
     * Puts two parts together.
     *
     * @param other of the same number of filters; not modified
     * @return a new accumulator as if it had seen the pictures of both
     */
    public Thresholds merge(Thresholds other) {
      if (filters != other.filters) {
        throw new IllegalArgumentException(
            "only thresholds of equally many filters can be merged, was "
                + filters
                + " and "
                + other.filters);
      }
      Thresholds both = new Thresholds(filters);
      for (Thresholds part : List.of(this, other)) {
        both.cells += part.cells;
        for (int f = 0; f < filters; f++) {
          for (int i = 0; i < part.counts[f]; i++) {
            both.add(f, part.positive[f][i]);
          }
        }
      }
      return both;
    }

    /**
     * The thresholds.
     *
     * @return of each filter; 0 if less than 0.5 % of its activations are positive
     */
    public float[] values() {
      int above = (int) (QUANTILE * cells);
      float[] values = new float[filters];
      for (int f = 0; f < filters; f++) {
        float[] sorted = Arrays.copyOf(positive[f], counts[f]);
        Arrays.sort(sorted);
        values[f] = above < sorted.length ? sorted[sorted.length - 1 - above] : 0;
      }
      return values;
    }
  }

  private final float[] thresholds;
  private final List<String> parts;
  private final long[][] hits;
  private final long[] pictures;

  /**
   * An empty accumulator.
   *
   * @param thresholds of each filter, from {@link Thresholds#values}; copied
   * @param parts names of the parts in the masks of the pictures
   * @throws IllegalArgumentException if there are no filters or no parts
   */
  public PartInterpretability(float[] thresholds, List<String> parts) {
    if (thresholds.length == 0 || parts.isEmpty()) {
      throw new IllegalArgumentException(
          "part interpretability needs filters and parts, was "
              + thresholds.length
              + " filters and the parts "
              + parts);
    }
    this.thresholds = thresholds.clone();
    this.parts = List.copyOf(parts);
    this.hits = new long[thresholds.length][parts.size()];
    this.pictures = new long[parts.size()];
  }

  /**
   * Adds a batch of pictures, run through a network.
   *
   * @param network the network; not modified
   * @param tensor maps whose channels are the filters
   * @param x the pictures as the network takes them, {@code [N, C, H, W]}; not modified
   * @param shown the same pictures with their masks
   * @throws IllegalArgumentException if the tensor holds no maps or a picture has no mask
   */
  public void add(Network network, String tensor, INDArray x, List<PartImage> shown) {
    LayerInfo layer = LocationInstability.layer(network, tensor, x, shown.size());
    try (Trace trace = network.run(x, Hooks.none().keep(tensor).forgetBelow())) {
      add(trace.activation(tensor), layer.receptiveField(), LocationInstability.shape(x), shown);
    }
  }

  /**
   * Adds a batch of pictures whose maps are known.
   *
   * @param maps {@code [N, filters, h, w]}; not modified
   * @param field the receptive field of the maps' units
   * @param input the shape of one picture as the network takes it, {@code [C, H, W]}
   * @param shown the same pictures with their masks
   * @throws IllegalArgumentException if a picture has no mask
   */
  public void add(INDArray maps, ReceptiveField field, long[] input, List<PartImage> shown) {
    int h = (int) maps.size(2);
    int w = (int) maps.size(3);
    float[] values = maps.dup('c').data().asFloat();
    for (int n = 0; n < shown.size(); n++) {
      PartMask mask =
          shown
              .get(n)
              .mask()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "part interpretability needs pictures with part masks"));
      UnitInterpolation columns = new UnitInterpolation(field.width(), w, input[2], mask.width());
      UnitInterpolation rows = new UnitInterpolation(field.height(), h, input[1], mask.height());
      byte[] owners = mask.toArray();
      int[] sizes = new int[parts.size() + 2];
      for (byte owner : owners) {
        sizes[owner]++;
      }
      for (int k = 0; k < parts.size(); k++) {
        pictures[k] += sizes[k + 1] > 0 ? 1 : 0;
      }
      for (int f = 0; f < thresholds.length; f++) {
        int offset = (n * thresholds.length + f) * h * w;
        if (exceeds(values, offset, h * w, thresholds[f])) {
          add(f, values, offset, w, columns, rows, owners, sizes);
        }
      }
    }
  }

  /** Between cells nothing is larger than in them; most filters mark nothing in most pictures. */
  private static boolean exceeds(float[] values, int offset, int count, float threshold) {
    for (int i = offset; i < offset + count; i++) {
      if (values[i] > threshold) {
        return true;
      }
    }
    return false;
  }

  private void add(
      int filter,
      float[] values,
      int offset,
      int w,
      UnitInterpolation columns,
      UnitInterpolation rows,
      byte[] owners,
      int[] sizes) {
    int[] inside = new int[sizes.length];
    int region = 0;
    for (int y = 0; y < rows.pixels(); y++) {
      int above = offset + rows.low(y) * w;
      int below = offset + rows.high(y) * w;
      for (int x = 0; x < columns.pixels(); x++) {
        int left = columns.low(x);
        int right = columns.high(x);
        double top = columns.mix(x, values[above + left], values[above + right]);
        double bottom = columns.mix(x, values[below + left], values[below + right]);
        if (rows.mix(y, top, bottom) > thresholds[filter]) {
          inside[owners[y * columns.pixels() + x]]++;
          region++;
        }
      }
    }
    for (int k = 0; k < parts.size(); k++) {
      int common = inside[k + 1];
      int union = region + sizes[k + 1] - common;
      hits[filter][k] += common > OVERLAP * union ? 1 : 0;
    }
  }

  /**
   * Puts two parts together.
   *
   * @param other with the same thresholds and parts; not modified
   * @return a new accumulator as if it had seen the pictures of both
   * @throws IllegalArgumentException if thresholds or parts differ
   */
  public PartInterpretability merge(PartInterpretability other) {
    if (!Arrays.equals(thresholds, other.thresholds) || !parts.equals(other.parts)) {
      throw new IllegalArgumentException(
          "only accumulators with equal thresholds and parts can be merged; were the thresholds"
              + " merged first?");
    }
    PartInterpretability both = new PartInterpretability(thresholds, parts);
    for (PartInterpretability part : List.of(this, other)) {
      for (int k = 0; k < parts.size(); k++) {
        both.pictures[k] += part.pictures[k];
        for (int f = 0; f < hits.length; f++) {
          both.hits[f][k] += part.hits[f][k];
        }
      }
    }
    return both;
  }

  /**
   * The share of pictures in which each filter marks each part.
   *
   * @return {@code [filters][parts]}, 0 to 1; 0 for a part that no picture shows
   */
  public double[][] perPart() {
    double[][] shares = new double[hits.length][parts.size()];
    for (int f = 0; f < hits.length; f++) {
      for (int k = 0; k < parts.size(); k++) {
        shares[f][k] = pictures[k] == 0 ? 0 : (double) hits[f][k] / pictures[k];
      }
    }
    return shares;
  }

  /**
   * The interpretability of each filter: its share for the part it marks most often.
   *
   * @return 0 to 1
   */
  public double[] perFilter() {
    return Arrays.stream(perPart())
        .mapToDouble(shares -> Arrays.stream(shares).max().orElseThrow())
        .toArray();
  }

  /**
   * The mean over filters.
   *
   * @return 0 to 1
   */
  public double mean() {
    return Arrays.stream(perFilter()).average().orElseThrow();
  }

  /**
   * For nets of several categories: each filter counts with the category in whose pictures it marks
   * a part most often, then the mean over filters is taken.
   *
   * @param perCategory one accumulator for each category, filled with its pictures
   * @return 0 to 1
   */
  public static double meanOfBest(List<PartInterpretability> perCategory) {
    double[] best = new double[perCategory.get(0).thresholds.length];
    for (PartInterpretability category : perCategory) {
      double[] own = category.perFilter();
      for (int f = 0; f < best.length; f++) {
        best[f] = Math.max(best[f], own[f]);
      }
    }
    return Arrays.stream(best).average().orElseThrow();
  }
}
