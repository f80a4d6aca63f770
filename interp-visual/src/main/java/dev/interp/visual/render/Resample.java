package dev.interp.visual.render;

import java.util.Arrays;

/** Maps [H,W] at another size; NaN cells stay outside and never bleed into their neighbours. */
final class Resample {
  private Resample() {}

  static float[] resize(
      float[] values, int height, int width, int newHeight, int newWidth, Interpolation how) {
    return how == Interpolation.NEAREST
        ? nearest(values, height, width, newHeight, newWidth)
        : bilinear(values, height, width, newHeight, newWidth);
  }

  private static float[] nearest(
      float[] values, int height, int width, int newHeight, int newWidth) {
    float[] out = new float[newHeight * newWidth];
    for (int y = 0; y < newHeight; y++) {
      int row = (int) ((2L * y + 1) * height / (2L * newHeight)) * width;
      for (int x = 0; x < newWidth; x++) {
        out[y * newWidth + x] = values[row + (int) ((2L * x + 1) * width / (2L * newWidth))];
      }
    }
    return out;
  }

  /**
   * The weighted mean of the cells inside; a pixel with more than half its weight outside is NaN.
   */
  private static float[] bilinear(
      float[] values, int height, int width, int newHeight, int newWidth) {
    double[] sums = new double[values.length];
    double[] weights = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      boolean inside = !Float.isNaN(values[i]);
      sums[i] = inside ? values[i] : 0;
      weights[i] = inside ? 1 : 0;
    }
    Taps across = Taps.of(width, newWidth);
    Taps down = Taps.of(height, newHeight);
    sums = down.columns(across.rows(sums, height), newWidth);
    weights = down.columns(across.rows(weights, height), newWidth);
    float[] out = new float[newHeight * newWidth];
    for (int i = 0; i < out.length; i++) {
      out[i] = weights[i] < 0.5 - 1e-9 ? Float.NaN : (float) (sums[i] / weights[i]);
    }
    return out;
  }

  /** Along one axis: the first cell each new pixel reads and the weights, which sum to one. */
  private static final class Taps {
    private final int size;
    private final int[] first;
    private final double[][] weights;

    private Taps(int size, int[] first, double[][] weights) {
      this.size = size;
      this.first = first;
      this.weights = weights;
    }

    static Taps of(int size, int newSize) {
      double step = (double) size / newSize;
      double reach = Math.max(1, step);
      int[] first = new int[newSize];
      double[][] weights = new double[newSize][];
      for (int i = 0; i < newSize; i++) {
        double centre = (i + 0.5) * step;
        int from = Math.max(0, (int) Math.floor(centre - reach));
        int to = Math.min(size, (int) Math.ceil(centre + reach));
        double[] w = new double[to - from];
        for (int j = from; j < to; j++) {
          w[j - from] = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach);
        }
        double total = Arrays.stream(w).sum();
        for (int j = 0; j < w.length; j++) {
          w[j] /= total;
        }
        first[i] = from;
        weights[i] = w;
      }
      return new Taps(size, first, weights);
    }

    double[] rows(double[] in, int height) {
      int newWidth = first.length;
      double[] out = new double[height * newWidth];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < newWidth; x++) {
          double sum = 0;
          for (int k = 0; k < weights[x].length; k++) {
            sum += weights[x][k] * in[y * size + first[x] + k];
          }
          out[y * newWidth + x] = sum;
        }
      }
      return out;
    }

    double[] columns(double[] in, int width) {
      double[] out = new double[first.length * width];
      for (int y = 0; y < first.length; y++) {
        for (int k = 0; k < weights[y].length; k++) {
          double w = weights[y][k];
          int row = (first[y] + k) * width;
          for (int x = 0; x < width; x++) {
            out[y * width + x] += w * in[row + x];
          }
        }
      }
      return out;
    }
  }
}
