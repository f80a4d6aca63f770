package dev.interp.disentangle.dissect;

import java.util.Random;

/** Rotations of the space of filters, drawn evenly from all. */
final class Rotation {
  private Rotation() {}

  /**
   * An orthogonal matrix with determinant 1, row by row: Gaussian numbers made orthonormal, which
   * is the QR decomposition with positive diagonal.
   */
  static float[] random(int size, long seed) {
    Random random = new Random(seed);
    double[][] rows = new double[size][size];
    for (double[] row : rows) {
      for (int i = 0; i < size; i++) {
        row[i] = random.nextGaussian();
      }
    }
    boolean odd = determinantIsNegative(rows);
    for (int r = 0; r < size; r++) {
      // Twice, because what once leaves behind is not small for the last rows.
      for (int pass = 0; pass < 2; pass++) {
        for (int s = 0; s < r; s++) {
          double dot = dot(rows[r], rows[s]);
          for (int i = 0; i < size; i++) {
            rows[r][i] -= dot * rows[s][i];
          }
        }
      }
      double norm = Math.sqrt(dot(rows[r], rows[r]));
      for (int i = 0; i < size; i++) {
        rows[r][i] /= norm;
      }
    }
    float[] result = new float[size * size];
    for (int r = 0; r < size; r++) {
      for (int i = 0; i < size; i++) {
        result[r * size + i] = (float) (odd && r == 0 ? -rows[r][i] : rows[r][i]);
      }
    }
    return result;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** By elimination with pivots, on a copy. */
  private static boolean determinantIsNegative(double[][] matrix) {
    int size = matrix.length;
    double[][] a = new double[size][];
    for (int r = 0; r < size; r++) {
      a[r] = matrix[r].clone();
    }
    boolean negative = false;
    for (int c = 0; c < size; c++) {
      int pivot = c;
      for (int r = c + 1; r < size; r++) {
        pivot = Math.abs(a[r][c]) > Math.abs(a[pivot][c]) ? r : pivot;
      }
      if (pivot != c) {
        double[] swap = a[c];
        a[c] = a[pivot];
        a[pivot] = swap;
        negative = !negative;
      }
      negative ^= a[c][c] < 0;
      for (int r = c + 1; r < size; r++) {
        double factor = a[r][c] / a[c][c];
        for (int i = c; factor != 0 && i < size; i++) {
          a[r][i] -= factor * a[c][i];
        }
      }
    }
    return negative;
  }
}
