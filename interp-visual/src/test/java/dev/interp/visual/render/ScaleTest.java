package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ScaleTest {
  private static final float[] VALUES = {-8, 1, Float.NaN, 2, 4};

  @Test
  void maximum_is_over_absolute_values_without_nan() {
    assertThat(Scale.maximum(VALUES, true).limit()).isEqualTo(8);
    assertThat(Scale.maximum(new float[] {Float.NaN}, true).limit()).isZero();
  }

  /** |values| sorted: 1, 2, 4, 8; rank 0.5 · 3 = 1.5 lies halfway from 2 to 4. */
  @Test
  void percentile_is_linear_between_ranks() {
    assertThat(Scale.percentile(VALUES, true, 50).limit()).isEqualTo(3);
    assertThat(Scale.percentile(VALUES, true, 100).limit()).isEqualTo(8);
    assertThat(Scale.percentile(new float[] {5}, true, 1).limit()).isEqualTo(5);
    assertThat(Scale.percentile(new float[] {Float.NaN}, false, 99).limit()).isZero();
    assertThat(Scale.percentile(VALUES, true, 99.5).origin())
        .isEqualTo("percentile 99.5 of |value|");
  }

  @Test
  void positions_are_fractions_of_the_limit_cut_at_the_ends() {
    Scale signed = Scale.fixed(true, 4);
    assertThat(signed.position(-1)).isEqualTo(-0.25);
    assertThat(signed.position(-9)).isEqualTo(-1);
    assertThat(signed.position(9)).isEqualTo(1);
    assertThat(signed.position(Double.NaN)).isNaN();
    Scale unsigned = Scale.fixed(false, 4);
    assertThat(unsigned.position(1)).isEqualTo(0.25);
    assertThat(unsigned.position(-1)).isZero();
  }

  @Test
  void limit_zero_keeps_zero_at_zero() {
    Scale scale = new Scale(true, 0, "largest |value|");
    assertThat(scale.position(0)).isZero();
    assertThat(scale.position(-3)).isEqualTo(-1);
  }

  @Test
  void senseless_limits_are_refused() {
    assertThatThrownBy(() -> Scale.fixed(true, 0)).hasMessageContaining("above 0");
    assertThatThrownBy(() -> Scale.fixed(true, Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new Scale(false, -1, "")).hasMessageContaining("-1.0");
    assertThatThrownBy(() -> Scale.percentile(VALUES, true, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0.0");
  }

  @Test
  void numbers_have_four_digits_and_no_zeros_behind() {
    assertThat(Scale.number(0)).isEqualTo("0");
    assertThat(Scale.number(0.25)).isEqualTo("0.25");
    assertThat(Scale.number(-12.3456)).isEqualTo("\u221212.35");
    assertThat(Scale.number(0.00012345)).isEqualTo("0.0001234");
    assertThat(Scale.number(0.000012)).isEqualTo("1.2e-5");
    assertThat(Scale.number(123456)).isEqualTo("123500");
    assertThat(Scale.number(3e7)).isEqualTo("3e7");
    assertThat(Scale.number(99.99999)).isEqualTo("100");
  }
}
