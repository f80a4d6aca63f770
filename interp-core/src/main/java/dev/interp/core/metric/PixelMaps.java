package dev.interp.core.metric;

import dev.interp.core.image.Resample;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Attributions as one value per pixel. */
final class PixelMaps {
  private PixelMaps() {}

  static double[][] of(INDArray values, int height, int width) {
    int examples = (int) values.size(0);
    int channels = (int) values.size(1);
    int h = (int) values.size(2);
    int w = (int) values.size(3);
    int plane = h * w;
    double[] all = values.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double[][] maps = new double[examples][];
    for (int n = 0; n < examples; n++) {
      double[] map = new double[plane];
      for (int c = 0; c < channels; c++) {
        int offset = (n * channels + c) * plane;
        for (int p = 0; p < plane; p++) {
          map[p] += all[offset + p];
        }
      }
      check(map, n, w);
      maps[n] = h == height && w == width ? map : resampled(map, h, w, height, width);
    }
    return maps;
  }

  private static void check(double[] map, int example, int width) {
    for (int p = 0; p < map.length; p++) {
      if (!Double.isFinite(map[p])) {
        throw new IllegalArgumentException(
            "an attribution must be finite, but that of picture "
                + example
                + " is "
                + map[p]
                + " at row "
                + p / width
                + ", column "
                + p % width
                + "; a division by zero in the method?");
      }
    }
  }

  private static double[] resampled(double[] map, int h, int w, int height, int width) {
    float[] plane = new float[map.length];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = (float) map[i];
    }
    float[] large = Resample.BILINEAR.apply(plane, h, w, height, width);
    double[] result = new double[large.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = large[i];
    }
    return result;
  }
}
