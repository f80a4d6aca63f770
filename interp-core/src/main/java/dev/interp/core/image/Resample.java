package dev.interp.core.image;

import java.util.Arrays;

/**
 * Ways to bring a plane of floats to another size. All are separable, take pixel centres at half
 * coordinates (output i of n looks at (i + 0.5) * m / n of m) and normalise the weights at the
 * edges, so that a constant plane stays constant and every value stays within the range of the
 * input up to rounding.
 */
public enum Resample {
  /**
   * Triangle filter whose support grows with the down-scale: each output is a weighted mean over
   * two output pixels' width. The convention of Pillow's {@code BILINEAR} and of PyTorch's {@code
   * interpolate(mode="bilinear", antialias=True)}, without rounding to bytes between the two axes.
   * The same as {@link #BILINEAR} when enlarging.
   */
  ANTIALIAS {
    @Override
    Taps taps(int from, int to) {
      double scale = (double) from / to;
      return Taps.triangle(from, to, scale, 0, Math.max(1, scale));
    }
  },
  /**
   * Linear interpolation between the two nearest pixel centres, without antialias: PyTorch's {@code
   * interpolate(mode="bilinear", align_corners=False)}. For enlarging maps; when shrinking it skips
   * pixels.
   */
  BILINEAR {
    @Override
    Taps taps(int from, int to) {
      return Taps.triangle(from, to, (double) from / to, 0, 1);
    }
  },
  /** Input pixel floor(i * m / n) for output i: PyTorch's {@code interpolate(mode="nearest")}. */
  NEAREST {
    @Override
    Taps taps(int from, int to) {
      Taps taps = new Taps(to);
      for (int i = 0; i < to; i++) {
        taps.set(i, (int) ((long) i * from / to), 1);
      }
      return taps;
    }
  },
  /**
   * Mean over the stretch of the input that an output pixel covers, fractions of pixels included.
   */
  AREA {
    @Override
    Taps taps(int from, int to) {
      Taps taps = new Taps(to);
      for (int i = 0; i < to; i++) {
        double low = (double) i * from / to;
        double high = (i + 1.0) * from / to;
        int first = (int) low;
        double[] weights = new double[Math.min(from, (int) Math.ceil(high)) - first];
        for (int k = 0; k < weights.length; k++) {
          weights[k] = Math.min(high, first + k + 1) - Math.max(low, first + k);
        }
        taps.set(i, first, weights);
      }
      return taps;
    }
  };

  abstract Taps taps(int from, int to);

  /**
   * Resamples one plane.
   *
   * @param plane [height,width] row by row; not modified
   * @param height rows of the plane
   * @param width columns of the plane
   * @param newHeight rows wanted
   * @param newWidth columns wanted
   * @return [newHeight,newWidth]; the caller's own. A NaN reaches every output whose weights touch
   *     it
   * @throws IllegalArgumentException if a size is not positive or the plane has another length
   */
  public float[] apply(float[] plane, int height, int width, int newHeight, int newWidth) {
    if (height < 1 || width < 1 || newHeight < 1 || newWidth < 1) {
      throw new IllegalArgumentException(
          "Heights and widths must be positive, but a %dx%d (height x width) plane was to become %dx%d"
              .formatted(height, width, newHeight, newWidth));
    }
    checkPlane(plane, height, width);
    if (height == newHeight && width == newWidth) {
      return plane.clone();
    }
    return apply(plane, 0, height, width, taps(height, newHeight), taps(width, newWidth));
  }

  static void checkPlane(float[] plane, int height, int width) {
    if (plane.length != (long) height * width) {
      throw new IllegalArgumentException(
          "A plane of height %d and width %d has %d values, but the array has %d"
              .formatted(height, width, (long) height * width, plane.length));
    }
  }

  /** Resamples the plane that starts at offset. Outputs without taps become NaN. */
  static float[] apply(float[] source, int offset, int height, int width, Taps rows, Taps columns) {
    int newHeight = rows.first.length;
    int newWidth = columns.first.length;
    if ((long) newHeight * newWidth > Integer.MAX_VALUE - 8
        || (long) height * newWidth > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "A plane of height %d and width %d resampled to %d and %d is too large for one array"
              .formatted(height, width, newHeight, newWidth));
    }
    float[] narrow = new float[height * newWidth];
    for (int y = 0; y < height; y++) {
      for (int i = 0; i < newWidth; i++) {
        double[] weights = columns.weights[i];
        int at = offset + y * width + columns.first[i];
        double sum = weights.length == 0 ? Double.NaN : 0;
        for (int k = 0; k < weights.length; k++) {
          sum += weights[k] * source[at + k];
        }
        narrow[y * newWidth + i] = (float) sum;
      }
    }
    float[] out = new float[newHeight * newWidth];
    double[] sums = new double[newWidth];
    for (int j = 0; j < newHeight; j++) {
      double[] weights = rows.weights[j];
      Arrays.fill(sums, weights.length == 0 ? Double.NaN : 0);
      for (int k = 0; k < weights.length; k++) {
        int at = (rows.first[j] + k) * newWidth;
        for (int i = 0; i < newWidth; i++) {
          sums[i] += weights[k] * narrow[at + i];
        }
      }
      for (int i = 0; i < newWidth; i++) {
        out[j * newWidth + i] = (float) sums[i];
      }
    }
    return out;
  }

  /** For each output of one axis the first input and the weights from there on, of sum 1. */
  static final class Taps {
    private final int[] first;
    private final double[][] weights;

    Taps(int outputs) {
      first = new int[outputs];
      weights = new double[outputs][0];
    }

    void set(int output, int from, double... raw) {
      double sum = Arrays.stream(raw).sum();
      first[output] = from;
      weights[output] = Arrays.stream(raw).map(w -> w / sum).toArray();
    }

    /**
     * Triangle of half-width support around offset + (i + 0.5) * scale; no taps where that centre
     * lies outside the input.
     */
    static Taps triangle(int from, int to, double scale, double offset, double support) {
      Taps taps = new Taps(to);
      for (int i = 0; i < to; i++) {
        double centre = offset + (i + 0.5) * scale;
        if (centre < 0 || centre > from) {
          continue;
        }
        // Pixels whose centre is nearer than the support.
        int low = Math.max(0, (int) Math.floor(centre - support - 0.5) + 1);
        int high = Math.min(from - 1, (int) Math.ceil(centre + support - 0.5) - 1);
        double[] raw = new double[high - low + 1];
        for (int k = 0; k < raw.length; k++) {
          raw[k] = 1 - Math.abs(low + k + 0.5 - centre) / support;
        }
        taps.set(i, low, raw);
      }
      return taps;
    }
  }
}
