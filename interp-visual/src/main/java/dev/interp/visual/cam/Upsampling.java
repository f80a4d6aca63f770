package dev.interp.visual.cam;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Ways to bring maps to another size, each a matrix along the rows and one along the columns. */
enum Upsampling {
  /** The cell at floor(i · from / to). */
  NEAREST {
    @Override
    void weights(double[] row, int i, int to) {
      row[(int) ((long) i * row.length / to)] = 1;
    }
  },
  /** Linear between the centres of cells, constant beyond the outermost. */
  BILINEAR {
    @Override
    void weights(double[] row, int i, int to) {
      linear(row, (i + 0.5) * row.length / to - 0.5);
    }
  },
  /** Linear, with the first and last cells on the first and last pixels. */
  BILINEAR_CORNERS {
    @Override
    void weights(double[] row, int i, int to) {
      linear(row, to == 1 ? 0 : i * (row.length - 1.0) / (to - 1));
    }
  };

  /** Fills in what pixel i of {@code to} takes of each cell. */
  abstract void weights(double[] row, int i, int to);

  /**
   * Maps in another size.
   *
   * @param maps {@code [N, C, h, w]}; not modified
   * @param height the new height
   * @param width the new width
   * @return {@code [N, C, height, width]}, a new array
   */
  INDArray apply(INDArray maps, long height, long width) {
    long planes = maps.size(0) * maps.size(1);
    long h = maps.size(2);
    long w = maps.size(3);
    INDArray across = matrix((int) w, (int) width).castTo(maps.dataType());
    INDArray down = matrix((int) h, (int) height).castTo(maps.dataType());
    INDArray wide = maps.dup('c').reshape('c', planes * h, w).mmul(across.transpose()).dup('c');
    // No view, so that it can be closed.
    INDArray result =
        Nd4j.createUninitialized(
            maps.dataType(), new long[] {maps.size(0), maps.size(1), height, width}, 'c');
    INDArray filled = result.reshape('c', planes, height, width);
    INDArray sheets = wide.reshape('c', planes, h, width);
    for (long p = 0; p < planes; p++) {
      filled.slice(p).assign(down.mmul(sheets.slice(p)));
    }
    return result;
  }

  private INDArray matrix(int from, int to) {
    double[][] rows = new double[to][from];
    for (int i = 0; i < to; i++) {
      weights(rows[i], i, to);
    }
    return Nd4j.createFromArray(rows);
  }

  private static void linear(double[] row, double at) {
    double place = Math.max(0, Math.min(row.length - 1.0, at));
    int first = Math.min((int) place, Math.max(0, row.length - 2));
    row[first] = 1 - (place - first);
    if (first + 1 < row.length) {
      row[first + 1] = place - first;
    }
  }
}
