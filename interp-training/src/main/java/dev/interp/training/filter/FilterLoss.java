package dev.interp.training.filter;

/**
 * Which form of the loss drives filters towards one part of one category; see {@link FilterLosses}
 * for the formulas.
 */
public enum FilterLoss {
  /**
   * The mutual information of a filter's maps and the templates with its exact gradient: the
   * normaliser of each template is the sum over the batch, and is differentiated too.
   */
  MUTUAL_INFORMATION(1, 0.003),
  /**
   * The same, but the normalisers count as constants in the gradient, as in the paper's derivation.
   */
  CONSTANT_NORMALIZER(1, 0.003),
  /**
   * The paper's approximation: of each map only the template at its strongest unit counts if the
   * image is of the filter's category, else only the negative one. Needs labels, and is the one
   * that ties filters to categories. Its normalisers are those of the step before; a net that was
   * cloned or loaded begins with those of its first batch, which makes little difference.
   *
   * <p>Its weight of a map grows exponentially with the score. Scores of maps in units of their
   * peaks are tens in value where many units fire; a few maps would then decide all, and nets
   * forget what they had learned. So scores count a hundredth here, which makes the weights of all
   * maps nearly equal, as they are in the paper's nets, whose scores are means over the map; the
   * loss is multiplied by 100 to make up for it.
   */
  SINGLE_TEMPLATE(0.01, 0.03),
  /** No loss: filters are only masked. */
  NONE(1, 0);

  /** What scores are multiplied by and the loss is divided by. */
  final double contrast;

  private final double usualStrength;

  FilterLoss(double contrast, double usualStrength) {
    this.contrast = contrast;
    this.usualStrength = usualStrength;
  }

  /**
   * The strength that served experiments best in which nets learned to tell birds apart.
   *
   * @return for {@link FilterSettings#withStrength}
   */
  public double usualStrength() {
    return usualStrength;
  }
}
