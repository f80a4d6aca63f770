package dev.interp.core.metric;

/**
 * What the FunnyBirds protocol says about a method on a network (Hesse, Schaub-Meyer, Roth:
 * FunnyBirds, 2023), every number from 0 to 1, higher is better. The scores of single pictures are
 * made by {@link FunnyBirds}.
 *
 * @param accuracy share of the pictures that are classified correctly; of the network alone
 * @param csdc controlled synthetic data check
 * @param preservation preservation check
 * @param deletion deletion check
 * @param distractibility one minus the share of irrelevant parts called important
 * @param backgroundIndependence share of background objects that the network ignores; of the
 *     network alone
 * @param singleDeletion rank correlation with the falls of the logit, moved to 0 to 1
 * @param targetSensitivity share of the comparisons between classes that come out right
 */
public record FunnyBirdsScores(
    double accuracy,
    double csdc,
    double preservation,
    double deletion,
    double distractibility,
    double backgroundIndependence,
    double singleDeletion,
    double targetSensitivity) {

  /**
   * Whether all that matters is called important, and nothing else.
   *
   * @return the mean of distractibility and of the mean of the three checks
   */
  public double completeness() {
    return ((csdc + preservation + deletion) / 3 + distractibility) / 2;
  }

  /**
   * Whether more important parts matter more.
   *
   * @return the single deletion score
   */
  public double correctness() {
    return singleDeletion;
  }

  /**
   * Whether the explanation depends on the class.
   *
   * @return the target sensitivity
   */
  public double contrastivity() {
    return targetSensitivity;
  }

  /**
   * The overall score.
   *
   * @return the mean of the three dimensions
   */
  public double overall() {
    return (completeness() + correctness() + contrastivity()) / 3;
  }
}
