package dev.interp.visual.gallery;

import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Image;
import dev.interp.core.op.Op;
import dev.interp.visual.report.WebPage;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Draws what a gallery shows, in pictures without transparency. */
final class Drawings {
  /** Side of a figure. */
  static final int FIGURE = 136;

  /** Side of a thumbnail. */
  static final int THUMBNAIL = 64;

  private static final int CELL = 44;
  private static final int ACROSS = 3;
  private static final int COARSE = 4;
  private static final double MOST = 0.98;
  private static final int LINE = 0xf2c14e;
  private static final Color PAPER = new Color(0x80, 0x80, 0x80);

  private Drawings() {}

  static GalleryFilter.Figure figure(BufferedImage image, String caption, String alt) {
    return new GalleryFilter.Figure(
        WebPage.photo(image), image.getWidth(), image.getHeight(), caption, alt);
  }

  /** With three channels, or grey would be drawn too bright. */
  static BufferedImage rgb(Image image) {
    if (image.channels() == 3) {
      return image.toBufferedImage();
    }
    int pixels = image.height() * image.width();
    float[] planes = new float[3 * pixels];
    for (int c = 0; c < 3; c++) {
      System.arraycopy(image.plane(0), 0, planes, c * pixels, pixels);
    }
    return Image.of(3, image.height(), image.width(), planes).toBufferedImage();
  }

  /** Numbers around zero as colours around grey; those at the limit and beyond are saturated. */
  static BufferedImage signed(
      float[] values, int channels, int height, int width, float limit, ChannelOrder order) {
    float[] planes = new float[3 * height * width];
    for (int c = 0; c < 3; c++) {
      int source = channels == 1 ? 0 : order == ChannelOrder.BGR ? 2 - c : c;
      for (int i = 0; i < height * width; i++) {
        float value = values[source * height * width + i];
        planes[c * height * width + i] =
            limit == 0 ? 0.5f : Math.max(0, Math.min(1, 0.5f + 0.5f * value / limit));
      }
    }
    return Image.of(3, height, width, planes).toBufferedImage();
  }

  /** What a share of the numbers that are not zero is not larger than, whatever their signs. */
  static float limit(float[] values, double share) {
    double[] sizes =
        IntStream.range(0, values.length)
            .mapToDouble(i -> Math.abs(values[i]))
            .filter(size -> size > 0)
            .sorted()
            .toArray();
    return sizes.length == 0 ? 0 : (float) sizes[(int) Math.round((sizes.length - 1) * share)];
  }

  /** The weights of a filter that reads the input. */
  static BufferedImage weights(Op.Convolution convolution, int filter, ChannelOrder order) {
    long[] shape = convolution.weights().shape();
    float[] all = StrongestUnits.floats(convolution.weights());
    int size = all.length / (int) shape[0];
    float[] own = Arrays.copyOfRange(all, filter * size, (filter + 1) * size);
    return signed(own, (int) shape[1], (int) shape[2], (int) shape[3], limit(own, 1), order);
  }

  static BufferedImage projection(Deconvnet.Projection projection, ChannelOrder order) {
    Patch patch = projection.patch();
    long[] shape = projection.values().shape();
    float[] all = StrongestUnits.floats(projection.values());
    float[] seen = new float[(int) shape[0] * patch.height() * patch.width()];
    for (int row = 0; row < seen.length / patch.width(); row++) {
      int channel = row / patch.height();
      int from = (int) (channel * shape[1] + patch.top() + row % patch.height());
      System.arraycopy(
          all, from * (int) shape[2] + patch.left(), seen, row * patch.width(), patch.width());
    }
    // Few pixels stand out, and would leave the others grey.
    float limit = limit(seen, MOST);
    return signed(seen, (int) shape[0], patch.height(), patch.width(), limit, order);
  }

  static BufferedImage cut(BufferedImage picture, Patch patch) {
    return picture.getSubimage(patch.left(), patch.top(), patch.width(), patch.height());
  }

