package dev.interp.visual.relevance;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays as plain numbers, for loops that would take many passes of ND4J's. For FLOAT and DOUBLE
 * arrays in row order only.
 */
final class Numbers {
  /** How many numbers a window shows. */
  static final int WINDOW = 2048;

  private Numbers() {}

  /** A copy of the numbers in row order. */
  static double[] of(INDArray array) {
    INDArray rows = inRows(array) ? array : array.dup('c');
    double[] numbers = new double[Math.toIntExact(rows.length())];
    if (rows.dataType() == DataType.DOUBLE) {
      rows.data().asNioDouble().get(numbers);
      return numbers;
    }
    float[] single = new float[numbers.length];
    rows.data().asNioFloat().get(single);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = single[i];
    }
    return numbers;
  }

  /** Writes numbers into a freshly made array. */
  static INDArray write(double[] numbers, INDArray into) {
    if (!inRows(into)) {
      throw new IllegalStateException("numbers are written in row order");
    }
    if (into.dataType() == DataType.DOUBLE) {
      into.data().asNioDouble().put(numbers);
    } else {
      float[] single = new float[numbers.length];
      for (int i = 0; i < numbers.length; i++) {
        single[i] = (float) numbers[i];
      }
      into.data().asNioFloat().put(single);
    }
    return into;
  }

  /** A window onto an array; onto a copy of it where it is not in row order. */
  static Window window(INDArray array) {
    return new Window(inRows(array) ? array : array.dup('c'));
  }

  /**
   * Some numbers of an array at a time, as many as stay near the processor: a loop over several
   * arrays then costs little more than reading them.
   */
  static final class Window {
    private final INDArray rows;
    private final @Nullable DoubleBuffer exact;
    private final @Nullable FloatBuffer single;
    private double[] numbers = {};
    private float[] narrow = {};

    private Window(INDArray rows) {
      boolean wide = rows.dataType() == DataType.DOUBLE;
      this.rows = rows;
      this.exact = wide ? rows.data().asNioDouble() : null;
      this.single = wide ? null : rows.data().asNioFloat();
    }

    /** The next numbers from one on, {@link #WINDOW} or what is left; good until the next call. */
    double[] read(int first) {
      int count = (int) Math.min(WINDOW, rows.length() - first);
      if (numbers.length != count) {
        numbers = new double[count];
        narrow = new float[count];
      }
      if (exact != null) {
        exact.get(first, numbers);
      } else if (single != null) {
        single.get(first, narrow);
        for (int i = 0; i < count; i++) {
          numbers[i] = narrow[i];
        }
      }
      return numbers;
    }

    /** Writes numbers from one on. */
    void write(int first, double[] values) {
      if (exact != null) {
        exact.put(first, values);
      } else if (single != null) {
        if (narrow.length != values.length) {
          narrow = new float[values.length];
        }
        for (int i = 0; i < values.length; i++) {
          narrow[i] = (float) values[i];
        }
        single.put(first, narrow);
      }
    }
  }

  private static boolean inRows(INDArray array) {
    return array.offset() == 0
        && array.ordering() == 'c'
        && array.elementWiseStride() == 1
        && Arrays.equals(array.stride(), Nd4j.getStrides(array.shape(), 'c'));
  }
}
