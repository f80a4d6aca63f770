package dev.interp.visual.render;

/** How the channels of an attribution [C,H,W] become one map [H,W]. */
public enum ChannelReduction {
  /** Sum over channels, sign kept: what the pixel as a whole adds to or takes from the target. */
  SUM(true),
  /** Largest absolute value over channels (Simonyan et al. 2014, section 3.1): unsigned. */
  MAX_ABSOLUTE(false),
  /** Sum of absolute values over channels: unsigned. */
  SUM_ABSOLUTE(false);

  private final boolean signed;

  ChannelReduction(boolean signed) {
    this.signed = signed;
  }

  /**
   * Whether the reduced map keeps its sign.
   *
   * @return true if values below zero can appear
   */
  public boolean signed() {
    return signed;
  }

  /**
   * Reduces the channels; sums are taken in float64. A pixel with NaN in any channel is NaN.
   *
   * @param values the attribution in C order, [channels, height, width]; only read
   * @param channels the number of channels, at least 1
   * @param height the number of rows, at least 1
   * @param width the number of columns, at least 1
   * @return a new array in C order, [height, width]
   * @throws IllegalArgumentException if the array does not have channels × height × width values
   */
  public float[] reduce(float[] values, int channels, int height, int width) {
    if (channels < 1
        || height < 1
        || width < 1
        || values.length != (long) channels * height * width) {
      throw new IllegalArgumentException(
          "values must be [C,H,W] = ["
              + channels
              + ","
              + height
              + ","
              + width
              + "] with every size at least 1, but the array has "
              + values.length
              + " values; is it one example of a batch, in NCHW order?");
    }
    int pixels = height * width;
    float[] reduced = new float[pixels];
    for (int p = 0; p < pixels; p++) {
      double sum = 0;
      double largest = 0;
      for (int c = 0; c < channels; c++) {
        double v = values[c * pixels + p];
        sum += this == SUM ? v : Math.abs(v);
        largest = Math.max(largest, Math.abs(v));
      }
      reduced[p] = (float) (this == MAX_ABSOLUTE ? largest : sum);
    }
    return reduced;
  }
}
