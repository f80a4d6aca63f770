package dev.interp.visual.optimize;

/**
 * A picture looked at from elsewhere: {@code y(i, j) = x(A · (i, j))}, bilinear; outside of the
 * picture is grey. Pixel centres lie at whole numbers.
 *
 * @param matrix rows and columns of the source: {@code {ii, ij, i0, ji, jj, j0}}, so that pixel (i,
 *     j) shows {@code (ii·i + ij·j + i0, ji·i + jj·j + j0)}
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
record Warp(double[] matrix) {
  private static final double GREY = 0.5;
  private static final int TAPS = 4;

  static final Warp NONE = new Warp(new double[] {1, 0, 0, 0, 1, 0});

  /** First this look at the picture, then another one at what it shows. */
  Warp then(Warp next) {
    double[] a = matrix;
    double[] b = next.matrix;
    return new Warp(
        new double[] {
          a[0] * b[0] + a[1] * b[3],
          a[0] * b[1] + a[1] * b[4],
          a[0] * b[2] + a[1] * b[5] + a[2],
          a[3] * b[0] + a[4] * b[3],
          a[3] * b[1] + a[4] * b[4],
          a[3] * b[2] + a[4] * b[5] + a[5]
        });
  }

  static Warp shift(double down, double right) {
    return new Warp(new double[] {1, 0, down, 0, 1, right});
  }

  /** Enlarges by a factor and turns against the clock around the middle of h × w pixels. */
  static Warp around(int h, int w, double factor, double degrees) {
    double angle = Math.toRadians(degrees);
    double cos = Math.cos(angle) / factor;
    double sin = Math.sin(angle) / factor;
    double y = (h - 1) / 2.0;
    double x = (w - 1) / 2.0;
    return new Warp(
        new double[] {cos, sin, y - cos * y - sin * x, -sin, cos, x + sin * y - cos * x});
  }

  /** A picture of another size, spread over h × w pixels. */
  static Warp resize(int fromH, int fromW, int h, int w) {
    double y = (double) fromH / h;
    double x = (double) fromW / w;
    return new Warp(new double[] {y, 0, (y - 1) / 2, 0, x, (x - 1) / 2});
  }

  boolean isNone() {
    return java.util.Arrays.equals(matrix, NONE.matrix);
  }

  /** Where each pixel comes from, ready for any number of planes. */
  Taps taps(int fromH, int fromW, int h, int w) {
    int[] places = new int[TAPS * h * w];
    double[] weights = new double[places.length];
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        double y = matrix[0] * i + matrix[1] * j + matrix[2];
        double x = matrix[3] * i + matrix[4] * j + matrix[5];
        int top = (int) Math.floor(y);
        int left = (int) Math.floor(x);
        double dy = y - top;
        double dx = x - left;
        int at = TAPS * (i * w + j);
        for (int k = 0; k < TAPS; k++) {
          int row = top + k / 2;
          int column = left + k % 2;
          if (row >= 0 && row < fromH && column >= 0 && column < fromW) {
            places[at + k] = row * fromW + column;
            weights[at + k] = (k / 2 == 0 ? 1 - dy : dy) * (k % 2 == 0 ? 1 - dx : dx);
          }
        }
      }
    }
    return new Taps(places, weights);
  }

  /** Places and weights of a warp, four for each pixel. */
  @SuppressWarnings("ArrayRecordComponent")
  record Taps(int[] places, double[] weights) {
    /** Looks at a plane that begins at {@code from}, writing from {@code to} on. */
    void apply(double[] x, int from, double[] y, int to) {
      for (int k = 0; k < places.length; k += TAPS) {
        double sum = GREY;
        for (int t = k; t < k + TAPS; t++) {
          sum += weights[t] * (x[from + places[t]] - GREY);
        }
        y[to + k / TAPS] = sum;
      }
    }

    /** Adds the transposed map of {@code gradient} to {@code into}. */
    void addAdjoint(double[] gradient, int from, double[] into, int to) {
      for (int k = 0; k < places.length; k += TAPS) {
        double g = gradient[from + k / TAPS];
        for (int t = k; t < k + TAPS; t++) {
          into[to + places[t]] += weights[t] * g;
        }
      }
    }
  }
}
