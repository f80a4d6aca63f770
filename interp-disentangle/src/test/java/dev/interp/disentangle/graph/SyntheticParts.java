package dev.interp.disentangle.graph;

import dev.interp.core.network.ReceptiveField;
import java.util.Random;

/**
 * Maps of objects with parts at rigid offsets: each filter of each layer fires where its part is,
 * with a round peak, over noise. A part is at its place plus the move of the object plus a jitter
 * of its own; what both are is known.
 */
final class SyntheticParts {
  static final int INPUT = 224;

  final int pictures;
  final double[][] partX;
  final double[][] partY;

  private final Random random;
  private final double noise;

  /**
   * Draws positions.
   *
   * @param jitter standard deviation of a part along each axis, in pixels
   * @param move standard deviation of the object, in pixels
   */
  SyntheticParts(
      double[][] centres, int pictures, double jitter, double move, double noise, long seed) {
    this.pictures = pictures;
    this.noise = noise;
    this.random = new Random(seed);
    partX = new double[centres.length][pictures];
    partY = new double[centres.length][pictures];
    for (int i = 0; i < pictures; i++) {
      double dx = move * random.nextGaussian();
      double dy = move * random.nextGaussian();
      for (int p = 0; p < centres.length; p++) {
        partX[p][i] = centres[p][0] + dx + jitter * random.nextGaussian();
        partY[p][i] = centres[p][1] + dy + jitter * random.nextGaussian();
      }
    }
  }

  static GraphLayer layer(String name, int filters, int side) {
    double stride = (double) INPUT / side;
    ReceptiveField.Axis axis = new ReceptiveField.Axis(2 * stride, stride, stride / 2 - 0.5);
    return new GraphLayer(name, filters, side, side, new ReceptiveField(axis, axis), INPUT, INPUT);
  }

  /**
   * Maps of a layer.
   *
   * @param partsOf the parts that each filter fires for; none for a filter that is silent
   */
  FeatureMaps maps(String name, int side, int[][] partsOf) {
    GraphLayer layer = layer(name, partsOf.length, side);
    float[] values = new float[pictures * partsOf.length * side * side];
    int at = 0;
    for (int i = 0; i < pictures; i++) {
      for (int[] parts : partsOf) {
        for (int r = 0; r < side; r++) {
          for (int c = 0; c < side; c++) {
            double value = parts.length == 0 ? 0 : noise * Math.max(0, random.nextGaussian());
            for (int p : parts) {
              double dx = (layer.x(c) - partX[p][i]) / layer.stride();
              double dy = (layer.y(r) - partY[p][i]) / layer.stride();
              value += 5 * Math.exp(-(dx * dx + dy * dy) / (2 * 0.5 * 0.5));
            }
            values[at++] = (float) value;
          }
        }
      }
    }
    return FeatureMaps.of(layer, values);
  }
}
