package dev.interp.core.data;

/** Paints what is behind everything, pixel by pixel. */
final class Backdrops {
  private Backdrops() {}

  /** Writes every element of {@code pixels}, a square picture of the given side. */
  static void paint(BirdScene.Backdrop backdrop, int side, int[] pixels) {
    double cos = StrictMath.cos(backdrop.angle());
    double sin = StrictMath.sin(backdrop.angle());
    double perSize = 1 / Math.max(backdrop.size(), 1e-3);
    for (int y = 0; y < side; y++) {
      double v = (y + 0.5) / side;
      for (int x = 0; x < side; x++) {
        double u = (x + 0.5) / side;
        double along = (u - 0.5) * cos + (v - 0.5) * sin;
        double mix =
            switch (backdrop.pattern()) {
              case PLAIN -> 0;
              case GRADIENT -> 0.5 + along * 0.7;
              case STRIPES -> 0.5 + 2 * (Math.abs(fraction(along * perSize / 2) - 0.5) - 0.25) * 2;
              case MOTTLED -> 1.6 * noise(u * perSize, v * perSize, backdrop.texture()) - 0.3;
              case HILLS -> {
                double line = 1 - backdrop.size() + 0.05 * StrictMath.sin(5 * u + backdrop.angle());
                yield (v - line) * side + 0.5;
              }
            };
        pixels[y * side + x] = mix(backdrop.first(), backdrop.second(), mix);
      }
    }
  }

  private static int mix(int first, int second, double amount) {
    double t = Math.max(0, Math.min(1, amount));
    int red = (int) ((first >> 16 & 0xFF) * (1 - t) + (second >> 16 & 0xFF) * t + 0.5);
    int green = (int) ((first >> 8 & 0xFF) * (1 - t) + (second >> 8 & 0xFF) * t + 0.5);
    int blue = (int) ((first & 0xFF) * (1 - t) + (second & 0xFF) * t + 0.5);
    return red << 16 | green << 8 | blue;
  }

  private static double fraction(double value) {
    return value - Math.floor(value);
  }

  /** Smoothly interpolated random values at whole coordinates; in [0, 1). */
  private static double noise(double u, double v, int texture) {
    int column = (int) Math.floor(u);
    int row = (int) Math.floor(v);
    double a = smooth(u - column);
    double b = smooth(v - row);
    double above = lattice(column, row, texture) * (1 - a) + lattice(column + 1, row, texture) * a;
    double below =
        lattice(column, row + 1, texture) * (1 - a) + lattice(column + 1, row + 1, texture) * a;
    return above * (1 - b) + below * b;
  }

  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }

  private static double lattice(int column, int row, int texture) {
    int h = texture + column * 0x9E3779B1 + row * 0x85EBCA77;
    h = (h ^ h >>> 15) * 0x2C1B3C6D;
    h = (h ^ h >>> 12) * 0x297A2D39;
    return ((h ^ h >>> 15) >>> 8) * 0x1p-24;
  }
}
