package dev.interp.visual.render;

/** How the values of a map are read between its cells when it is drawn at another size. */
public enum Interpolation {
  /** The value of the cell under the pixel's centre: cells stay visible as blocks. */
  NEAREST,
  /**
   * Linear between cell centres (half-pixel centres, edges repeated); when the map shrinks, the
   * same triangle is widened so that every cell counts.
   */
  BILINEAR
}
