package dev.interp.visual.render;

/**
 * Tables of 256 colours, computed in CIELAB: no colour map here has a step or a bright band that
 * the numbers do not have.
 */
@SuppressWarnings("ImmutableEnumChecker") // the table is written once and never handed out
public enum ColorMap {
  /**
   * For values in [0, 1]: black over violet and red to pale yellow, lightness rising throughout,
   * neighbours equally different (CIE76).
   */
  SEQUENTIAL(Palettes.sequential(), false),
  /**
   * For values in [-1, 1]: blue, white, red. Zero is exactly white, and v and -v have the same
   * lightness.
   */
  DIVERGING(Palettes.diverging(), true);

  private final int[] table;
  private final boolean signed;

  ColorMap(int[] table, boolean signed) {
    this.table = table;
    this.signed = signed;
  }

  /**
   * Whether the map is made for values on both sides of zero.
   *
   * @return true if the domain is [-1, 1], false if it is [0, 1]
   */
  public boolean signed() {
    return signed;
  }

  /**
   * The opaque colour of a value.
   *
   * @param v the value; what lies outside the domain takes the colour of the nearer end
   * @return the colour as 0xAARRGGBB (sRGB, not premultiplied); 0, fully transparent, for NaN
   */
  public int argb(double v) {
    if (Double.isNaN(v)) {
      return 0;
    }
    if (!signed) {
      return table[(int) Math.round(255 * Math.min(1, Math.max(0, v)))];
    }
    int steps = v < 0 ? Palettes.NEUTRAL : Palettes.NEUTRAL - 1;
    return table[Palettes.NEUTRAL + (int) Math.round(steps * Math.min(1, Math.max(-1, v)))];
  }

  /**
   * The colour of a value with an opacity.
   *
   * @param v as in {@link #argb(double)}
   * @param alpha the opacity, 0 transparent to 1 opaque
   * @return the colour as 0xAARRGGBB (sRGB, not premultiplied); 0 for NaN
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1]
   */
  public int argb(double v, double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException(
          "alpha is an opacity in [0, 1], 0 transparent and 1 opaque, but was " + alpha);
    }
    return Double.isNaN(v) ? 0 : (int) Math.round(255 * alpha) << 24 | (argb(v) & 0xFFFFFF);
  }

  /**
   * The colour of a value with its share of the neutral colour (white or black) taken out: as
   * transparent as it can be while it still looks like {@link #argb(double)} on the neutral colour.
   * Zero is fully transparent.
   */
  int veil(double v) {
    int argb = argb(v);
    int neutral = signed ? 255 : 0;
    int alpha = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      alpha = Math.max(alpha, Math.abs((argb >> shift & 0xFF) - neutral));
    }
    if (argb == 0 || alpha == 0) {
      return 0;
    }
    int veil = alpha;
    for (int shift = 16; shift >= 0; shift -= 8) {
      double difference = (argb >> shift & 0xFF) - neutral;
      veil = veil << 8 | (int) Math.round(neutral + 255 * difference / alpha);
    }
    return veil;
  }
}
