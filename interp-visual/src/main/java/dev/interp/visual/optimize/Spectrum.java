package dev.interp.visual.optimize;

/**
 * Planes as sums of waves: parameters are the real and imaginary parts of a half spectrum, scaled
 * so that each frequency begins with the strength that it has in natural pictures.
 *
 * <p>{@code plane = irfft2(z · √(HW) / max(f, 1/max(H, W))) / 4} with f in waves per pixel, as in
 * lucid, but the half that is left out is one of rows. All planes of a picture lie side by side in
 * the parameters, {@code [2, W, planes, H/2 + 1]}, real parts first, so that the first transform
 * finds them in place.
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
    this.half = h / 2 + 1;
    this.vertical = new FourierTransform(h);
    this.horizontal = new FourierTransform(w);
    this.scale = new double[w * half];
    for (int v = 0; v < w; v++) {
      for (int u = 0; u < half; u++) {
        double fx = (double) (2 * v < w ? v : v - w) / w;
        double fy = (double) u / h;
        double f = Math.max(Math.sqrt(fx * fx + fy * fy), 1.0 / Math.max(h, w));
        scale[v * half + u] = QUARTER * Math.sqrt((double) h * w) / f;
      }
    }
  }

  /** How many parameters a plane has. */
  int parameters() {
    return 2 * w * half;
  }

  /** A row of the half spectrum that stands for itself alone in the whole one. */
  private boolean isAlone(int u) {
    return u == 0 || 2 * u == h;
  }

  /** The planes of their parameters, one after the other. */
  double[] planes(double[] z) {
    int count = z.length / parameters();
    int size = w * count * half;
    FourierTransform.Signal spectrum = FourierTransform.Signal.zeros(size);
    double all = 1.0 / (h * w);
    for (int v = 0; v < w; v++) {
      for (int c = 0; c < count; c++) {
        int from = (v * count + c) * half;
        for (int u = 0; u < half; u++) {
          double factor = all * scale[v * half + u];
          spectrum.re()[from + u] = factor * z[from + u];
          spectrum.im()[from + u] = factor * z[size + from + u];
        }
      }
    }
    spectrum = horizontal.apply(spectrum, 1);
    // Two real columns at once, one as the imaginary part of the other.
    int pairs = (count * w + 1) / 2;
    FourierTransform.Signal columns = FourierTransform.Signal.zeros(h * pairs);
    for (int lane = 0; lane < count * w; lane++) {
      boolean second = lane >= pairs;
      int to = second ? lane - pairs : lane;
      int from = (lane % w * count + lane / w) * half;
      for (int u = 0; u < half; u++) {
        double re = spectrum.re()[from + u];
        double im = isAlone(u) ? 0 : spectrum.im()[from + u];
        int at = u * pairs + to;
        columns.re()[at] += second ? -im : re;
        columns.im()[at] += second ? re : im;
        if (!isAlone(u)) {
          int mirrored = (h - u) * pairs + to;
          columns.re()[mirrored] += second ? im : re;
          columns.im()[mirrored] += second ? re : -im;
        }
      }
    }
    columns = vertical.apply(columns, 1);
    double[] planes = new double[count * h * w];
    for (int c = 0; c < count; c++) {
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          int lane = c * w + j;
          planes[(c * h + i) * w + j] =
              lane < pairs
                  ? columns.re()[i * pairs + lane]
                  : columns.im()[i * pairs + lane - pairs];
        }
      }
    }
    return planes;
  }

  /** The transposed map: ⟨planes(z), g⟩ = ⟨z, adjoint(g)⟩. */
  double[] adjoint(double[] gradient) {
    return half(gradient, true);
  }

  /** The parameters that give planes. */
  double[] parametersOf(double[] planes) {
    return half(planes, false);
  }

  private double[] half(double[] planes, boolean adjoint) {
    int count = planes.length / (h * w);
    int pairs = (count * w + 1) / 2;
    FourierTransform.Signal columns = FourierTransform.Signal.zeros(h * pairs);
    for (int c = 0; c < count; c++) {
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          int lane = c * w + j;
          double value = planes[(c * h + i) * w + j];
          if (lane < pairs) {
            columns.re()[i * pairs + lane] = value;
          } else {
            columns.im()[i * pairs + lane - pairs] = value;
          }
        }
      }
    }
    columns = vertical.apply(columns, -1);
    int size = w * count * half;
    FourierTransform.Signal spectrum = FourierTransform.Signal.zeros(size);
    for (int lane = 0; lane < count * w; lane++) {
      boolean second = lane >= pairs;
      int from = second ? lane - pairs : lane;
      int to = (lane % w * count + lane / w) * half;
      for (int u = 0; u < half; u++) {
        int at = u * pairs + from;
        int mirrored = (h - u) % h * pairs + from;
        double sumRe = (columns.re()[at] + columns.re()[mirrored]) / 2;
        double sumIm = (columns.im()[at] + columns.im()[mirrored]) / 2;
        double differenceRe = (columns.re()[at] - columns.re()[mirrored]) / 2;
        double differenceIm = (columns.im()[at] - columns.im()[mirrored]) / 2;
        spectrum.re()[to + u] = second ? sumIm : sumRe;
        spectrum.im()[to + u] = second ? -differenceRe : differenceIm;
      }
    }
    spectrum = horizontal.apply(spectrum, -1);
    double[] z = new double[2 * size];
    for (int v = 0; v < w; v++) {
      for (int c = 0; c < count; c++) {
        int from = (v * count + c) * half;
        for (int u = 0; u < half; u++) {
          double strength = scale[v * half + u];
          double factor = adjoint ? strength * (isAlone(u) ? 1 : 2) / (h * w) : 1 / strength;
          z[from + u] = factor * spectrum.re()[from + u];
          z[size + from + u] = factor * spectrum.im()[from + u];
        }
      }
    }
    return z;
  }
}
