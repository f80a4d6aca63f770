package dev.interp.visual.optimize;

/**
 * Adam (Kingma, Ba 2015) with β₁ 0.9, β₂ 0.999, ε 1e-8, on one array. Not safe for concurrent use.
 */
public final class Adam implements Descent {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final double[] mean;
  private final double[] square;
  private int steps;

  /**
   * Begins.
   *
   * @param length of the array
   */
  public Adam(int length) {
    this.mean = new double[length];
    this.square = new double[length];
  }

  @Override
  public void step(double[] values, double[] gradient, double rate) {
    steps++;
    double c1 = 1 - Math.pow(BETA1, steps);
    double c2 = 1 - Math.pow(BETA2, steps);
    for (int i = 0; i < values.length; i++) {
      mean[i] = BETA1 * mean[i] + (1 - BETA1) * gradient[i];
      square[i] = BETA2 * square[i] + (1 - BETA2) * gradient[i] * gradient[i];
      values[i] -= rate * (mean[i] / c1) / (Math.sqrt(square[i] / c2) + EPSILON);
    }
  }
}
