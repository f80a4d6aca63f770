package dev.interp.training.filter;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

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
  private final INDArray scales;

  /** {@code [C]}: 1 where m depends on the batch, 0 where it is the least. */
  private final INDArray moving;

  /** gain · cells. */
  private final double factor;

  private Normalized(INDArray maps, INDArray scales, INDArray moving, double factor) {
    this.maps = maps;
    this.scales = scales;
    this.moving = moving;
    this.factor = factor;
  }

  /** Takes {@code [C]} running means of the largest activations, 0 where nothing is known yet. */
  static Normalized of(INDArray x, double gain, Templates templates, INDArray usual) {
    long n = x.size(0);
    long filters = x.size(1);
    INDArray flat = x.dup('c').reshape('c', n * filters, templates.cells());
    double factor = gain * templates.cells();
    INDArray mean = flat.max(1).reshape('c', n, filters).mean(0);
    INDArray least = Transforms.max(usual.mul(LEAST).reshape(filters), SILENT, false);
    INDArray moving = mean.gt(least).castTo(x.dataType());
    INDArray used = Transforms.max(mean, least, true);
    INDArray scales = used.gt(SILENT).castTo(x.dataType());
    scales.muli(factor).divi(used);
    flat.reshape('c', n, filters, templates.cells()).muli(scales.reshape(1, filters, 1));
    return new Normalized(flat.reshape('c', x.shape()), scales, moving, factor);
  }

  INDArray maps() {
    return maps;
  }

  /**
   * The gradient at x, from that at the maps; works in place of it.
   *
   * @param gradient {@code [N, C, H, W]}
   * @param peaks {@code N · C} cells where the maps are largest
   */
  INDArray below(INDArray gradient, int[] peaks) {
    long n = maps.size(0);
    long filters = maps.size(1);
    long cells = maps.size(2) * maps.size(3);
    // How the loss changes if all maps of a filter grow alike, taken back where m comes from.
    INDArray growth =
        gradient.mul(maps).reshape('c', n, filters, cells).sum(0, 2).divi(-n * factor);
    growth.muli(moving);
    INDArray flat = gradient.reshape('c', n * filters, cells);
    double[] ofFilter = growth.toDoubleVector();
    for (int i = 0; i < peaks.length; i++) {
      double add = ofFilter[i % ofFilter.length];
      if (add != 0) {
        flat.putScalar(i, peaks[i], flat.getDouble(i, peaks[i]) + add);
      }
    }
    INDArray all = flat.reshape('c', n, filters, cells);
    return all.muli(scales.reshape(1, filters, 1)).reshape('c', maps.shape());
  }
}
