package dev.interp.visual.mask;

import dev.interp.visual.optimize.TotalVariation;

/** What a mask of cells costs: {@code λ₁ Σ |e| + λ₂ TV_β(e)}. */
final class MaskCost {
  private MaskCost() {}

  static double of(double[] mask, int h, int w, double sparsity, double smoothness, double beta) {
    double sum = 0;
    for (double e : mask) {
      sum += Math.abs(e);
    }
    return sparsity * sum + smoothness * TotalVariation.of(mask, 0, h, w, beta);
  }

  /** Adds the gradient; a cell at zero has none from the sum. */
  static void addGradient(
      double[] mask, int h, int w, double sparsity, double smoothness, double beta, double[] into) {
    for (int k = 0; k < mask.length; k++) {
      into[k] += sparsity * Math.signum(mask[k]);
    }
    TotalVariation.addGradient(mask, 0, h, w, beta, smoothness, into);
  }
}
