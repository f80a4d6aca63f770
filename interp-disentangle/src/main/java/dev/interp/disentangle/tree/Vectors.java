package dev.interp.disentangle.tree;

/** Arithmetic with rows of numbers. */
final class Vectors {
  private Vectors() {}

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }

  static double[] sum(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < a.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  /** A vector of length 1, or of zeros if that is what it was. */
  static double[] unit(double[] a) {
    double norm = norm(a);
    double[] unit = a.clone();
    for (int i = 0; norm > 0 && i < a.length; i++) {
      unit[i] /= norm;
    }
    return unit;
  }
}
