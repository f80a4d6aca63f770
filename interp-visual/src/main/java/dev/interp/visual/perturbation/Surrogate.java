package dev.interp.visual.perturbation;

import java.util.List;

/**
 * The linear model that LIME fits around one example: {@code intercept + Σ weight · presence}.
 *
 * @param segments the parts that it speaks of
 * @param weights one per part, 0 for those that were not selected
 * @param intercept its value where all parts are hidden
 * @param score R², weighted as the fit is: 1 if the model gives every output, 0 if it says no more
 *     than their mean; 0 where all outputs are equal
 * @param localPrediction its value at the example itself, to be compared with the output there
 * @param selected the parts that it uses, in the order in which they were selected
 */
public record Surrogate(
    Segments segments,
    List<Double> weights,
    double intercept,
    double score,
    double localPrediction,
    List<Integer> selected) {
  /** Copies the lists. */
  public Surrogate {
    weights = List.copyOf(weights);
    selected = List.copyOf(selected);
  }
}
