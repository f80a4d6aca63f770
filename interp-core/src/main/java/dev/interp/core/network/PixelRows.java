package dev.interp.core.network;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The maps of a batch as rows of pixels that can be copied from batch to batch: with the channels
 * last a row's stretch is one piece of memory. ND4J's views would cost an op per copy.
 */
final class PixelRows {
  private final INDArray array;
  private final ByteBuffer[] examples;
  private final int height;
  private final int width;
  private final int pixel;

  /**
   * @param array {@code [N, H, W, C]} in row order
   */
  PixelRows(INDArray array) {
    this.array = array;
    this.height = (int) array.size(1);
    this.width = (int) array.size(2);
    this.pixel = (int) array.size(3) * array.dataType().width();
    long bytes = (long) height * width * pixel;
    Pointer start = array.data().addressPointer();
    this.examples = new ByteBuffer[(int) array.size(0)];
    Arrays.setAll(
        examples,
        i ->
            new BytePointer(start)
                .getPointer(i * bytes)
                .capacity(bytes)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder()));
  }

  INDArray array() {
    return array;
  }

  /** Takes rectangles of other maps of the same size, over which patches lie. */
  void take(
      Region from,
      PixelRows maps,
      @Nullable PixelRows patches,
      @Nullable Region at,
      Filling filling) {
    for (int i = 0; i < examples.length; i++) {
      int top = from.rows().start(i);
      int left = from.columns().start(i);
      ByteBuffer map = maps.examples[maps.examples.length == 1 ? 0 : i];
      for (int row = 0; row < height; row++) {
        int y = top + row;
        if (y < 0 || y >= maps.height) {
          fill(i, row, 0, width, filling);
          continue;
        }
        int inside = Math.max(0, -left);
        int end = Math.min(width, maps.width - left);
        fill(i, row, 0, Math.min(inside, width), filling);
        fill(i, row, Math.max(end, 0), width, filling);
        if (patches == null || at == null || y < at.rows().start(i) || y >= at.rows().end(i)) {
          copy(i, row, inside, end, map, y * maps.width + left);
        } else {
          int patchLeft = at.columns().start(i) - left;
          int begin = Math.max(inside, Math.min(end, patchLeft));
          int stop = Math.max(begin, Math.min(end, at.columns().end(i) - left));
          copy(i, row, inside, begin, map, y * maps.width + left);
          copy(
              i,
              row,
              begin,
              stop,
              patches.examples[i],
              (y - at.rows().start(i)) * patches.width - patchLeft);
          copy(i, row, stop, end, map, y * maps.width + left);
        }
      }
    }
  }

  /** Becomes copies of one map with patches laid over them. */
  void paste(PixelRows map, @Nullable PixelRows patches, @Nullable Region at) {
    boolean covered = patches != null && patches.height == height && patches.width == width;
    for (int i = 0; i < examples.length; i++) {
      if (!covered) {
        examples[i].put(0, map.examples[0], 0, height * width * pixel);
      }
      for (int row = 0; patches != null && at != null && row < patches.height; row++) {
        int left = at.columns().start(i);
        copy(
            i,
            at.rows().start(i) + row,
            left,
            left + patches.width,
            patches.examples[i],
            row * patches.width - left);
      }
    }
  }

  /**
   * @param origin the pixel of the source that column 0 would be
   */
  private void copy(int example, int row, int from, int to, ByteBuffer source, int origin) {
    if (from < to) {
      examples[example].put(
          (row * width + from) * pixel, source, (origin + from) * pixel, (to - from) * pixel);
    }
  }

  private void fill(int example, int row, int from, int to, Filling filling) {
    if (from < to) {
      int length = (to - from) * pixel;
      examples[example].put((row * width + from) * pixel, filling.of(length), 0, length);
    }
  }

  /** Multiplies all channels of a pixel. */
  void scale(int example, int row, int column, double factor) {
    int from = (row * width + column) * pixel;
    ByteBuffer numbers = examples[example];
    boolean wide = array.dataType() == DataType.DOUBLE;
    for (int at = from; at < from + pixel; at += array.dataType().width()) {
      if (wide) {
        numbers.putDouble(at, numbers.getDouble(at) * factor);
      } else {
        numbers.putFloat(at, (float) (numbers.getFloat(at) * factor));
      }
    }
  }

  /** One number over and over: what lies around a map. */
  static final class Filling {
    private final DataType type;
    private final boolean least;
    private ByteBuffer numbers = ByteBuffer.allocateDirect(0);

    /**
     * @param least the least number of the type, else zero
     */
    Filling(DataType type, boolean least) {
      this.type = type;
      this.least = least;
    }

    private ByteBuffer of(int bytes) {
      if (numbers.capacity() < bytes) {
        numbers = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        for (int at = 0; least && at < bytes; at += type.width()) {
          if (type == DataType.DOUBLE) {
            numbers.putDouble(at, -Double.MAX_VALUE);
          } else {
            numbers.putFloat(at, -Float.MAX_VALUE);
          }
        }
      }
      return numbers;
    }
  }
}
