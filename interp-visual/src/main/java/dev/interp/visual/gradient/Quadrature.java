package dev.interp.visual.gradient;

/** A rule for integrals over [0, 1]: nodes and weights that sum to one. */
public enum Quadrature {
  /** Gauss-Legendre: exact for polynomials of degree 2n − 1. */
  GAUSS_LEGENDRE,
  /** Riemann sum at the left ends of n equal intervals. */
  RIEMANN_LEFT,
  /** Riemann sum at the middles of n equal intervals. */
  RIEMANN_MIDDLE,
  /** Riemann sum at the right ends of n equal intervals. */
  RIEMANN_RIGHT,
  /** Trapezoids over n nodes from 0 to 1, both ends included. */
  RIEMANN_TRAPEZOID;

  private static final int NEWTON_STEPS = 100;

  double[] nodes(int n) {
    double[] nodes = new double[n];
    for (int i = 0; i < n; i++) {
      nodes[i] =
          switch (this) {
            case GAUSS_LEGENDRE -> (1 - legendreRoot(n, i)) / 2;
            case RIEMANN_LEFT -> i / (double) n;
            case RIEMANN_MIDDLE -> (i + 0.5) / n;
            case RIEMANN_RIGHT -> (i + 1) / (double) n;
            case RIEMANN_TRAPEZOID -> n == 1 ? 0.5 : i / (n - 1.0);
          };
    }
    return nodes;
  }

  double[] weights(int n) {
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      boolean end = i == 0 || i == n - 1;
      weights[i] =
          switch (this) {
            case GAUSS_LEGENDRE -> {
              double root = legendreRoot(n, i);
              double slope = legendre(n, root)[1];
              yield 1 / ((1 - root * root) * slope * slope);
            }
            case RIEMANN_LEFT, RIEMANN_MIDDLE, RIEMANN_RIGHT -> 1.0 / n;
            case RIEMANN_TRAPEZOID -> n == 1 ? 1 : (end ? 0.5 : 1) / (n - 1);
          };
    }
    return weights;
  }

  /** The i-th root of the Legendre polynomial of degree n, from the largest down. */
  private static double legendreRoot(int n, int i) {
    double x = Math.cos(Math.PI * (i + 0.75) / (n + 0.5));
    for (int step = 0; step < NEWTON_STEPS; step++) {
      double[] p = legendre(n, x);
      double change = p[0] / p[1];
      x -= change;
      if (Math.abs(change) < 1e-15) {
        break;
      }
    }
    return x;
  }

  /** Value and derivative of the Legendre polynomial of degree n. */
  private static double[] legendre(int n, double x) {
    double previous = 1;
    double value = x;
    for (int k = 2; k <= n; k++) {
      double next = ((2 * k - 1) * x * value - (k - 1) * previous) / k;
      previous = value;
      value = next;
    }
    return new double[] {value, n * (x * value - previous) / (x * x - 1)};
  }
}
