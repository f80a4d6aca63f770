package dev.interp.core.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.zip.DeflaterOutputStream;

/** Writes MATLAB files of version 5 as MATLAB does, in the byte order of x86. */
final class MatWriter {
  private MatWriter() {}

  /** A file with one variable; values are strings, byte[][] masks (rows), or lists of maps. */
  static byte[] file(String name, Object value, boolean packed) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] header = new byte[128];
    java.util.Arrays.fill(header, 0, 116, (byte) ' ');
    byte[] text = "MATLAB 5.0 MAT-file".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, header, 0, text.length);
    header[124] = 0;
    header[125] = 1;
    header[126] = 'I';
    header[127] = 'M';
    out.writeBytes(header);
    byte[] matrix = matrix(name, value);
    if (packed) {
      ByteArrayOutputStream small = new ByteArrayOutputStream();
      try (DeflaterOutputStream deflater = new DeflaterOutputStream(small)) {
        deflater.write(matrix);
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      out.writeBytes(ints(15, small.size()));
      out.writeBytes(small.toByteArray());
    } else {
      out.writeBytes(matrix);
    }
    return out.toByteArray();
  }

  static byte[][] mask(int height, int width, BiPredicate<Integer, Integer> on) {
    byte[][] mask = new byte[height][width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        mask[y][x] = (byte) (on.test(x, y) ? 1 : 0);
      }
    }
    return mask;
  }

  private static byte[] matrix(String name, Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (value instanceof String text) {
      start(out, 4, 1, text.length(), name);
      out.writeBytes(element(16, text.getBytes(StandardCharsets.US_ASCII)));
    } else if (value instanceof byte[][] mask) {
      // Logical, kept as unsigned bytes.
      start(out, 9 | 0x0200, mask.length, mask[0].length, name);
      byte[] columns = new byte[mask.length * mask[0].length];
      for (int i = 0; i < columns.length; i++) {
        columns[i] = mask[i % mask.length][i / mask.length];
      }
      out.writeBytes(element(2, columns));
    } else if (value instanceof List<?> list && list.isEmpty()) {
      start(out, 6, 0, 0, name);
      out.writeBytes(element(9, new byte[0]));
    } else {
      List<?> list = (List<?>) value;
      List<?> names = List.copyOf(((Map<?, ?>) list.get(0)).keySet());
      start(out, 2, 1, list.size(), name);
      out.writeBytes(element(5, intBytes(16)));
      byte[] fields = new byte[16 * names.size()];
      for (int f = 0; f < names.size(); f++) {
        byte[] field = String.valueOf(names.get(f)).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(field, 0, fields, 16 * f, field.length);
      }
      out.writeBytes(element(1, fields));
      for (Object one : list) {
        for (Object field : names) {
          out.writeBytes(
              matrix("", java.util.Objects.requireNonNull(((Map<?, ?>) one).get(field))));
        }
      }
    }
    byte[] data = out.toByteArray();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(ints(14, data.length));
    whole.writeBytes(data);
    return whole.toByteArray();
  }

  private static void start(
      ByteArrayOutputStream out, int flags, int rows, int columns, String name) {
    out.writeBytes(element(6, ints(flags, 0)));
    out.writeBytes(element(5, ints(rows, columns)));
    out.writeBytes(element(1, name.getBytes(StandardCharsets.US_ASCII)));
  }

  /** Up to four bytes are kept in the tag. */
  private static byte[] element(int type, byte[] data) {
    ByteBuffer out =
        ByteBuffer.allocate(data.length <= 4 ? 8 : 8 + (data.length + 7) / 8 * 8)
            .order(ByteOrder.LITTLE_ENDIAN);
    if (data.length > 0 && data.length <= 4) {
      out.putInt(data.length << 16 | type);
    } else {
      out.putInt(type).putInt(data.length);
    }
    return out.put(data).array();
  }

  private static byte[] ints(int first, int second) {
    return ByteBuffer.allocate(8)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(first)
        .putInt(second)
        .array();
  }

  private static byte[] intBytes(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }
}
