package dev.interp.visual.relevance;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Some numbers of an array at a time, as many as stay near the processor: arithmetic over several
 * arrays then costs little more than reading them once. The numbers keep the array's type, since
 * Java's compiler has vector instructions for loops over one type only. Windows of one calculation
 * stand at the same place.
 */
final class Window {
  /** How many numbers a window shows, but for the last. */
  static final int SIZE = 2048;

  private final INDArray rows;
  private final boolean isExact;
  private final DoubleBuffer exactRows;
  private final FloatBuffer singleRows;
  private double[] exact = {};
  private float[] single = {};

  /** Onto a FLOAT or DOUBLE array; onto a copy where it is not in row order. */
  Window(INDArray array) {
    rows = Numbers.inRows(array) ? array : array.dup('c');
    isExact = rows.dataType() == DataType.DOUBLE;
    exactRows = isExact ? rows.data().asNioDouble() : DoubleBuffer.allocate(0);
    singleRows = isExact ? FloatBuffer.allocate(0) : rows.data().asNioFloat();
  }

  /** Shows the numbers from one on. */
  Window read(int first) {
    int count = (int) Math.min(SIZE, rows.length() - first);
    if (isExact) {
      exact = exact.length == count ? exact : new double[count];
      exactRows.get(first, exact);
    } else {
      single = single.length == count ? single : new float[count];
      singleRows.get(first, single);
    }
    return this;
  }

  /** Writes what another window shows. */
  void write(int first, Window shown) {
    if (isExact) {
      exactRows.put(first, shown.exact);
    } else {
      singleRows.put(first, shown.single);
    }
  }

  /** Multiplies what this shows by a − b. */
  Window multiply(Window a, Window b) {
    for (int i = 0; i < exact.length; i++) {
      exact[i] *= a.exact[i] - b.exact[i];
    }
    for (int i = 0; i < single.length; i++) {
      single[i] *= a.single[i] - b.single[i];
    }
    return this;
  }

  /** Divides what this shows by a − b. */
  void divide(Window a, Window b) {
    for (int i = 0; i < exact.length; i++) {
      exact[i] /= a.exact[i] - b.exact[i];
    }
    for (int i = 0; i < single.length; i++) {
      single[i] /= a.single[i] - b.single[i];
    }
  }

  /** Whether this and another differ by less than a limit anywhere. */
  boolean touches(Window other, double limit) {
    for (int i = 0; i < exact.length; i++) {
      if (Math.abs(exact[i] - other.exact[i]) < limit) {
        return true;
      }
    }
    float bound = (float) limit;
    for (int i = 0; i < single.length; i++) {
      if (Math.abs(single[i] - other.single[i]) < bound) {
        return true;
      }
    }
    return false;
  }

  /** Takes the numbers of another window where a and b differ by less than a limit. */
  void replace(Window other, Window a, Window b, double limit) {
    // A choice of numbers, not of ways: nobody could predict which it will be.
    for (int i = 0; i < exact.length; i++) {
      exact[i] = Math.abs(a.exact[i] - b.exact[i]) < limit ? other.exact[i] : exact[i];
    }
    float bound = (float) limit;
    for (int i = 0; i < single.length; i++) {
      single[i] = Math.abs(a.single[i] - b.single[i]) < bound ? other.single[i] : single[i];
    }
  }
}
