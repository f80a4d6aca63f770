package dev.interp.visual.relevance;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays as plain numbers, for loops that would take many passes of ND4J's. For FLOAT and DOUBLE
 * arrays in row order only.
 */
public final class Numbers {
  /** Numbers that are converted at once, so that they stay near. */
  private static final int BLOCK = 4096;

  private Numbers() {}

  /**
   * A copy of the numbers in row order.
   *
   * @param array FLOAT or DOUBLE; not modified
   * @return the numbers, owned by the caller
   */
  public static double[] of(INDArray array) {
    double[] numbers = new double[Math.toIntExact(array.length())];
    read(array, 0, numbers);
    return numbers;
  }

  /**
   * Copies numbers in row order.
   *
   * @param array FLOAT or DOUBLE; not modified
   * @param from the first number that is copied
   * @param into filled with as many as it has room for
   */
  public static void read(INDArray array, int from, double[] into) {
    INDArray rows = inRows(array) ? array : array.dup('c');
    if (rows.dataType() == DataType.DOUBLE) {
      rows.data().asNioDouble().get(from, into);
      return;
    }
    FloatBuffer numbers = rows.data().asNioFloat();
    float[] some = new float[Math.min(BLOCK, into.length)];
    for (int done = 0; done < into.length; done += some.length) {
      int count = Math.min(some.length, into.length - done);
      numbers.get(from + done, some, 0, count);
      for (int i = 0; i < count; i++) {
        into[done + i] = some[i];
      }
    }
  }

  /**
   * Writes numbers into a freshly made array.
   *
   * @param numbers in row order
   * @param into FLOAT or DOUBLE in row order, as long; overwritten
   * @return {@code into}
   */
  public static INDArray write(double[] numbers, INDArray into) {
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

  static boolean inRows(INDArray array) {
    return array.offset() == 0
        && array.ordering() == 'c'
        && array.elementWiseStride() == 1
        && Arrays.equals(array.stride(), Nd4j.getStrides(array.shape(), 'c'));
  }
}
