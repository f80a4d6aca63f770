package dev.interp.visual.perturbation;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.NonPositiveDefiniteMatrixException;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;

/** Normal equations in float64. */
final class LeastSquares {
  private static final double SYMMETRY = 1e-10;
  private static final double LEAST_PIVOT = 1e-14;

  private LeastSquares() {}

  /**
   * Solves a system with a symmetric, positive semidefinite matrix.
   *
   * @return the solution; of several the shortest
   */
  static double[] solve(double[][] matrix, double[] right) {
    RealMatrix a = new Array2DRowRealMatrix(matrix, false);
    ArrayRealVector b = new ArrayRealVector(right, false);
    double scale = Math.max(a.getNorm(), Double.MIN_NORMAL);
    try {
      return new CholeskyDecomposition(a, SYMMETRY, LEAST_PIVOT * scale)
          .getSolver()
          .solve(b)
          .toArray();
    } catch (NonPositiveDefiniteMatrixException e) {
      return new SingularValueDecomposition(a).getSolver().solve(b).toArray();
    }
  }
}
