package dev.interp.training.filter;

import java.util.stream.IntStream;
import org.bytedeco.javacpp.indexer.DoubleIndexer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.bytedeco.javacpp.indexer.Indexer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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
    return new FilterRows(plain(array), filters);
  }

  /** Visits all filters. */
  void read(Pass pass) {
    IntStream.range(0, filters).parallel().forEach(filter -> pass.visit(filter, get(filter)));
  }

  /** An array of the same shape, in row order: what a pass makes of the rows of this one. */
  static INDArray made(INDArray array, int filters, Pass pass) {
    INDArray made = Nd4j.createUninitialized(array.dataType(), array.shape(), 'c');
    INDArray plain = plain(array);
    write(new FilterRows(plain, filters), new FilterRows(made, filters), pass);
    return made;
  }

  /** Visits all filters of a plain array, which becomes what the pass makes of the rows. */
  static void change(INDArray plain, int filters, Pass pass) {
    if (!isPlain(plain)) {
      throw new IllegalStateException("an array that is changed must be a whole one in row order");
    }
    FilterRows all = new FilterRows(plain, filters);
    write(all, all, pass);
  }

  private static void write(FilterRows from, FilterRows to, Pass pass) {
    from.read(
        (filter, rows) -> {
          pass.visit(filter, rows);
          to.put(filter, rows);
        });
  }

  /** The array, or a copy if its numbers do not lie one after the other in row order. */
  static INDArray plain(INDArray array) {
    return isPlain(array) ? array : array.dup('c');
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
