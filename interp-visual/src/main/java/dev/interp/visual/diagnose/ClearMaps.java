package dev.interp.visual.diagnose;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How strongly classes attend to each place of some pictures.
 *
 * @param classes the K classes compared for each example, largest logit first
 * @param responses {@code [N, K, H, W]} in the network's precision: the attentive response of each
 *     of these classes, signed; owned by whoever holds the record
 * @param dominantClasses {@code [N, 1, H, W]}, INT: the class with the largest response at each
 *     place; of equal ones the first in {@code classes}
 * @param dominantResponses {@code [N, 1, H, W]}: that largest response
 */
public record ClearMaps(
    List<List<Integer>> classes,
    INDArray responses,
    INDArray dominantClasses,
    INDArray dominantResponses) {
  private static final double GOLDEN = 0.618033988749895;

  /** Copies the lists. */
  public ClearMaps {
    classes = classes.stream().map(List::copyOf).toList();
  }

  static ClearMaps of(List<List<Integer>> classes, INDArray responses) {
    int n = (int) responses.size(0);
    int k = (int) responses.size(1);
    int plane = (int) (responses.size(2) * responses.size(3));
    double[] all = responses.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    int[] dominant = new int[n * plane];
    double[] level = new double[n * plane];
    for (int at = 0; at < level.length; at++) {
      int example = at / plane;
      level[at] = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < k; j++) {
        double response = all[(example * k + j) * plane + at % plane];
        if (response > level[at]) {
          level[at] = response;
          dominant[at] = classes.get(example).get(j);
        }
      }
    }
    long[] shape = {n, 1, responses.size(2), responses.size(3)};
    return new ClearMaps(
        classes,
        responses,
        Nd4j.createFromArray(dominant).reshape(shape),
        Nd4j.createFromArray(level).reshape(shape).castTo(responses.dataType()));
  }

  /**
   * The picture of an example as the paper draws it: hue by dominant class, full saturation,
   * brightness by dominant response from 0, black, to the largest of the example.
   *
   * @param example zero-based
   * @return a new picture of H rows and W columns
   * @throws IllegalArgumentException if there is no such example
   */
  public BufferedImage picture(int example) {
    if (example < 0 || example >= classes.size()) {
      throw new IllegalArgumentException(
          "the example must be in [0, " + classes.size() + "), was " + example);
    }
    int h = (int) dominantResponses.size(2);
    int w = (int) dominantResponses.size(3);
    double[] level = dominantResponses.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    int[] dominant = dominantClasses.dup('c').data().asInt();
    int first = example * h * w;
    double most = 0;
    for (int k = 0; k < h * w; k++) {
      most = Math.max(most, level[first + k]);
    }
    BufferedImage picture = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
    for (int k = 0; k < h * w; k++) {
      double value = most > 0 ? Math.max(0, level[first + k]) / most : 0;
      picture.setRGB(k % w, k / w, Color.HSBtoRGB(hue(dominant[first + k]), 1, (float) value));
    }
    return picture;
  }

  /**
   * The colour of a class at full response, for a legend.
   *
   * @param index zero-based class index
   * @return 0xAARRGGBB, the same in every picture
   */
  public static int color(int index) {
    return Color.HSBtoRGB(hue(index), 1, 1);
  }

  /** Neighbouring classes lie far apart on the colour wheel, whatever their number. */
  private static float hue(int index) {
    return (float) (index * GOLDEN % 1);
  }
}
