package dev.interp.core.data;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable picture of 8 bits per channel, as it was rendered or decoded. Two pictures with the
 * same pixels are equal.
 */
public final class RgbImage {
  private final int width;
  private final int height;
  private final int[] rgb;

  private RgbImage(int width, int height, int[] rgb) {
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /**
   * Returns a picture of the given pixels.
   *
   * @param width columns, at least 1
   * @param height rows, at least 1
   * @param rgb pixels row by row, each 0xRRGGBB; the highest byte is ignored; the array is copied
   * @throws IllegalArgumentException if a side is not positive or the array has not width times
   *     height elements
   */
  public static RgbImage of(int width, int height, int[] rgb) {
    int[] copy = rgb.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] &= 0xFFFFFF;
    }
    return wrap(width, height, copy);
  }

  /**
   * Returns a copy of a Java2D picture; transparency is dropped.
   *
   * @param image any type; read through its colour model
   */
  public static RgbImage of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    return of(width, height, image.getRGB(0, 0, width, height, null, 0, width));
  }

  /** Takes the array over: nobody else may write to it, and its highest bytes must be zero. */
  static RgbImage wrap(int width, int height, int[] rgb) {
    if (width < 1 || height < 1 || (long) width * height != rgb.length) {
      throw new IllegalArgumentException(
          "A picture needs width >= 1, height >= 1 and width * height pixels, but was "
              + width
              + " x "
              + height
              + " with "
              + rgb.length
              + " pixels");
    }
    return new RgbImage(width, height, rgb);
  }

  /** Returns the number of columns. */
  public int width() {
    return width;
  }

  /** Returns the number of rows. */
  public int height() {
    return height;
  }

  /**
   * Returns one pixel as 0xRRGGBB.
   *
   * @param x column, from 0
   * @param y row, from 0
   * @throws IndexOutOfBoundsException if the pixel lies outside
   */
  public int rgb(int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= height) {
      throw new IndexOutOfBoundsException(
          "Pixel (" + x + ", " + y + ") lies outside of a picture of " + width + " x " + height);
    }
    return rgb[y * width + x];
  }

  /** Returns the pixels row by row, each 0xRRGGBB, as a new array that the caller owns. */
  public int[] toArray() {
    return rgb.clone();
  }

  /** Returns the picture as it looks in a mirror: columns from right to left. */
  public RgbImage mirrored() {
    int[] mirrored = new int[rgb.length];
    for (int i = 0; i < rgb.length; i++) {
      mirrored[i] = rgb[i - i % width + width - 1 - i % width];
    }
    return new RgbImage(width, height, mirrored);
  }

  /** Returns the picture as a new {@link BufferedImage#TYPE_INT_RGB} that the caller owns. */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, width, height, rgb, 0, width);
    return image;
  }

  /**
   * Returns the picture as a new float array [3, height, width] of red, green and blue in [0, 1].
   */
  public float[] toPlanar() {
    float[] planar = new float[3 * rgb.length];
    copyPlanar(planar, 0);
    return planar;
  }

  /**
   * Writes the picture as floats [3, height, width] (red, green, blue; rows; columns), each in [0,
   * 1], into a larger array, such as a batch [N, 3, height, width] at offset n * 3 * height *
   * width.
   *
   * @param destination written from {@code offset} on, elsewhere unchanged
   * @param offset index of the first element written
   * @throws IllegalArgumentException if the picture does not fit behind the offset
   */
  public void copyPlanar(float[] destination, int offset) {
    int plane = rgb.length;
    if (offset < 0 || offset > destination.length - 3L * plane) {
      throw new IllegalArgumentException(
          "A picture of "
              + width
              + " x "
              + height
              + " needs "
              + 3L * plane
              + " elements from the offset on, but the array has "
              + destination.length
              + " elements and the offset is "
              + offset);
    }
    for (int i = 0; i < plane; i++) {
      int pixel = rgb[i];
      destination[offset + i] = (pixel >> 16 & 0xFF) / 255f;
      destination[offset + plane + i] = (pixel >> 8 & 0xFF) / 255f;
      destination[offset + 2 * plane + i] = (pixel & 0xFF) / 255f;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RgbImage that && width == that.width && Arrays.equals(rgb, that.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(rgb);
  }

  @Override
  public String toString() {
    return "RgbImage[" + width + " x " + height + "]";
  }
}
