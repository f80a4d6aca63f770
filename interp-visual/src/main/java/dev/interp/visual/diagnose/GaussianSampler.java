package dev.interp.visual.diagnose;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Windows drawn from a Gaussian, the pixels around them given.
 *
 * @param statistics of patches; null to take those of the picture itself
 * @param padding how many rows and columns on each side are given
 */
record GaussianSampler(@Nullable PatchStatistics statistics, int padding) implements WindowSampler {
  private static final int ENOUGH = 20000;

  GaussianSampler {
    if (padding < 1) {
      throw new IllegalArgumentException("the padding must be at least 1, was " + padding);
    }
    if (statistics != null && statistics.count() == 0) {
      throw new IllegalArgumentException(
          "the statistics must have seen a patch; add pictures to them first");
    }
  }

  @Override
  public String name() {
    return "conditional, padding "
        + padding
        + ", "
        + (statistics == null ? "patches of the picture itself" : statistics);
  }

  @Override
  public void check(long[] shape, int side) {
    int h = (int) Math.min(side + 2L * padding, shape[1]);
    int w = (int) Math.min(side + 2L * padding, shape[2]);
    if (statistics != null
        && (statistics.channels() != shape[0]
            || statistics.height() != h
            || statistics.width() != w)) {
      throw new IllegalArgumentException(
          "for windows of "
              + side
              + " and padding "
              + padding
              + " on "
              + Arrays.toString(shape)
              + " the statistics must be of patches ["
              + shape[0]
              + ", "
              + h
              + ", "
              + w
              + "], were of "
              + statistics);
    }
  }

  @Override
  public Draws of(INDArray example, int side) {
    int channels = (int) example.size(0);
    int h = (int) example.size(1);
    int w = (int) example.size(2);
    int patchH = Math.min(side + 2 * padding, h);
    int patchW = Math.min(side + 2 * padding, w);
    PatchStatistics known = statistics == null ? own(example, patchH, patchW) : statistics;
    int groups = channels / known.together();
    int plane = patchH * patchW;
    double[] values = example.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double[][][] covariance = new double[groups][][];
    Arrays.setAll(covariance, known::covariance);
    Map<Integer, Conditional> conditionals = new HashMap<>();
    return (top, left, count, random) -> {
      int patchTop = Math.min(Math.max(top - padding, 0), h - patchH);
      int patchLeft = Math.min(Math.max(left - padding, 0), w - patchW);
      int corner = (top - patchTop) * patchW + left - patchLeft;
      double[][] draws = new double[count][channels * side * side];
      for (int g = 0; g < groups; g++) {
        int group = g;
        Conditional conditional =
            conditionals.computeIfAbsent(
                g * plane + corner,
                k ->
                    new Conditional(
                        known.mean(group),
                        covariance[group],
                        window(known.together(), corner, side, patchW, plane)));
        double[] patch = new double[known.together() * plane];
        for (int k = 0; k < patch.length; k++) {
          int c = g * known.together() + k / plane;
          int i = patchTop + k % plane / patchW;
          patch[k] = values[(c * h + i) * w + patchLeft + k % patchW];
        }
        double[] mean = conditional.mean(patch);
        for (double[] draw : draws) {
          double[] deviation = conditional.deviation(random);
          for (int k = 0; k < mean.length; k++) {
            int c = g * known.together() + k / (side * side);
            draw[g * mean.length + k] =
                Math.min(known.most(c), Math.max(known.least(c), mean[k] + deviation[k]));
          }
        }
      }
      return draws;
    };
  }

  private static PatchStatistics own(INDArray example, int patchH, int patchW) {
    long h = example.size(1) - patchH + 1;
    long w = example.size(2) - patchW + 1;
    int stride = 1;
    while (((h - 1) / stride + 1) * ((w - 1) / stride + 1) > ENOUGH) {
      stride++;
    }
    PatchStatistics own = PatchStatistics.perChannel((int) example.size(0), patchH, patchW);
    own.add(Nd4j.expandDims(example, 0), stride);
    return own;
  }

  /** The places of a window in a patch, all channels of it. */
  private static int[] window(int channels, int corner, int side, int patchW, int plane) {
    int[] places = new int[channels * side * side];
    for (int k = 0; k < places.length; k++) {
      int inside = k % (side * side);
      places[k] = k / (side * side) * plane + corner + inside / side * patchW + inside % side;
    }
    return places;
  }
}
