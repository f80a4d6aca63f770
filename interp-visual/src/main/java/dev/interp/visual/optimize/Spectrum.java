package dev.interp.visual.optimize;

import dev.interp.visual.optimize.FourierTransform.Signal;

/**
 * Planes as sums of waves: parameters are the real and imaginary parts of a half spectrum, scaled
 * so that each frequency begins with the strength that it has in natural pictures.
 *
 * <p>{@code plane = irfft2(z · √(HW) / max(f, 1/max(H, W))) / 4} with f in waves per pixel, as in
 * lucid, but the half that is left out is one of rows. All planes of a picture lie side by side in
 * the parameters, {@code [2, W, planes, H/2 + 1]}, real parts first, so that the first transform
 * finds them in place.
 *
 * <p>Holds the room that it works in: not safe for concurrent use.
 */
final class Spectrum {
  private static final double QUARTER = 0.25;

  /** How many rows of a transposition are done at once, so that what they touch stays near. */
  private static final int BLOCK = 8;

  private final int h;
  private final int w;
  private final int count;
  private final int half;

  /** Two real columns are one complex one: the later half of them as imaginary parts. */
  private final int pairs;

  private final FourierTransform vertical;
  private final FourierTransform horizontal;
  private final double[] scale;
  private final Signal waves;
  private final Signal waveRoom;
  private final Signal columns;
  private final Signal columnRoom;

  /** For so many planes of h × w. */
  Spectrum(int count, int h, int w) {
    this.h = h;
    this.w = w;
    this.count = count;
    this.half = h / 2 + 1;
    this.pairs = (count * w + 1) / 2;
    this.vertical = new FourierTransform(h);
    this.horizontal = new FourierTransform(w);
    this.waves = Signal.zeros(w * count * half);
    this.waveRoom = Signal.zeros(w * count * half);
    this.columns = Signal.zeros(h * pairs);
    this.columnRoom = Signal.zeros(h * pairs);
    this.scale = new double[w * count * half];
    for (int v = 0; v < w; v++) {
      for (int u = 0; u < half; u++) {
        double fx = (double) (2 * v < w ? v : v - w) / w;
        double fy = (double) u / h;
        double f = Math.max(Math.sqrt(fx * fx + fy * fy), 1.0 / Math.max(h, w));
        for (int c = 0; c < count; c++) {
          scale[(v * count + c) * half + u] = QUARTER * Math.sqrt((double) h * w) / f;
        }
      }
    }
  }

  /** How many parameters the planes have. */
  int parameters() {
    return 2 * w * count * half;
  }

  /** A row of the half spectrum that stands for itself alone in the whole one. */
  private boolean isAlone(int u) {
    return u == 0 || 2 * u == h;
  }

  /** Writes the planes of parameters, one after the other. */
  void planes(double[] z, double[] into) {
    int size = scale.length;
    double all = 1.0 / (h * w);
    for (int k = 0; k < size; k++) {
      waves.re()[k] = all * scale[k] * z[k];
      waves.im()[k] = all * scale[k] * z[size + k];
    }
    Signal rows = horizontal.apply(waves, waveRoom, 1);
    for (int from = 0; from < half; from += BLOCK) {
      int to = Math.min(half, from + BLOCK);
      for (int pair = 0; pair < pairs; pair++) {
        pair(rows, pair, from, to);
      }
    }
    Signal done = vertical.apply(columns, columnRoom, 1);
    for (int c = 0; c < count; c++) {
      int re = Math.min(pairs, c * w);
      int im = Math.max(pairs, c * w) - pairs;
      int first = Math.min(w, pairs - re);
      for (int i = 0; i < h; i++) {
        int line = (c * h + i) * w;
        System.arraycopy(done.re(), i * pairs + re, into, line, first);
        System.arraycopy(done.im(), i * pairs + im, into, line + first, w - first);
      }
    }
  }

  /** Where the half of a column begins in the spectrum. */
  private int column(int lane) {
    return (lane % w * count + lane / w) * half;
  }

  /** Two columns from their halves, whose other halves are conjugate. */
  private void pair(Signal rows, int pair, int from, int to) {
    double[] re = rows.re();
    double[] im = rows.im();
    int a = column(pair);
    boolean both = pair + pairs < count * w;
    int b = both ? column(pair + pairs) : 0;
    for (int u = from; u < to; u++) {
      double aRe = re[a + u];
      double aIm = isAlone(u) ? 0 : im[a + u];
      double bRe = both ? re[b + u] : 0;
      double bIm = both && !isAlone(u) ? im[b + u] : 0;
      int mirrored = (h - u) % h * pairs + pair;
      columns.re()[mirrored] = aRe + bIm;
      columns.im()[mirrored] = bRe - aIm;
      columns.re()[u * pairs + pair] = aRe - bIm;
      columns.im()[u * pairs + pair] = aIm + bRe;
    }
  }

  /** Writes the transposed map: ⟨planes(z), g⟩ = ⟨z, adjoint(g)⟩. */
  void adjoint(double[] gradient, double[] into) {
    Signal spectrum = analysed(gradient);
    int size = scale.length;
    double all = 1.0 / (h * w);
    for (int k = 0; k < size; k++) {
      into[k] = all * scale[k] * spectrum.re()[k];
      into[size + k] = all * scale[k] * spectrum.im()[k];
    }
  }

  /** The parameters that give planes. */
  double[] parametersOf(double[] planes) {
    Signal spectrum = analysed(planes);
    int size = scale.length;
    double[] z = new double[2 * size];
    for (int k = 0; k < size; k++) {
      double share = isAlone(k % half) ? 1 : 0.5;
      z[k] = share * spectrum.re()[k] / scale[k];
      z[size + k] = share * spectrum.im()[k] / scale[k];
    }
    return z;
  }

  /** The half spectrum; a row that also stands for its mirror image has twice its strength. */
  private Signal analysed(double[] planes) {
    for (int c = 0; c < count; c++) {
      int re = Math.min(pairs, c * w);
      int im = Math.max(pairs, c * w) - pairs;
      int first = Math.min(w, pairs - re);
      for (int i = 0; i < h; i++) {
        int line = (c * h + i) * w;
        System.arraycopy(planes, line, columns.re(), i * pairs + re, first);
        System.arraycopy(planes, line + first, columns.im(), i * pairs + im, w - first);
      }
    }
    if (pairs * 2 > count * w) {
      for (int i = 0; i < h; i++) {
        columns.im()[(i + 1) * pairs - 1] = 0;
      }
    }
    Signal done = vertical.apply(columns, columnRoom, -1);
    for (int from = 0; from < half; from += BLOCK) {
      int to = Math.min(half, from + BLOCK);
      for (int pair = 0; pair < pairs; pair++) {
        part(done, pair, from, to);
      }
    }
    return horizontal.apply(waves, waveRoom, -1);
  }

  /** The halves of two columns. */
  private void part(Signal done, int pair, int from, int to) {
    double[] re = done.re();
    double[] im = done.im();
    int a = column(pair);
    boolean both = pair + pairs < count * w;
    int b = both ? column(pair + pairs) : 0;
    for (int u = from; u < to; u++) {
      double share = isAlone(u) ? 0.5 : 1;
      int at = u * pairs + pair;
      int mirrored = (h - u) % h * pairs + pair;
      waves.re()[a + u] = share * (re[at] + re[mirrored]);
      waves.im()[a + u] = share * (im[at] - im[mirrored]);
      if (both) {
        waves.re()[b + u] = share * (im[at] + im[mirrored]);
        waves.im()[b + u] = share * (re[mirrored] - re[at]);
      }
    }
  }
}
