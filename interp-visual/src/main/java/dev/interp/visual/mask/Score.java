package dev.interp.visual.mask;

import java.util.Locale;

/** The number that a learned mask changes. */
public enum Score {
  /**
   * The probability of the target's class. Where the target is not a class, or the network ends in
   * neither softmax nor sigmoid, the target's own value.
   */
  PROBABILITY,
  /** The target's own value, for a class its logit. */
  VALUE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