  /** An empty sheet for nine pictures. */
  static BufferedImage sheet() {
    BufferedImage sheet = new BufferedImage(FIGURE, FIGURE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(PAPER);
    g.fillRect(0, 0, FIGURE, FIGURE);
    g.dispose();
    return sheet;
  }

  /** Puts a picture in its place on a sheet. */
  static void put(BufferedImage sheet, int place, BufferedImage picture) {
    int gap = (FIGURE - ACROSS * CELL) / (ACROSS - 1);
    BufferedImage small = fit(picture, CELL);
    int left = place % ACROSS * (CELL + gap) + (CELL - small.getWidth()) / 2;
    int top = place / ACROSS * (CELL + gap) + (CELL - small.getHeight()) / 2;
    Graphics2D g = sheet.createGraphics();
    g.drawImage(small, left, top, null);
    g.dispose();
  }

  /** In a size of which the longer side is given. Few pixels stay visible as squares. */
  static BufferedImage fit(BufferedImage picture, int side) {
    BufferedImage now = picture;
    int longer = Math.max(picture.getWidth(), picture.getHeight());
    // Halves first: a single step would leave most pixels out.
    while (longer > 2 * side) {
      longer /= 2;
      now = scaled(now, now.getWidth() / 2, now.getHeight() / 2, true);
    }
    double factor = side / (double) Math.max(now.getWidth(), now.getHeight());
    return scaled(
        now,
        (int) Math.round(now.getWidth() * factor),
        (int) Math.round(now.getHeight() * factor),
        factor < COARSE);
  }

  private static BufferedImage scaled(
      BufferedImage picture, int width, int height, boolean smooth) {
    BufferedImage result =
        new BufferedImage(Math.max(1, width), Math.max(1, height), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = result.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION,
        smooth
            ? RenderingHints.VALUE_INTERPOLATION_BILINEAR
            : RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.drawImage(picture, 0, 0, result.getWidth(), result.getHeight(), null);
    g.dispose();
    return result;
  }

  /** What a unit sees: the rest of its picture is dark, and a line is around what drives it. */
  static BufferedImage field(
      BufferedImage picture, Patch seen, EmpiricalField.@Nullable Measured measured, int[] center) {
    BufferedImage drawing = fit(picture, FIGURE);
    boolean[] region = measured == null ? new boolean[0] : measured.region();
    for (int y = 0; y < drawing.getHeight(); y++) {
      for (int x = 0; x < drawing.getWidth(); x++) {
        int row = under(y, drawing.getHeight(), picture.getHeight());
        int column = under(x, drawing.getWidth(), picture.getWidth());
        boolean inside =
            row >= seen.top()
                && row < seen.top() + seen.height()
                && column >= seen.left()
                && column < seen.left() + seen.width();
        if (!inside) {
          drawing.setRGB(x, y, darker(drawing.getRGB(x, y)));
        }
      }
    }
    if (measured != null) {
      outline(drawing, picture, measured, region, center);
    }
    return drawing;
  }

  private static void outline(
      BufferedImage drawing,
      BufferedImage picture,
      EmpiricalField.Measured measured,
      boolean[] region,
      int[] center) {
    int width = drawing.getWidth();
    int height = drawing.getHeight();
    boolean[] inside = new boolean[width * height];
    for (int i = 0; i < inside.length; i++) {
      int row = under(i / width, height, picture.getHeight());
      int column = under(i % width, width, picture.getWidth());
      int down = row - center[0] + measured.height() / 2;
      int right = column - center[1] + measured.width() / 2;
      inside[i] =
          down >= 0
              && down < measured.height()
              && right >= 0
              && right < measured.width()
              && region[down * measured.width() + right];
    }
    for (int i = 0; i < inside.length; i++) {
      int x = i % width;
      int y = i / width;
      boolean edge =
          x == 0
              || y == 0
              || x == width - 1
              || y == height - 1
              || !inside[i - 1]
              || !inside[i + 1]
              || !inside[i - width]
              || !inside[i + width];
      if (inside[i] && edge) {
        drawing.setRGB(x, y, LINE);
      }
    }
  }

  /** The pixel of a picture under one of its drawing in another size. */
  private static int under(int pixel, int drawn, int pixels) {
    return (int) ((pixel + 0.5) * pixels / drawn);
  }

  private static int darker(int rgb) {
    int red = (rgb >> 16 & 255) * 2 / 5;
    int green = (rgb >> 8 & 255) * 2 / 5;
    int blue = (rgb & 255) * 2 / 5;
    return red << 16 | green << 8 | blue;
  }
}
