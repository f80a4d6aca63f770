package dev.interp.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays of known numbers, and how to compare them. */
public final class Tensors {
  private static final double STEP = 1e-5;

  private Tensors() {}

  /**
   * Normally distributed numbers that depend on nothing but the arguments.
   *
   * @param type of the array
   * @param seed equal seeds give equal numbers, whatever the type
   * @param shape of the array
   * @return a new array
   */
  public static INDArray gaussian(DataType type, long seed, long... shape) {
    Random random = new Random(seed);
    long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] numbers = random.doubles(length).map(u -> random.nextGaussian()).toArray();
    return Nd4j.createFromArray(numbers).castTo(type).reshape('c', shape);
  }

  /**
   * The numbers 1, 2, 3 and so on in row order.
   *
   * @param shape of the array
   * @return a new array of type DOUBLE
   */
  public static INDArray counting(long... shape) {
    long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] numbers = new double[(int) length];
    Arrays.setAll(numbers, i -> i + 1);
    return Nd4j.createFromArray(numbers).reshape('c', shape);
  }

  /**
   * An array of type DOUBLE.
   *
   * @param shape of the array
   * @param numbers in row order
   * @return a new array
   */
  public static INDArray array(long[] shape, double... numbers) {
    return Nd4j.createFromArray(numbers).reshape('c', shape);
  }

  /**
   * The numbers in row order, whatever the strides.
   *
   * @param array any array
   * @return a copy
   */
  public static double[] numbers(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  /**
   * The numbers bit for bit.
   *
   * @param array any array
   * @return eight bytes per number, in row order
   */
  public static byte[] bytes(INDArray array) {
    double[] numbers = numbers(array);
    ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length);
    Arrays.stream(numbers).forEach(bytes::putDouble);
    return bytes.array();
  }

  /**
   * Asserts equal shapes and equal bits.
   *
   * @param actual what came out
   * @param expected what must come out
   */
  public static void assertSameBits(INDArray actual, INDArray expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.dataType()).isEqualTo(expected.dataType());
    assertThat(bytes(actual)).isEqualTo(bytes(expected));
  }

  /**
   * Asserts equal shapes and a greatest difference of {@code tolerance} times the greatest
   * magnitude expected (or times one, if that is larger).
   *
   * @param actual what came out
   * @param expected what must come out
   * @param tolerance relative
   */
  public static void assertClose(INDArray actual, INDArray expected, double tolerance) {
    assertThat(actual.shape()).as("shape").isEqualTo(expected.shape());
    double[] a = numbers(actual);
    double[] e = numbers(expected);
    double scale = Math.max(1, Arrays.stream(e).map(Math::abs).max().orElse(0));
    for (int i = 0; i < a.length; i++) {
      if (!(Math.abs(a[i] - e[i]) <= tolerance * scale)) {
        assertThat(a[i])
            .as(
                "number %d of %d; all are%n%s, expected%n%s",
                i, a.length, beginning(a), beginning(e))
            .isCloseTo(e[i], org.assertj.core.data.Offset.offset(tolerance * scale));
      }
    }
  }

  /**
   * The gradient of a function of one example by central differences. All points are given to the
   * function as one batch.
   *
   * @param function gives one number per example of a batch
   * @param x of type DOUBLE, a batch; not modified
   * @return in the shape of {@code x}
   */
  public static INDArray slope(Function<INDArray, INDArray> function, INDArray x) {
    long[] shape = x.shape();
    int size = (int) (x.length() / shape[0]);
    INDArray examples = x.dup('c').reshape('c', shape[0], size);
    INDArray slope = Nd4j.zeros(DataType.DOUBLE, shape[0], size);
    long[] batch = shape.clone();
    batch[0] = 2L * size;
    for (int n = 0; n < shape[0]; n++) {
      double[] example = numbers(examples.getRow(n));
      double[] points = new double[2 * size * size];
      for (int i = 0; i < 2 * size; i++) {
        System.arraycopy(example, 0, points, i * size, size);
        points[i * size + i / 2] += i % 2 == 0 ? STEP : -STEP;
      }
      double[] values = numbers(function.apply(array(batch, points)));
      for (int i = 0; i < size; i++) {
        slope.putScalar(n, i, (values[2 * i] - values[2 * i + 1]) / (2 * STEP));
      }
    }
    return slope.reshape('c', shape);
  }

  private static String beginning(double[] numbers) {
    return Arrays.toString(Arrays.copyOf(numbers, Math.min(numbers.length, 60)));
  }
}
