package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ChannelReductionTest {
  /** Three channels of one row with two columns. */
  private static final float[] VALUES = {1, -2, 3, 5, -6, 1};

  @Test
  void channels_are_reduced_pixel_by_pixel() {
    assertThat(ChannelReduction.SUM.reduce(VALUES, 3, 1, 2)).containsExactly(-2, 4);
    assertThat(ChannelReduction.MAX_ABSOLUTE.reduce(VALUES, 3, 1, 2)).containsExactly(6, 5);
    assertThat(ChannelReduction.SUM_ABSOLUTE.reduce(VALUES, 3, 1, 2)).containsExactly(10, 8);
  }

  @Test
  void nan_in_one_channel_is_nan() {
    for (ChannelReduction reduction : ChannelReduction.values()) {
      assertThat(reduction.reduce(new float[] {1, Float.NaN, 1, 2}, 2, 1, 2)[1]).isNaN();
    }
  }

  @Test
  void heat_map_takes_the_sign_of_the_reduction() {
    assertThat(Heatmap.of(VALUES, 3, 1, 2, ChannelReduction.SUM).scale())
        .isEqualTo(new Scale(true, 4, "largest |value|"));
    assertThat(Heatmap.of(VALUES, 3, 1, 2, ChannelReduction.MAX_ABSOLUTE).scale())
        .isEqualTo(new Scale(false, 6, "largest value"));
  }

  @Test
  void wrong_sizes_are_named() {
    assertThatThrownBy(() -> ChannelReduction.SUM.reduce(VALUES, 3, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[3,2,2]")
        .hasMessageContaining("6 values");
  }
}
