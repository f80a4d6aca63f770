package dev.interp.visual.render;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Locale;

/**
 * Which value gets the end of the colour map. A signed scale is symmetric, [-limit, limit], so that
 * zero is always the neutral colour; an unsigned one is [0, limit].
 *
 * @param signed whether values below zero have colours of their own
 * @param limit the absolute value at the end of the colour map, in the unit of the map; 0 only for
 *     a map that gives no other limit (all zero, or empty)
 * @param origin how the limit was found, as printed in legends, for example "largest |value|"
 */
public record Scale(boolean signed, double limit, String origin) {
  private static final MathContext DIGITS = new MathContext(4, RoundingMode.HALF_EVEN);

  /**
   * Checks the limit.
   *
   * @throws IllegalArgumentException if {@code limit} is negative, infinite or NaN
   */
  public Scale {
    if (!(limit >= 0 && limit < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "the limit of a scale is the largest absolute value shown, finite and not negative, but"
              + " was "
              + limit);
    }
  }

  /**
   * A scale chosen by the caller, for example to compare several maps.
   *
   * @param signed whether values below zero have colours of their own
   * @param limit the absolute value at the end of the colour map, above 0
   * @return the scale
   * @throws IllegalArgumentException if {@code limit} is not finite and above 0
   */
  public static Scale fixed(boolean signed, double limit) {
    if (limit == 0) {
      throw new IllegalArgumentException(
          "a fixed limit must be above 0, or no value but zero has a colour");
    }
    return new Scale(signed, limit, "fixed limit");
  }

  /** The scale whose limit is the largest |value|; NaN is left out. */
  static Scale maximum(float[] values, boolean signed) {
    double limit = 0;
    for (float v : values) {
      limit = Math.max(limit, Float.isNaN(v) ? 0 : Math.abs(v));
    }
    return new Scale(signed, limit, signed ? "largest |value|" : "largest value");
  }

  /** The scale whose limit is a percentile of |value|, linear between neighbours; no NaN counts. */
  static Scale percentile(float[] values, boolean signed, double percent) {
    if (!(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException(
          "a percentile is above 0 and at most 100 (for example 99) but was " + percent);
    }
    double[] sorted = new double[values.length];
    int n = 0;
    for (float v : values) {
      if (!Float.isNaN(v)) {
        sorted[n++] = Math.abs(v);
      }
    }
    Arrays.sort(sorted, 0, n);
    double limit = 0;
    if (n > 0) {
      double rank = percent / 100 * (n - 1);
      int below = (int) rank;
      int above = Math.min(n - 1, below + 1);
      limit = sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }
    return new Scale(
        signed, limit, "percentile " + number(percent) + " of " + (signed ? "|value|" : "value"));
  }

  /** The colours that go with this kind of scale. */
  ColorMap colors() {
    return signed ? ColorMap.DIVERGING : ColorMap.SEQUENTIAL;
  }

  /**
   * Where a value lies on the colour map. Values beyond the limit take its end; with limit 0 every
   * value but zero lies beyond it.
   *
   * @param value a value of the map
   * @return the position in [-1, 1] for a signed scale, in [0, 1] for an unsigned one; exactly 0
   *     for a zero; NaN for NaN
   */
  public double position(double value) {
    if (Double.isNaN(value)) {
      return Double.NaN;
    }
    double position = limit == 0 ? Math.signum(value) : value / limit;
    return Math.min(1, Math.max(signed ? -1 : 0, position));
  }

  /** A number with four significant digits as people read it. */
  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded = new BigDecimal(Math.abs(value)).round(DIGITS).stripTrailingZeros();
    int exponent = rounded.precision() - rounded.scale() - 1;
    String digits =
        exponent >= -4 && exponent < 6
            ? rounded.toPlainString()
            : String.format(
                Locale.ROOT,
                "%se%d",
                rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString(),
                exponent);
    return value < 0 ? "\u2212" + digits : digits;
  }
}
