package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class ColorMapTest {
  @Test
  void sequential_runs_from_black_to_pale_yellow() {
    assertThat(ColorMap.SEQUENTIAL.argb(0)).isEqualTo(0xFF000000);
    int end = ColorMap.SEQUENTIAL.argb(1);
    assertThat(end >>> 24).isEqualTo(255);
    assertThat(end >> 16 & 0xFF).isGreaterThan(245);
    assertThat(end >> 8 & 0xFF).isGreaterThan(230);
    assertThat(end & 0xFF).isBetween(150, 225);
  }

  @Test
  void sequential_lightness_rises_at_every_entry() {
    for (int k = 1; k < 256; k++) {
      assertThat(lab(ColorMap.SEQUENTIAL.argb(k / 255.0))[0])
          .as("entry %d", k)
          .isGreaterThan(lab(ColorMap.SEQUENTIAL.argb((k - 1) / 255.0))[0]);
    }
  }

  /** Over five entries, so that rounding to 8 bits does not count. */
  @Test
  void sequential_steps_are_equally_large_to_the_eye() {
    double smallest = Double.MAX_VALUE;
    double largest = 0;
    for (int k = 0; k + 5 < 256; k += 5) {
      double[] p = lab(ColorMap.SEQUENTIAL.argb(k / 255.0));
      double[] q = lab(ColorMap.SEQUENTIAL.argb((k + 5) / 255.0));
      double step = Math.hypot(Math.hypot(p[0] - q[0], p[1] - q[1]), p[2] - q[2]);
      smallest = Math.min(smallest, step);
      largest = Math.max(largest, step);
    }
    assertThat(largest / smallest).isLessThan(1.3);
  }

  @Test
  void diverging_zero_is_exactly_white() {
    assertThat(ColorMap.DIVERGING.argb(0)).isEqualTo(0xFFFFFFFF);
    assertThat(ColorMap.DIVERGING.argb(-0.0)).isEqualTo(0xFFFFFFFF);
  }

  @Test
  void diverging_ends_are_blue_below_and_red_above() {
    int low = ColorMap.DIVERGING.argb(-1);
    int high = ColorMap.DIVERGING.argb(1);
    assertThat(low & 0xFF).isGreaterThan(2 * (low >> 16 & 0xFF));
    assertThat(high >> 16 & 0xFF).isGreaterThan(4 * (high & 0xFF));
  }

  @Test
  void diverging_sides_are_equally_light_and_darken_outwards() {
    double before = 101;
    for (int k = 0; k <= 32; k++) {
      double above = lab(ColorMap.DIVERGING.argb(k / 32.0))[0];
      double below = lab(ColorMap.DIVERGING.argb(-k / 32.0))[0];
      assertThat(above).as("at %d/32", k).isCloseTo(below, within(1.0));
      assertThat(above).isLessThan(before);
      before = above;
    }
  }

  @Test
  void nan_is_transparent_and_values_outside_take_the_nearer_end() {
    for (ColorMap map : ColorMap.values()) {
      assertThat(map.argb(Double.NaN)).isZero();
      assertThat(map.argb(Double.NaN, 1)).isZero();
      assertThat(map.veil(Double.NaN)).isZero();
      assertThat(map.argb(Double.POSITIVE_INFINITY)).isEqualTo(map.argb(1));
      assertThat(map.argb(-7)).isEqualTo(map.argb(map.signed() ? -1 : 0));
    }
  }

  @Test
  void alpha_changes_opacity_alone() {
    assertThat(ColorMap.DIVERGING.argb(0.3, 0)).isEqualTo(ColorMap.DIVERGING.argb(0.3) & 0xFFFFFF);
    assertThat(ColorMap.DIVERGING.argb(0.3, 1)).isEqualTo(ColorMap.DIVERGING.argb(0.3));
    assertThat(ColorMap.DIVERGING.argb(0.3, 0.5) >>> 24).isEqualTo(128);
    assertThatThrownBy(() -> ColorMap.DIVERGING.argb(0.3, 1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[0, 1]")
        .hasMessageContaining("1.5");
  }

  @Test
  void veil_is_transparent_at_zero_and_never_thins_outwards() {
    for (ColorMap map : ColorMap.values()) {
      assertThat(map.veil(0)).isZero();
      for (int side = map.signed() ? -1 : 1; side <= 1; side += 2) {
        int before = 0;
        for (int k = 0; k <= 127; k++) {
          int alpha = map.veil(side * k / 127.0) >>> 24;
          assertThat(alpha).as("%s at %d/127", map, side * k).isGreaterThanOrEqualTo(before);
          before = alpha;
        }
        assertThat(before).isGreaterThan(200);
      }
    }
  }

  /** sRGB to CIELAB (D65), written the other way round than the tables were made. */
  static double[] lab(int argb) {
    double[] rgb = new double[3];
    for (int i = 0; i < 3; i++) {
      double c = (argb >> (16 - 8 * i) & 0xFF) / 255.0;
      rgb[i] = c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }
    double fx = f((0.4124564 * rgb[0] + 0.3575761 * rgb[1] + 0.1804375 * rgb[2]) / 0.95047);
    double fy = f(0.2126729 * rgb[0] + 0.7151522 * rgb[1] + 0.0721750 * rgb[2]);
    double fz = f((0.0193339 * rgb[0] + 0.1191920 * rgb[1] + 0.9503041 * rgb[2]) / 1.08883);
    return new double[] {116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)};
  }

  private static double f(double t) {
    return t > 216.0 / 24389 ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  }
}
