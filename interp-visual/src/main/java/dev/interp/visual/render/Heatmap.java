package dev.interp.visual.render;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/**
 * A map of numbers [H,W] that is to be seen, with the scale it is seen at. Values and scale are
 * fixed when it is made: drawing it at another size, or over a photo, never changes which value has
 * which colour. NaN cells are outside the map and drawn transparent.
 *
 * <p>Immutable and safe for concurrent use; every picture returned is new and the caller's own.
 *
 * <pre>{@code
 * Heatmap map = Heatmap.signed(values, 14, 14).withPercentile(99);
 * BufferedImage seen = map.overlay(photo, 0.7);
 * double limit = map.scale().limit();
 * }</pre>
 */
public final class Heatmap {
  private static final int MOST_PIXELS = 1 << 28;

  private final float[] values;
  private final int height;
  private final int width;
  private final Scale scale;

  private Heatmap(float[] values, int height, int width, Scale scale) {
    this.values = values;
    this.height = height;
    this.width = width;
    this.scale = scale;
  }

  /**
   * A map of values on both sides of zero, at the symmetric scale of its largest |value|.
   *
   * @param values [height, width] in C order, finite or NaN; copied
   * @param height the number of rows, at least 1
   * @param width the number of columns, at least 1
   * @return the map
   * @throws IllegalArgumentException if the sizes do not fit the array or a value is infinite
   */
  public static Heatmap signed(float[] values, int height, int width) {
    return of(values, height, width, true);
  }

  /**
   * A map of values from zero up, at the scale from zero to its largest value.
   *
   * @param values [height, width] in C order, not negative, finite or NaN; copied
   * @param height the number of rows, at least 1
   * @param width the number of columns, at least 1
   * @return the map
   * @throws IllegalArgumentException if the sizes do not fit the array, or a value is infinite or
   *     below zero
   */
  public static Heatmap unsigned(float[] values, int height, int width) {
    return of(values, height, width, false);
  }

  /**
   * The map of an attribution with channels: signed for {@link ChannelReduction#SUM}, unsigned
   * otherwise.
   *
   * @param values [channels, height, width] in C order, finite or NaN; only read
   * @param channels the number of channels, at least 1
   * @param height the number of rows, at least 1
   * @param width the number of columns, at least 1
   * @param reduction how channels become one value
   * @return the map
   * @throws IllegalArgumentException if the sizes do not fit the array or a value is infinite
   */
  public static Heatmap of(
      float[] values, int channels, int height, int width, ChannelReduction reduction) {
    return of(reduction.reduce(values, channels, height, width), height, width, reduction.signed());
  }

  private static Heatmap of(float[] values, int height, int width, boolean signed) {
    if (height < 1 || width < 1 || values.length != (long) height * width) {
      throw new IllegalArgumentException(
          "a heat map is [H,W] = ["
              + height
              + ","
              + width
              + "] with both sizes at least 1, but the array has "
              + values.length
              + " values; were the channels reduced (ChannelReduction)?");
    }
    float[] copy = values.clone();
    for (int i = 0; i < copy.length; i++) {
      if (Float.isInfinite(copy[i])) {
        throw new IllegalArgumentException(
            "the values of a heat map are finite, or NaN outside it, but the one at row "
                + i / width
                + ", column "
                + i % width
                + " is "
                + copy[i]
                + "; a division by zero or an overflow in the method?");
      }
      if (!signed && copy[i] < 0) {
        throw new IllegalArgumentException(
            "an unsigned heat map has no value below zero, but the one at row "
                + i / width
                + ", column "
                + i % width
                + " is "
                + copy[i]
                + "; use Heatmap.signed, or take absolute values first");
      }
    }
    return new Heatmap(copy, height, width, Scale.maximum(copy, signed));
  }

  /**
   * The number of rows.
   *
   * @return at least 1
   */
  public int height() {
    return height;
  }

  /**
   * The number of columns.
   *
   * @return at least 1
   */
  public int width() {
    return width;
  }

  /**
   * The values as they were given, whatever the scale.
   *
   * @return a new array, [height, width] in C order
   */
  public float[] values() {
    return values.clone();
  }

  /**
   * The scale every picture of this map is drawn at.
   *
   * @return the scale; its limit is in the unit of the values
   */
  public Scale scale() {
    return scale;
  }

