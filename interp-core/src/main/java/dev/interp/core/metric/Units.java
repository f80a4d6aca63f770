package dev.interp.core.metric;

import java.util.Arrays;

/**
 * A partition of a picture's pixels into pieces that are removed as one.
 *
 * <p>Not a record: equality of its arrays would be that of references.
 */
final class Units {
  private final int[] labels;
  private final int[][] pixels;

  private Units(int[] labels, int count) {
    this.labels = labels;
    int[] sizes = new int[count];
    for (int label : labels) {
      sizes[label]++;
    }
    this.pixels = new int[count][];
    Arrays.setAll(pixels, u -> new int[sizes[u]]);
    int[] used = new int[count];
    for (int p = 0; p < labels.length; p++) {
      pixels[labels[p]][used[labels[p]]++] = p;
    }
  }

  /** Squares of a side, smaller ones at the right and lower edge. */
  static Units squares(int height, int width, int side) {
    int across = (width + side - 1) / side;
    int down = (height + side - 1) / side;
    int[] labels = new int[height * width];
    Arrays.setAll(labels, p -> p / width / side * across + p % width / side);
    return new Units(labels, down * across);
  }

  /** A grid of as many rows and columns as asked for, of sizes that differ by a pixel at most. */
  static Units grid(int height, int width, int cells) {
    int rows = Math.min(cells, height);
    int columns = Math.min(cells, width);
    int[] labels = new int[height * width];
    Arrays.setAll(labels, p -> p / width * rows / height * columns + p % width * columns / width);
    return new Units(labels, rows * columns);
  }

  static Units of(int[] labels) {
    int[] names = Arrays.stream(labels).distinct().sorted().toArray();
    return new Units(
        Arrays.stream(labels).map(l -> Arrays.binarySearch(names, l)).toArray(), names.length);
  }

  int count() {
    return pixels.length;
  }

  int[] pixels(int unit) {
    return pixels[unit];
  }

  /** The sum of a map over each unit. */
  double[] sums(double[] map) {
    double[] sums = new double[count()];
    for (int p = 0; p < labels.length; p++) {
      sums[labels[p]] += map[p];
    }
    return sums;
  }

  /** The mean of a map over each unit. */
  double[] means(double[] map) {
    double[] means = sums(map);
    for (int u = 0; u < means.length; u++) {
      means[u] /= pixels[u].length;
    }
    return means;
  }
}
