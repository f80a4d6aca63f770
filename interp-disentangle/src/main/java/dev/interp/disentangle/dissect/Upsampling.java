package dev.interp.disentangle.dissect;

import dev.interp.core.network.ReceptiveField;

/**
 * Along one axis of a picture: between the centres of which units each pixel lies. Beyond the
 * outermost centres a map goes on unchanged.
 */
final class Upsampling {
  /** The unit before each pixel. */
  final int[] low;

  /** The unit behind each pixel, the same as before at the end. */
  final int[] high;

  /** How far each pixel is on its way from the one to the other, 0 to 1. */
  final float[] share;

  /** Of each unit the first pixel that has it before it; one more at the end. */
  final int[] first;

  Upsampling(ReceptiveField.Axis field, int units, double input, int pixels) {
    low = new int[pixels];
    high = new int[pixels];
    share = new float[pixels];
    first = new int[units + 1];
    for (int i = 0; i < pixels; i++) {
      double unit =
          field.stride() == 0
              ? 0
              : ((i + 0.5) * input / pixels - 0.5 - field.center()) / field.stride();
      double inside = Math.min(units - 1.0, Math.max(0, unit));
      low[i] = (int) inside;
      high[i] = Math.min(units - 1, low[i] + 1);
      share[i] = (float) (inside - low[i]);
    }
    int pixel = 0;
    for (int u = 0; u <= units; u++) {
      while (pixel < pixels && low[pixel] < u) {
        pixel++;
      }
      first[u] = pixel;
    }
  }
}
