package dev.interp.bench.quality;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** Values with their intervals, one line per name, on a common axis. */
public final class DotPlot {
  private static final int SCALE = 2;
  private static final int WIDTH = 720;
  private static final int LINE = 22;
  private static final int NAMES = 210;
  private static final int MARGIN = 24;
  private static final int FOOT = 34;
  private static final int TICKS = 5;
  private static final Color INK = new Color(0x1A2330);
  private static final Color MUTED = new Color(0x55606E);
  private static final Color RULE = new Color(0xDFE3E9);
  private static final Color DOT = new Color(0x2B59D9);
  private static final Color PLAIN = new Color(0xB0742A);

  private DotPlot() {}

  /**
   * One line.
   *
   * @param name of the method
   * @param value its mean
   * @param low lower end of its interval
   * @param high upper end
   * @param plain whether it is no method but something to beat
   */
  public record Line(String name, double value, double low, double high, boolean plain) {}

  /**
   * Draws lines.
   *
   * @param lines from above to below
   * @param axis what the values are
   * @return the plot, twice as large as it is meant to be seen
   */
  public static BufferedImage of(List<Line> lines, String axis) {
    int height = lines.size() * LINE + FOOT + 8;
    BufferedImage image =
        new BufferedImage(WIDTH * SCALE, height * SCALE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    g.scale(SCALE, SCALE);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, height);
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Line line : lines) {
      if (Double.isFinite(line.value())) {
        low = Math.min(low, Math.min(line.low(), line.value()));
        high = Math.max(high, Math.max(line.high(), line.value()));
      }
    }
    if (!(high > low)) {
      double middle = Double.isFinite(low) ? low : 0;
      low = middle - 0.5;
      high = middle + 0.5;
    }
    axis(g, low, high, height, axis);
    for (int i = 0; i < lines.size(); i++) {
      line(g, lines.get(i), i * LINE + 4 + LINE / 2.0, low, high);
    }
    g.dispose();
    return image;
  }

  private static double x(double value, double low, double high) {
    return NAMES + (WIDTH - NAMES - MARGIN) * (value - low) / (high - low);
  }

  private static void axis(Graphics2D g, double low, double high, int height, String axis) {
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    int bottom = height - FOOT;
    double step = step((high - low) / TICKS);
    for (double v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) {
      double x = x(v, low, high);
      g.setColor(RULE);
      g.setStroke(new BasicStroke(1));
      g.draw(new Line2D.Double(x, 4, x, bottom));
      g.setColor(MUTED);
      String text = tick(v, step);
      g.drawString(text, (float) (x - g.getFontMetrics().stringWidth(text) / 2.0), bottom + 14f);
    }
    g.setColor(MUTED);
    g.drawString(
        axis, (float) (WIDTH - MARGIN - g.getFontMetrics().stringWidth(axis)), height - 5f);
  }

  private static void line(Graphics2D g, Line line, double y, double low, double high) {
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    g.setColor(line.plain() ? MUTED : INK);
    int width = g.getFontMetrics().stringWidth(line.name());
    g.drawString(line.name(), (float) Math.max(2, NAMES - 14 - width), (float) y + 4);
    if (!Double.isFinite(line.value())) {
      return;
    }
    g.setColor(line.plain() ? PLAIN : DOT);
    g.setStroke(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    g.draw(new Line2D.Double(x(line.low(), low, high), y, x(line.high(), low, high), y));
    double x = x(line.value(), low, high);
    g.fill(new Ellipse2D.Double(x - 4, y - 4, 8, 8));
  }

  /** As many digits as the step between two ticks has. */
  private static String tick(double value, double step) {
    int digits = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    double clean = Math.abs(value) < step * 1e-9 ? 0 : value;
    return String.format(Locale.ROOT, "%." + digits + "f", clean).replace('-', '\u2212');
  }

  /** One, two or five times a power of ten. */
  private static double step(double rough) {
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double digit = rough / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
  }

  /** Three significant digits or as many as there are before the point. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    double size = Math.abs(value);
    String text;
    if (size == 0) {
      text = "0";
    } else if (size >= 100 && size < 1e6) {
      text = String.format(Locale.ROOT, "%.0f", value);
    } else if (size >= 1e-3 && size < 100) {
      int digits = size >= 10 ? 1 : size >= 1 ? 2 : 3;
      text = String.format(Locale.ROOT, "%." + digits + "f", value);
    } else {
      text = String.format(Locale.ROOT, "%.1e", value);
    }
    return text.replace('-', '\u2212');
  }
}
