package dev.interp.visual.perturbation;

import dev.interp.core.network.Rectangle;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The parts that one example is divided into. Each input value belongs to one part; where the map
 * of parts has one channel, all channels of a pixel belong together. Immutable.
 */
public final class Segments {
  private final long[] shape;
  private final int[] labels;
  private final int count;

  /** Numbers the labels anew: 0, 1, 2 … in the order of their values. */
  Segments(int[] labels, long... shape) {
    int[] names = Arrays.stream(labels).distinct().sorted().toArray();
    this.labels = Arrays.stream(labels).map(l -> Arrays.binarySearch(names, l)).toArray();
    this.count = names.length;
    this.shape = shape;
  }

  /**
   * The number of parts.
   *
   * @return at least 1
   */
  public int count() {
    return count;
  }

  /**
   * The shape of the map of parts.
   *
   * @return {@code [1, H, W]}, {@code [C, H, W]} or {@code [F]}; a copy
   */
  public long[] shape() {
    return shape.clone();
  }

  /**
   * The part of each input value.
   *
   * @return numbers in [0, {@link #count}) in row order of {@link #shape}; a copy
   */
  public int[] labels() {
    return labels.clone();
  }

  /** Replaces what belongs to absent parts. */
  void hide(boolean[] present, double[] cover, double[] row) {
    int period = labels.length;
    for (int i = 0; i < row.length; i++) {
      if (!present[labels[i % period]]) {
        row[i] = cover[i];
      }
    }
  }

  /** Moves each value towards the cover by as much as its part is absent. */
  void fade(double[] presence, double[] cover, double[] row) {
    int period = labels.length;
    for (int i = 0; i < row.length; i++) {
      row[i] = cover[i] + presence[labels[i % period]] * (row[i] - cover[i]);
    }
  }

  /** The part that a value of the input lies in. */
  int label(int index) {
    return labels[index % labels.length];
  }

  /** How many values a channel has; a vector is one channel. */
  int plane(int length) {
    return shape.length == 3 ? (int) (shape[1] * shape[2]) : length;
  }

  /** Each channel's mean over each part, at every value of the part. */
  double[] means(double[] row) {
    int area = plane(row.length);
    double[] sum = new double[row.length / area * count];
    int[] size = new int[sum.length];
    for (int i = 0; i < row.length; i++) {
      int at = i / area * count + label(i);
      sum[at] += row[i];
      size[at]++;
    }
    double[] means = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      int at = i / area * count + label(i);
      means[i] = sum[at] / size[at];
    }
    return means;
  }

  /** The box around each part; a vector is one row. */
  List<Rectangle> boxes() {
    int width = (int) shape[shape.length - 1];
    int height = shape.length == 3 ? (int) shape[1] : 1;
    int[] left = new int[count];
    int[] top = new int[count];
    int[] right = new int[count];
    int[] bottom = new int[count];
    Arrays.fill(left, width);
    Arrays.fill(top, height);
    for (int i = 0; i < labels.length; i++) {
      int column = i % width;
      int row = i / width % height;
      int part = labels[i];
      left[part] = Math.min(left[part], column);
      right[part] = Math.max(right[part], column + 1);
      top[part] = Math.min(top[part], row);
      bottom[part] = Math.max(bottom[part], row + 1);
    }
    return IntStream.range(0, count)
        .mapToObj(i -> new Rectangle(left[i], top[i], right[i], bottom[i]))
        .toList();
  }

  /** One number per part as a map, each value of a part getting the part's number. */
  INDArray map(double[] values, DataType type) {
    double[] map = Arrays.stream(labels).mapToDouble(l -> values[l]).toArray();
    return Nd4j.createFromArray(map).castTo(type).reshape('c', shape);
  }
}
