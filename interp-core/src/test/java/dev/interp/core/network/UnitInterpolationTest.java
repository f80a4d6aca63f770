package dev.interp.core.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class UnitInterpolationTest {
  @Test
  void pixels_lie_between_the_centres_of_units() {
    // Centres at 0.5 and 2.5 of four pixels.
    UnitInterpolation axis = new UnitInterpolation(new ReceptiveField.Axis(2, 2, 0.5), 2, 4, 4);
    double[] mixed = new double[axis.pixels()];
    for (int i = 0; i < mixed.length; i++) {
      double[] map = {10, 20};
      mixed[i] = axis.mix(i, map[axis.low(i)], map[axis.high(i)]);
    }
    assertThat(mixed).containsExactly(10, 12.5, 17.5, 20);
    assertThat(axis.units()).isEqualTo(2);
    assertThat(axis.first(0)).isZero();
    assertThat(axis.first(1)).isEqualTo(3);
    assertThat(axis.first(2)).isEqualTo(4);
  }

  @Test
  void a_larger_picture_shows_the_same() {
    UnitInterpolation axis = new UnitInterpolation(new ReceptiveField.Axis(2, 2, 0.5), 2, 4, 8);
    // Pixel 3 of 8 lies at 1.25 of 4, which is 0.375 of the way.
    assertThat(axis.mix(3, 0, 8)).isEqualTo(3);
  }

  @Test
  void units_that_see_everything_are_the_same_everywhere() {
    UnitInterpolation axis = new UnitInterpolation(new ReceptiveField.Axis(4, 0, 1.5), 1, 4, 4);
    assertThat(axis.low(3)).isZero();
    assertThat(axis.high(3)).isZero();
    assertThat(axis.first(1)).isEqualTo(4);
  }

  @Test
  void nothing_cannot_be_interpolated() {
    assertThatThrownBy(() -> new UnitInterpolation(new ReceptiveField.Axis(2, 2, 0.5), 0, 4, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1 unit");
  }
}
