package dev.interp.visual.report;

/**
 * One class of a classifier's answer.
 *
 * @param index the class index, at least 0
 * @param label the name people know the class by
 * @param probability the probability in [0, 1]
 * @param logit the value before softmax or sigmoid; NaN if the network gives none
 */
public record Prediction(int index, String label, double probability, double logit) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if {@code index} is negative or {@code probability} is outside
   *     [0, 1]
   */
  public Prediction {
    if (index < 0) {
      throw new IllegalArgumentException("a class index counts from 0 but was " + index);
    }
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "the probability of class "
              + index
              + " must lie in [0, 1] but was "
              + probability
              + "; is it a logit, or a percentage?");
    }
  }
}
