package dev.interp.core.metric;

import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Replaces pixels of one copy of a picture; called from several threads. */
@FunctionalInterface
interface Fill {
  /**
   * Replaces pixels.
   *
   * @param example the picture
   * @param pixels pixel indices, of which those from one place to another are removed
   * @param from the first place
   * @param to the place behind the last
   * @param rows holds the copy
   * @param offset where the copy starts
   */
  void apply(int example, int[] pixels, int from, int to, Canvas rows, int offset);

  /** Makes ready for a batch. */
  static Fill of(Imputation imputation, Examples examples) {
    int plane = examples.pixels();
    int channels = examples.channels();
    if (imputation instanceof Imputation.Linear linear) {
      return new LinearFill(examples, linear.deviation(), linear.seed());
    }
    Canvas other =
        Examples.outside(
            () -> {
              if (imputation instanceof Imputation.Constant c) {
                return Canvas.of(c.baseline().of(examples.x()));
              }
              return imputation instanceof Imputation.Uniform u
                  ? noise(examples.x(), u.seed())
                  : Canvas.of(examples.x().neg());
            });
    return (example, pixels, from, to, rows, offset) -> {
      for (int c = 0; c < channels; c++) {
        int start = (example * channels + c) * plane;
        int at = offset + c * plane;
        for (int i = from; i < to; i++) {
          rows.set(at + pixels[i], other.get(start + pixels[i]));
        }
      }
    };
  }

  private static Canvas noise(INDArray x, long seed) {
    int size = (int) (x.length() / x.size(0));
    double[] shares = new double[size];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < size; i++) {
      shares[i] = random.nextDouble();
    }
    Canvas canvas = Canvas.of(x);
    for (int n = 0; n < x.size(0); n++) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < size; i++) {
        low = Math.min(low, canvas.get(n * size + i));
        high = Math.max(high, canvas.get(n * size + i));
      }
      for (int i = 0; i < size; i++) {
        canvas.set(n * size + i, low + shares[i] * (high - low));
      }
    }
    return canvas;
  }
}
