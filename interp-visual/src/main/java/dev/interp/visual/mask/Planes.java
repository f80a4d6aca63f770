package dev.interp.visual.mask;

import dev.interp.visual.optimize.Separable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The size of pictures that lie in plain arrays of {@code channels · height · width} numbers, and
 * what masks do with them.
 */
record Planes(int channels, int height, int width) {

  static Planes of(INDArray x) {
    return new Planes((int) x.size(1), (int) x.size(2), (int) x.size(3));
  }

  /** One array per example. */
  static double[][] rows(INDArray batch) {
    int n = (int) batch.size(0);
    double[] all = batch.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double[][] rows = new double[n][all.length / n];
    for (int r = 0; r < n; r++) {
      System.arraycopy(all, r * rows[r].length, rows[r], 0, rows[r].length);
    }
    return rows;
  }

  /** {@code [rows, channels, H, W]} with height, width and type of another batch. */
  static INDArray array(double[][] rows, INDArray like, long channels) {
    double[] all = new double[rows.length * rows[0].length];
    for (int r = 0; r < rows.length; r++) {
      System.arraycopy(rows[r], 0, all, r * rows[r].length, rows[r].length);
    }
    return Nd4j.createFromArray(all)
        .reshape(rows.length, channels, like.size(2), like.size(3))
        .castTo(like.dataType());
  }

  static double[] difference(double[] a, double[] b) {
    double[] result = new double[a.length];
    for (int k = 0; k < a.length; k++) {
      result[k] = a[k] - b[k];
    }
    return result;
  }

  /**
   * {@code nothing + M · difference} with M the mask, or one minus the mask for a negative sign.
   */
  double[] blend(double[] nothing, double[] difference, double[] mask, int sign) {
    double[] result = new double[nothing.length];
    for (int first = 0; first < result.length; first += mask.length) {
      for (int k = 0; k < mask.length; k++) {
        double m = sign > 0 ? mask[k] : 1 - mask[k];
        result[first + k] = nothing[first + k] + m * difference[first + k];
      }
    }
    return result;
  }

  /** Adds {@code factor · Σ_c a · b} to a plane. */
  void addProduct(double[] a, double[] b, double factor, double[] plane) {
    for (int first = 0; first < a.length; first += plane.length) {
      for (int k = 0; k < plane.length; k++) {
        plane[k] += factor * a[first + k] * b[first + k];
      }
    }
  }

  double[] resized(double[] picture, Planes to) {
    if (equals(to)) {
      return picture;
    }
    return each(picture, Separable.bilinear(height, width, to.height, to.width));
  }

  double[] each(double[] picture, Separable map) {
    double[] result = new double[channels * map.outputs()];
    for (int c = 0; c < channels; c++) {
      double[] plane = new double[height * width];
      System.arraycopy(picture, c * plane.length, plane, 0, plane.length);
      System.arraycopy(map.apply(plane), 0, result, c * map.outputs(), map.outputs());
    }
    return result;
  }

  double[] crop(double[] picture, int top, int left, Planes to) {
    double[] result = new double[channels * to.height * to.width];
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < to.height; i++) {
        System.arraycopy(
            picture,
            (c * height + top + i) * width + left,
            result,
            (c * to.height + i) * to.width,
            to.width);
      }
    }
    return result;
  }

  /** Left and right exchanged. */
  double[] mirrored(double[] picture) {
    double[] result = new double[picture.length];
    for (int k = 0; k < picture.length; k++) {
      result[k] = picture[k - k % width + width - 1 - k % width];
    }
    return result;
  }
}
