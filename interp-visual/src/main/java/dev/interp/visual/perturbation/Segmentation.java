package dev.interp.visual.perturbation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How an example is divided into the parts that are hidden and shown together. Immutable; equal
 * pictures get equal parts.
 */
public final class Segmentation {
  private final String name;
  private final Function<INDArray, List<Segments>> divide;

  private Segmentation(String name, Function<INDArray, List<Segments>> divide) {
    this.name = name;
    this.divide = divide;
  }

  /**
   * Every pixel is a part, its channels together; for vectors every feature.
   *
   * @return the segmentation
   */
  public static Segmentation pixels() {
    return same("pixels", s -> new Segments(upTo(plane(s)), single(s)));
  }

  /**
   * Every input value is a part, each channel of a pixel its own.
   *
   * @return the segmentation
   */
  public static Segmentation values() {
    return same("values", s -> new Segments(upTo(product(s)), s));
  }

  /**
   * Every channel is a part.
   *
   * @return the segmentation, for pictures
   */
  public static Segmentation channels() {
    return same(
        "channels",
        s -> {
          picture("channels", s);
          int plane = plane(s);
          int[] labels = upTo(product(s));
          return new Segments(Arrays.stream(labels).map(i -> i / plane).toArray(), s);
        });
  }

  /**
   * A grid of rectangles as equal as the size allows; no finer than pixels.
   *
   * @param rows from top to bottom, at least 1
   * @param columns from left to right, at least 1
   * @return the segmentation; a vector is one row
   */
  public static Segmentation grid(int rows, int columns) {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException(
          "the grid must have at least 1 row and 1 column, was " + rows + "×" + columns);
    }
    return same(
        "grid " + rows + "×" + columns,
        s -> {
          int h = s.length == 1 ? 1 : (int) s[1];
          int w = plane(s) / h;
          int down = Math.min(rows, h);
          int across = Math.min(columns, w);
          int[] labels =
              IntStream.range(0, h * w)
                  .map(i -> i / w * down / h * across + i % w * across / w)
                  .toArray();
          return new Segments(labels, single(s));
        });
  }

  /**
   * SLIC superpixels: k-means over colour and place (Achanta et al.: SLIC Superpixels Compared to
   * State-of-the-art Superpixel Methods, PAMI 2012), ten rounds from a regular grid of centres,
   * after which pieces smaller than a quarter of the usual size join a neighbour.
   *
   * <p>Colours are the example's own values, stretched so that its smallest is 0 and its largest is
   * 1, in CIELAB where there are three channels.
   *
   * @param segments how many are aimed at, at least 1
   * @param compactness weight of place against colour, above 0; 10 is usual
   * @return the segmentation, for pictures
   */
  public static Segmentation slic(int segments, double compactness) {
    if (segments < 1 || !(compactness > 0)) {
      throw new IllegalArgumentException(
          "SLIC needs at least 1 segment and a compactness above 0, was "
              + segments
              + " and "
              + compactness);
    }
    return superpixels(
        "slic " + segments + ", compactness " + compactness, p -> p.slic(segments, compactness));
  }

  /**
   * Quickshift superpixels: each pixel is linked to the nearest one in colour and place that lies
   * in a denser neighbourhood, and the trees of links are the parts (Vedaldi, Soatto: Quick Shift
   * and Kernel Methods for Mode Seeking, 2008). Equal densities are told apart by their order
   * instead of random noise.
   *
   * <p>Colours as in {@link #slic}. Costs H · W · (6 kernel + 1)² operations.
   *
   * @param kernel standard deviation of the density's Gaussian in pixels, above 0; larger gives
   *     fewer parts
   * @param reach longest link, above 0; larger gives fewer parts
   * @param ratio weight of colour, in [0, 1]
   * @return the segmentation, for pictures
   */
  public static Segmentation quickshift(double kernel, double reach, double ratio) {
    if (!(kernel > 0 && reach > 0 && ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException(
          "quickshift needs a kernel and a reach above 0 and a ratio in [0, 1], was "
              + kernel
              + ", "
              + reach
              + " and "
              + ratio);
    }
    return superpixels(
        "quickshift " + kernel + ", reach " + reach + ", ratio " + ratio,
        p -> p.quickshift(kernel, reach, ratio));
  }

  /**
   * Quickshift as LIME uses it: kernel 4, reach 200, ratio 0.2.
   *
   * @return the segmentation, for pictures
   */
  public static Segmentation quickshift() {
    return quickshift(4, 200, 0.2);
  }

  /**
   * Parts of one's own.
   *
   * @param mask whole numbers, equal ones for values of one part; {@code [H, W]}, {@code [C, H, W]}
   *     or {@code [N, C, H, W]} for pictures, {@code [F]} or {@code [N, F]} for vectors, where any
   *     size may be 1 and stands for all; copied
   * @return the segmentation
   */
  public static Segmentation mask(INDArray mask) {
    INDArray own = mask.castTo(DataType.DOUBLE).dup('c');
    double[] numbers = own.ravel().toDoubleVector();
    for (double number : numbers) {
      if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "the mask must hold whole numbers, one per part, but holds " + number);
      }
    }
    return new Segmentation(
        "mask " + Arrays.toString(mask.shape()), x -> given(own.shape(), numbers, x.shape()));
  }

  /** Broadcasts a mask over a batch as NumPy would, from the last axis on. */
  private static List<Segments> given(long[] mask, double[] numbers, long[] x) {
    int missing = x.length - mask.length;
    boolean fits = missing >= 0;
    for (int axis = 0; fits && axis < mask.length; axis++) {
      fits = mask[axis] == 1 || mask[axis] == x[missing + axis];
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "the mask must be "
              + (x.length == 4 ? "[H, W], [C, H, W] or [N, C, H, W]" : "[F] or [N, F]")
              + " for an input of "
              + Arrays.toString(x)
              + " (any size may be 1), was "
              + Arrays.toString(mask));
    }
    long[] full = new long[x.length];
    Arrays.fill(full, 1);
    System.arraycopy(mask, 0, full, missing, mask.length);
    boolean together = x.length == 4 && full[1] == 1;
    long[] shape = Arrays.copyOfRange(x, 1, x.length);
    if (together) {
      shape[0] = 1;
    }
    INDArray array = Nd4j.createFromArray(numbers).reshape('c', full);
    List<Segments> all = new ArrayList<>();
    for (int i = 0; i < x[0]; i++) {
      if (i > 0 && full[0] == 1) {
        all.add(all.get(0));
        continue;
      }
      INDArray one = array.slice(full[0] == 1 ? 0 : i).broadcast(shape).dup('c');
      int[] labels = Arrays.stream(one.ravel().toDoubleVector()).mapToInt(d -> (int) d).toArray();
      all.add(new Segments(labels, shape));
    }
    return List.copyOf(all);
  }

  /**
   * Divides a batch.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @return the parts of each example
   * @throws IllegalArgumentException if the segmentation does not fit the batch
   */
  public List<Segments> of(INDArray x) {
    return divide.apply(x);
  }

  /** What provenance calls it. */
  @Override
  public String toString() {
    return name;
  }

  private static Segmentation same(String name, Function<long[], Segments> make) {
    return new Segmentation(
        name,
        x -> {
          Segments one = make.apply(Arrays.copyOfRange(x.shape(), 1, x.rank()));
          return Collections.nCopies((int) x.size(0), one);
        });
  }

  private static Segmentation superpixels(String name, Function<Superpixels, int[]> divide) {
    return new Segmentation(
        name,
        x -> {
          long[] shape = Arrays.copyOfRange(x.shape(), 1, x.rank());
          picture(name, shape);
          List<Segments> all = new ArrayList<>();
          for (int i = 0; i < x.size(0); i++) {
            all.add(new Segments(divide.apply(Superpixels.of(x.slice(i))), single(shape)));
          }
          return List.copyOf(all);
        });
  }

  private static void picture(String name, long[] shape) {
    if (shape.length != 3) {
      throw new IllegalArgumentException(
          "segments by " + name + " need pictures [N, C, H, W]; for vectors give a mask");
    }
  }

  /** The shape of a map whose channels belong together. */
  private static long[] single(long[] shape) {
    return shape.length == 1 ? shape : new long[] {1, shape[1], shape[2]};
  }

  private static int plane(long[] shape) {
    return product(single(shape));
  }

  private static int product(long[] shape) {
    return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  private static int[] upTo(int count) {
    return IntStream.range(0, count).toArray();
  }
}
