package dev.interp.visual.cam;

import dev.interp.core.attribution.AttributionRun;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Ways to bring maps to another size, along the rows and along the columns alike. */
enum Upsampling {
  /** The cell at floor(i · from / to). */
  NEAREST {
    @Override
    double place(int i, int from, int to) {
      return (int) ((long) i * from / to);
    }
  },
  /** Linear between the centres of cells, constant beyond the outermost. */
  BILINEAR {
    @Override
    double place(int i, int from, int to) {
      return Math.max(0, Math.min(from - 1.0, (i + 0.5) * from / to - 0.5));
    }
  },
  /** Linear, with the first and last cells on the first and last pixels. */
  BILINEAR_CORNERS {
    @Override
    double place(int i, int from, int to) {
      return to == 1 ? 0 : i * (from - 1.0) / (to - 1);
    }
  };

  /** Where pixel i of {@code to} lies among the cells, in [0, from − 1]. */
  abstract double place(int i, int from, int to);

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
    Taps down = new Taps(h, (int) height);
    Taps across = new Taps(w, (int) width);
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
            double[] wide = new double[h * (int) width];
            int from = (example * channels + c) * h * w;
            for (int row = 0; row < h; row++) {
              for (int x = 0; x < width; x++) {
                wide[row * (int) width + x] = across.at(cells, from + row * w, 1, x);
              }
            }
            int to = (int) (c * height * width);
            for (int y = 0; y < height; y++) {
              for (int x = 0; x < width; x++) {
                large[to + y * (int) width + x] = down.at(wide, x, (int) width, y);
              }
            }
          }
          return large;
        });
    return result;
  }

  /** For each pixel of an axis the cell before it and how far it lies towards the next. */
  private final class Taps {
    private final int[] first;
    private final double[] beyond;

    Taps(int from, int to) {
      first = new int[to];
      beyond = new double[to];
      for (int i = 0; i < to; i++) {
        double place = place(i, from, to);
        first[i] = (int) place;
        beyond[i] = place - first[i];
      }
    }

    /** A pixel between cells that lie {@code step} apart. */
    double at(double[] cells, int from, int step, int i) {
      int cell = from + first[i] * step;
      double share = beyond[i];
      return share == 0 ? cells[cell] : (1 - share) * cells[cell] + share * cells[cell + step];
    }
  }
}
