package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ResampleTest {
  private static final float NAN = Float.NaN;

  @Test
  void bilinear_grows_with_half_pixel_centres_and_repeated_edges() {
    assertThat(row(new float[] {0, 1}, 4)).containsExactly(0, 0.25f, 0.75f, 1);
    assertThat(Resample.resize(new float[] {0, 4, 8, 12}, 2, 2, 4, 4, Interpolation.BILINEAR))
        .containsExactly(0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12);
  }

  /** Centre 1, reach 2: the first cell weighs 0.75 of 0.75 + 0.75 + 0.25. */
  @Test
  void bilinear_shrinks_with_a_widened_triangle() {
    assertThat(row(new float[] {7, 0, 0, 0}, 2)).containsExactly(3, 0);
  }

  @Test
  void same_size_changes_nothing() {
    float[] values = {1, -2, NAN, 4, 5.5f, -0.25f};
    for (Interpolation how : Interpolation.values()) {
      assertThat(Resample.resize(values, 2, 3, 2, 3, how)).containsExactly(values);
    }
  }

  @Test
  void nan_stays_outside_and_does_not_bleed() {
    assertThat(row(new float[] {1, NAN}, 4)).containsExactly(1, 1, NAN, NAN);
    assertThat(row(new float[] {NAN, NAN}, 3)).containsExactly(NAN, NAN, NAN);
  }

  @Test
  void nearest_takes_the_cell_under_the_centre() {
    assertThat(Resample.resize(new float[] {1, 2, 3}, 1, 3, 1, 7, Interpolation.NEAREST))
        .containsExactly(1, 1, 2, 2, 2, 3, 3);
    assertThat(Resample.resize(new float[] {1, 2, 3, 4, 5}, 1, 5, 1, 2, Interpolation.NEAREST))
        .containsExactly(2, 4);
  }

  @Test
  void one_cell_fills_every_size() {
    float[] out = Resample.resize(new float[] {3}, 1, 1, 5, 9, Interpolation.BILINEAR);
    assertThat(out).hasSize(45);
    for (float v : out) {
      assertThat(v).isEqualTo(3);
    }
    float[] many = new float[12];
    Arrays.fill(many, 3);
    assertThat(Resample.resize(many, 3, 4, 1, 1, Interpolation.BILINEAR)).containsExactly(3);
  }

  private static float[] row(float[] values, int newWidth) {
    return Resample.resize(values, 1, values.length, 1, newWidth, Interpolation.BILINEAR);
  }
}