  /**
   * The same values at another scale.
   *
   * @param newScale the scale
   * @return a new map
   * @throws IllegalArgumentException if the scale is unsigned and this map is not: values below
   *     zero would all look like zero
   */
  public Heatmap withScale(Scale newScale) {
    if (scale.signed() && !newScale.signed()) {
      throw new IllegalArgumentException(
          "a signed heat map needs a signed scale, or its values below zero would look like zero;"
              + " take absolute values first, or use Scale.fixed(true, limit)");
    }
    return new Heatmap(values, height, width, newScale);
  }

  /**
   * The same values, with the limit at a percentile of |value| over the cells that are not NaN
   * (linear between neighbouring ranks). Values beyond it take the end colour, and the legend marks
   * its ends with ≤ and ≥.
   *
   * @param percent above 0, at most 100
   * @return a new map
   * @throws IllegalArgumentException if {@code percent} is out of range
   */
  public Heatmap withPercentile(double percent) {
    return new Heatmap(values, height, width, Scale.percentile(values, scale.signed(), percent));
  }

  /**
   * The same values with a limit chosen by the caller.
   *
   * @param limit the absolute value at the end of the colour map, finite and above 0
   * @return a new map
   * @throws IllegalArgumentException if {@code limit} is not finite and above 0
   */
  public Heatmap withLimit(double limit) {
    return new Heatmap(values, height, width, Scale.fixed(scale.signed(), limit));
  }

  /**
   * The map alone, opaque but for its NaN cells.
   *
   * @param pictureWidth the width in pixels
   * @param pictureHeight the height in pixels
   * @param interpolation how values between cells are read; values are interpolated, not colours
   * @return a new picture of type {@code TYPE_INT_ARGB}
   * @throws IllegalArgumentException if a size is below 1
   */
  public BufferedImage picture(int pictureWidth, int pictureHeight, Interpolation interpolation) {
    checkSize(pictureWidth, pictureHeight, 1, 1, "a picture of a heat map");
    float[] resized =
        Resample.resize(values, height, width, pictureHeight, pictureWidth, interpolation);
    int[] pixels = new int[resized.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = scale.colors().argb(scale.position(resized[i]));
    }
    return picture(pixels, pictureWidth, pictureHeight, BufferedImage.TYPE_INT_ARGB);
  }

  /**
   * The map over a photo of the same field of view. The map is resized to the photo (bilinear,
   * half-pixel centres). The neutral colour (white of a signed map, black of an unsigned one) is
   * taken out of each colour and becomes transparency: opacity follows |value|, zero and NaN leave
   * the photo untouched, and on a photo of the neutral colour, at opacity 1, one sees the map
   * alone.
   *
   * @param photo any picture; only read; what is transparent in it becomes white
   * @param opacity the opacity at the limit of the scale, 0 to 1
   * @return a new picture of type {@code TYPE_INT_RGB}, as large as the photo
   * @throws IllegalArgumentException if {@code opacity} is outside [0, 1]
   */
  public BufferedImage overlay(BufferedImage photo, double opacity) {
    if (!(opacity >= 0 && opacity <= 1)) {
      throw new IllegalArgumentException(
          "opacity lies in [0, 1], 0 for the photo alone, but was " + opacity);
    }
    int w = photo.getWidth();
    int h = photo.getHeight();
    BufferedImage canvas = Text.paper(w, h);
    Graphics2D g = canvas.createGraphics();
    g.drawImage(photo, 0, 0, null);
    g.dispose();
    int[] pixels = canvas.getRGB(0, 0, w, h, null, 0, w);
    float[] resized = Resample.resize(values, height, width, h, w, Interpolation.BILINEAR);
    for (int i = 0; i < pixels.length; i++) {
      double position = scale.position(resized[i]);
      if (!Double.isNaN(position)) {
        int veil = scale.colors().veil(position);
        pixels[i] = blend(pixels[i], veil, opacity * (veil >>> 24) / 255);
      }
    }
    return picture(pixels, w, h, BufferedImage.TYPE_INT_RGB);
  }

