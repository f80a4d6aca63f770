package dev.interp.core.network;

/**
 * Linear interpolation of a map along one axis of a picture: between the centres of which units
 * each pixel lies, and how far from the one to the other. Beyond the outermost centres a map goes
 * on unchanged. Immutable.
 */
public final class UnitInterpolation {
  private final int units;
  private final int[] low;
  private final float[] share;
  private final int[] first;

  /**
   * Places the pixels of an axis.
   *
   * @param field the receptive field of the units along it
   * @param units how many there are, at least 1
   * @param input pixels of the picture as the network takes it
   * @param pixels pixels of the picture that is looked at, which shows the same, at least 1
   * @throws IllegalArgumentException if there are no units or no pixels
   */
  public UnitInterpolation(ReceptiveField.Axis field, int units, double input, int pixels) {
    if (units < 1 || pixels < 1) {
      throw new IllegalArgumentException(
          "a map has at least 1 unit and a picture at least 1 pixel along an axis, was "
              + units
              + " and "
              + pixels);
    }
    this.units = units;
    low = new int[pixels];
    share = new float[pixels];
    first = new int[units + 1];
    for (int i = 0; i < pixels; i++) {
      double unit =
          field.stride() == 0
              ? 0
              : ((i + 0.5) * input / pixels - 0.5 - field.center()) / field.stride();
      double inside = Math.min(units - 1.0, Math.max(0, unit));
      low[i] = (int) inside;
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

  /** Returns how many units there are. */
  public int units() {
    return units;
  }

  /** Returns how many pixels there are. */
  public int pixels() {
    return low.length;
  }

  /**
   * Returns the unit before a pixel.
   *
   * @param pixel 0 to {@code pixels() - 1}
   */
  public int low(int pixel) {
    return low[pixel];
  }

  /**
   * Returns the unit behind a pixel, at the end the last one.
   *
   * @param pixel 0 to {@code pixels() - 1}
   */
  public int high(int pixel) {
    return Math.min(units - 1, low[pixel] + 1);
  }

  /**
   * Returns how far a pixel is on its way from the unit before it to the one behind.
   *
   * @param pixel 0 to {@code pixels() - 1}
   * @return 0 to 1
   */
  public float share(int pixel) {
    return share[pixel];
  }

  /**
   * Returns the first pixel that has a unit, or a later one, before it.
   *
   * @param unit 0 to {@code units()}
   * @return {@code pixels()} if there is none
   */
  public int first(int unit) {
    return first[unit];
  }

  /**
   * Mixes the values of the units around a pixel.
   *
   * @param pixel 0 to {@code pixels() - 1}
   * @param before of the unit before it
   * @param behind of the unit behind it
   */
  public double mix(int pixel, double before, double behind) {
    return before + share[pixel] * (behind - before);
  }
}
