package dev.interp.visual.mask;

import java.util.Arrays;

/**
 * How far a mask is from covering a share of its pixels and nothing else: the mean of {@code
 * (sorted − r)²}, where r is zero for the lower {@code ⌊n (1 − area)⌋} values and one above. Equal
 * values at the border between the two share what is left of r.
 */
final class AreaCost {
  private AreaCost() {}

  static double of(double[] mask, double area) {
    double[] sorted = mask.clone();
    Arrays.sort(sorted);
    int zeros = zeros(mask, area);
    double sum = 0;
    for (int k = 0; k < sorted.length; k++) {
      double d = sorted[k] - (k < zeros ? 0 : 1);
      sum += d * d;
    }
    return sum / mask.length;
  }

  /** Adds {@code factor} times the gradient. */
  static void addGradient(double[] mask, double area, double factor, double[] into) {
    double[] sorted = mask.clone();
    Arrays.sort(sorted);
    int zeros = zeros(mask, area);
    double border = zeros < mask.length ? sorted[zeros] : Double.POSITIVE_INFINITY;
    int below = 0;
    int equal = 0;
    for (double m : mask) {
      below += m < border ? 1 : 0;
      equal += m == border ? 1 : 0;
    }
    double shared = equal == 0 ? 0 : 1 - (zeros - below) / (double) equal;
    for (int k = 0; k < mask.length; k++) {
      double r = mask[k] < border ? 0 : mask[k] > border ? 1 : shared;
      into[k] += factor * 2 * (mask[k] - r) / mask.length;
    }
  }

  private static int zeros(double[] mask, double area) {
    return (int) (mask.length * (1 - area));
  }
}
