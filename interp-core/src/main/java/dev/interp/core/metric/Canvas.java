package dev.interp.core.metric;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Pictures that can be written pixel by pixel, in the precision of a network. */
final class Canvas {
  private final float @Nullable [] floats;
  private final double @Nullable [] doubles;

  private Canvas(float @Nullable [] floats, double @Nullable [] doubles) {
    this.floats = floats;
    this.doubles = doubles;
  }

  static Canvas empty(DataType type, int length) {
    return type == DataType.DOUBLE
        ? new Canvas(null, new double[length])
        : new Canvas(new float[length], null);
  }

  static Canvas of(INDArray array) {
    INDArray plain = array.dup('c');
    return array.dataType() == DataType.DOUBLE
        ? new Canvas(null, plain.data().asDouble())
        : new Canvas(plain.data().asFloat(), null);
  }

  double get(int i) {
    return floats != null ? floats[i] : doubles != null ? doubles[i] : Double.NaN;
  }

  /** A stretch of the numbers. */
  double[] numbers(int from, int length) {
    double[] numbers = new double[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = get(from + i);
    }
    return numbers;
  }

  void set(int i, double value) {
    if (floats != null) {
      floats[i] = (float) value;
    } else if (doubles != null) {
      doubles[i] = value;
    }
  }

  /** Takes a stretch of another canvas of the same precision. */
  void copy(Canvas from, int start, int to, int length) {
    if (floats != null && from.floats != null) {
      System.arraycopy(from.floats, start, floats, to, length);
    } else if (doubles != null && from.doubles != null) {
      System.arraycopy(from.doubles, start, doubles, to, length);
    }
  }

  /** A new array of these numbers, owned by the caller. */
  INDArray array(long... shape) {
    INDArray array =
        Nd4j.createUninitialized(floats != null ? DataType.FLOAT : DataType.DOUBLE, shape, 'c');
    writeTo(array);
    return array;
  }

  /** Writes into an array of the same length that is laid out in C order. */
  void writeTo(INDArray array) {
    if (floats != null) {
      array.data().asNioFloat().put(floats, 0, (int) array.length());
    } else if (doubles != null) {
      array.data().asNioDouble().put(doubles, 0, (int) array.length());
    }
  }
}
