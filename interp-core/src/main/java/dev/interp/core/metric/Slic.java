package dev.interp.core.metric;

import java.util.Arrays;

/**
 * Pieces of like colour: simple linear iterative clustering (Achanta et al., 2012) in the network's
 * input values, whose range counts as the range of colours. Pieces need not hang together.
 */
final class Slic {
  private static final int ROUNDS = 5;
  private static final double COMPACTNESS = 0.2;

  private Slic() {}

  /** Labels of the pixels of a picture [C, H, W] that starts at an offset. */
  static Units units(Canvas canvas, int offset, int channels, int height, int width, int target) {
    int plane = height * width;
    double step = Math.max(1, Math.sqrt(plane / (double) target));
    int down = Math.max(1, (int) Math.round(height / step));
    int across = Math.max(1, (int) Math.round(width / step));
    double[] x = new double[channels * plane];
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < x.length; i++) {
      x[i] = canvas.get(offset + i);
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
    }
    double colour = high > low ? 1 / ((high - low) * (high - low)) : 0;
    double place = COMPACTNESS * COMPACTNESS / (step * step);
    int features = channels + 2;
    int count = down * across;
    double[][] centres = new double[count][features];
    for (int k = 0; k < count; k++) {
      int row = k / across;
      double cy = (row + 0.5) * height / down - 0.5;
      double cx = (k % across + 0.5) * width / across - 0.5;
      int p = (int) Math.round(cy) * width + (int) Math.round(cx);
      for (int c = 0; c < channels; c++) {
        centres[k][c] = x[c * plane + Math.min(p, plane - 1)];
      }
      centres[k][channels] = cy;
      centres[k][channels + 1] = cx;
    }
    int[] labels = new int[plane];
    for (int round = 0; round < ROUNDS; round++) {
      for (int p = 0; p < plane; p++) {
        labels[p] =
            nearest(x, p, plane, width, centres, new int[] {down, across, height}, colour, place);
      }
      double[][] sums = new double[count][features + 1];
      for (int p = 0; p < plane; p++) {
        double[] sum = sums[labels[p]];
        for (int c = 0; c < channels; c++) {
          sum[c] += x[c * plane + p];
        }
        int row = p / width;
        sum[channels] += row;
        sum[channels + 1] += p % width;
        sum[features]++;
      }
      for (int k = 0; k < count; k++) {
        double n = sums[k][features];
        if (n > 0) {
          centres[k] = Arrays.stream(sums[k], 0, features).map(s -> s / n).toArray();
        }
      }
    }
    return Units.of(labels);
  }

  /** Only the centres that started in this cell of the grid and the eight around it compete. */
  private static int nearest(
      double[] x,
      int p,
      int plane,
      int width,
      double[][] centres,
      int[] grid,
      double colour,
      double place) {
    int down = grid[0];
    int across = grid[1];
    int y = p / width;
    int column = p % width;
    int gy = y * down / grid[2];
    int gx = column * across / width;
    int channels = centres[0].length - 2;
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = Math.max(0, gy - 1); i <= Math.min(down - 1, gy + 1); i++) {
      for (int j = Math.max(0, gx - 1); j <= Math.min(across - 1, gx + 1); j++) {
        double[] centre = centres[i * across + j];
        double dy = y - centre[channels];
        double dx = column - centre[channels + 1];
        double distance = place * (dy * dy + dx * dx);
        for (int c = 0; c < channels; c++) {
          double d = x[c * plane + p] - centre[c];
          distance += colour * d * d;
        }
        if (distance < least) {
          least = distance;
          best = i * across + j;
        }
      }
    }
    return best;
  }
}
