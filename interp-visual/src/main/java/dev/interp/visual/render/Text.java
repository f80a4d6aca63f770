package dev.interp.visual.render;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Words in pictures: the logical sans-serif font, which every headless JDK can draw. */
final class Text {
  static final Color INK = new Color(0x1A2330);
  static final Color MUTED = new Color(0x55606E);

  private Text() {}

  /** A white opaque picture. */
  static BufferedImage paper(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    g.dispose();
    return image;
  }

  static Graphics2D pen(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    return g;
  }

  static Font font(int style, int pixels) {
    return new Font(Font.SANS_SERIF, style, pixels);
  }

  /** Draws one line; {@code align} is 0 for left, 0.5 for centred, 1 for right of {@code x}. */
  static void line(Graphics2D g, String text, double x, int baseline, double align) {
    g.drawString(
        text, (float) Math.round(x - align * g.getFontMetrics().stringWidth(text)), baseline);
  }

  /** The text cut to a width, with an ellipsis where something is missing. */
  static String fit(FontMetrics metrics, String text, int width) {
    if (metrics.stringWidth(text) <= width) {
      return text;
    }
    int end = text.length();
    while (end > 0 && metrics.stringWidth(text.substring(0, end) + "…") > width) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end).stripTrailing() + "…";
  }

  /** The text as at most {@code most} lines of a width, broken at blanks. */
  static List<String> wrap(FontMetrics metrics, String text, int width, int most) {
    List<String> lines = new ArrayList<>();
    String rest = text.strip();
    while (!rest.isEmpty()) {
      String[] words = rest.split("\\s+");
      StringBuilder line = new StringBuilder(words[0]);
      int taken = 1;
      while (taken < words.length && metrics.stringWidth(line + " " + words[taken]) <= width) {
        line.append(' ').append(words[taken++]);
      }
      String after = String.join(" ", List.of(words).subList(taken, words.length));
      if (lines.size() == most - 1) {
        lines.add(fit(metrics, after.isEmpty() ? line.toString() : line + " " + after, width));
        return lines;
      }
      lines.add(fit(metrics, line.toString(), width));
      rest = after;
    }
    return lines;
  }
}
