package dev.interp.disentangle.tree;

/**
 * The Lasso by coordinate descent: minimises the mean square of {@code columns · a + b - y} plus
 * {@code lambda} times the sum of |a|. The intercept b is not penalised.
 */
final class Lasso {
  private static final int SWEEPS = 2000;
  private static final double TOLERANCE = 1e-9;

  private Lasso() {}

  /**
   * Solves it, from a = 0.
   *
   * @param rows of each example the values of its columns
   * @return the coefficients a
   */
  static double[] solve(double[][] rows, double[] y, double lambda) {
    int n = rows.length;
    int size = rows[0].length;
    double[][] columns = new double[size][n];
    double[] square = new double[size];
    for (int d = 0; d < size; d++) {
      double mean = 0;
      for (int i = 0; i < n; i++) {
        mean += rows[i][d] / n;
      }
      for (int i = 0; i < n; i++) {
        columns[d][i] = rows[i][d] - mean;
        square[d] += columns[d][i] * columns[d][i] / n;
      }
    }
    double[] rest = y.clone();
    double mean = 0;
    for (double value : y) {
      mean += value / n;
    }
    double spread = 0;
    for (int i = 0; i < n; i++) {
      rest[i] -= mean;
      spread = Math.max(spread, Math.abs(rest[i]));
    }
    double[] a = new double[size];
    double enough = TOLERANCE * Math.max(spread, Double.MIN_NORMAL);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      double largest = 0;
      for (int d = 0; d < size; d++) {
        if (square[d] > 0) {
          double change = step(columns[d], square[d], rest, a[d], lambda);
          a[d] += change;
          largest = Math.max(largest, Math.abs(change) * Math.sqrt(square[d]));
        }
      }
      if (largest <= enough) {
        break;
      }
    }
    return a;
  }

  /** The best change of one coefficient; the rest follows. */
  private static double step(
      double[] column, double square, double[] rest, double old, double lambda) {
    int n = rest.length;
    double slope = 0;
    for (int i = 0; i < n; i++) {
      slope += column[i] * rest[i] / n;
    }
    double raw = slope + square * old;
    double shrunk = Math.signum(raw) * Math.max(0, Math.abs(raw) - lambda / 2);
    double change = shrunk / square - old;
    if (change != 0) {
      for (int i = 0; i < n; i++) {
        rest[i] -= change * column[i];
      }
    }
    return change;
  }
}
