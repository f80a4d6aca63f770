package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PartImageTest {
  private static final RgbImage TWO_PIXELS =
      RgbImage.of(2, 1, new int[] {0xFF000000 | 0xFF3300, 0x0066CC});

  @Test
  void planes_are_red_green_and_blue_between_zero_and_one() {
    assertThat(TWO_PIXELS.toPlanar()).containsExactly(1f, 0f, 0.2f, 0.4f, 0f, 0.8f);
  }

  @Test
  void planes_go_to_their_place_in_a_batch() {
    float[] batch = new float[9];
    batch[0] = -1;
    batch[8] = -2;
    TWO_PIXELS.copyPlanar(batch, 2);
    assertThat(batch).containsExactly(-1f, 0f, 1f, 0f, 0.2f, 0.4f, 0f, 0.8f, -2f);
    assertThatThrownBy(() -> TWO_PIXELS.copyPlanar(batch, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs 6 elements")
        .hasMessageContaining("9 elements")
        .hasMessageContaining("offset is 4");
    assertThatThrownBy(() -> TWO_PIXELS.copyPlanar(batch, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_picture_does_not_share_its_pixels() {
    int[] pixels = {1, 2};
    RgbImage image = RgbImage.of(1, 2, pixels);
    pixels[0] = 9;
    image.toArray()[1] = 9;
    assertThat(image.rgb(0, 0)).isEqualTo(1);
    assertThat(image.rgb(0, 1)).isEqualTo(2);
  }

  @Test
  void a_picture_survives_java2d() {
    BufferedImage converted = TWO_PIXELS.toBufferedImage();
    assertThat(converted.getRGB(1, 0)).isEqualTo(0xFF0066CC);
    assertThat(RgbImage.of(converted)).isEqualTo(TWO_PIXELS).hasSameHashCodeAs(TWO_PIXELS);
    assertThat(TWO_PIXELS).isNotEqualTo(RgbImage.of(1, 2, TWO_PIXELS.toArray()));
  }

  @Test
  void wrong_sizes_are_refused() {
    assertThatThrownBy(() -> RgbImage.of(2, 2, new int[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "A picture needs width >= 1, height >= 1 and width * height pixels, but was 2 x 2 with 3 pixels");
    assertThatThrownBy(() -> PartMask.of(0, 2, List.of("beak"), new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 x 2 with 0 owners");
    assertThatThrownBy(() -> TWO_PIXELS.rgb(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void a_mask_counts_and_boxes_its_parts() {
    PartMask mask =
        PartMask.of(4, 3, List.of("beak", "eye"), new byte[] {3, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1});
    assertThat(mask.pixels("beak")).isEqualTo(2);
    assertThat(mask.pixels("eye")).isEqualTo(1);
    assertThat(mask.owner(2, 1)).isEqualTo(mask.id("eye"));
    assertThat(mask.owner(0, 0)).isEqualTo(mask.otherId());
    assertThat(mask.box()).isEqualTo(new Box(2, 1, 4, 3));
    assertThatThrownBy(() -> mask.id("nose"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No part is named 'nose'; the parts are [beak, eye]");
    assertThatThrownBy(() -> mask.owner(0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void a_mask_without_parts_has_an_empty_box() {
    Box box = PartMask.of(2, 1, List.of("beak"), new byte[] {2, 0}).box();
    assertThat(box.isEmpty()).isTrue();
    assertThat(box.width()).isZero();
  }

  @Test
  void an_owner_that_is_no_part_is_refused() {
    assertThatThrownBy(() -> PartMask.of(2, 1, List.of("beak"), new byte[] {0, 3}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "An owner must be 0 (background) to 2 (other object) for the parts [beak], but pixel 1 has 3");
  }

  @Test
  void a_box_with_swapped_edges_is_refused() {
    assertThatThrownBy(() -> new Box(3, 0, 2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a width and a height")
        .hasMessageContaining("left=3");
  }

  @Test
  void what_does_not_fit_the_picture_is_refused() {
    assertThatThrownBy(() -> image(-1, new Box(0, 0, 1, 1), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> image(0, new Box(0, 0, 3, 1), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("picture of 2 x 1");
    assertThatThrownBy(
            () ->
                image(
                    0,
                    new Box(0, 0, 1, 1),
                    Optional.of(PartMask.of(1, 1, List.of("beak"), new byte[1]))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("RgbImage[2 x 1]");
  }

  @Test
  void a_landmark_is_found_by_its_part() {
    PartImage image = image(0, new Box(0, 0, 1, 1), Optional.empty());
    assertThat(image.landmark("beak").x()).isEqualTo(0.5);
    assertThatThrownBy(() -> image.landmark("nose"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No part is named 'nose'; the parts are [beak]");
  }

  private static PartImage image(int label, Box box, Optional<PartMask> mask) {
    return new PartImage(
        TWO_PIXELS, label, box, List.of(new Landmark("beak", 0.5, 0.5, true)), mask, Map.of());
  }
}
