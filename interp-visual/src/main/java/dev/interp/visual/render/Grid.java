package dev.interp.visual.render;

import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures side by side on white, row by row, each at its own size and centred in its cell, with a
 * caption beneath.
 *
 * <p>Immutable in its layout; the pictures are kept by reference and must not change until {@link
 * #picture()} has run.
 */
public final class Grid {
  static final int CAPTION_SIZE = 13;
  static final int CAPTION_LINE = 18;
  static final int CAPTION_GAP = 6;
  static final int CAPTION_LINES = 3;
  static final int TITLE_SIZE = 18;
  static final int TITLE_LINE = 28;

  /** A cell with a caption is never narrower than this, or its words could not be read. */
  static final int CAPTION_WIDTH = 96;

  private record Tile(BufferedImage image, String caption) {}

  private final int columns;
  private final int padding;
  private final String title;
  private final List<Tile> tiles;

  private Grid(int columns, int padding, String title, List<Tile> tiles) {
    this.columns = columns;
    this.padding = padding;
    this.title = title;
    this.tiles = tiles;
  }

  /**
   * An empty grid with 12 pixels between cells and no title.
   *
   * @param columns the most pictures in a row, at least 1
   * @return the grid
   * @throws IllegalArgumentException if {@code columns} is below 1
   */
  public static Grid ofColumns(int columns) {
    if (columns < 1) {
      throw new IllegalArgumentException("a grid has at least 1 column, not " + columns);
    }
    return new Grid(columns, 12, "", List.of());
  }

  /**
   * The grid with one more picture.
   *
   * @param image the picture, kept by reference
   * @param caption the words beneath it, at most three lines are drawn; may be empty
   * @return a new grid
   */
  public Grid withPicture(BufferedImage image, String caption) {
    List<Tile> more = new ArrayList<>(tiles);
    more.add(new Tile(image, caption));
    return new Grid(columns, padding, title, List.copyOf(more));
  }

  /**
   * The grid with another title.
   *
   * @param newTitle one line above the pictures; empty for none
   * @return a new grid
   */
  public Grid withTitle(String newTitle) {
    return new Grid(columns, padding, newTitle, tiles);
  }

  /**
   * The grid with other gaps.
   *
   * @param pixels the space between cells and around them, at least 0
   * @return a new grid
   * @throws IllegalArgumentException if {@code pixels} is below 0
   */
  public Grid withPadding(int pixels) {
    if (pixels < 0) {
      throw new IllegalArgumentException("the padding is at least 0 pixels, not " + pixels);
    }
    return new Grid(columns, pixels, title, tiles);
  }

  /**
   * Draws the grid. All cells are as wide as the widest picture (and wide enough for a caption); a
   * row is as high as its highest picture and longest caption.
   *
   * @return a new opaque picture
   * @throws IllegalStateException if the grid has no picture
   */
  public BufferedImage picture() {
    if (tiles.isEmpty()) {
      throw new IllegalStateException("a grid needs at least one picture: call withPicture first");
    }
    Font captionFont = Text.font(Font.PLAIN, CAPTION_SIZE);
    FontMetrics metrics = metrics(captionFont);
    int cell = 1;
    for (Tile tile : tiles) {
      cell = Math.max(cell, tile.image().getWidth());
      cell = Math.max(cell, tile.caption().isBlank() ? 1 : CAPTION_WIDTH);
    }
    int across = Math.min(columns, tiles.size());
    int width = padding + across * (cell + padding);
    int height = padding + (title.isBlank() ? 0 : TITLE_LINE + padding);
    int rows = (tiles.size() + across - 1) / across;
    int[] tops = new int[rows];
    int[] pictureHeights = new int[rows];
    List<List<String>> captions = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      int lines = 0;
      for (int i = r * across; i < Math.min(tiles.size(), (r + 1) * across); i++) {
        List<String> caption = Text.wrap(metrics, tiles.get(i).caption(), cell, CAPTION_LINES);
        captions.add(caption);
        lines = Math.max(lines, caption.size());
        pictureHeights[r] = Math.max(pictureHeights[r], tiles.get(i).image().getHeight());
      }
      tops[r] = height;
      height += pictureHeights[r] + padding + (lines == 0 ? 0 : CAPTION_GAP + lines * CAPTION_LINE);
    }

    BufferedImage image = Text.paper(width, height);
    Graphics2D g = Text.pen(image);
    g.setColor(Text.INK);
    if (!title.isBlank()) {
      g.setFont(Text.font(Font.BOLD, TITLE_SIZE));
      String line = Text.fit(g.getFontMetrics(), title, width - 2 * padding);
      g.drawString(line, padding, padding + TITLE_LINE - 8);
    }
    g.setFont(captionFont);
    for (int i = 0; i < tiles.size(); i++) {
      int row = i / across;
      int left = padding + i % across * (cell + padding);
      BufferedImage tile = tiles.get(i).image();
      g.drawImage(
          tile,
          left + (cell - tile.getWidth()) / 2,
          tops[row] + (pictureHeights[row] - tile.getHeight()) / 2,
          null);
      int baseline = tops[row] + pictureHeights[row] + CAPTION_GAP + CAPTION_SIZE;
      for (String line : captions.get(i)) {
        Text.line(g, line, left + cell / 2.0, baseline, 0.5);
        baseline += CAPTION_LINE;
      }
    }
    g.dispose();
    return image;
  }

  private static FontMetrics metrics(Font font) {
    Graphics2D g = Text.pen(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB));
    try {
      return g.getFontMetrics(font);
    } finally {
      g.dispose();
    }
  }
}
