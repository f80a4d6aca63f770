package dev.interp.visual.mask;

/**
 * A mask made of cells: each cell that lies {@code step} pixels from its neighbours spreads its
 * value over the pixels around it, weighted {@code exp(−2 max(0, d/σ − ½)²)} by distance, and a
 * pixel takes a smooth maximum of what reaches it, {@code Σ v softmax(20 v)}. Cells outside the
 * picture count as zero.
 */
final class SmoothMask {
  private static final double COLDNESS = 20;
  private static final int PER_UNIT = 512;

  private final int h;
  private final int w;
  private final int step;
  private final int radius;
  private final int cellsH;
  private final int cellsW;
  private final int side;
  private final int paddedW;

  /** Weight of each neighbour by the pixel's place in its step. */
  private final double[][] weights;

  /** Most of the time would go into exponentials: exp(t) for t up to the coldness. */
  private final double[] powers;

  SmoothMask(int h, int w, int step, double sigma) {
    this.h = h;
    this.w = w;
    this.step = step;
    this.radius = 1 + (int) Math.ceil(sigma / step);
    this.cellsH = (h + step - 1) / step;
    this.cellsW = (w + step - 1) / step;
    this.side = 2 * radius + 1;
    this.paddedW = cellsW + 2 * radius;
    this.weights = new double[step * step][side * side];
    this.powers = new double[(int) (COLDNESS * PER_UNIT + 2)];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = Math.exp(i / (double) PER_UNIT);
    }
    for (int phase = 0; phase < weights.length; phase++) {
      for (int k = 0; k < side * side; k++) {
        int row = phase / step - step * (k / side - radius);
        int column = phase % step - step * (k % side - radius);
        double dy = row;
        double dx = column;
        double far = Math.max(0, Math.sqrt(dy * dy + dx * dx) / sigma - 0.5);
        weights[phase][k] = Math.exp(-2 * far * far);
      }
    }
  }

  int cells() {
    return cellsH * cellsW;
  }

  /** The mask of some cells in [0, 1]: H · W pixels in [0, 1]. */
  double[] of(double[] cells) {
    double[] padded = padded(cells);
    double[] grown = new double[side * side];
    double[] mask = new double[h * w];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        mask[y * w + x] = pixel(padded, y, x, grown)[0];
      }
    }
    return mask;
  }

  /** The gradient for the cells, given the gradient for the pixels of the mask that they make. */
  double[] gradient(double[] cells, double[] slope) {
    double[] padded = padded(cells);
    double[] grown = new double[side * side];
    double[] gradient = new double[padded.length];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        double down = slope[y * w + x];
        if (down == 0) {
          continue;
        }
        double[] pixel = pixel(padded, y, x, grown);
        double[] weight = weights[phase(y, x)];
        double factor = down / pixel[1];
        double rest = 1 - COLDNESS * pixel[0];
        int k = 0;
        for (int i = 0; i < side; i++) {
          int at = (y / step + i) * paddedW + x / step;
          for (int j = 0; j < side; j++, k++, at++) {
            double v = weight[k] * padded[at];
            gradient[at] += factor * weight[k] * grown[k] * (rest + COLDNESS * v);
          }
        }
      }
    }
    double[] inside = new double[cells.length];
    for (int i = 0; i < cellsH; i++) {
      System.arraycopy(gradient, (i + radius) * paddedW + radius, inside, i * cellsW, cellsW);
    }
    return inside;
  }

  /** The value of a pixel and the sum of the softmax's terms, which are left in {@code grown}. */
  private double[] pixel(double[] padded, int y, int x, double[] grown) {
    double[] weight = weights[phase(y, x)];
    double sum = 0;
    double norm = 0;
    int k = 0;
    for (int i = 0; i < side; i++) {
      int at = (y / step + i) * paddedW + x / step;
      for (int j = 0; j < side; j++, k++, at++) {
        double v = weight[k] * padded[at];
        double e = exp(COLDNESS * v);
        grown[k] = e;
        norm += e;
        sum += v * e;
      }
    }
    return new double[] {sum / norm, norm};
  }

  /** exp(t) for 0 ≤ t ≤ 20, right to 1e-12 of it: the table's entry below and four terms more. */
  private double exp(double t) {
    int below = (int) (t * PER_UNIT);
    double d = t - below / (double) PER_UNIT;
    return powers[below] * (1 + d * (1 + d * (1 / 2.0 + d * (1 / 6.0 + d / 24))));
  }

  private int phase(int y, int x) {
    return y % step * step + x % step;
  }

  private double[] padded(double[] cells) {
    double[] padded = new double[(cellsH + 2 * radius) * paddedW];
    for (int i = 0; i < cellsH; i++) {
      System.arraycopy(cells, i * cellsW, padded, (i + radius) * paddedW + radius, cellsW);
    }
    return padded;
  }
}
