package dev.interp.visual.optimize;

import java.util.Arrays;

/**
 * The discrete Fourier transform {@code y_k = Σ_j x_j exp(±2πi jk/n)} of many sequences at once,
 * not normalised, for any length (Stockham's algorithm over its factors). Sequences lie side by
 * side, number k of all of them in an array of its own: loops run over arrays at one common index,
 * which a compiler makes vectors of, as it does not where places differ.
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

  /** Complex numbers as real and imaginary parts; number k of sequence s lies at {@code [k][s]}. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
  record Signal(double[][] re, double[][] im) {
    static Signal zeros(int length, int lanes) {
      return new Signal(new double[length][lanes], new double[length][lanes]);
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
    Signal from = x;
    Signal to = room;
    int n = length;
    int stride = 1;
    for (int radix : factors) {
      int m = n / radix;
      for (int p = 0; p < m; p++) {
        for (int q = 0; q < stride; q++) {
          int in = p * stride + q;
          int out = radix * p * stride + q;
          if (radix == FOUR) {
            four(from, in, m * stride, to, out, stride, p * (length / n), sign);
          } else if (radix == 2) {
            two(from, in, m * stride, to, out, stride, p * (length / n), sign);
          } else {
            any(from, in, m * stride, to, out, stride, p, n, radix, sign);
          }
        }
      }
      Signal other = from;
      from = to;
      to = other;
      n = m;
      stride *= radix;
    }
    return from;
  }

  /** Numbers {@code in + k · apart} become {@code out + r · stride}. */
  private void any(
      Signal from,
      int in,
      int apart,
      Signal to,
      int out,
      int stride,
      int p,
      int n,
      int radix,
      int sign) {
    for (int r = 0; r < radix; r++) {
      double[] re = to.re[out + r * stride];
      double[] im = to.im[out + r * stride];
      Arrays.fill(re, 0);
      Arrays.fill(im, 0);
      for (int k = 0; k < radix; k++) {
        int turn = (int) ((long) r * (p + k * (n / radix)) % n) * (length / n);
        add(
            from.re[in + k * apart],
            from.im[in + k * apart],
            re,
            im,
            cosines[turn],
            sign * sines[turn]);
      }
    }
  }

  private static void add(
      double[] re, double[] im, double[] toRe, double[] toIm, double cos, double sin) {
    for (int s = 0; s < re.length; s++) {
      double a = re[s];
      double b = im[s];
      toRe[s] += cos * a - sin * b;
      toIm[s] += cos * b + sin * a;
    }
  }

  /** The same for a radix of two. */
  private void two(
      Signal from, int in, int apart, Signal to, int out, int stride, int turn, int sign) {
    both(from.re[in], from.re[in + apart], to.re[out], to.re[out + stride]);
    both(from.im[in], from.im[in + apart], to.im[out], to.im[out + stride]);
    turn(to, out + stride, turn, sign);
  }

  /** The same for a radix of four, where most products are with 1, i, −1 and −i. */
  private void four(
      Signal from, int in, int apart, Signal to, int out, int stride, int turn, int sign) {
    double[] aRe = from.re[in];
    double[] aIm = from.im[in];
    double[] bRe = from.re[in + apart];
    double[] bIm = from.im[in + apart];
    double[] cRe = from.re[in + 2 * apart];
    double[] cIm = from.im[in + 2 * apart];
    double[] dRe = from.re[in + 3 * apart];
    double[] dIm = from.im[in + 3 * apart];
    int second = out + (2 - sign) * stride;
    int fourth = out + (2 + sign) * stride;
    sums(aRe, cRe, bRe, dRe, to.re[out], to.re[out + 2 * stride]);
    sums(aIm, cIm, bIm, dIm, to.im[out], to.im[out + 2 * stride]);
    differences(aRe, cRe, dIm, bIm, to.re[second], to.re[fourth]);
    differences(aIm, cIm, bRe, dRe, to.im[second], to.im[fourth]);
    turn(to, out + stride, turn, sign);
    turn(to, out + 2 * stride, 2 * turn, sign);
    turn(to, out + 3 * stride, 3 * turn, sign);
  }

  // Loops of more arrays than these have are not made vectors of.

  private static void both(double[] a, double[] b, double[] sum, double[] difference) {
    for (int s = 0; s < sum.length; s++) {
      double x = a[s];
      double y = b[s];
      sum[s] = x + y;
      difference[s] = x - y;
    }
  }

  private static void sums(
      double[] a, double[] c, double[] b, double[] d, double[] sum, double[] difference) {
    for (int s = 0; s < sum.length; s++) {
      double x = a[s] + c[s];
      double y = b[s] + d[s];
      sum[s] = x + y;
      difference[s] = x - y;
    }
  }

  private static void differences(
      double[] a, double[] c, double[] b, double[] d, double[] sum, double[] difference) {
    for (int s = 0; s < sum.length; s++) {
      double x = a[s] - c[s];
      double y = b[s] - d[s];
      sum[s] = x + y;
      difference[s] = x - y;
    }
  }

  private void turn(Signal signal, int k, int turn, int sign) {
    if (turn != 0) {
      turn(signal.re[k], signal.im[k], cosines[turn], sign * sines[turn]);
    }
  }

  private static void turn(double[] re, double[] im, double cos, double sin) {
    for (int s = 0; s < re.length; s++) {
      double a = re[s];
      double b = im[s];
      re[s] = cos * a - sin * b;
      im[s] = cos * b + sin * a;
    }
  }
}
