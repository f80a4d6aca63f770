package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RgbImageTest {
  @Test
  void a_mirror_turns_columns_and_keeps_rows() {
    RgbImage image = RgbImage.of(3, 2, new int[] {1, 2, 3, 4, 5, 6});
    assertThat(image.mirrored().toArray()).containsExactly(3, 2, 1, 6, 5, 4);
    assertThat(image.mirrored().mirrored()).isEqualTo(image);
  }
}
