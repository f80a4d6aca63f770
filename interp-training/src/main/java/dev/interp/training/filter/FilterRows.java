package dev.interp.training.filter;

import java.util.stream.IntStream;
import org.bytedeco.javacpp.indexer.DoubleIndexer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.bytedeco.javacpp.indexer.Indexer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Passes over an array {@code [N, C, ...]} filter by filter. What a batch shows of one filter fits
 * the processor's cache, so a pass of many steps reads and writes the array once; an operation of
 * the whole array does that in every step. Filters are visited by several threads.
 */
final class FilterRows {
  /** Works on what the batch shows of a filter, one row for each example. */
  @FunctionalInterface
  interface Pass {
    void visit(int filter, double[][] rows);
  }

  private final Indexer numbers;
  private final int filters;
  private final int examples;
  private final int columns;

  private FilterRows(INDArray plain, int filters) {
    this.numbers = plain.data().indexer();
    this.filters = filters;
    this.examples = (int) (plain.rank() == 2 ? plain.size(0) / filters : plain.size(0));
    this.columns = (int) (plain.length() / filters / examples);
  }

  /**
   * The rows of an array; of a copy if its numbers do not lie one after the other.
   *
   * @param array {@code [N, C, ...]} or {@code [N · C, columns]} of FLOAT or DOUBLE
   */
  static FilterRows of(INDArray array, int filters) {
    return new FilterRows(isPlain(array) ? array : array.dup('c'), filters);
  }

  /** Visits all filters. */
  void read(Pass pass) {
    IntStream.range(0, filters).parallel().forEach(filter -> pass.visit(filter, get(filter)));
  }

  /** Visits all filters of an array in row order, which becomes what the pass makes of the rows. */
  static void change(INDArray array, int filters, Pass pass) {
    if (!isPlain(array)) {
      throw new IllegalStateException("an array that is changed must be a whole one in row order");
    }
    FilterRows all = new FilterRows(array, filters);
    all.read(
        (filter, rows) -> {
          pass.visit(filter, rows);
          all.put(filter, rows);
        });
  }

  private static boolean isPlain(INDArray array) {
    long expected = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      // The stride of an axis of one is anything.
      if (array.size(axis) > 1 && array.stride(axis) != expected) {
        return false;
      }
      expected *= array.size(axis);
    }
    return array.offset() == 0;
  }

  /** What the batch shows of a filter, a copy. */
  double[][] get(int filter) {
    double[][] rows = new double[examples][columns];
    for (int k = 0; k < examples; k++) {
      long from = ((long) k * filters + filter) * columns;
      double[] row = rows[k];
      if (numbers instanceof FloatIndexer floats) {
        for (int i = 0; i < columns; i++) {
          row[i] = floats.get(from + i);
        }
      } else {
        for (int i = 0; i < columns; i++) {
          row[i] = ((DoubleIndexer) numbers).get(from + i);
        }
      }
    }
    return rows;
  }

  private void put(int filter, double[][] rows) {
    for (int k = 0; k < examples; k++) {
      long from = ((long) k * filters + filter) * columns;
      double[] row = rows[k];
      if (numbers instanceof FloatIndexer floats) {
        for (int i = 0; i < columns; i++) {
          floats.put(from + i, (float) row[i]);
        }
      } else {
        for (int i = 0; i < columns; i++) {
          ((DoubleIndexer) numbers).put(from + i, row[i]);
        }
      }
    }
  }
}
