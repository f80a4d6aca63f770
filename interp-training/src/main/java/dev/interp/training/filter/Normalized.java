package dev.interp.training.filter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Maps in units of what their filter's largest activations in the batch are on average, m. A batch
 * may lack the category that a filter stands for; what little the filter shows there must not be
 * blown up to full size, so m is at least a tenth of what it usually is.
 */
final class Normalized {
  /** A filter whose largest activations are below this on average is dead, and has no loss. */
  private static final double SILENT = 1e-6;

  private static final double LEAST = 0.1;

  /** {@code [N, C, H, W]}: x · factor / m. */
  private final INDArray maps;

  /** {@code [C]}: factor / m; 0 for a filter that is silent. */
  private final double[] scales;

  /** {@code [C]}: whether m depends on the batch, or is the least. */
  private final boolean[] moving;

  /** gain · cells. */
  private final double factor;

  private Normalized(INDArray maps, double[] scales, boolean[] moving, double factor) {
    this.maps = maps;
    this.scales = scales;
    this.moving = moving;
    this.factor = factor;
  }

  /**
   * Takes what {@link Templates#peaks} found and {@code [C]} running means of the largest
   * activations, 0 where nothing is known yet.
   */
  static Normalized of(INDArray x, double gain, Templates.Peaks peaks, INDArray usual) {
    int filters = (int) x.size(1);
    double factor = gain * x.size(2) * x.size(3);
    double[] means = peaks.means(filters);
    double[] known = usual.toDoubleVector();
    double[] scales = new double[filters];
    boolean[] moving = new boolean[filters];
    for (int f = 0; f < filters; f++) {
      double least = Math.max(LEAST * known[f], SILENT);
      moving[f] = means[f] > least;
      double used = Math.max(means[f], least);
      scales[f] = used > SILENT ? factor / used : 0;
    }
    INDArray maps = FilterRows.made(x, filters, (filter, rows) -> scale(rows, scales[filter]));
    return new Normalized(maps, scales, moving, factor);
  }

  private static void scale(double[][] rows, double by) {
    for (double[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] *= by;
      }
    }
  }

  INDArray maps() {
    return maps;
  }

  /**
   * The gradient at x, from that at the maps; works in place of it.
   *
   * @param gradient {@code [N, C, H, W]}
   * @param peaks of x
   * @param weights {@code [C]}: what each filter's gradient is multiplied by
   */
  INDArray below(INDArray gradient, Templates.Peaks peaks, double[] weights) {
    FilterRows seen = FilterRows.of(maps, scales.length);
    FilterRows.change(
        gradient,
        scales.length,
        (filter, rows) -> {
          // How the loss changes if all maps of a filter grow alike, taken back where m comes from.
          double[][] scaled = seen.get(filter);
          double growth = 0;
          for (int k = 0; k < rows.length && moving[filter]; k++) {
            for (int i = 0; i < rows[k].length; i++) {
              growth += rows[k][i] * scaled[k][i];
            }
          }
          for (int k = 0; k < rows.length; k++) {
            rows[k][peaks.cells()[k * scales.length + filter]] -= growth / (rows.length * factor);
          }
          scale(rows, scales[filter] * weights[filter]);
        });
    return gradient;
  }
}
