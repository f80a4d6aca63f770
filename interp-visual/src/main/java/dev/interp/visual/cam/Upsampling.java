package dev.interp.visual.cam;

import dev.interp.core.attribution.AttributionRun;
import org.nd4j.linalg.api.buffer.DataType;
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
    int h = (int) maps.size(2);
    int w = (int) maps.size(3);
    int channels = (int) maps.size(1);
    double[][] down = matrix(h, (int) height);
    double[][] across = matrix(w, (int) width);
    double[] cells = maps.castTo(DataType.DOUBLE).dup('c').ravel().toDoubleVector();
    // No view, so that it can be closed.
    INDArray result =
        Nd4j.createUninitialized(
            maps.dataType(), new long[] {maps.size(0), channels, height, width}, 'c');
    AttributionRun.fill(
        result,
        example -> {
          double[] large = new double[(int) (channels * height * width)];
          for (int c = 0; c < channels; c++) {
            int from = (example * channels + c) * h * w;
            enlarge(cells, from, down, across, large, (int) (c * height * width));
          }
          return large;
        });
    return result;
  }

  /**
   * A pixel takes of two cells at most on each axis, so that products of matrices would be waste.
   */
  private static void enlarge(
      double[] cells, int from, double[][] down, double[][] across, double[] large, int to) {
    int w = across[0].length;
    int width = across.length;
    double[] wide = new double[down[0].length * width];
    for (int x = 0; x < width; x++) {
      int first = first(across[x]);
      double left = across[x][first];
      double right = first + 1 < w ? across[x][first + 1] : 0;
      for (int row = 0; row < down[0].length; row++) {
        int at = from + row * w + first;
        wide[row * width + x] = left * cells[at] + (right == 0 ? 0 : right * cells[at + 1]);
      }
    }
    for (int y = 0; y < down.length; y++) {
      int first = first(down[y]);
      double above = down[y][first];
      double below = first + 1 < down[y].length ? down[y][first + 1] : 0;
      for (int x = 0; x < width; x++) {
        int at = first * width + x;
        large[to + y * width + x] = above * wide[at] + (below == 0 ? 0 : below * wide[at + width]);
      }
    }
  }

  /** The first cell that a pixel takes anything of. */
  private static int first(double[] row) {
    int first = 0;
    while (row[first] == 0) {
      first++;
    }
    return first;
  }

  private double[][] matrix(int from, int to) {
    double[][] rows = new double[to][from];
    for (int i = 0; i < to; i++) {
      weights(rows[i], i, to);
    }
    return rows;
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
