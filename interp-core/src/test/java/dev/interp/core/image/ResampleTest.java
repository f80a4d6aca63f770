package dev.interp.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ResampleTest {

  /** 4 rows of 5. */
  private static final float[] PLANE = {
    3, 1, 4, 1, 5,
    9, 2, 6, 5, 3,
    5, 8, 9, 7, 9,
    3, 2, 3, 8, 4
  };

  @Test
  void antialias_weights_are_those_of_the_triangle() {
    // 5 to 1: centre 2.5, half-width 5, weights 0.6 0.8 1 0.8 0.6 of sum 3.8.
    float[] row = {3, 1, 4, 1, 5};
    assertThat(Resample.ANTIALIAS.apply(row, 1, 5, 1, 1)[0])
        .isCloseTo((float) ((0.6 * 3 + 0.8 + 4 + 0.8 + 0.6 * 5) / 3.8), within(1e-6f));
    // 4 to 2: centres 1 and 3, half-width 2, weights 3/4 3/4 1/4 at the edge, of sum 7/4.
    assertThat(Resample.ANTIALIAS.apply(new float[] {7, 14, 21, 28}, 1, 4, 1, 2))
        .containsExactly(
            new float[] {(3 * 7 + 3 * 14 + 21) / 7f, (14 + 3 * 21 + 3 * 28) / 7f}, within(1e-5f));
  }

  @Test
  void bilinear_weights_are_hand_solved() {
    // 2 to 4: centres -0.25, 0.25, 0.75, 1.25 between the pixels, held at the edges.
    assertThat(Resample.BILINEAR.apply(new float[] {0, 4}, 2, 1, 4, 1)).containsExactly(0, 1, 3, 4);
    // 5 to 2 looks at 0.75 and 3.25 and skips the middle.
    assertThat(Resample.BILINEAR.apply(new float[] {3, 1, 4, 1, 5}, 1, 5, 1, 2))
        .containsExactly(new float[] {1.5f, 2}, within(1e-6f));
  }

  @Test
  void nearest_takes_the_floor() {
    assertThat(Resample.NEAREST.apply(new float[] {0, 1, 2, 3, 4}, 1, 5, 1, 3))
        .containsExactly(0, 1, 3);
    assertThat(Resample.NEAREST.apply(new float[] {0, 1, 2}, 3, 1, 7, 1))
        .containsExactly(0, 0, 0, 1, 1, 2, 2);
  }

  @Test
  void area_counts_fractions_of_pixels() {
    // 3 to 2: 1.5 pixels each.
    assertThat(Resample.AREA.apply(new float[] {6, 12, 24}, 1, 3, 1, 2))
        .containsExactly(new float[] {8, 20}, within(1e-6f));
    assertThat(Resample.AREA.apply(PLANE, 4, 5, 1, 1)[0]).isCloseTo(4.85f, within(1e-6f));
  }

  /** torch 1.13.0 interpolate(size, mode, align_corners=False, antialias) on the plane above. */
  @ParameterizedTest
  @CsvSource({
    "ANTIALIAS, 2, 3, 4.3877554 4.4285717 4.2244897 4.6530614 5.9365077 6.4897962",
    "ANTIALIAS, 3, 2, 3.2045457 3.4045453 6.2500005 6.295454 4.1409087 6.1636353",
    "ANTIALIAS, 1, 1, 5.1030703",
    "ANTIALIAS, 6, 2, 2.318182 2.9545453 3.7954547 3.704545 5.598485 5.0681815 6.901516 7.5227275"
        + " 5.0227275 6.727272 2.8181818 5.318181",
    "BILINEAR, 2, 3, 4.5 5.0 3.6666665 4.3333335 6.0 6.8333335",
    "BILINEAR, 3, 2, 1.875 2.4166667 5.5000005 6.0 3.0833328 7.083333",
    "BILINEAR, 1, 1, 7.5",
    "BILINEAR, 6, 2, 1.5 2.0 2.625 3.25 4.3333335 5.0 6.6666665 7.0 4.7499995 7.25 2.25 7.0000005",
    "BILINEAR, 7, 8, 3.0 2.125 1.1875 3.0625 3.0625 1.1875 3.25 5.0 5.1428571 3.4866073 1.5669643"
        + " 3.6651785 4.0 2.5714288 3.4732141 4.2857137 8.5714283 5.6651788 2.1741071 4.6294641"
        + " 5.5 4.7857141 3.8303571 3.1428571 6.9999995 6.125 5.156251 6.7187505 7.0312505"
        + " 6.0937505 6.0000005 6.0000005 4.8571429 6.0446429 7.6339278 8.2589283 8.1026783"
        + " 7.1651788 7.9553576 8.6428566 3.7142854 3.9017851 4.2053561 4.8303561 5.9241066"
        + " 7.4866071 6.5982137 5.7857132 3.0 2.5625 2.0625 2.6875 4.5625 7.6875005 5.75 4.0",
    "NEAREST, 2, 3, 3 1 1 5 8 7",
    "NEAREST, 6, 2, 3 4 3 4 9 6 5 9 5 9 3 3",
  })
  void tables_of_pytorch_are_met(Resample kind, int height, int width, String expected) {
    String[] words = expected.split(" ", -1);
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(words[i]);
    }
    assertThat(kind.apply(PLANE, 4, 5, height, width)).containsExactly(values, within(3e-6f));
  }

  @ParameterizedTest
  @EnumSource
  void the_same_size_is_a_copy(Resample kind) {
    float[] out = kind.apply(PLANE, 4, 5, 4, 5);
    assertThat(out).containsExactly(PLANE).isNotSameAs(PLANE);
    // The weights say the same without the short cut: one axis changes, the other stays.
    float[] wider = kind.apply(PLANE, 4, 5, 4, 10);
    assertThat(kind.apply(wider, 4, 10, 4, 10)).containsExactly(wider);
  }

  @Test
  void a_nan_reaches_only_what_looks_at_it() {
    float[] out = Resample.BILINEAR.apply(new float[] {1, Float.NaN, 3, 4}, 1, 4, 1, 8);
    assertThat(out[0]).isEqualTo(1);
    assertThat(out[1]).isNaN();
    assertThat(out[4]).isNaN();
    assertThat(out[5]).isEqualTo(3.25f);
  }

  @Test
  void misuse_is_explained() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Resample.AREA.apply(PLANE, 5, 5, 1, 1))
        .withMessageContaining("height 5 and width 5 has 25 values, but the array has 20");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Resample.AREA.apply(PLANE, 4, 5, 0, 1))
        .withMessageContaining("must be positive");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Resample.NEAREST.apply(PLANE, 4, 5, 1 << 16, 1 << 16))
        .withMessageContaining("too large for one array");
  }
}
