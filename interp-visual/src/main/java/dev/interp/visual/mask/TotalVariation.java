package dev.interp.visual.mask;

/**
 * {@code Σ ((m[i+1,j] − m[i,j])² + (m[i,j+1] − m[i,j])²)^(β/2)}; a difference over the far rim is
 * zero.
 */
final class TotalVariation {
  private TotalVariation() {}

  static double of(double[] m, int h, int w, double beta) {
    double sum = 0;
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        double dy = i + 1 < h ? m[(i + 1) * w + j] - m[i * w + j] : 0;
        double dx = j + 1 < w ? m[i * w + j + 1] - m[i * w + j] : 0;
        sum += Math.pow(dy * dy + dx * dx, beta / 2);
      }
    }
    return sum;
  }

  /** Adds {@code factor} times the gradient to {@code into}; needs β ≥ 2 to be smooth at zero. */
  static void addGradient(double[] m, int h, int w, double beta, double factor, double[] into) {
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        int at = i * w + j;
        double dy = i + 1 < h ? m[at + w] - m[at] : 0;
        double dx = j + 1 < w ? m[at + 1] - m[at] : 0;
        double square = dy * dy + dx * dx;
        if (square > 0) {
          double slope = factor * beta * Math.pow(square, beta / 2 - 1);
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
