package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HeatmapTest {
  private static final int WHITE = 0xFFFFFFFF;
  private static final int BLACK = 0xFF000000;

  @Test
  void signed_zero_is_white_whatever_the_other_values() {
    Heatmap map = Heatmap.signed(new float[] {-1, 0, 900}, 1, 3);
    BufferedImage picture = map.picture(3, 1, Interpolation.NEAREST);
    assertThat(picture.getRGB(1, 0)).isEqualTo(WHITE);
    assertThat(picture.getRGB(2, 0)).isEqualTo(ColorMap.DIVERGING.argb(1));
    assertThat(picture.getRGB(0, 0)).isEqualTo(ColorMap.DIVERGING.argb(-1.0 / 900));
  }

  @Test
  void constant_and_zero_maps_do_not_divide_by_zero() {
    Heatmap zero = Heatmap.signed(new float[4], 2, 2);
    assertThat(zero.scale().limit()).isZero();
    assertThat(zero.picture(2, 2, Interpolation.BILINEAR).getRGB(1, 1)).isEqualTo(WHITE);
    assertThat(zero.ticks()).containsExactly(new Tick(0.5, "0"));
    Heatmap nothing = Heatmap.unsigned(new float[4], 2, 2);
    assertThat(nothing.picture(2, 2, Interpolation.BILINEAR).getRGB(0, 0)).isEqualTo(BLACK);
    assertThat(nothing.ticks()).containsExactly(new Tick(0, "0"));
    Heatmap constant = Heatmap.signed(new float[] {-3, -3}, 1, 2);
    assertThat(constant.scale().limit()).isEqualTo(3);
    assertThat(constant.picture(5, 5, Interpolation.BILINEAR).getRGB(2, 2))
        .isEqualTo(ColorMap.DIVERGING.argb(-1));
  }

  @Test
  void one_cell_is_drawn_at_any_size() {
    Heatmap map = Heatmap.unsigned(new float[] {2}, 1, 1);
    BufferedImage picture = map.picture(7, 3, Interpolation.BILINEAR);
    assertThat(picture.getWidth()).isEqualTo(7);
    assertThat(picture.getHeight()).isEqualTo(3);
    assertThat(picture.getRGB(6, 2)).isEqualTo(ColorMap.SEQUENTIAL.argb(1));
    assertThat(map.overlay(photo(4, 9), 0.5).getHeight()).isEqualTo(9);
  }

  @Test
  void nan_is_transparent_and_leaves_the_photo_alone() {
    Heatmap map = Heatmap.signed(new float[] {1, Float.NaN}, 1, 2);
    assertThat(map.picture(2, 1, Interpolation.NEAREST).getRGB(1, 0)).isZero();
    BufferedImage photo = photo(8, 4);
    BufferedImage overlay = map.overlay(photo, 1);
    for (int y = 0; y < 4; y++) {
      assertThat(overlay.getRGB(0, y)).isNotEqualTo(photo.getRGB(0, y));
      assertThat(overlay.getRGB(7, y)).isEqualTo(photo.getRGB(7, y));
    }
  }

  @Test
  void every_picture_uses_the_scale_that_is_asked_for() {
    Heatmap map = Heatmap.signed(new float[] {-2, 1, 4}, 1, 3);
    assertThat(map.scale()).isEqualTo(new Scale(true, 4, "largest |value|"));
    Heatmap fixed = map.withLimit(2);
    assertThat(fixed.scale()).isEqualTo(new Scale(true, 2, "fixed limit"));
    BufferedImage picture = fixed.picture(3, 1, Interpolation.NEAREST);
    assertThat(picture.getRGB(0, 0)).isEqualTo(ColorMap.DIVERGING.argb(-1));
    assertThat(picture.getRGB(1, 0)).isEqualTo(ColorMap.DIVERGING.argb(0.5));
    assertThat(picture.getRGB(2, 0)).isEqualTo(ColorMap.DIVERGING.argb(1));
    assertThat(map.withPercentile(50).scale().limit()).isEqualTo(2);
    assertThat(map.withScale(fixed.scale()).scale()).isEqualTo(fixed.scale());
    assertThat(map.scale().limit()).isEqualTo(4);
  }

  @Test
  void ticks_mark_the_ends_that_values_lie_beyond() {
    Heatmap map = Heatmap.signed(new float[] {-2, 1, 4}, 1, 3);
    assertThat(map.ticks())
        .containsExactly(new Tick(0, "\u22124"), new Tick(0.5, "0"), new Tick(1, "4"));
    assertThat(map.withLimit(2).ticks())
        .isEqualTo(List.of(new Tick(0, "\u22122"), new Tick(0.5, "0"), new Tick(1, "≥ 2")));
    assertThat(map.withLimit(1.5).ticks().get(0).text()).isEqualTo("≤ \u22121.5");
    assertThat(Heatmap.unsigned(new float[] {0.125f}, 1, 1).ticks())
        .containsExactly(new Tick(0, "0"), new Tick(1, "0.125"));
  }

  @Test
  void zero_leaves_the_photo_as_it_was_and_opacity_zero_too() {
    BufferedImage photo = photo(13, 9);
    assertSame(Heatmap.signed(new float[6], 2, 3).overlay(photo, 1), photo);
    assertSame(Heatmap.signed(new float[] {1, -1}, 1, 2).overlay(photo, 0), photo);
  }

  @Test
  void transparent_photos_lie_on_white() {
    BufferedImage clear = new BufferedImage(2, 2, BufferedImage.TYPE_INT_ARGB);
    assertThat(Heatmap.signed(new float[1], 1, 1).overlay(clear, 1).getRGB(0, 0)).isEqualTo(WHITE);
  }

  @Test
  void arguments_are_copied_and_never_written() {
    float[] values = {1, -1};
    Heatmap map = Heatmap.signed(values, 1, 2);
    values[0] = 50;
    map.values()[1] = 50;
    assertThat(map.values()).containsExactly(1, -1);
    BufferedImage photo = photo(5, 5);
    map.overlay(photo, 1);
    assertSame(photo, photo(5, 5));
  }

  @Test
  void colour_bar_shows_the_whole_scale() {
    BufferedImage bar = Heatmap.signed(new float[] {1}, 1, 1).colorBar(101, 2);
    assertThat(bar.getRGB(0, 0)).isEqualTo(ColorMap.DIVERGING.argb(-1));
    assertThat(bar.getRGB(50, 1)).isEqualTo(WHITE);
    assertThat(bar.getRGB(100, 1)).isEqualTo(ColorMap.DIVERGING.argb(1));
  }

  @Test
  void legend_has_its_size_its_colours_and_ink_for_its_numbers() {
    Heatmap map = Heatmap.signed(new float[] {1, -1}, 1, 2);
    BufferedImage legend = map.legend(300, 64, "attribution to logit");
    assertThat(legend.getWidth()).isEqualTo(300);
    assertThat(legend.getHeight()).isEqualTo(64);
    assertThat(dark(legend, 0, 16)).as("caption").isGreaterThan(50);
    assertThat(dark(legend, 48, 64)).as("numbers").isGreaterThan(20);
    assertThat(dark(map.legend(300, 64, ""), 48, 64)).isEqualTo(dark(legend, 48, 64));
  }

  @Test
  void misuse_is_explained() {
    assertThatThrownBy(() -> Heatmap.signed(new float[6], 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2,2]")
        .hasMessageContaining("6 values")
        .hasMessageContaining("ChannelReduction");
    assertThatThrownBy(() -> Heatmap.signed(new float[0], 0, 0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> Heatmap.unsigned(new float[] {1, 2, 3, -4}, 2, 2))
        .hasMessageContaining("row 1, column 1 is -4.0");
    assertThatThrownBy(() -> Heatmap.signed(new float[] {Float.NEGATIVE_INFINITY}, 1, 1))
        .hasMessageContaining("finite");
    Heatmap map = Heatmap.signed(new float[] {1}, 1, 1);
    assertThatThrownBy(() -> map.withScale(Scale.fixed(false, 1))).hasMessageContaining("signed");
    assertThatThrownBy(() -> map.overlay(photo(1, 1), 1.01)).hasMessageContaining("1.01");
    assertThatThrownBy(() -> map.picture(0, 4, Interpolation.NEAREST))
        .hasMessageContaining("0 × 4");
    assertThatThrownBy(() -> map.legend(100, 64, "")).hasMessageContaining("160 × 48");
  }

  static BufferedImage photo(int width, int height) {
    Random random = new Random(7);
    BufferedImage photo = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        photo.setRGB(x, y, random.nextInt());
      }
    }
    return photo;
  }

  static void assertSame(BufferedImage actual, BufferedImage expected) {
    assertThat(pixels(actual)).isEqualTo(pixels(expected));
  }

  static int[] pixels(BufferedImage image) {
    int w = image.getWidth();
    return image.getRGB(0, 0, w, image.getHeight(), null, 0, w);
  }

  private static int dark(BufferedImage image, int fromRow, int toRow) {
    int dark = 0;
    for (int y = fromRow; y < toRow; y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        Color color = new Color(image.getRGB(x, y));
        dark += color.getRed() + color.getGreen() + color.getBlue() < 450 ? 1 : 0;
      }
    }
    return dark;
  }
}
