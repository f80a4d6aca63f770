package dev.interp.core.metric;

import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How much the distance between the place where a filter fires and the landmarks of an object
 * changes from picture to picture: 0 for a filter that always fires at the same part of a rigid
 * object.
 *
 * <p>A filter fires at the centre of the receptive field of its strongest unit. For each filter and
 * landmark the distances are taken in the pictures (at most 100) in which the filter is strongest,
 * of those that show the landmark, each divided by the picture's diagonal; their standard deviation
 * (with N − 1) is averaged over landmarks, which gives the instability of the filter, and over
 * filters. What less than two pictures show is left out.
 *
 * <p>Source: Q. Zhang, Y. N. Wu, S.-C. Zhu, Interpretable convolutional neural networks (CVPR
 * 2018), section 5.3. Deviation: the diagonal divides each distance and not the mean, which is the
 * same for pictures of one size. Units are counted from the first of equal ones in row order.
 *
 * <p>An accumulator: pictures may be added in parts and in any order, and parts merged; the result
 * is the same. Not safe for concurrent use: let each thread fill its own.
 */
public final class LocationInstability {
  private static final int STRONGEST = 100;

  /** How strongly a filter fired in a picture, and how far from a landmark. */
  private record Shot(double activation, double distance) {}

  /** The weakest first. Equal activations are told apart so that the order of adding is nothing. */
  private static final Comparator<Shot> ORDER =
      Comparator.comparingDouble(Shot::activation).thenComparingDouble(Shot::distance);

  private final int filters;
  private final int landmarks;
  private final List<PriorityQueue<Shot>> shots = new ArrayList<>();

  /**
   * An empty accumulator.
   *
   * @param filters the number of filters, at least 1
   * @param landmarks the number of landmarks of a picture, at least 1
   * @throws IllegalArgumentException if one of them is less
   */
  public LocationInstability(int filters, int landmarks) {
    if (filters < 1 || landmarks < 1) {
      throw new IllegalArgumentException(
          "location instability needs at least 1 filter and 1 landmark, was "
              + filters
              + " and "
              + landmarks);
    }
    this.filters = filters;
    this.landmarks = landmarks;
    for (int i = 0; i < filters * landmarks; i++) {
      shots.add(new PriorityQueue<>(ORDER));
    }
  }

  /**
   * Adds one picture.
   *
   * @param activations the largest activation of each filter
   * @param columns where each filter fires, in pixels of the picture; the centre of the first pixel
   *     is 0.5, as for landmarks
   * @param rows the same for rows
   * @param shown the landmarks in the order of the accumulator; those not visible are left out
   * @param width of the picture
   * @param height of the picture
   * @throws IllegalArgumentException if the numbers of filters or landmarks do not fit
   */
  public void add(
      double[] activations,
      double[] columns,
      double[] rows,
      List<Landmark> shown,
      double width,
      double height) {
    if (activations.length != filters
        || columns.length != filters
        || rows.length != filters
        || shown.size() != landmarks) {
      throw new IllegalArgumentException(
          "a picture needs values of "
              + filters
              + " filters and "
              + landmarks
              + " landmarks, was "
              + activations.length
              + " activations, "
              + columns.length
              + " columns, "
              + rows.length
              + " rows and "
              + shown.size()
              + " landmarks");
    }
    double diagonal = Math.hypot(width, height);
    for (int k = 0; k < landmarks; k++) {
      Landmark landmark = shown.get(k);
      if (landmark.visible()) {
        for (int f = 0; f < filters; f++) {
          double distance = Math.hypot(columns[f] - landmark.x(), rows[f] - landmark.y());
          add(f, k, new Shot(activations[f], distance / diagonal));
        }
      }
    }
  }

  private void add(int filter, int landmark, Shot shot) {
    PriorityQueue<Shot> strongest = shots.get(filter * landmarks + landmark);
    strongest.add(shot);
    if (strongest.size() > STRONGEST) {
      strongest.remove();
    }
  }

  /**
   * Adds a batch of pictures, run through a network.
   *
   * @param network the network; not modified
   * @param tensor maps whose channels are the filters, after their rectifier
   * @param x the pictures as the network takes them, {@code [N, C, H, W]}; not modified
   * @param pictures the same pictures with their landmarks; if they have another size, landmarks
   *     are scaled to that of {@code x}
   * @throws IllegalArgumentException if the tensor holds no maps or the numbers do not fit
   */
  public void add(Network network, String tensor, INDArray x, List<PartImage> pictures) {
    LayerInfo layer = layer(network, tensor, x, pictures.size());
    try (Trace trace = network.run(x, Hooks.none().keep(tensor).forgetBelow())) {
      add(trace.activation(tensor), layer.receptiveField(), shape(x), pictures);
    }
  }

