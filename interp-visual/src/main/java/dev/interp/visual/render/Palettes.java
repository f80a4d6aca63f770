package dev.interp.visual.render;

/**
 * The colour tables, computed in CIELAB (D65, 2° observer) so that lightness and the step between
 * neighbours are what the formula says and not what a list of colours happens to give.
 */
final class Palettes {
  static final int SIZE = 256;

  /** Entry of the diverging table that stands for zero: 128 steps below it, 127 above. */
  static final int NEUTRAL = 128;

  private static final int FINE = 4096;
  private static final double WHITE_X = 0.95047;
  private static final double WHITE_Z = 1.08883;

  private Palettes() {}

  /**
   * Black over violet and red to pale yellow. Lightness rises along the whole path, and the path is
   * cut into steps of equal CIE76 colour difference.
   */
  static int[] sequential() {
    double[][] path = new double[FINE + 1][];
    double[] length = new double[FINE + 1];
    for (int i = 0; i <= FINE; i++) {
      double s = (double) i / FINE;
      double chroma = 14 + 20 * s + 52 * Math.sin(Math.PI * s);
      path[i] = inGamut(96 * s, chroma, 288 + 168 * s);
      length[i] = i == 0 ? 0 : length[i - 1] + distance(path[i - 1], path[i]);
    }
    int[] table = new int[SIZE];
    int at = 0;
    for (int k = 0; k < SIZE; k++) {
      double wanted = length[FINE] * k / (SIZE - 1);
      while (at < FINE && length[at] < wanted) {
        at++;
      }
      table[k] = argb(path[at]);
    }
    return table;
  }

  /** Blue, white, red; both arms have the same lightness at the same distance from zero. */
  static int[] diverging() {
    int[] table = new int[SIZE];
    for (int k = 0; k < SIZE; k++) {
      boolean below = k < NEUTRAL;
      double t = below ? (NEUTRAL - k) / (double) NEUTRAL : (k - NEUTRAL) / (NEUTRAL - 1.0);
      // Just inside sRGB all the way: a path cut at its boundary would show an edge.
      double chroma = 50 * Math.sin(Math.PI / 2 * t) + (below ? 14 : 33) * t * t * t;
      table[k] = argb(inGamut(100 - 54 * t, chroma, below ? 286 : 33));
    }
    table[NEUTRAL] = 0xFFFFFFFF;
    return table;
  }

  /** CIELAB of the wanted lightness and hue (degrees), chroma cut to what sRGB can show. */
  private static double[] inGamut(double lightness, double chroma, double hue) {
    double a = Math.cos(Math.toRadians(hue));
    double b = Math.sin(Math.toRadians(hue));
    double low = 0;
    double high = chroma;
    if (!shown(linear(lightness, a * high, b * high))) {
      for (int i = 0; i < 30; i++) {
        double middle = (low + high) / 2;
        if (shown(linear(lightness, a * middle, b * middle))) {
          low = middle;
        } else {
          high = middle;
        }
      }
      high = low;
    }
    return new double[] {lightness, a * high, b * high};
  }

  private static boolean shown(double[] rgb) {
    for (double c : rgb) {
      if (c < -1e-9 || c > 1 + 1e-4) {
        return false;
      }
    }
    return true;
  }

  private static double distance(double[] p, double[] q) {
    return Math.sqrt(
        (p[0] - q[0]) * (p[0] - q[0])
            + (p[1] - q[1]) * (p[1] - q[1])
            + (p[2] - q[2]) * (p[2] - q[2]));
  }

  /** CIELAB to linear sRGB (IEC 61966-2-1). */
  private static double[] linear(double lightness, double a, double b) {
    double fy = (lightness + 16) / 116;
    double x = WHITE_X * inverse(fy + a / 500);
    double y = inverse(fy);
    double z = WHITE_Z * inverse(fy - b / 200);
    return new double[] {
      3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
      -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
      0.0556434 * x - 0.2040259 * y + 1.0572252 * z
    };
  }

  private static double inverse(double f) {
    return f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29);
  }

  private static int argb(double[] lab) {
    int argb = 0xFF;
    for (double c : linear(lab[0], lab[1], lab[2])) {
      double clipped = Math.min(1, Math.max(0, c));
      double encoded =
          clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * Math.pow(clipped, 1 / 2.4) - 0.055;
      argb = argb << 8 | (int) Math.round(255 * encoded);
    }
    return argb;
  }
}
