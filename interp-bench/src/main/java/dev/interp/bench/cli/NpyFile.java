package dev.interp.bench.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * NumPy's array files: little-endian float32 and float64 in C order, read and written here because
 * ND4J's reader crashes the JVM on a damaged file.
 */
final class NpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern HEADER =
      Pattern.compile(
          "'descr':\\s*'([<|=]?)([a-z]\\d)'.*'fortran_order':\\s*(True|False)"
              + ".*'shape':\\s*\\(([\\d,\\s]*)\\)",
          Pattern.DOTALL);

  private NpyFile() {}

  static INDArray read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": a folder; a .npy file was expected");
    }
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length < 10 || !Arrays.equals(bytes, 0, 6, MAGIC, 0, 6)) {
      throw new IOException(file + ": not a .npy file");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int prefix = bytes[6] == 1 ? 10 : 12;
    if (bytes.length < prefix) {
      throw new IOException(file + ": the .npy file is cut short");
    }
    int headerLength = bytes[6] == 1 ? buffer.getShort(8) & 0xffff : buffer.getInt(8);
    int start = prefix + headerLength;
    if (headerLength < 0 || start < 0 || start > bytes.length) {
      throw new IOException(file + ": the .npy file is cut short");
    }
    String header =
        new String(bytes, start - headerLength, headerLength, StandardCharsets.US_ASCII);
    Matcher matcher = HEADER.matcher(header);
    if (!matcher.find()) {
      throw new IOException(file + ": the .npy header is not one this reads: " + header.strip());
    }
    String type = matcher.group(2);
    if ((!type.equals("f4") && !type.equals("f8")) || matcher.group(3).equals("True")) {
      throw new IllegalArgumentException(
          file + ": the array must be float32 or float64 in C order, was " + header.strip());
    }
    int width = type.equals("f4") ? Float.BYTES : Double.BYTES;
    long[] shape;
    long size;
    try {
      shape =
          Arrays.stream(matcher.group(4).split(","))
              .map(String::strip)
              .filter(s -> !s.isEmpty())
              .mapToLong(Long::parseLong)
              .toArray();
      size = Arrays.stream(shape).reduce(width, Math::multiplyExact);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IOException(file + ": the .npy header is damaged: " + header.strip(), e);
    }
    if (size == 0) {
      throw new IllegalArgumentException(
          file + ": the array must hold numbers, has shape " + Arrays.toString(shape));
    }
    if (bytes.length - start != size) {
      throw new IOException(
          file
              + ": the .npy file must hold "
              + size
              + " bytes of numbers, holds "
              + (bytes.length - start)
              + " (cut short?)");
    }
    int count = (int) (size / width);
    buffer.position(start);
    if (width == Float.BYTES) {
      float[] values = new float[count];
      buffer.asFloatBuffer().get(values);
      return Nd4j.createFromArray(values).reshape(shape);
    }
    double[] values = new double[count];
    buffer.asDoubleBuffer().get(values);
    return Nd4j.createFromArray(values).reshape(shape);
  }

  /** Writes float32. */
  static void write(INDArray array, Path file) throws IOException {
    String shape =
        String.join(", ", Arrays.stream(array.shape()).mapToObj(Long::toString).toList())
            + (array.rank() == 1 ? "," : "");
    String dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
    int padding = 63 - (10 + dictionary.length()) % 64;
    String header = dictionary + " ".repeat(padding) + "\n";
    float[] values = array.castTo(DataType.FLOAT).dup('c').data().asFloat();
    ByteBuffer buffer =
        ByteBuffer.allocate(10 + header.length() + values.length * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) header.length());
    buffer.put(header.getBytes(StandardCharsets.US_ASCII));
    buffer.asFloatBuffer().put(values);
    Files.write(file, buffer.array());
  }
}
