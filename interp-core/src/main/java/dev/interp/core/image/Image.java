package dev.interp.core.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An immutable picture: float32 planes [C,H,W] with C = 1 (grey) or 3 (red, green, blue), every
 * value in [0,1] = pixel / 255 (16-bit files: pixel / 65535). The values are those of the file,
 * gamma-encoded as usual; multiplying by 255 gives back every 8-bit pixel exactly.
 */
public final class Image {

  private final int channels;
  private final int height;
  private final int width;
  private final float[] values;

  /** Takes the array over: no one else may hold it. */
  Image(int channels, int height, int width, float[] values) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.values = values;
  }

  /**
   * Makes a picture from planes.
   *
   * @param channels 1 or 3
   * @param height rows, at least 1
   * @param width columns, at least 1
   * @param values [C,H,W] row by row, each in [0,1]; copied
   * @return the picture
   * @throws IllegalArgumentException if a size is wrong or a value is outside [0,1] or NaN
   */
  public static Image of(int channels, int height, int width, float[] values) {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException(
          "A picture has 1 (grey) or 3 (RGB) channels, not " + channels);
    }
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "A picture has at least 1x1 pixels, not " + width + "x" + height);
    }
    if (values.length != (long) channels * height * width) {
      throw new IllegalArgumentException(
          "%d channels of %dx%d pixels need %d values, not %d"
              .formatted(channels, width, height, (long) channels * height * width, values.length));
    }
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= 1)) {
        throw new IllegalArgumentException(
            "Picture values lie in [0,1], but value %d is %s%s"
                .formatted(
                    i,
                    values[i],
                    values[i] > 1 && values[i] <= 255 ? ": divide 8-bit pixels by 255" : ""));
      }
    }
    return new Image(channels, height, width, values.clone());
  }

  /**
   * Copies an AWT picture. Grey pictures (also palettes whose every colour is grey) give 1 channel,
   * all others 3. Transparent pixels are composited on white. Samples of RGB and grey pictures are
   * taken as they are stored: an embedded colour profile is not applied, as networks are trained
   * without it. Other colour spaces are converted to sRGB by their colour model.
   *
   * @param picture read only; not kept
   * @return the picture
   */
  public static Image of(BufferedImage picture) {
    return of(picture, 1);
  }

  /** As {@link #of(BufferedImage)}, turned upright by the EXIF orientation 1 to 8. */
  static Image of(BufferedImage picture, int orientation) {
    int w = picture.getWidth();
    int h = picture.getHeight();
    ColorModel colours = picture.getColorModel();
    PixelRows rows = rows(picture);
    int channels = rows.grey() ? 1 : 3;
    boolean turned = orientation >= 5;
    int newWidth = turned ? h : w;
    int newHeight = turned ? w : h;
    // The place of stored pixel (x,y) in the upright picture is first + x * stepX + y * stepY.
    int first =
        switch (orientation) {
          case 2, 6 -> newWidth - 1;
          case 3, 7 -> newHeight * newWidth - 1;
          case 4, 8 -> (newHeight - 1) * newWidth;
          default -> 0;
        };
    int stepX =
        switch (orientation) {
          case 2, 3 -> -1;
          case 5, 6 -> newWidth;
          case 7, 8 -> -newWidth;
          default -> 1;
        };
    int stepY =
        switch (orientation) {
          case 3, 4 -> -newWidth;
          case 5, 8 -> 1;
          case 6, 7 -> -1;
          default -> newWidth;
        };
    float[] out = new float[Math.multiplyExact(channels, Math.multiplyExact(h, w))];
    float[] row = new float[4 * w];
    boolean alpha = colours.hasAlpha();
    boolean premultiplied = rows instanceof SampleRows && colours.isAlphaPremultiplied();
    for (int y = 0; y < h; y++) {
      rows.read(y, row);
      for (int c = 0; c < channels; c++) {
        int at = c * h * w + first + y * stepY;
        for (int x = 0; x < w; x++, at += stepX) {
          float value = row[4 * x + c];
          if (alpha) {
            float opacity = row[4 * x + 3];
            value = Math.min(1, (premultiplied ? value : value * opacity) + (1 - opacity));
          }
          out[at] = value;
        }
      }
    }
    return new Image(channels, newHeight, newWidth, out);
  }

  /** Row reader of one picture: fills 4 values a pixel, colours in 0 to 2, opacity in 3. */
  private interface PixelRows {
    boolean grey();

    void read(int y, float[] row);
  }

  private static PixelRows rows(BufferedImage picture) {
    ColorModel colours = picture.getColorModel();
    int space = colours.getColorSpace().getType();
    int storage = picture.getRaster().getTransferType();
    boolean unsigned =
        storage == DataBuffer.TYPE_BYTE
            || storage == DataBuffer.TYPE_USHORT
            || colours instanceof DirectColorModel;
    boolean plain = space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB;
    return plain && unsigned && !(colours instanceof IndexColorModel)
        ? new SampleRows(picture)
        : new ColourRows(picture);
  }

  /**
   * Stored samples. Going through {@code getRGB} instead would brighten grey pictures, whose AWT
   * colour space is linear.
   */
  private static final class SampleRows implements PixelRows {
    private final Raster raster;
    private final int colourBands;
    private final float[] largest;
    private final int[] samples;

    SampleRows(BufferedImage picture) {
      raster = picture.getRaster();
      colourBands = picture.getColorModel().getNumColorComponents();
      largest = new float[raster.getNumBands()];
      for (int b = 0; b < largest.length; b++) {
        largest[b] = (1 << picture.getColorModel().getComponentSize(b)) - 1;
      }
      samples = new int[raster.getWidth() * largest.length];
    }

    @Override
    public boolean grey() {
      return colourBands == 1;
    }

    @Override
    public void read(int y, float[] row) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, samples);
      for (int i = 0, x = 0; i < samples.length; x++) {
        for (int b = 0; b < largest.length; b++, i++) {
          row[4 * x + (b < colourBands ? b : 3)] = samples[i] / largest[b];
        }
      }
    }
  }

  /** Palettes and uncommon colour spaces, by way of the colour model, 8 bits a channel. */
  private static final class ColourRows implements PixelRows {
    private final BufferedImage picture;
    private final boolean grey;
    private final int[] argb;

    ColourRows(BufferedImage picture) {
      this.picture = picture;
      this.grey =
          picture.getColorModel() instanceof IndexColorModel palette
              && IntStream.range(0, palette.getMapSize())
                  .allMatch(
                      i ->
                          palette.getRed(i) == palette.getGreen(i)
                              && palette.getGreen(i) == palette.getBlue(i));
      argb = new int[picture.getWidth()];
    }

    @Override
    public boolean grey() {
      return grey;
    }

    @Override
    public void read(int y, float[] row) {
      picture.getRGB(0, y, argb.length, 1, argb, 0, argb.length);
      for (int x = 0; x < argb.length; x++) {
        row[4 * x] = (argb[x] >> 16 & 255) / 255f;
        row[4 * x + 1] = (argb[x] >> 8 & 255) / 255f;
        row[4 * x + 2] = (argb[x] & 255) / 255f;
        row[4 * x + 3] = (argb[x] >>> 24) / 255f;
      }
    }
  }

  /**
   * Returns the number of planes.
   *
   * @return 1 (grey) or 3 (red, green, blue)
   */
  public int channels() {
    return channels;
  }

  /**
   * Returns the height.
   *
   * @return rows
   */
  public int height() {
    return height;
  }

  /**
   * Returns the width.
   *
   * @return columns
   */
  public int width() {
    return width;
  }

  /**
   * Returns one value.
   *
   * @param channel 0 to channels - 1
   * @param y row from the top
   * @param x column from the left
   * @return pixel / 255
   * @throws IndexOutOfBoundsException if there is no such pixel
   */
  public float value(int channel, int y, int x) {
    Objects.checkIndex(channel, channels);
    Objects.checkIndex(y, height);
    Objects.checkIndex(x, width);
    return values[(channel * height + y) * width + x];
  }

  /**
   * Copies one plane.
   *
   * @param channel 0 to channels - 1
   * @return [H,W] row by row; the caller's own
   * @throws IndexOutOfBoundsException if there is no such channel
   */
  public float[] plane(int channel) {
    Objects.checkIndex(channel, channels);
    int size = height * width;
    return Arrays.copyOfRange(values, channel * size, (channel + 1) * size);
  }

  /**
   * Copies all planes.
   *
   * @return [C,H,W] row by row; the caller's own
   */
  public float[] values() {
    return values.clone();
  }

  /**
   * Returns an 8-bit AWT picture, values rounded to the nearest of 256 levels: {@code TYPE_INT_RGB}
   * for 3 channels, {@code TYPE_BYTE_GRAY} for 1. Mind that {@code getRGB} of the latter brightens,
   * as AWT takes grey for linear; its raster and a PNG written from it have the right values.
   *
   * @return the caller's own copy
   */
  public BufferedImage toBufferedImage() {
    BufferedImage out =
        new BufferedImage(
            width,
            height,
            channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    WritableRaster raster = out.getRaster();
    int[] row = new int[width * channels];
    for (int y = 0; y < height; y++) {
      for (int c = 0; c < channels; c++) {
        int at = (c * height + y) * width;
        for (int x = 0; x < width; x++) {
          row[x * channels + c] = Math.round(values[at + x] * 255f);
        }
      }
      raster.setPixels(0, y, width, 1, row);
    }
    return out;
  }

  /** The values themselves; callers must not write to them. */
  float[] shared() {
    return values;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Image image
        && channels == image.channels
        && height == image.height
        && width == image.width
        && Arrays.equals(values, image.values);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * (31 * channels + height) + width) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Image[" + width + "x" + height + ", " + (channels == 1 ? "grey" : "RGB") + "]";
  }
}
