package dev.interp.core.image;

import dev.interp.core.image.Resample.Taps;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The way from a picture to the input of a network, and back: resize, centre crop, channel order,
 * then in float32
 *
 * <pre>x = (pixel / divisor - mean) / scale</pre>
 *
 * with pixel from 0 to 255 and one mean and one scale (the standard deviation, a divisor) a channel
 * of the network's input. An immutable value: {@code withX} returns a changed copy. Safe for
 * concurrent use.
 *
 * <p>Example, the usual ImageNet input:
 *
 * <pre>{@code
 * Preprocessor.none()
 *     .withResizeShorter(256)
 *     .withCrop(224, 224)
 *     .withDivisor(255)
 *     .withMean(0.485, 0.456, 0.406)
 *     .withScale(0.229, 0.224, 0.225);
 * }</pre>
 *
 * <p>Resizing is {@link Resample#ANTIALIAS}. Programs that resize 8-bit pixels round to whole
 * levels after each axis; here nothing is rounded, so results differ from theirs by about half a
 * level.
 */
public final class Preprocessor {

  private static final float LUMA_RED = 0.299f;
  private static final float LUMA_GREEN = 0.587f;
  private static final float LUMA_BLUE = 0.114f;

  private static final Preprocessor NONE =
      new Preprocessor(
          new Sizes(0, 0, 0, 0, 0), ChannelOrder.RGB, 1, new double[] {0}, new double[] {1});

  /** A size of 0 means that the step is left out. */
  private record Sizes(int shorter, int width, int height, int cropWidth, int cropHeight) {}

  private final Sizes sizes;
  private final ChannelOrder order;
  private final double divisor;
  // One value for all channels, or one for each.
  private final double[] mean;
  private final double[] scale;

  private Preprocessor(
      Sizes sizes, ChannelOrder order, double divisor, double[] mean, double[] scale) {
    checkPerChannel("mean", mean, order);
    checkPerChannel("scale", scale, order);
    this.sizes = sizes;
    this.order = order;
    this.divisor = divisor;
    this.mean = mean;
    this.scale = scale;
  }

  /**
   * Returns the preprocessor that keeps the size and gives RGB pixels from 0 to 255: no resize, no
   * crop, divisor 1, mean 0, scale 1.
   *
   * @return the value to start from
   */
  public static Preprocessor none() {
    return NONE;
  }

  /**
   * Resizes so that the shorter side has this length and the aspect ratio is kept: the longer side
   * becomes shorter * long / short, fraction dropped. Replaces any other resize.
   *
   * @param shorter pixels, at least 1
   * @return a changed copy
   * @throws IllegalArgumentException if the length is not positive
   */
  public Preprocessor withResizeShorter(int shorter) {
    if (shorter < 1) {
      throw new IllegalArgumentException(
          "The shorter side must be resized to at least 1 pixel, not " + shorter);
    }
    Sizes resized = new Sizes(shorter, 0, 0, sizes.cropWidth, sizes.cropHeight);
    return new Preprocessor(resized, order, divisor, mean, scale);
  }

  /**
   * Resizes to exactly this size; the aspect ratio is not kept. Replaces any other resize.
   *
   * @param width pixels, at least 1
   * @param height pixels, at least 1
   * @return a changed copy
   * @throws IllegalArgumentException if a size is not positive
   */
  public Preprocessor withResize(int width, int height) {
    checkSize("resize", width, height);
    Sizes resized = new Sizes(0, width, height, sizes.cropWidth, sizes.cropHeight);
    return new Preprocessor(resized, order, divisor, mean, scale);
  }

  /**
   * Cuts this many pixels out of the middle, after the resize. Where the margin is odd, its halves
   * are rounded half to even (torchvision's rule).
   *
   * @param width pixels, at least 1
   * @param height pixels, at least 1
   * @return a changed copy
   * @throws IllegalArgumentException if a size is not positive
   */
  public Preprocessor withCrop(int width, int height) {
    checkSize("crop", width, height);
    Sizes cut = new Sizes(sizes.shorter, sizes.width, sizes.height, width, height);
    return new Preprocessor(cut, order, divisor, mean, scale);
  }

  /**
   * Sets the channels of the network's input.
   *
   * @param newOrder the channels
   * @return a changed copy
   * @throws IllegalArgumentException if mean or scale were given for another number of channels
   */
  public Preprocessor withOrder(ChannelOrder newOrder) {
    return new Preprocessor(sizes, newOrder, divisor, mean, scale);
  }

  /**
   * Sets what pixels from 0 to 255 are divided by before anything else.
   *
   * @param newDivisor positive; usually 1, 255 or 256
   * @return a changed copy
   * @throws IllegalArgumentException if it is not positive and finite
   */
  public Preprocessor withDivisor(double newDivisor) {
    if (!positive(newDivisor)) {
      throw new IllegalArgumentException(
          "The pixel divisor must be positive and finite (usually 1, 255 or 256), not "
              + newDivisor);
    }
    return new Preprocessor(sizes, order, newDivisor, mean, scale);
  }

  /**
   * Sets what is subtracted, after the division by the divisor.
   *
   * @param perChannel one value for all channels or one for each, in the order of the network's
   *     input (BGR: blue first); copied
   * @return a changed copy
   * @throws IllegalArgumentException if their number is wrong or one is not finite
   */
  public Preprocessor withMean(double... perChannel) {
    for (double m : perChannel) {
      if (!Float.isFinite((float) m)) {
        throw new IllegalArgumentException(
            "Means must be finite, but they are " + Arrays.toString(perChannel));
      }
    }
    return new Preprocessor(sizes, order, divisor, perChannel.clone(), scale);
  }

  /**
   * Sets what is divided by last (the standard deviation).
   *
   * @param perChannel positive; one value for all channels or one for each, in the order of the
   *     network's input (BGR: blue first); copied
   * @return a changed copy
   * @throws IllegalArgumentException if their number is wrong or one is not positive and finite
   */
  public Preprocessor withScale(double... perChannel) {
    for (double s : perChannel) {
      if (!positive(s)) {
        throw new IllegalArgumentException(
            "Scales are divided by, so they must be positive and finite, but they are "
                + Arrays.toString(perChannel));
      }
    }
    return new Preprocessor(sizes, order, divisor, mean, perChannel.clone());
  }

  /** Positive and finite also as the float it is used as. */
  private static boolean positive(double value) {
    return (float) value > 0 && Float.isFinite((float) value);
  }

  private static void checkSize(String what, int width, int height) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "The %s must be at least 1x1 pixels, not %dx%d".formatted(what, width, height));
    }
  }

  private static void checkPerChannel(String what, double[] values, ChannelOrder order) {
    if (values.length != 1 && values.length != order.channels()) {
      throw new IllegalArgumentException(
          "The %s %s has %d values, but %s has %d channel%s: give 1 value for all channels%s"
              .formatted(
                  what,
                  Arrays.toString(values),
                  values.length,
                  order,
                  order.channels(),
                  order.channels() == 1 ? "" : "s",
                  order.channels() == 1
                      ? " (set the channel order to RGB or BGR first if there are 3)"
                      : " or " + order.channels() + ", one for each"));
    }
  }

  /**
   * Returns the channels of the network's input.
   *
   * @return the order
   */
  public ChannelOrder order() {
    return order;
  }

  /**
   * Returns the shape of one input, as far as it does not depend on the picture.
   *
   * @return [C,H,W], -1 where the size depends on the picture; the caller's own
   */
  public long[] outputShape() {
    long width = sizes.cropWidth > 0 ? sizes.cropWidth : sizes.width > 0 ? sizes.width : -1;
    long height = sizes.cropHeight > 0 ? sizes.cropHeight : sizes.height > 0 ? sizes.height : -1;
    return new long[] {order.channels(), height, width};
  }

  /** Sizes of one picture's way: resized to width x height, then cut at left, top. */
  private record Geometry(
      int resizedWidth, int resizedHeight, int left, int top, int width, int height) {}

  private Geometry geometry(int width, int height) {
    int w = width;
    int h = height;
    if (sizes.shorter > 0) {
      int shorter = Math.min(width, height);
      w = longerSide(width, shorter);
      h = longerSide(height, shorter);
    } else if (sizes.width > 0) {
      w = sizes.width;
      h = sizes.height;
    }
    if (sizes.cropWidth == 0) {
      return new Geometry(w, h, 0, 0, w, h);
    }
    if (sizes.cropWidth > w || sizes.cropHeight > h) {
      throw new IllegalArgumentException(
          "The crop of %dx%d does not fit into the picture of %dx%d%s: resize it to at least the crop first"
              .formatted(
                  sizes.cropWidth,
                  sizes.cropHeight,
                  w,
                  h,
                  w == width && h == height
                      ? ""
                      : " (resized from %dx%d)".formatted(width, height)));
    }
    return new Geometry(
        w,
        h,
        (int) Math.rint((w - sizes.cropWidth) / 2.0),
        (int) Math.rint((h - sizes.cropHeight) / 2.0),
        sizes.cropWidth,
        sizes.cropHeight);
  }

  private int longerSide(int side, int shorter) {
    long resized = (long) sizes.shorter * side / shorter;
    if (resized > 1 << 24) {
      throw new IllegalArgumentException(
          "A picture with sides of %d and %d pixels would be resized to %d pixels along one side; crop it first"
              .formatted(side, shorter, resized));
    }
    return (int) resized;
  }

  /**
   * Makes the input of one picture.
   *
   * @param picture the picture
   * @return float32 [1,C,H,W], C order; the caller's own
   * @throws IllegalArgumentException if the crop is larger than the (resized) picture
   */
  public INDArray apply(Image picture) {
    return apply(List.of(picture));
  }

  /**
   * Makes the input of a batch.
   *
   * @param pictures at least one; their inputs must have one size, which a crop or an exact resize
   *     sees to
   * @return float32 [N,C,H,W], C order; the caller's own
   * @throws IllegalArgumentException if there is no picture, the inputs differ in size or the crop
   *     is larger than a (resized) picture
   */
  public INDArray apply(List<Image> pictures) {
    if (pictures.isEmpty()) {
      throw new IllegalArgumentException("A batch needs at least one picture");
    }
    Geometry[] ways =
        pictures.stream().map(p -> geometry(p.width(), p.height())).toArray(Geometry[]::new);
    int width = ways[0].width();
    int height = ways[0].height();
    for (int n = 1; n < ways.length; n++) {
      if (ways[n].width() != width || ways[n].height() != height) {
        throw new IllegalArgumentException(
            "The pictures of a batch must come out in one size, but picture 0 gives %dx%d and picture %d gives %dx%d: set a crop or an exact resize"
                .formatted(width, height, n, ways[n].width(), ways[n].height()));
      }
    }
    int channels = order.channels();
    long length = (long) ways.length * channels * height * width;
    if (length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "A batch of %d inputs of %dx%dx%d does not fit into one array: use smaller batches"
              .formatted(ways.length, channels, height, width));
    }
    float[] x = new float[(int) length];
    int each = channels * height * width;
    for (int n = 0; n < ways.length; n++) {
      fill(x, n * each, pictures.get(n), ways[n]);
    }
    // As a whole: creating an array of numbers puts them one by one.
    INDArray batch =
        Nd4j.createUninitialized(
            DataType.FLOAT, new long[] {ways.length, channels, height, width}, 'c');
    batch.data().asNioFloat().put(x);
    return batch;
  }

  private void fill(float[] x, int offset, Image picture, Geometry way) {
    float[][] planes = new float[picture.channels()][];
    for (int c = 0; c < planes.length; c++) {
      planes[c] = cut(picture, c, way);
    }
    int size = way.height() * way.width();
    for (int k = 0; k < order.channels(); k++) {
      for (int i = 0; i < size; i++) {
        float value =
            planes.length == 1
                ? planes[0][i]
                : order == ChannelOrder.GREY
                    ? luma(planes[0][i], planes[1][i], planes[2][i])
                    : planes[rgbIndex(k)][i];
        x[offset + k * size + i] = formula(value * 255f, k);
      }
    }
  }

  /** One plane resized and cut, clipped to [0,1] where the weights' rounding went past it. */
  private static float[] cut(Image picture, int channel, Geometry way) {
    int h = picture.height();
    int w = picture.width();
    float[] source = picture.shared();
    int offset = channel * h * w;
    int stride = w;
    if (way.resizedHeight() != h || way.resizedWidth() != w) {
      source =
          Resample.apply(
              source,
              offset,
              h,
              w,
              Resample.ANTIALIAS.taps(h, way.resizedHeight()),
              Resample.ANTIALIAS.taps(w, way.resizedWidth()));
      offset = 0;
      stride = way.resizedWidth();
    }
    float[] out = new float[way.height() * way.width()];
    for (int y = 0; y < way.height(); y++) {
      int from = offset + (way.top() + y) * stride + way.left();
      for (int i = 0; i < way.width(); i++) {
        out[y * way.width() + i] = clip(source[from + i]);
      }
    }
    return out;
  }

  private static float clip(float value) {
    return Math.max(0f, Math.min(1f, value));
  }

  private static float luma(float red, float green, float blue) {
    return clip(LUMA_RED * red + LUMA_GREEN * green + LUMA_BLUE * blue);
  }

  /** The place in RGB of input channel k; its own inverse. */
  private int rgbIndex(int k) {
    return order == ChannelOrder.BGR ? 2 - k : k;
  }

  private float mean(int k) {
    return (float) mean[mean.length == 1 ? 0 : k];
  }

  private float scale(int k) {
    return (float) scale[scale.length == 1 ? 0 : k];
  }

  private float formula(float pixel, int k) {
    return (pixel / (float) divisor - mean(k)) / scale(k);
  }

  /**
   * Puts one colour through the formula: a baseline such as black {@code constant(0)}, or the mean
   * colour.
   *
   * @param pixel one grey level, or red, green and blue (in this order whatever the channel order),
   *     from 0 to 255
   * @return float32 [1,C,1,1], to be broadcast; the caller's own
   * @throws IllegalArgumentException if there are not 1 or 3 levels or one is outside 0 to 255
   */
  public INDArray constant(double... pixel) {
    if (pixel.length != 1 && pixel.length != 3) {
      throw new IllegalArgumentException(
          "A colour has 1 level (grey) or 3 (red, green, blue), not " + pixel.length);
    }
    for (double p : pixel) {
      if (!(p >= 0 && p <= 255)) {
        throw new IllegalArgumentException(
            "The levels of a colour lie from 0 to 255, but they are " + Arrays.toString(pixel));
      }
    }
    float[] x = new float[order.channels()];
    for (int k = 0; k < x.length; k++) {
      double p =
          pixel.length == 1
              ? pixel[0]
              : order == ChannelOrder.GREY
                  ? LUMA_RED * pixel[0] + LUMA_GREEN * pixel[1] + LUMA_BLUE * pixel[2]
                  : pixel[rgbIndex(k)];
      x[k] = formula((float) p, k);
    }
    return Nd4j.create(x, new long[] {1, x.length, 1, 1}, 'c');
  }

  /**
   * Returns the least value an input can have, that of pixel 0.
   *
   * @return [C]; the caller's own
   */
  public float[] low() {
    return bound(0);
  }

  /**
   * Returns the largest value an input can have, that of pixel 255.
   *
   * @return [C]; the caller's own
   */
  public float[] high() {
    return bound(255);
  }

  private float[] bound(float pixel) {
    float[] bound = new float[order.channels()];
    for (int k = 0; k < bound.length; k++) {
      bound[k] = formula(pixel, k);
    }
    return bound;
  }

  /**
   * Turns an input back into the picture the network sees: resized and cropped, as that cannot be
   * undone. Values past pixel 0 or 255, as optimised inputs have, are clipped.
   *
   * @param x [N,C,H,W], any floating type; not modified
   * @param index which of the batch
   * @return the picture; 1 channel if the order is {@link ChannelOrder#GREY}, else 3
   * @throws IllegalArgumentException if x has another rank or number of channels, the index is
   *     outside it or a value is not finite
   */
  public Image unapply(INDArray x, int index) {
    int channels = order.channels();
    if (x.rank() != 4 || x.size(1) != channels) {
      throw new IllegalArgumentException(
          "An input of this preprocessor (%s) is [N,%d,H,W], but x is %s"
              .formatted(order, channels, Arrays.toString(x.shape())));
    }
    if (index < 0 || index >= x.size(0)) {
      throw new IllegalArgumentException(
          "There is no input %d in a batch of %d".formatted(index, x.size(0)));
    }
    int height = Math.toIntExact(x.size(2));
    int width = Math.toIntExact(x.size(3));
    int size = Math.multiplyExact(height, width);
    float[] values = new float[Math.multiplyExact(channels, size)];
    for (int k = 0; k < channels; k++) {
      INDArray plane = x.get(NDArrayIndex.point(index), NDArrayIndex.point(k));
      float[] from = plane.castTo(DataType.FLOAT).dup('c').data().asFloat();
      int offset = order == ChannelOrder.GREY ? 0 : rgbIndex(k) * size;
      for (int i = 0; i < size; i++) {
        if (!Float.isFinite(from[i])) {
          throw new IllegalArgumentException(
              "A picture needs finite values, but input %d has %s in channel %d"
                  .formatted(index, from[i], k));
        }
        float pixel = (from[i] * scale(k) + mean(k)) * (float) divisor;
        values[offset + i] = clip(pixel / 255f);
      }
    }
    return new Image(channels, height, width, values);
  }

  /**
   * Lays a map over the network's input onto the original picture, so that an overlay lands where
   * it belongs: crop and resize are undone, the map linearly interpolated (antialiased where the
   * picture is smaller than the map).
   *
   * @param map [mapHeight,mapWidth] row by row, spread evenly over the whole input: at the input's
   *     resolution or coarser, such as a class activation map; not modified
   * @param mapHeight rows of the map
   * @param mapWidth columns of the map
   * @param originalWidth width of the picture that was given to {@link #apply(Image)}
   * @param originalHeight its height
   * @return [originalHeight,originalWidth], the caller's own; NaN where a pixel's centre lies
   *     outside the crop, as the network did not see it
   * @throws IllegalArgumentException if a size is not positive, the map has another length or the
   *     crop is larger than the (resized) picture
   */
  public float[] mapToOriginal(
      float[] map, int mapHeight, int mapWidth, int originalWidth, int originalHeight) {
    checkSize("map", mapWidth, mapHeight);
    checkSize("original picture", originalWidth, originalHeight);
    Resample.checkPlane(map, mapHeight, mapWidth);
    Geometry way = geometry(originalWidth, originalHeight);
    Taps rows = inverse(mapHeight, originalHeight, way.resizedHeight(), way.top(), way.height());
    Taps columns = inverse(mapWidth, originalWidth, way.resizedWidth(), way.left(), way.width());
    return Resample.apply(map, 0, mapHeight, mapWidth, rows, columns);
  }

  private static Taps inverse(int mapSide, int original, int resized, int start, int crop) {
    double perInputPixel = (double) mapSide / crop;
    double scale = (double) resized / original * perInputPixel;
    return Taps.triangle(mapSide, original, scale, -start * perInputPixel, Math.max(1, scale));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Preprocessor p
        && sizes.equals(p.sizes)
        && order == p.order
        && divisor == p.divisor
        && Arrays.equals(mean, p.mean)
        && Arrays.equals(scale, p.scale);
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  /** Says all settings, for messages and provenance. */
  @Override
  public String toString() {
    String resize =
        sizes.shorter > 0
            ? "shorter side " + sizes.shorter
            : sizes.width > 0 ? sizes.width + "x" + sizes.height : "none";
    String crop = sizes.cropWidth > 0 ? sizes.cropWidth + "x" + sizes.cropHeight : "none";
    return "Preprocessor[resize=%s, crop=%s, order=%s, divisor=%s, mean=%s, scale=%s]"
        .formatted(resize, crop, order, divisor, Arrays.toString(mean), Arrays.toString(scale));
  }
}
