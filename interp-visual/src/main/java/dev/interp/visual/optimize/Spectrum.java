package dev.interp.visual.optimize;

import dev.interp.visual.optimize.FourierTransform.Signal;

/**
 * Planes as sums of waves: parameters are the real and imaginary parts of a half spectrum, scaled
 * so that each frequency begins with the strength that it has in natural pictures.
 *
 * <p>{@code plane = irfft2(z · √(HW) / max(f, 1/max(H, W))) / 4} with f in waves per pixel, as in
 * lucid, but the half that is left out is one of rows. All planes of a picture lie side by side in
 * the parameters, {@code [2, W, planes, H/2 + 1]}, real parts first. One plane after the other is
 * made in the same room, which stays near.
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
  private final double[][] scale;
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
    this.pairs = (w + 1) / 2;
    this.vertical = new FourierTransform(h);
    this.horizontal = new FourierTransform(w);
    this.waves = Signal.zeros(w, half);
    this.waveRoom = Signal.zeros(w, half);
    this.columns = Signal.zeros(h, pairs);
    this.columnRoom = Signal.zeros(h, pairs);
    this.scale = new double[w][half];
    for (int v = 0; v < w; v++) {
      for (int u = 0; u < half; u++) {
        double fx = (double) (2 * v < w ? v : v - w) / w;
        double fy = (double) u / h;
        double f = Math.max(Math.sqrt(fx * fx + fy * fy), 1.0 / Math.max(h, w));
        scale[v][u] = QUARTER * Math.sqrt((double) h * w) / f / (h * w);
      }
    }
  }

  /** How many parameters the planes have. */
  int parameters() {
    return 2 * w * count * half;
  }

  /**
   * Where row v of a plane's half spectrum begins in the parameters; imaginary parts are rows w on.
   */
  private int at(int plane, int v) {
    return (v * count + plane) * half;
  }

  /** A row of the half spectrum that stands for itself alone in the whole one. */
  private boolean isAlone(int u) {
    return u == 0 || 2 * u == h;
  }

  /** Writes the planes of parameters, each into an array of its own. */
  void planes(double[] z, double[][] into) {
    for (int plane = 0; plane < count; plane++) {
      for (int v = 0; v < w; v++) {
        System.arraycopy(z, at(plane, v), waves.re()[v], 0, half);
        System.arraycopy(z, at(plane, w + v), waves.im()[v], 0, half);
        multiply(waves.re()[v], scale[v]);
        multiply(waves.im()[v], scale[v]);
      }
      Signal rows = horizontal.apply(waves, waveRoom, 1);
      for (int from = 0; from < half; from += BLOCK) {
        for (int pair = 0; pair < pairs; pair++) {
          pair(rows, pair, from, Math.min(half, from + BLOCK));
        }
      }
      Signal done = vertical.apply(columns, columnRoom, 1);
      for (int i = 0; i < h; i++) {
        System.arraycopy(done.re()[i], 0, into[plane], i * w, pairs);
        System.arraycopy(done.im()[i], 0, into[plane], i * w + pairs, w - pairs);
      }
    }
  }

  private static void multiply(double[] x, double[] factors) {
    for (int k = 0; k < x.length; k++) {
      x[k] *= factors[k];
    }
  }

  /** Two columns from their halves, whose other halves are conjugate. */
  private void pair(Signal rows, int pair, int from, int to) {
    double[] aRe = rows.re()[pair];
    double[] aIm = rows.im()[pair];
    boolean both = pair + pairs < w;
    int other = both ? pair + pairs : pair;
    double[] bRe = rows.re()[other];
    double[] bIm = rows.im()[other];
    double present = both ? 1 : 0;
    for (int u = from; u < to; u++) {
      double complex = isAlone(u) ? 0 : 1;
      double re = aRe[u];
      double im = complex * aIm[u];
      double re2 = present * bRe[u];
      double im2 = present * complex * bIm[u];
      int mirrored = u == 0 ? 0 : h - u;
      columns.re()[mirrored][pair] = re + im2;
      columns.im()[mirrored][pair] = re2 - im;
      columns.re()[u][pair] = re - im2;
      columns.im()[u][pair] = im + re2;
    }
  }

  /** Writes the transposed map: ⟨planes(z), g⟩ = ⟨z, adjoint(g)⟩. */
  void adjoint(double[][] gradient, double[] into) {
    for (int plane = 0; plane < count; plane++) {
      Signal spectrum = analysed(gradient[plane]);
      for (int v = 0; v < w; v++) {
        multiply(spectrum.re()[v], scale[v]);
        multiply(spectrum.im()[v], scale[v]);
        System.arraycopy(spectrum.re()[v], 0, into, at(plane, v), half);
        System.arraycopy(spectrum.im()[v], 0, into, at(plane, w + v), half);
      }
    }
  }

  /** The parameters that give planes. */
  double[] parametersOf(double[][] planes) {
    double[] z = new double[parameters()];
    for (int plane = 0; plane < count; plane++) {
      Signal spectrum = analysed(planes[plane]);
      for (int v = 0; v < w; v++) {
        for (int u = 0; u < half; u++) {
          double share = (isAlone(u) ? 1 : 0.5) / (h * w) / scale[v][u];
          z[at(plane, v) + u] = share * spectrum.re()[v][u];
          z[at(plane, w + v) + u] = share * spectrum.im()[v][u];
        }
      }
    }
    return z;
  }

  /** The half spectrum; a row that also stands for its mirror image has twice its strength. */
  private Signal analysed(double[] plane) {
    for (int i = 0; i < h; i++) {
      System.arraycopy(plane, i * w, columns.re()[i], 0, pairs);
      System.arraycopy(plane, i * w + pairs, columns.im()[i], 0, w - pairs);
      if (2 * pairs > w) {
        columns.im()[i][pairs - 1] = 0;
      }
    }
    Signal done = vertical.apply(columns, columnRoom, -1);
    for (int from = 0; from < half; from += BLOCK) {
      for (int pair = 0; pair < pairs; pair++) {
        part(done, pair, from, Math.min(half, from + BLOCK));
      }
    }
    return horizontal.apply(waves, waveRoom, -1);
  }

  /** The halves of two columns. */
  private void part(Signal done, int pair, int from, int to) {
    double[] aRe = waves.re()[pair];
    double[] aIm = waves.im()[pair];
    boolean both = pair + pairs < w;
    int other = both ? pair + pairs : pair;
    double[] bRe = waves.re()[other];
    double[] bIm = waves.im()[other];
    for (int u = from; u < to; u++) {
      double share = isAlone(u) ? 0.5 : 1;
      int mirrored = u == 0 ? 0 : h - u;
      double re = done.re()[u][pair];
      double im = done.im()[u][pair];
      double re2 = done.re()[mirrored][pair];
      double im2 = done.im()[mirrored][pair];
      if (both) {
        bRe[u] = share * (im + im2);
        bIm[u] = share * (re2 - re);
      }
      aRe[u] = share * (re + re2);
      aIm[u] = share * (im - im2);
    }
  }
}
