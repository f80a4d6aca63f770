package dev.interp.visual.diagnose;

import java.util.random.RandomGenerator;

/**
 * A Gaussian over some of its variables, the others given: mean {@code μ₁ + Σ₁₂ Σ₂₂⁻¹ (x₂ − μ₂)}
 * and covariance {@code Σ₁₁ − Σ₁₂ Σ₂₂⁻¹ Σ₂₁}.
 */
final class Conditional {
  private final int[] inside;
  private final int[] outside;
  private final double[] mean;
  private final double[][] weights;
  private final Cholesky rest;

  Conditional(double[] mean, double[][] covariance, int[] inside) {
    this.inside = inside;
    this.mean = mean;
    boolean[] asked = new boolean[mean.length];
    for (int i : inside) {
      asked[i] = true;
    }
    this.outside = new int[mean.length - inside.length];
    int at = 0;
    for (int i = 0; i < mean.length; i++) {
      if (!asked[i]) {
        outside[at++] = i;
      }
    }
    Cholesky given = new Cholesky(part(covariance, outside, outside));
    double[][] across = part(covariance, inside, outside);
    double[][] left = part(covariance, inside, inside);
    this.weights = new double[inside.length][];
    for (int i = 0; i < inside.length; i++) {
      weights[i] = given.solve(across[i]);
    }
    for (int i = 0; i < inside.length; i++) {
      for (int j = 0; j < inside.length; j++) {
        for (int k = 0; k < outside.length; k++) {
          left[i][j] -= weights[i][k] * across[j][k];
        }
      }
    }
    this.rest = new Cholesky(left);
  }

  /** The mean of the variables asked for, in the order in which they were asked for. */
  double[] mean(double[] all) {
    double[] result = new double[inside.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = mean[inside[i]];
      for (int k = 0; k < outside.length; k++) {
        result[i] += weights[i][k] * (all[outside[k]] - mean[outside[k]]);
      }
    }
    return result;
  }

  /** What a draw adds to the mean. */
  double[] deviation(RandomGenerator random) {
    double[] z = new double[inside.length];
    for (int i = 0; i < z.length; i++) {
      z[i] = random.nextGaussian();
    }
    return rest.times(z);
  }

  private static double[][] part(double[][] matrix, int[] rows, int[] columns) {
    double[][] part = new double[rows.length][columns.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        part[i][j] = matrix[rows[i]][columns[j]];
      }
    }
    return part;
  }
}
