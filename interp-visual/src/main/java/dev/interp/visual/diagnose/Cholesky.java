package dev.interp.visual.diagnose;

/**
 * The lower triangle L with {@code L Lᵀ} equal to a symmetric matrix without negative eigenvalues.
 * A direction in which the matrix vanishes becomes a column of zeros, and solving leaves it at
 * zero.
 */
final class Cholesky {
  private static final double NOTHING = 1e-13;

  private final double[][] lower;

  Cholesky(double[][] matrix) {
    int n = matrix.length;
    this.lower = new double[n][n];
    double largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Math.max(largest, matrix[i][i]);
    }
    for (int j = 0; j < n; j++) {
      double pivot = matrix[j][j] - dot(lower[j], lower[j], j);
      if (pivot <= NOTHING * largest) {
        continue;
      }
      lower[j][j] = Math.sqrt(pivot);
      for (int i = j + 1; i < n; i++) {
        lower[i][j] = (matrix[i][j] - dot(lower[i], lower[j], j)) / lower[j][j];
      }
    }
  }

  /** {@code L z}. */
  double[] times(double[] z) {
    double[] result = new double[z.length];
    for (int i = 0; i < z.length; i++) {
      result[i] = dot(lower[i], z, i + 1);
    }
    return result;
  }

  /** The x of {@code L Lᵀ x = b}. */
  double[] solve(double[] b) {
    int n = b.length;
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = lower[i][i] == 0 ? 0 : (b[i] - dot(lower[i], x, i)) / lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      if (lower[i][i] == 0) {
        x[i] = 0;
        continue;
      }
      x[i] /= lower[i][i];
      for (int k = 0; k < i; k++) {
        x[k] -= lower[i][k] * x[i];
      }
    }
    return x;
  }

  private static double dot(double[] a, double[] b, int length) {
    double sum = 0;
    for (int k = 0; k < length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
