package dev.interp.visual.optimize;

import java.util.Arrays;

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
    return Arrays.equals(matrix, NONE.matrix);
  }

  /** Where each pixel comes from, ready for any number of planes. */
  Taps taps(int fromH, int fromW, int h, int w) {
    Taps taps = new Taps(fromH, fromW, new int[h * w], new double[h * w], new double[h * w]);
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        double y = matrix[0] * i + matrix[1] * j + matrix[2];
        double x = matrix[3] * i + matrix[4] * j + matrix[5];
        // One more row and column of grey on each side, and all that lies further out at their end.
        double row = (y > -1 ? y < fromH ? y : fromH : -1) + 1;
        double column = (x > -1 ? x < fromW ? x : fromW : -1) + 1;
        int top = (int) row;
        int left = (int) column;
        int at = i * w + j;
        taps.places[at] = top * taps.stride() + left;
        taps.down[at] = row - top;
        taps.right[at] = column - left;
      }
    }
    return taps;
  }

  /**
   * Places and weights of a warp for planes with a rim of grey: each pixel shows the four around a
   * point, the first of which it has the place of.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Taps(int fromH, int fromW, int[] places, double[] down, double[] right) {
    private int stride() {
      return fromW + 3;
    }

    /** Numbers of a plane with its rim. */
    int padded() {
      return (fromH + 3) * stride();
    }

    /**
     * Looks at a plane that begins at {@code from}, writing from {@code to} on.
     *
     * @param room for {@link #padded} numbers, zero around the plane; the plane is written into it
     */
    void apply(double[] x, int from, double[] y, int to, double[] room) {
      int stride = stride();
      for (int i = 0; i < fromH; i++) {
        for (int j = 0; j < fromW; j++) {
          room[(i + 1) * stride + j + 1] = x[from + i * fromW + j] - GREY;
        }
      }
      for (int k = 0; k < places.length; k++) {
        int at = places[k];
        double dx = right[k];
        double above = room[at] + dx * (room[at + 1] - room[at]);
        double below = room[at + stride] + dx * (room[at + stride + 1] - room[at + stride]);
        y[to + k] = GREY + above + down[k] * (below - above);
      }
    }

    /**
     * Adds the transposed map of {@code gradient} to {@code into}.
     *
     * @param room for {@link #padded} numbers, overwritten
     */
    void addAdjoint(double[] gradient, int from, double[] into, int to, double[] room) {
      Arrays.fill(room, 0);
      int stride = stride();
      for (int k = 0; k < places.length; k++) {
        int at = places[k];
        double dx = right[k];
        double below = down[k] * gradient[from + k];
        double above = gradient[from + k] - below;
        double aboveRight = dx * above;
        double belowRight = dx * below;
        room[at] += above - aboveRight;
        room[at + 1] += aboveRight;
        room[at + stride] += below - belowRight;
        room[at + stride + 1] += belowRight;
      }
      for (int i = 0; i < fromH; i++) {
        for (int j = 0; j < fromW; j++) {
          into[to + i * fromW + j] += room[(i + 1) * stride + j + 1];
        }
      }
    }
  }
}
