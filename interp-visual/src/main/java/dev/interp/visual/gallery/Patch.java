package dev.interp.visual.gallery;

import dev.interp.core.network.ReceptiveField;

/**
 * The part of a picture that a unit sees: its theoretical receptive field, cut off at the edges of
 * the picture.
 *
 * @param top the first row, in pixels of the network's input
 * @param left the first column
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record Patch(int top, int left, int height, int width) {
  /**
   * What a unit sees.
   *
   * @param field of the units of its layer
   * @param row of the unit
   * @param column of the unit
   * @param height rows of the picture, at least 1
   * @param width its columns, at least 1
   * @return the part; of a unit that sees nothing but padding, the pixel that is nearest
   */
  public static Patch of(ReceptiveField field, int row, int column, int height, int width) {
    int top = first(field.height(), row, height);
    int left = first(field.width(), column, width);
    return new Patch(
        top,
        left,
        last(field.height(), row, height) - top + 1,
        last(field.width(), column, width) - left + 1);
  }

  /** The middle of what a unit sees, before it is cut off. */
  static double center(ReceptiveField.Axis axis, int unit) {
    return axis.center() + unit * axis.stride();
  }

  private static int first(ReceptiveField.Axis axis, int unit, int pixels) {
    return within(Math.ceil(center(axis, unit) - (axis.size() - 1) / 2), pixels);
  }

  private static int last(ReceptiveField.Axis axis, int unit, int pixels) {
    int last = within(Math.floor(center(axis, unit) + (axis.size() - 1) / 2), pixels);
    return Math.max(first(axis, unit, pixels), last);
  }

  private static int within(double pixel, int pixels) {
    return (int) Math.max(0, Math.min(pixels - 1, pixel));
  }
}
