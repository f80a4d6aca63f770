package dev.interp.visual.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GridTest {
  @Test
  void cells_are_as_wide_as_the_widest_picture_and_rows_as_high_as_the_highest() {
    BufferedImage grid =
        Grid.ofColumns(2)
            .withPadding(10)
            .withPicture(filled(30, 20), "")
            .withPicture(filled(50, 40), "")
            .withPicture(filled(10, 5), "")
            .picture();
    assertThat(grid.getWidth()).isEqualTo(10 + 50 + 10 + 50 + 10);
    assertThat(grid.getHeight()).isEqualTo(10 + 40 + 10 + 5 + 10);
    assertThat(grid.getRGB(10 + 10, 10 + 10)).as("first, centred").isEqualTo(0xFF123456);
    assertThat(grid.getRGB(10 + 9, 10 + 10)).isEqualTo(0xFFFFFFFF);
    assertThat(grid.getRGB(70, 10)).as("second").isEqualTo(0xFF123456);
    assertThat(grid.getRGB(10 + 20, 60)).as("third").isEqualTo(0xFF123456);
  }

  @Test
  void captions_and_title_take_their_lines() {
    BufferedImage grid =
        Grid.ofColumns(3)
            .withPadding(8)
            .withTitle("Maps")
            .withPicture(filled(200, 100), "one")
            .withPicture(filled(200, 100), "two")
            .picture();
    assertThat(grid.getWidth()).isEqualTo(8 + 2 * (200 + 8));
    assertThat(grid.getHeight())
        .isEqualTo(8 + Grid.TITLE_LINE + 8 + 100 + Grid.CAPTION_GAP + Grid.CAPTION_LINE + 8);
    assertThat(ink(grid, 8, 8 + Grid.TITLE_LINE)).as("title").isGreaterThan(30);
    int below = 8 + Grid.TITLE_LINE + 8 + 100;
    assertThat(ink(grid, below, grid.getHeight())).as("captions").isGreaterThan(20);
  }

  @Test
  void a_caption_widens_the_cell_of_a_tiny_picture() {
    BufferedImage grid = Grid.ofColumns(1).withPadding(0).withPicture(filled(3, 3), "c").picture();
    assertThat(grid.getWidth()).isEqualTo(Grid.CAPTION_WIDTH);
    assertThat(grid.getRGB(Grid.CAPTION_WIDTH / 2, 1)).isEqualTo(0xFF123456);
  }

  @Test
  void long_captions_are_wrapped_and_cut_to_their_width() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    FontMetrics metrics = Text.pen(image).getFontMetrics(Text.font(Font.PLAIN, Grid.CAPTION_SIZE));
    List<String> lines = Text.wrap(metrics, "word ".repeat(80), 120, 3);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(2)).endsWith("…");
    for (String line : lines) {
      assertThat(metrics.stringWidth(line)).isLessThanOrEqualTo(120);
    }
    assertThat(Text.wrap(metrics, "unbreakable".repeat(30), 120, 3)).hasSize(1);
    assertThat(Text.wrap(metrics, "  ", 120, 3)).isEmpty();
    assertThat(Text.wrap(metrics, "two words", 500, 3)).containsExactly("two words");
  }

  @Test
  void a_grid_is_not_changed_by_what_is_made_from_it() {
    Grid one = Grid.ofColumns(4).withPicture(filled(10, 10), "");
    one.withPicture(filled(10, 10), "").withTitle("t").withPadding(90);
    assertThat(one.picture().getWidth()).isEqualTo(12 + 10 + 12);
  }

  @Test
  void misuse_is_explained() {
    assertThatThrownBy(() -> Grid.ofColumns(0)).hasMessageContaining("at least 1 column");
    assertThatThrownBy(() -> Grid.ofColumns(1).withPadding(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> Grid.ofColumns(1).picture())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("withPicture");
  }

  private static BufferedImage filled(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, 0x123456);
      }
    }
    return image;
  }

  private static int ink(BufferedImage image, int fromRow, int toRow) {
    int ink = 0;
    for (int y = fromRow; y < toRow; y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        ink += (image.getRGB(x, y) & 0xFF) < 128 ? 1 : 0;
      }
    }
    return ink;
  }
}
