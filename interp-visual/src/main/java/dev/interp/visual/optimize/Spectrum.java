package dev.interp.visual.optimize;

/**
 * Planes as sums of waves: parameters are the real and imaginary parts of a half spectrum, scaled
 * so that each frequency begins with the strength that it has in natural pictures.
 *
 * <p>{@code plane = irfft2(z · √(HW) / max(f, 1/max(H, W))) / 4} with f in waves per pixel, as in
 * lucid. Parameters of a plane: {@code [2, H, W/2 + 1]}, real parts first.
 */
final class Spectrum {
  private static final double QUARTER = 0.25;

  private final int h;
  private final int w;
  private final int half;
  private final FourierTransform vertical;
  private final FourierTransform horizontal;
  private final double[] scale;

  Spectrum(int h, int w) {
    this.h = h;
    this.w = w;
    this.half = w / 2 + 1;
    this.vertical = new FourierTransform(h);
    this.horizontal = new FourierTransform(w);
    this.scale = new double[h * half];
    for (int u = 0; u < h; u++) {
      for (int v = 0; v < half; v++) {
        double fy = (double) (2 * u < h ? u : u - h) / h;
        double fx = (double) v / w;
        double f = Math.max(Math.sqrt(fx * fx + fy * fy), 1.0 / Math.max(h, w));
        scale[u * half + v] = QUARTER * Math.sqrt((double) h * w) / f;
      }
    }
  }

  int parameters() {
    return 2 * h * half;
  }

  /** How often a column of the half spectrum stands in the whole one. */
  private int times(int v) {
    return v == 0 || 2 * v == w ? 1 : 2;
  }

  /** The planes of their parameters, one after the other. */
  double[] planes(double[] z) {
    int count = z.length / parameters();
    int lanes = count * half;
    FourierTransform.Signal rows = FourierTransform.Signal.zeros(h * lanes);
    for (int c = 0; c < count; c++) {
      int re = c * parameters();
      int im = re + h * half;
      for (int u = 0; u < h; u++) {
        for (int v = 0; v < half; v++) {
          int at = u * half + v;
          double factor = scale[at] * times(v) / (h * w);
          rows.re()[u * lanes + c * half + v] = factor * z[re + at];
          rows.im()[u * lanes + c * half + v] = factor * z[im + at];
        }
      }
    }
    rows = vertical.apply(rows, 1);
    // Only the real part of the second transform is asked for, so half of the columns may be zero.
    FourierTransform.Signal columns = FourierTransform.Signal.zeros(w * count * h);
    turn(rows, columns, count, true);
    columns = horizontal.apply(columns, 1);
    double[] planes = new double[count * h * w];
    transpose(columns.re(), w, count * h, planes);
    return planes;
  }

  /** The transposed map: ⟨planes(z), g⟩ = ⟨z, adjoint(g)⟩. */
  double[] adjoint(double[] gradient) {
    double[] z = half(gradient);
    scale(z, true);
    return z;
  }

  /** The parameters that give planes, up to what no parameter can give. */
  double[] parametersOf(double[] planes) {
    double[] z = half(planes);
    scale(z, false);
    return z;
  }

  /** Σ x exp(−2πi …) at the frequencies of the half spectrum. */
  private double[] half(double[] planes) {
    int count = planes.length / (h * w);
    FourierTransform.Signal columns = FourierTransform.Signal.zeros(w * count * h);
    transpose(planes, count * h, w, columns.re());
    columns = horizontal.apply(columns, -1);
    int lanes = count * half;
    FourierTransform.Signal rows = FourierTransform.Signal.zeros(h * lanes);
    turn(rows, columns, count, false);
    rows = vertical.apply(rows, -1);
    double[] z = new double[count * parameters()];
    for (int c = 0; c < count; c++) {
      for (int u = 0; u < h; u++) {
        for (int v = 0; v < half; v++) {
          int at = u * half + v;
          int from = u * lanes + c * half + v;
          z[c * parameters() + at] = rows.re()[from];
          z[c * parameters() + h * half + at] = rows.im()[from];
        }
      }
    }
    return z;
  }

  private void scale(double[] z, boolean adjoint) {
    for (int i = 0; i < z.length; i++) {
      int at = i % (h * half);
      z[i] = adjoint ? z[i] * scale[at] * times(at % half) / (h * w) : z[i] / scale[at];
    }
  }

  /** Moves numbers between {@code [H, planes, half]} and {@code [W, planes, H]}. */
  private void turn(
      FourierTransform.Signal rows, FourierTransform.Signal columns, int count, boolean forward) {
    for (int u = 0; u < h; u++) {
      for (int c = 0; c < count; c++) {
        for (int v = 0; v < half; v++) {
          int a = (u * count + c) * half + v;
          int b = (v * count + c) * h + u;
          if (forward) {
            columns.re()[b] = rows.re()[a];
            columns.im()[b] = rows.im()[a];
          } else {
            rows.re()[a] = columns.re()[b];
            rows.im()[a] = columns.im()[b];
          }
        }
      }
    }
  }

  private static void transpose(double[] from, int rows, int columns, double[] to) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        to[j * rows + i] = from[i * columns + j];
      }
    }
  }
}
