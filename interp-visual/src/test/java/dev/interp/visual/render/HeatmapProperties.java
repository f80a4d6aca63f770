package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class HeatmapProperties {
  @Property(tries = 60, seed = "1")
  void an_overlay_is_as_large_as_its_photo(
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll @IntRange(min = 1, max = 9) int columns,
      @ForAll long seed) {
    BufferedImage overlay = random(columns, 5, seed, true).overlay(paper(width, height, 0), 0.7);
    assertThat(overlay.getWidth()).isEqualTo(width);
    assertThat(overlay.getHeight()).isEqualTo(height);
  }

  /** White is what a signed map paints for nothing, black what an unsigned one does. */
  @Property(tries = 60, seed = "2")
  void on_the_neutral_colour_the_overlay_is_the_map_alone(
      @ForAll boolean signed,
      @ForAll @IntRange(min = 1, max = 9) int columns,
      @ForAll @IntRange(min = 1, max = 30) int size,
      @ForAll long seed) {
    Heatmap map = random(columns, 4, seed, signed);
    int[] alone = HeatmapTest.pixels(map.picture(size, 17, Interpolation.BILINEAR));
    int[] over = HeatmapTest.pixels(map.overlay(paper(size, 17, signed ? 255 : 0), 1));
    for (int i = 0; i < alone.length; i++) {
      for (int shift = 0; shift <= 16; shift += 8) {
        assertThat(Math.abs((alone[i] >> shift & 0xFF) - (over[i] >> shift & 0xFF)))
            .isLessThanOrEqualTo(1);
      }
    }
  }

  @Property(tries = 60, seed = "3")
  void values_times_a_power_of_two_look_the_same(@ForAll long seed) {
    Heatmap map = random(6, 5, seed, true);
    float[] scaled = map.values();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= 1024;
    }
    Heatmap larger = Heatmap.signed(scaled, 5, 6);
    HeatmapTest.assertSame(
        larger.picture(11, 13, Interpolation.BILINEAR),
        map.picture(11, 13, Interpolation.BILINEAR));
    assertThat(larger.scale().limit()).isEqualTo(1024 * map.scale().limit());
  }

  private static Heatmap random(int columns, int rows, long seed, boolean signed) {
    Random random = new Random(seed);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = signed ? random.nextFloat() - 0.5f : random.nextFloat();
    }
    return signed ? Heatmap.signed(values, rows, columns) : Heatmap.unsigned(values, rows, columns);
  }

  private static BufferedImage paper(int width, int height, int grey) {
    BufferedImage paper = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = paper.createGraphics();
    g.setColor(new Color(grey, grey, grey));
    g.fillRect(0, 0, width, height);
    g.dispose();
    return paper;
  }
}
