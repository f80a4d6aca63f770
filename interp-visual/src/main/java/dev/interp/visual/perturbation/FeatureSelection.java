package dev.interp.visual.perturbation;

/** How LIME chooses the parts that its model uses. */
public enum FeatureSelection {
  /** All parts. */
  NONE,
  /** The parts with the largest weights, whatever their sign, in a model of all parts. */
  HIGHEST_WEIGHTS,
  /** One after the other, each time the part that raises the score most. */
  FORWARD_SELECTION
}
