package dev.interp.visual.mask;

/**
 * A mask made of cells: each cell that lies {@code step} pixels from its neighbours spreads its
 * value over the pixels around it, weighted {@code exp(−2 max(0, d/σ − ½)²)} by distance, and a
 * pixel takes a smooth maximum of what reaches it, {@code Σ v softmax(20 v)}. Cells outside the
 * picture count as zero.
 */
final class SmoothMask {
  private static final double COLDNESS = 20;

  private final int h;
  private final int w;
  private final int step;
  private final int radius;
  private final int cellsH;
  private final int cellsW;

  /** Weight of each neighbour by the pixel's place in its step, and what a full cell adds. */
  private final double[][] weights;

  private final double[][] full;

  SmoothMask(int h, int w, int step, double sigma) {
    this.h = h;
    this.w = w;
    this.step = step;
    this.radius = 1 + (int) Math.ceil(sigma / step);
    this.cellsH = (h + step - 1) / step;
    this.cellsW = (w + step - 1) / step;
    int side = 2 * radius + 1;
    this.weights = new double[step * step][side * side];
    this.full = new double[step * step][side * side];
    for (int phase = 0; phase < weights.length; phase++) {
      for (int k = 0; k < side * side; k++) {
        double dy = phase / step - (double) step * (k / side - radius);
        double dx = phase % step - (double) step * (k % side - radius);
        double far = Math.max(0, Math.sqrt(dy * dy + dx * dx) / sigma - 0.5);
        weights[phase][k] = Math.exp(-2 * far * far);
        full[phase][k] = Math.exp(COLDNESS * weights[phase][k]);
      }
    }
  }

  int cells() {
    return cellsH * cellsW;
  }

  /** The mask of some cells in [0, 1]: H · W pixels in [0, 1]. */
  double[] of(double[] cells) {
    double[] mask = new double[h * w];
    each(cells, mask, null, null);
    return mask;
  }

  /** The gradient for the cells, given the mask that they make and the gradient for its pixels. */
  double[] gradient(double[] cells, double[] mask, double[] slope) {
    double[] gradient = new double[cells.length];
    each(cells, mask, slope, gradient);
    return gradient;
  }

  private void each(
      double[] cells,
      double[] mask,
      double @org.jspecify.annotations.Nullable [] slope,
      double @org.jspecify.annotations.Nullable [] gradient) {
    int side = 2 * radius + 1;
    double[] grown = new double[side * side];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int phase = y % step * step + x % step;
        double[] weight = weights[phase];
        double[] one = full[phase];
        int top = y / step - radius;
        int left = x / step - radius;
        double sum = 0;
        double norm = 0;
        for (int k = 0; k < grown.length; k++) {
          double p = cell(cells, top + k / side, left + k % side);
          double e = p == 0 ? 1 : p == 1 ? one[k] : Math.exp(COLDNESS * weight[k] * p);
          grown[k] = e;
          norm += e;
          sum += weight[k] * p * e;
        }
        double m = sum / norm;
        int at = y * w + x;
        if (slope == null || gradient == null) {
          mask[at] = m;
        } else if (slope[at] != 0) {
          for (int k = 0; k < grown.length; k++) {
            int i = top + k / side;
            int j = left + k % side;
            if (i >= 0 && i < cellsH && j >= 0 && j < cellsW) {
              double v = weight[k] * cells[i * cellsW + j];
              gradient[i * cellsW + j] +=
                  slope[at] * weight[k] * grown[k] / norm * (1 + COLDNESS * (v - m));
            }
          }
        }
      }
    }
  }

  private double cell(double[] cells, int i, int j) {
    return i < 0 || i >= cellsH || j < 0 || j >= cellsW ? 0 : cells[i * cellsW + j];
  }
}
