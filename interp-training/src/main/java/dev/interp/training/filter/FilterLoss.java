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
  MUTUAL_INFORMATION,
  /**
   * The same, but the normalisers count as constants in the gradient, as in the paper's derivation.
   */
  CONSTANT_NORMALIZER,
  /**
   * The paper's approximation: of each map only the template at its strongest unit counts if the
   * image is of the filter's category, else only the negative one. Needs labels.
   */
  SINGLE_TEMPLATE,
  /** No loss: filters are only masked. */
  NONE
}
