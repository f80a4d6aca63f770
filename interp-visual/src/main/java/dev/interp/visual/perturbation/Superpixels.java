package dev.interp.visual.perturbation;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One picture, its colours stretched and in CIELAB, and its division into superpixels. BoofCV has
 * SLIC, but brings 14 more jars (one of them LGPL, one missing from its POM) and no quickshift.
 */
final class Superpixels {
  private static final int ROUNDS = 10;

  private final int height;
  private final int width;

  /** By channel and pixel. */
  private final double[][] colours;

  private Superpixels(int height, int width, double[][] colours) {
    this.height = height;
    this.width = width;
    this.colours = colours;
  }

  static Superpixels of(INDArray picture) {
    int channels = (int) picture.size(0);
    int height = (int) picture.size(1);
    int width = (int) picture.size(2);
    double[] all = picture.castTo(DataType.DOUBLE).dup('c').ravel().toDoubleVector();
    double low = Arrays.stream(all).min().orElse(0);
    double range = Arrays.stream(all).max().orElse(0) - low;
    double[][] colours = new double[channels][height * width];
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < height * width; i++) {
        double value = all[c * height * width + i] - low;
        colours[c][i] = range == 0 ? 0 : value / range;
      }
    }
    if (channels == 3) {
      lab(colours);
    } else {
      // The span of lightness.
      for (double[] channel : colours) {
        Arrays.setAll(channel, i -> 100 * channel[i]);
      }
    }
    return new Superpixels(height, width, colours);
  }

  /** From sRGB in [0, 1] to CIELAB under D65. */
  private static void lab(double[][] rgb) {
    for (int i = 0; i < rgb[0].length; i++) {
      double r = linear(rgb[0][i]);
      double g = linear(rgb[1][i]);
      double b = linear(rgb[2][i]);
      double x = root((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047);
      double y = root(0.212671 * r + 0.715160 * g + 0.072169 * b);
      double z = root((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883);
      rgb[0][i] = 116 * y - 16;
      rgb[1][i] = 500 * (x - y);
      rgb[2][i] = 200 * (y - z);
    }
  }

  private static double linear(double v) {
    return v > 0.04045 ? Math.pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
  }

  private static double root(double v) {
    return v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16.0 / 116;
  }

  // ---------------------------------------------------------------- SLIC

  int[] slic(int segments, double compactness) {
    int size = height * width;
    double step = Math.max(1, Math.sqrt(size / (double) segments));
    int down = Math.max(1, (int) Math.round(height / step));
    int across = Math.max(1, (int) Math.round(width / step));
    int features = colours.length + 2;
    double[][] centres = new double[down * across][];
    for (int k = 0; k < centres.length; k++) {
      int above = k / across;
      double row = (above + 0.5) * height / down - 0.5;
      double column = (k % across + 0.5) * width / across - 0.5;
      int nearest = (int) Math.round(row) * width + (int) Math.round(column);
      centres[k] = new double[features];
      centres[k][0] = row;
      centres[k][1] = column;
      for (int c = 0; c < colours.length; c++) {
        centres[k][c + 2] = colours[c][nearest];
      }
    }
    double place = compactness * compactness / (step * step);
    int[] labels = new int[size];
    for (int round = 0; round < ROUNDS; round++) {
      assign(centres, (int) Math.ceil(step), place, labels);
      move(centres, labels);
    }
    return connected(labels, (int) (step * step / 4));
  }

  /** Gives each pixel the nearest of the centres whose window it lies in. */
  private void assign(double[][] centres, int reach, double place, int[] labels) {
    double[] best = new double[labels.length];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    for (int k = 0; k < centres.length; k++) {
      double[] centre = centres[k];
      int top = Math.max(0, (int) Math.round(centre[0]) - reach);
      int bottom = Math.min(height - 1, (int) Math.round(centre[0]) + reach);
      int left = Math.max(0, (int) Math.round(centre[1]) - reach);
      int right = Math.min(width - 1, (int) Math.round(centre[1]) + reach);
      for (int r = top; r <= bottom; r++) {
        for (int c = left; c <= right; c++) {
          int i = r * width + c;
          double distance =
              place * ((r - centre[0]) * (r - centre[0]) + (c - centre[1]) * (c - centre[1]));
          for (int f = 0; f < colours.length; f++) {
            double d = colours[f][i] - centre[f + 2];
            distance += d * d;
          }
          if (distance < best[i]) {
            best[i] = distance;
            labels[i] = k;
          }
        }
      }
    }
  }

  private void move(double[][] centres, int[] labels) {
    int[] sizes = new int[centres.length];
    double[][] sums = new double[centres.length][colours.length + 2];
    for (int i = 0; i < labels.length; i++) {
      double[] sum = sums[labels[i]];
      sizes[labels[i]]++;
      int row = i / width;
      sum[0] += row;
      sum[1] += i % width;
      for (int f = 0; f < colours.length; f++) {
        sum[f + 2] += colours[f][i];
      }
    }
    for (int k = 0; k < centres.length; k++) {
      if (sizes[k] > 0) {
        int size = sizes[k];
        double[] sum = sums[k];
        Arrays.setAll(centres[k], f -> sum[f] / size);
      }
    }
  }

  /** Makes every part one piece; pieces below a size join the one before them. */
  private int[] connected(int[] labels, int least) {
    int[] pieces = new int[labels.length];
    Arrays.fill(pieces, -1);
    int count = 0;
    int[] piece = new int[labels.length];
    Deque<Integer> open = new ArrayDeque<>();
    for (int start = 0; start < labels.length; start++) {
      if (pieces[start] >= 0) {
        continue;
      }
      int neighbour = -1;
      int size = 0;
      pieces[start] = count;
      open.add(start);
      while (!open.isEmpty()) {
        int i = open.remove();
        piece[size++] = i;
        for (int next : around(i)) {
          if (next >= 0 && pieces[next] < 0 && labels[next] == labels[start]) {
            pieces[next] = count;
            open.add(next);
          } else if (next >= 0 && pieces[next] >= 0 && pieces[next] != count) {
            neighbour = pieces[next];
          }
        }
      }
      if (size < least && neighbour >= 0) {
        for (int i = 0; i < size; i++) {
          pieces[piece[i]] = neighbour;
        }
      } else {
        count++;
      }
    }
    return pieces;
  }

  /** The four neighbours of a pixel, −1 where there is none. */
  private int[] around(int i) {
    return new int[] {
      i % width > 0 ? i - 1 : -1,
      i % width < width - 1 ? i + 1 : -1,
      i - width,
      i + width < height * width ? i + width : -1
    };
  }

  // ---------------------------------------------------------------- quickshift

  int[] quickshift(double kernel, double reach, double ratio) {
    double[] density = density(kernel, ratio);
    int window = (int) Math.ceil(3 * kernel);
    int[] parents = new int[density.length];
    for (int i = 0; i < parents.length; i++) {
      double closest = reach * reach;
      parents[i] = i;
      int row = i / width;
      int column = i % width;
      for (int r = Math.max(0, row - window); r <= Math.min(height - 1, row + window); r++) {
        for (int c = Math.max(0, column - window); c <= Math.min(width - 1, column + window); c++) {
          int j = r * width + c;
          // Of equally dense pixels the earlier counts as denser, so that no two are both roots.
          boolean denser = density[j] > density[i] || (density[j] == density[i] && j < i);
          if (denser) {
            double distance = distance(i, j, ratio);
            if (distance < closest || (distance == closest && parents[i] == i)) {
              closest = distance;
              parents[i] = j;
            }
          }
        }
      }
    }
    int[] roots = new int[parents.length];
    for (int i = 0; i < roots.length; i++) {
      int root = i;
      while (parents[root] != root) {
        root = parents[root];
      }
      roots[i] = root;
    }
    return roots;
  }

  private double[] density(double kernel, double ratio) {
    int window = (int) Math.ceil(3 * kernel);
    double[] density = new double[height * width];
    for (int i = 0; i < density.length; i++) {
      int row = i / width;
      int column = i % width;
      for (int r = Math.max(0, row - window); r <= Math.min(height - 1, row + window); r++) {
        for (int c = Math.max(0, column - window); c <= Math.min(width - 1, column + window); c++) {
          density[i] += Math.exp(-distance(i, r * width + c, ratio) / (2 * kernel * kernel));
        }
      }
    }
    return density;
  }

  /** Squared distance of two pixels in place and weighted colour. */
  private double distance(int i, int j, double ratio) {
    int down = i / width - j / width;
    int across = i % width - j % width;
    double distance = 0;
    for (double[] channel : colours) {
      double d = channel[i] - channel[j];
      distance += d * d;
    }
    return ratio * ratio * distance + down * down + across * across;
  }
}
