package dev.interp.training.filter;

/** What counts as the place where a filter fires. */
public enum MaskPosition {
  /** The strongest unit; the first in row order of equal ones. This is the paper's. */
  ARGMAX,
  /**
   * The rounded centre of mass of the activation, as in the authors' released code. Meant for maps
   * without negative values.
   */
  CENTROID
}