  /**
   * Adds a batch of pictures whose maps are known.
   *
   * @param maps {@code [N, filters, h, w]}; not modified
   * @param field the receptive field of the maps' units
   * @param input the shape of one picture as the network takes it, {@code [C, H, W]}
   * @param pictures the same pictures with their landmarks
   */
  public void add(INDArray maps, ReceptiveField field, long[] input, List<PartImage> pictures) {
    long cells = maps.size(2) * maps.size(3);
    INDArray flat = maps.dup('c').reshape('c', maps.size(0) * maps.size(1), cells);
    int[] at = Nd4j.argMax(flat, 1).toIntVector();
    double[] peaks = flat.max(1).toDoubleVector();
    for (int n = 0; n < pictures.size(); n++) {
      PartImage picture = pictures.get(n);
      double[] columns = new double[filters];
      double[] rows = new double[filters];
      for (int f = 0; f < filters; f++) {
        int row = at[n * filters + f] / (int) maps.size(3);
        int column = at[n * filters + f] % (int) maps.size(3);
        columns[f] = center(field.width(), column, (int) input[2], picture.image().width());
        rows[f] = center(field.height(), row, (int) input[1], picture.image().height());
      }
      add(
          Arrays.copyOfRange(peaks, n * filters, (n + 1) * filters),
          columns,
          rows,
          picture.landmarks(),
          picture.image().width(),
          picture.image().height());
    }
  }

  /** The centre of a unit's receptive field in pixels of the picture, the first of them at 0.5. */
  static double center(ReceptiveField.Axis axis, double unit, double input, double picture) {
    return (axis.center() + unit * axis.stride() + 0.5) * picture / input;
  }

  static long[] shape(INDArray x) {
    return new long[] {x.size(1), x.size(2), x.size(3)};
  }

  static LayerInfo layer(Network network, String tensor, INDArray x, int pictures) {
    if (x.rank() != 4 || x.size(0) != pictures) {
      throw new IllegalArgumentException(
          "the batch must be [" + pictures + ", C, H, W], was " + Arrays.toString(x.shape()));
    }
    network.layer(tensor);
    LayerInfo layer =
        network.layers(shape(x)).stream()
            .filter(l -> l.name().equals(tensor))
            .findFirst()
            .orElseThrow();
    if (layer.shape().size() != 3) {
      throw new IllegalArgumentException(
          "filters are channels of maps [C, h, w], but '" + tensor + "' is " + layer.shape());
    }
    return layer;
  }

  /**
   * Puts two parts together.
   *
   * @param other of the same numbers of filters and landmarks; not modified
   * @return a new accumulator as if it had seen the pictures of both
   * @throws IllegalArgumentException if the numbers differ
   */
  public LocationInstability merge(LocationInstability other) {
    if (filters != other.filters || landmarks != other.landmarks) {
      throw new IllegalArgumentException(
          "only accumulators of equal numbers of filters and landmarks can be merged, was "
              + filters
              + " and "
              + landmarks
              + " with "
              + other.filters
              + " and "
              + other.landmarks);
    }
    LocationInstability both = new LocationInstability(filters, landmarks);
    for (int i = 0; i < shots.size(); i++) {
      int at = i;
      shots.get(i).forEach(shot -> both.add(at / landmarks, at % landmarks, shot));
      other.shots.get(i).forEach(shot -> both.add(at / landmarks, at % landmarks, shot));
    }
    return both;
  }

  /**
   * The instability of each filter.
   *
   * @return in lengths of the diagonal, at least 0; NaN for a filter without two pictures that show
   *     a common landmark
   */
  public double[] perFilter() {
    double[] result = new double[filters];
    for (int f = 0; f < filters; f++) {
      List<Double> deviations = new ArrayList<>();
      for (int k = 0; k < landmarks; k++) {
        double[] distances =
            shots.get(f * landmarks + k).stream()
                .sorted(ORDER)
                .mapToDouble(Shot::distance)
                .toArray();
        if (distances.length > 1) {
          double mean = Arrays.stream(distances).average().orElseThrow();
          double squares = Arrays.stream(distances).map(d -> (d - mean) * (d - mean)).sum();
          deviations.add(Math.sqrt(squares / (distances.length - 1)));
        }
      }
      result[f] = deviations.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }
    return result;
  }

  /**
   * The mean over filters.
   *
   * @return in lengths of the diagonal; NaN if no filter has an instability
   */
  public double mean() {
    return mean(perFilter());
  }

  /**
   * For nets of several categories: each filter counts with the category for which it is most
   * stable, then the mean over filters is taken.
   *
   * @param perCategory one accumulator for each category, filled with its pictures
   * @return in lengths of the diagonal; NaN if no filter has an instability
   */
  public static double meanOfBest(List<LocationInstability> perCategory) {
    double[] best = new double[perCategory.get(0).filters];
    Arrays.fill(best, Double.NaN);
    for (LocationInstability category : perCategory) {
      double[] own = category.perFilter();
      for (int f = 0; f < best.length; f++) {
        best[f] = Double.isNaN(best[f]) || own[f] < best[f] ? own[f] : best[f];
      }
    }
    return mean(best);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
  }
}