  private static int blend(int below, int above, double alpha) {
    int rgb = 0xFF;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int b = below >> shift & 0xFF;
      int a = above >> shift & 0xFF;
      rgb = rgb << 8 | (int) Math.round(b + alpha * (a - b));
    }
    return rgb;
  }

  /**
   * The colours of the scale from its low end to its high end, without numbers.
   *
   * @param barWidth the width in pixels, at least 1
   * @param barHeight the height in pixels, at least 1
   * @return a new opaque picture
   * @throws IllegalArgumentException if a size is below 1
   */
  public BufferedImage colorBar(int barWidth, int barHeight) {
    checkSize(barWidth, barHeight, 1, 1, "a colour bar");
    int[] pixels = new int[barWidth * barHeight];
    for (int i = 0; i < pixels.length; i++) {
      double t = barWidth == 1 ? 0.5 : (double) (i % barWidth) / (barWidth - 1);
      pixels[i] = scale.colors().argb(scale.signed() ? 2 * t - 1 : t);
    }
    return picture(pixels, barWidth, barHeight, BufferedImage.TYPE_INT_RGB);
  }

  /**
   * The numbers along the colour bar: the ends of the scale and zero. An end that values lie beyond
   * is marked with ≤ or ≥. At limit 0 only zero has a number.
   *
   * @return the ticks from low to high
   */
  public List<Tick> ticks() {
    List<Tick> ticks = new ArrayList<>();
    double limit = scale.limit();
    boolean below = false;
    boolean above = false;
    for (float v : values) {
      below |= v < -limit;
      above |= v > limit;
    }
    if (scale.signed() && limit > 0) {
      ticks.add(new Tick(0, (below ? "≤ " : "") + Scale.number(-limit)));
    }
    ticks.add(new Tick(scale.signed() ? 0.5 : 0, "0"));
    if (limit > 0) {
      ticks.add(new Tick(1, (above ? "≥ " : "") + Scale.number(limit)));
    }
    return List.copyOf(ticks);
  }

  /**
   * The colour bar with its numbers, the unit and how the limit was found, on white.
   *
   * @param legendWidth the width in pixels, at least 160
   * @param legendHeight the height in pixels, at least 48
   * @param unit what the numbers are, for example "attribution to logit"; may be empty
   * @return a new opaque picture
   * @throws IllegalArgumentException if a size is too small to be read
   */
  public BufferedImage legend(int legendWidth, int legendHeight, String unit) {
    checkSize(legendWidth, legendHeight, 160, 48, "a legend");
    BufferedImage image = Text.paper(legendWidth, legendHeight);
    Graphics2D g = Text.pen(image);
    int size = Math.min(16, Math.max(11, legendHeight / 5));
    int margin = size / 2 + 2;
    int inner = legendWidth - 2 * margin;
    int top = size + margin;
    int bottom = legendHeight - size - margin;
    g.drawImage(colorBar(inner, bottom - top), margin, top, null);
    g.setColor(Text.MUTED);
    g.drawRect(margin, top, inner - 1, bottom - top - 1);
    String caption = unit.isBlank() ? scale.origin() : unit + " · limit: " + scale.origin();
    int captionSize = size;
    g.setFont(Text.font(Font.PLAIN, captionSize));
    while (captionSize > 9 && g.getFontMetrics().stringWidth(caption) > inner) {
      g.setFont(Text.font(Font.PLAIN, --captionSize));
    }
    g.drawString(Text.fit(g.getFontMetrics(), caption, inner), margin, top - size / 3 - 1);
    g.setFont(Text.font(Font.PLAIN, size));
    g.setColor(Text.INK);
    for (Tick tick : ticks()) {
      Text.line(
          g,
          tick.text(),
          margin + tick.position() * inner,
          legendHeight - margin / 2 - 1,
          tick.position());
    }
    g.dispose();
    return image;
  }

  private static BufferedImage picture(int[] pixels, int width, int height, int type) {
    BufferedImage image = new BufferedImage(width, height, type);
    image.setRGB(0, 0, width, height, pixels, 0, width);
    return image;
  }

  private static void checkSize(int width, int height, int leastWidth, int leastHeight, String of) {
    if (width < leastWidth || height < leastHeight || (long) width * height > MOST_PIXELS) {
      throw new IllegalArgumentException(
          of
              + " is at least "
              + leastWidth
              + " × "
              + leastHeight
              + " pixels (width × height) and at most 2^28 pixels in all, but was asked for as "
              + width
              + " × "
              + height);
    }
  }

  /** For error messages and debuggers. */
  @Override
  public String toString() {
    return "Heatmap[" + height + " × " + width + ", " + scale + "]";
  }
}
