package dev.interp.visual.optimize;

import java.util.Arrays;

/**
 * The discrete Fourier transform {@code y_k = Σ_j x_j exp(±2πi jk/n)} of many sequences at once,
 * not normalised, for any length (Stockham's algorithm over its factors). Sequences lie side by
 * side, so that the inner loops run over them.
 */
final class FourierTransform {
  private static final int FOUR = 4;

  private final int length;
  private final int[] factors;
  private final double[] cosines;
  private final double[] sines;

  FourierTransform(int length) {
    this.length = length;
    int[] found = new int[Integer.SIZE];
    int count = 0;
    int rest = length;
    while (rest % FOUR == 0) {
      found[count++] = FOUR;
      rest /= FOUR;
    }
    for (int p = 2; rest > 1; p++) {
      while (rest % p == 0) {
        found[count++] = p;
        rest /= p;
      }
    }
    factors = Arrays.copyOf(found, count);
    cosines = new double[length];
    sines = new double[length];
    for (int k = 0; k < length; k++) {
      cosines[k] = Math.cos(2 * Math.PI * k / length);
      sines[k] = Math.sin(2 * Math.PI * k / length);
    }
  }

  /** Complex numbers as two arrays; number {@code k} of sequence {@code s} lies at k·lanes + s. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
  record Signal(double[] re, double[] im) {
    static Signal zeros(int size) {
      return new Signal(new double[size], new double[size]);
    }
  }

  /**
   * Transforms.
   *
   * @param x overwritten
   * @param room of the same size, overwritten
   * @param sign of the exponent, 1 or −1
   * @return one of the two
   */
  Signal apply(Signal x, Signal room, int sign) {
    int lanes = x.re.length / length;
    Signal from = x;
    Signal to = room;
    int n = length;
    int stride = 1;
    for (int radix : factors) {
      pass(from, to, n, stride, lanes, radix, sign);
      Signal other = from;
      from = to;
      to = other;
      n /= radix;
      stride *= radix;
    }
    return from;
  }

  private void pass(Signal from, Signal to, int n, int stride, int lanes, int radix, int sign) {
    int m = n / radix;
    int block = stride * lanes;
    for (int p = 0; p < m; p++) {
      if (radix == FOUR) {
        four(from, to, p, m, block, n, sign);
      } else if (radix == 2) {
        two(from, to, p, m, block, n, sign);
      } else {
        any(from, to, p, m, block, n, sign);
      }
    }
  }

  private void any(Signal from, Signal to, int p, int m, int block, int n, int sign) {
    int radix = n / m;
    for (int r = 0; r < radix; r++) {
      int out = (radix * p + r) * block;
      Arrays.fill(to.re, out, out + block, 0);
      Arrays.fill(to.im, out, out + block, 0);
      for (int k = 0; k < radix; k++) {
        int turn = (int) ((long) r * (p + k * m) % n) * (length / n);
        add(from, (p + k * m) * block, to, out, block, cosines[turn], sign * sines[turn]);
      }
    }
  }

  private static void add(
      Signal from, int in, Signal to, int out, int block, double cos, double sin) {
    double[] re = from.re;
    double[] im = from.im;
    double[] toRe = to.re;
    double[] toIm = to.im;
    for (int q = 0; q < block; q++) {
      double a = re[in + q];
      double b = im[in + q];
      toRe[out + q] += cos * a - sin * b;
      toIm[out + q] += cos * b + sin * a;
    }
  }

  /** The same for a radix of two. */
  private void two(Signal from, Signal to, int p, int m, int block, int n, int sign) {
    double[] re = from.re;
    double[] im = from.im;
    double[] toRe = to.re;
    double[] toIm = to.im;
    double cos = cosines[p * (length / n)];
    double sin = sign * sines[p * (length / n)];
    int a = p * block;
    int b = a + m * block;
    int y = 2 * p * block;
    for (int q = 0; q < block; q++) {
      double differenceRe = re[a + q] - re[b + q];
      double differenceIm = im[a + q] - im[b + q];
      toRe[y + q] = re[a + q] + re[b + q];
      toIm[y + q] = im[a + q] + im[b + q];
      toRe[y + block + q] = cos * differenceRe - sin * differenceIm;
      toIm[y + block + q] = cos * differenceIm + sin * differenceRe;
    }
  }

  /** The same for a radix of four, where most products are with 1, i, −1 and −i. */
  private void four(Signal from, Signal to, int p, int m, int block, int n, int sign) {
    double[] re = from.re;
    double[] im = from.im;
    double[] toRe = to.re;
    double[] toIm = to.im;
    int turn = p * (length / n);
    double c1 = cosines[turn];
    double s1 = sign * sines[turn];
    double c2 = cosines[2 * turn];
    double s2 = sign * sines[2 * turn];
    double c3 = cosines[3 * turn];
    double s3 = sign * sines[3 * turn];
    int a = p * block;
    int b = a + m * block;
    int c = b + m * block;
    int d = c + m * block;
    int y = FOUR * p * block;
    for (int q = 0; q < block; q++) {
      double evenRe = re[a + q] + re[c + q];
      double evenIm = im[a + q] + im[c + q];
      double oddRe = re[b + q] + re[d + q];
      double oddIm = im[b + q] + im[d + q];
      toRe[y + q] = evenRe + oddRe;
      toIm[y + q] = evenIm + oddIm;
      double re2 = evenRe - oddRe;
      double im2 = evenIm - oddIm;
      toRe[y + 2 * block + q] = c2 * re2 - s2 * im2;
      toIm[y + 2 * block + q] = c2 * im2 + s2 * re2;
    }
    for (int q = 0; q < block; q++) {
      double evenRe = re[a + q] - re[c + q];
      double evenIm = im[a + q] - im[c + q];
      double oddRe = sign * (im[d + q] - im[b + q]);
      double oddIm = sign * (re[b + q] - re[d + q]);
      double re1 = evenRe + oddRe;
      double im1 = evenIm + oddIm;
      toRe[y + block + q] = c1 * re1 - s1 * im1;
      toIm[y + block + q] = c1 * im1 + s1 * re1;
      double re3 = evenRe - oddRe;
      double im3 = evenIm - oddIm;
      toRe[y + 3 * block + q] = c3 * re3 - s3 * im3;
      toIm[y + 3 * block + q] = c3 * im3 + s3 * re3;
    }
  }
}
