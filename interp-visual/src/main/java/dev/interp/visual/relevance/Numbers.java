package dev.interp.visual.relevance;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays as plain numbers, for loops that would take many passes of ND4J's. For FLOAT and DOUBLE
 * arrays in row order only.
 */
public final class Numbers {
  private Numbers() {}

  /**
   * A copy of the numbers in row order.
   *
   * @param array FLOAT or DOUBLE; not modified
   * @return the numbers, owned by the caller
   */
  public static double[] of(INDArray array) {
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
