package dev.interp.training.filter;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Maps in units of what their filter's largest activations in the batch are on average. */
final class Normalized {
  /** A filter whose largest activations are below this on average is dead, and has no loss. */
  private static final double SILENT = 1e-6;

  /** {@code [N, C, H, W]}: x · factor / m. */
  private final INDArray maps;

  /** {@code [C]}: factor / m; 0 for a filter that is silent. */
  private final INDArray scales;

  /** {@code N · C} cells where the maps are largest. */
  private final int[] peaks;

  /** gain · cells. */
  private final double factor;

  private Normalized(INDArray maps, INDArray scales, int[] peaks, double factor) {
    this.maps = maps;
    this.scales = scales;
    this.peaks = peaks;
    this.factor = factor;
  }

  static Normalized of(INDArray x, double gain, Templates templates) {
    long n = x.size(0);
    long filters = x.size(1);
    INDArray flat = x.dup('c').reshape('c', n * filters, templates.cells());
    double factor = gain * templates.cells();
    INDArray mean = flat.max(1).reshape('c', n, filters).mean(0);
    INDArray scales = mean.gt(SILENT).castTo(x.dataType());
    scales.muli(factor).divi(Transforms.max(mean, SILENT, true));
    flat.reshape('c', n, filters, templates.cells()).muli(scales.reshape(1, filters, 1));
    int[] peaks = Nd4j.argMax(flat, 1).toIntVector();
    return new Normalized(flat.reshape('c', x.shape()), scales, peaks, factor);
  }

  INDArray maps() {
    return maps;
  }

  /** The gradient at x, from that at the maps; works in place of it. */
  INDArray below(INDArray gradient) {
    long n = maps.size(0);
    long filters = maps.size(1);
    long cells = maps.size(2) * maps.size(3);
    // How the loss changes if all maps of a filter grow alike, taken back where m comes from.
    INDArray growth =
        gradient.mul(maps).reshape('c', n, filters, cells).sum(0, 2).divi(-n * factor);
    INDArray peak = Nd4j.pullRows(Nd4j.eye(cells).castTo(maps.dataType()), 1, peaks);
    INDArray all = peak.reshape('c', n, filters, cells);
    all.muli(growth.reshape(1, filters, 1)).addi(gradient.reshape('c', n, filters, cells));
    all.muli(scales.reshape(1, filters, 1));
    return all.reshape('c', maps.shape());
  }
}
