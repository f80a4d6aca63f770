package dev.interp.core.data;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says for every pixel what it shows: 0 the background, 1 to P the parts in the order of {@link
 * #parts()}, P + 1 any other object. A pixel has one owner, the thing that is seen there, so what
 * is covered does not count. Immutable; two masks with the same content are equal.
 */
public final class PartMask {
  /** The owner of pixels that show neither a part nor another object. */
  public static final int BACKGROUND = 0;

  private final int width;
  private final int height;
  private final List<String> parts;
  private final byte[] owners;

  private PartMask(int width, int height, List<String> parts, byte[] owners) {
    this.width = width;
    this.height = height;
    this.parts = parts;
    this.owners = owners;
  }

  /**
   * Returns a mask.
   *
   * @param width columns, at least 1
   * @param height rows, at least 1
   * @param parts the names of the parts; part k of the list owns the pixels with value k + 1
   * @param owners row by row, each 0 to P + 1; the array is copied
   * @throws IllegalArgumentException if the size does not fit, a value is not legal or there are
   *     more than 126 parts
   */
  public static PartMask of(int width, int height, List<String> parts, byte[] owners) {
    if (width < 1 || height < 1 || (long) width * height != owners.length) {
      throw new IllegalArgumentException(
          "A mask needs width >= 1, height >= 1 and width * height owners, but was "
              + width
              + " x "
              + height
              + " with "
              + owners.length
              + " owners");
    }
    if (parts.size() + 1 > Byte.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A mask holds at most 126 parts, but " + parts.size() + " were given");
    }
    byte[] copy = owners.clone();
    for (int i = 0; i < copy.length; i++) {
      if (copy[i] < 0 || copy[i] > parts.size() + 1) {
        throw new IllegalArgumentException(
            "An owner must be 0 (background) to "
                + (parts.size() + 1)
                + " (other object) for the parts "
                + parts
                + ", but pixel "
                + i
                + " has "
                + copy[i]);
      }
    }
    return new PartMask(width, height, List.copyOf(parts), copy);
  }

  /** Returns the number of columns. */
  public int width() {
    return width;
  }

  /** Returns the number of rows. */
  public int height() {
    return height;
  }

  /** Returns the names of the parts; part k of the list owns the pixels with value k + 1. */
  public List<String> parts() {
    return parts;
  }

  /**
   * Returns the value that stands for a part.
   *
   * @param part one of {@link #parts()}
   * @throws IllegalArgumentException if there is no such part
   */
  public int id(String part) {
    int index = parts.indexOf(part);
    if (index < 0) {
      throw new IllegalArgumentException("No part is named '" + part + "'; the parts are " + parts);
    }
    return index + 1;
  }

  /** Returns the value that stands for any object that is not a part. */
  public int otherId() {
    return parts.size() + 1;
  }

  /**
   * Returns the owner of a pixel.
   *
   * @param x column, from 0
   * @param y row, from 0
   * @throws IndexOutOfBoundsException if the pixel lies outside
   */
  public int owner(int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= height) {
      throw new IndexOutOfBoundsException(
          "Pixel (" + x + ", " + y + ") lies outside of a mask of " + width + " x " + height);
    }
    return owners[y * width + x];
  }

  /**
   * Returns how many pixels show a part.
   *
   * @param part one of {@link #parts()}
   * @throws IllegalArgumentException if there is no such part
   */
  public int pixels(String part) {
    int id = id(part);
    int count = 0;
    for (byte owner : owners) {
      count += owner == id ? 1 : 0;
    }
    return count;
  }

  /**
   * Returns the smallest box around all pixels owned by parts; empty at (0, 0) if there are none.
   */
  public Box box() {
    int left = width;
    int top = height;
    int right = 0;
    int bottom = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int owner = owners[y * width + x];
        if (owner > BACKGROUND && owner <= parts.size()) {
          left = Math.min(left, x);
          right = Math.max(right, x + 1);
          top = Math.min(top, y);
          bottom = y + 1;
        }
      }
    }
    return right == 0 ? new Box(0, 0, 0, 0) : new Box(left, top, right, bottom);
  }

  /** Returns the owners row by row, as a new array that the caller owns. */
  public byte[] toArray() {
    return owners.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PartMask that
        && width == that.width
        && parts.equals(that.parts)
        && Arrays.equals(owners, that.owners);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(owners);
  }

  @Override
  public String toString() {
    return "PartMask[" + width + " x " + height + ", parts=" + parts + "]";
  }
}
