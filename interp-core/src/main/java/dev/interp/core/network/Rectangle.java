package dev.interp.core.network;

/**
 * A rectangle of a picture's pixels, or of the positions of a map.
 *
 * @param left first column inside
 * @param top first row inside
 * @param right first column to the right of it
 * @param bottom first row below it
 */
public record Rectangle(int left, int top, int right, int bottom) {
  /**
   * Checks the order of the edges.
   *
   * @throws IllegalArgumentException if it holds nothing
   */
  public Rectangle {
    if (left >= right || top >= bottom) {
      throw new IllegalArgumentException(
          "a rectangle must have left < right and top < bottom (right and bottom are exclusive"
              + " edges, not a width and a height), was left "
              + left
              + ", top "
              + top
              + ", right "
              + right
              + ", bottom "
              + bottom);
    }
  }

  /**
   * The number of columns.
   *
   * @return at least 1
   */
  public int width() {
    return right - left;
  }

  /**
   * The number of rows.
   *
   * @return at least 1
   */
  public int height() {
    return bottom - top;
  }
}
