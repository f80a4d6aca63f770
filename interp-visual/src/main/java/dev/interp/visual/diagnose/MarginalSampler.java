package dev.interp.visual.diagnose;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Windows as they occur elsewhere.
 *
 * @param pictures where they are taken from; null for the picture itself
 */
record MarginalSampler(@Nullable INDArray pictures) implements WindowSampler {

  /** ND4J takes the rows of a view that begins inside its buffer for empty. */
  MarginalSampler {
    pictures = pictures != null && pictures.isView() ? pictures.dup('c') : pictures;
  }

  @Override
  public String name() {
    return pictures == null
        ? "marginal, of the picture itself"
        : "marginal, of " + pictures.size(0) + " pictures";
  }

  @Override
  public void check(long[] shape, int side) {
    if (pictures != null
        && (pictures.rank() != 4
            || !Arrays.equals(Arrays.copyOfRange(pictures.shape(), 1, 4), shape))) {
      throw new IllegalArgumentException(
          "the pictures of a marginal sampler must be [M, "
              + shape[0]
              + ", "
              + shape[1]
              + ", "
              + shape[2]
              + "] like what is explained, were "
              + Arrays.toString(pictures.shape()));
    }
  }

  @Override
  public Draws of(INDArray example, int side) {
    int channels = (int) example.size(0);
    int h = (int) example.size(1);
    int w = (int) example.size(2);
    double[] own = example.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    return (top, left, count, random) -> {
      double[][] draws = new double[count][channels * side * side];
      for (double[] draw : draws) {
        draw(own, top, left, random, draw, channels, h, w, side);
      }
      return draws;
    };
  }

  private void draw(
      double[] own,
      int top,
      int left,
      RandomGenerator random,
      double[] draw,
      int channels,
      int h,
      int w,
      int side) {
    double[] from = own;
    int row = top;
    int column = left;
    if (pictures == null) {
      row = random.nextInt(h - side + 1);
      column = random.nextInt(w - side + 1);
    } else {
      INDArray one = pictures.slice(random.nextInt((int) pictures.size(0)));
      from = one.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    }
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < side; i++) {
        System.arraycopy(from, (c * h + row + i) * w + column, draw, (c * side + i) * side, side);
      }
    }
  }
}
