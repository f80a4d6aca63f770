package dev.interp.core.attribution;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A separable Gaussian blur that repeats the edge pixels. */
final class GaussianBlur {
  private static final double REACH = 4;

  private GaussianBlur() {}

  static INDArray apply(INDArray x, double sigma) {
    int h = (int) x.size(2);
    int w = (int) x.size(3);
    int planes = (int) (x.size(0) * x.size(1));
    double[] values = x.dup('c').data().asDouble();
    double[] kernel = kernel(sigma);
    double[] rows = new double[values.length];
    for (int p = 0; p < planes; p++) {
      for (int i = 0; i < h; i++) {
        blurLine(values, rows, (p * h + i) * w, 1, w, kernel);
      }
    }
    for (int p = 0; p < planes; p++) {
      for (int j = 0; j < w; j++) {
        blurLine(rows, values, p * h * w + j, w, h, kernel);
      }
    }
    return Nd4j.createFromArray(values).reshape(x.shape()).castTo(x.dataType());
  }

  private static void blurLine(
      double[] from, double[] to, int start, int step, int length, double[] kernel) {
    int radius = kernel.length / 2;
    double[] line = new double[length + 2 * radius];
    for (int i = 0; i < line.length; i++) {
      line[i] = from[start + Math.min(Math.max(i - radius, 0), length - 1) * step];
    }
    double[] sums = new double[length];
    for (int k = 0; k < kernel.length; k++) {
      double weight = kernel[k];
      for (int i = 0; i < length; i++) {
        sums[i] += weight * line[i + k];
      }
    }
    for (int i = 0; i < length; i++) {
      to[start + i * step] = sums[i];
    }
  }

  private static double[] kernel(double sigma) {
    int radius = (int) Math.ceil(REACH * sigma);
    double[] kernel = new double[2 * radius + 1];
    double total = 0;
    for (int i = 0; i < kernel.length; i++) {
      double d = (i - radius) / sigma;
      kernel[i] = Math.exp(-d * d / 2);
      total += kernel[i];
    }
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] /= total;
    }
    return kernel;
  }
}
