package dev.interp.core.data;

/**
 * A rectangle of whole pixels in image coordinates (x to the right, y down, origin at the top left
 * corner).
 *
 * @param left first column inside
 * @param top first row inside
 * @param right first column to the right of the box; equal to {@code left} if the box is empty
 * @param bottom first row below the box; equal to {@code top} if the box is empty
 */
public record Box(int left, int top, int right, int bottom) {
  /**
   * Checks the order of the edges.
   *
   * @throws IllegalArgumentException if the right edge lies left of the left one or the bottom
   *     above the top
   */
  public Box {
    if (right < left || bottom < top) {
      throw new IllegalArgumentException(
          "A box must have left <= right and top <= bottom (right and bottom are exclusive edges, not a width and a"
              + " height), but was left="
              + left
              + ", top="
              + top
              + ", right="
              + right
              + ", bottom="
              + bottom);
    }
  }

  /** Returns the number of columns. */
  public int width() {
    return right - left;
  }

  /** Returns the number of rows. */
  public int height() {
    return bottom - top;
  }

  /** Returns whether the box holds no pixel. */
  public boolean isEmpty() {
    return right == left || bottom == top;
  }

  /**
   * Returns whether a point lies inside or on the edge. Pixel (0, 0) covers the points from 0 to 1
   * on both axes.
   *
   * @param x column of the point, in pixels
   * @param y row of the point, in pixels
   */
  public boolean contains(double x, double y) {
    return x >= left && x <= right && y >= top && y <= bottom;
  }
}
