package dev.interp.visual.optimize;

/**
 * {@code Σ ((m[i+1,j] − m[i,j])² + (m[i,j+1] − m[i,j])²)^(β/2)} of a plane; a difference over the
 * far rim is zero.
 */
public final class TotalVariation {
  /** Below β = 2 the slope has no bound at zero; it stops to grow below this value of a term. */
  private static final double LEAST = 1e-5;

  private TotalVariation() {}

  /**
   * The value.
   *
   * @param m numbers that hold the plane row by row
   * @param from where in them it begins
   * @param h its rows
   * @param w its columns
   * @param beta the exponent, above 0
   * @return the sum
   */
  public static double of(double[] m, int from, int h, int w, double beta) {
    double sum = 0;
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        int at = from + i * w + j;
        double dy = i + 1 < h ? m[at + w] - m[at] : 0;
        double dx = j + 1 < w ? m[at + 1] - m[at] : 0;
        double square = dy * dy + dx * dx;
        sum += beta == 2 ? square : Math.pow(square, beta / 2);
      }
    }
    return sum;
  }

  /**
   * Adds the gradient; exact for β of at least 2, and else where no term is below 1e-5.
   *
   * @param m numbers that hold the plane row by row
   * @param from where in them it begins
   * @param h its rows
   * @param w its columns
   * @param beta the exponent, above 0
   * @param factor what the gradient is multiplied by
   * @param into as long as {@code m}; added to
   */
  public static void addGradient(
      double[] m, int from, int h, int w, double beta, double factor, double[] into) {
    double least = beta < 2 ? Math.pow(LEAST, 2 / beta) : 0;
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        int at = from + i * w + j;
        double dy = i + 1 < h ? m[at + w] - m[at] : 0;
        double dx = j + 1 < w ? m[at + 1] - m[at] : 0;
        double square = dy * dy + dx * dx;
        if (square > 0) {
          double power = beta == 2 ? 1 : Math.pow(Math.max(square, least), beta / 2 - 1);
          double slope = factor * beta * power;
          into[at] -= slope * (dy + dx);
          if (i + 1 < h) {
            into[at + w] += slope * dy;
          }
          if (j + 1 < w) {
            into[at + 1] += slope * dx;
          }
        }
      }
    }
  }
}
