package dev.interp.visual.invert;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Features less their means, over their standard deviations, channel by channel: what pictures have
 * in common, which in vectors is most of them, tells nothing of one of them.
 *
 * @param means of the channels
 * @param factors one over the deviations, no larger than twenty over their mean
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
record Standardization(double[] means, double[] factors) {
  /** Of what hardly varies, noise would be enlarged. */
  private static final double LEAST = 0.05;

  /**
   * That of a set.
   *
   * @param features {@code [N, C, H, W]} or {@code [N, F]}
   */
  static Standardization of(INDArray features) {
    int[] others = others(features);
    INDArray exact = features.castTo(DataType.DOUBLE);
    double[] deviations = exact.std(false, others).toDoubleVector();
    double least = LEAST * Arrays.stream(deviations).average().orElse(0);
    double[] factors = Arrays.stream(deviations).map(d -> 1 / Math.max(d, least)).toArray();
    return new Standardization(exact.mean(others).toDoubleVector(), factors);
  }

  private static int[] others(INDArray features) {
    return features.rank() == 4 ? new int[] {0, 2, 3} : new int[] {0};
  }

  /** Whether all pictures have the same features. */
  boolean isFlat() {
    return !Double.isFinite(factors[0]);
  }

  /** A new array of the same type. */
  INDArray apply(INDArray features) {
    long[] across = new long[features.rank()];
    Arrays.fill(across, 1);
    across[1] = means.length;
    DataType type = features.dataType();
    return features
        .sub(Nd4j.createFromArray(means).castTo(type).reshape(across))
        .muli(Nd4j.createFromArray(factors).castTo(type).reshape(across));
  }
}
