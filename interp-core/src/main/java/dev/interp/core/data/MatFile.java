package dev.interp.core.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads the variables of a MATLAB file, version 5 (MathWorks, MAT-File Format): structs, texts and
 * real arrays of whole numbers up to 16 bits, logical values and floating point numbers, compressed
 * or not. Other values are refused.
 */
final class MatFile {
  private static final int HEADER = 128;
  private static final int COMPRESSED = 15;
  private static final int MATRIX = 14;

  /** What damage may claim: far more than any annotation has. */
  private static final int MAX_BYTES = 1 << 28;

  private MatFile() {}

  /** A value; which of its kinds it is tells the class. */
  sealed interface Value {}

  /** An array of structs. */
  record Structs(List<Map<String, Value>> elements) implements Value {}

  /** A text. */
  record Text(String text) implements Value {}

  /** Numbers, column by column. */
  // Never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Numbers(int rows, int columns, double[] values) implements Value {}

  /** Returns the variables by their names. */
  static Map<String, Value> read(Path file) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException(file + " does not exist", e);
    }
    try {
      return variables(bytes);
    } catch (BufferUnderflowException | IllegalArgumentException | DataFormatException e) {
      throw new IOException(
          file
              + " is no MATLAB file of version 5 with structs, texts and numbers, or damaged: "
              + e,
          e);
    }
  }

  private static Map<String, Value> variables(byte[] bytes) throws DataFormatException {
    require(bytes.length > HEADER, "it has " + bytes.length + " bytes");
    ByteBuffer in = ByteBuffer.wrap(bytes);
    boolean little = bytes[126] == 'I' && bytes[127] == 'M';
    boolean big = bytes[126] == 'M' && bytes[127] == 'I';
    require(little || big, "it has no byte order");
    in.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN).position(HEADER);
    Map<String, Value> variables = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      Element element = element(in);
      if (element.type() == COMPRESSED) {
        element = element(inflated(element.data()));
      }
      require(element.type() == MATRIX, "a variable has the type " + element.type());
      matrix(element.data(), variables);
    }
    return variables;
  }

  private static ByteBuffer inflated(ByteBuffer packed) throws DataFormatException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] part = new byte[1 << 16];
      while (!inflater.finished()) {
        int count = inflater.inflate(part);
        require(count > 0, "a variable is cut short");
        out.write(part, 0, count);
        require(out.size() < MAX_BYTES, "a variable is too large");
      }
      return ByteBuffer.wrap(out.toByteArray()).order(packed.order());
    } finally {
      inflater.end();
    }
  }

  private record Element(int type, ByteBuffer data) {}

  /** A tag and as many bytes, filled up to a multiple of 8; small ones have both in 8 bytes. */
  private static Element element(ByteBuffer in) {
    int type = in.getInt();
    int small = type >>> 16;
    int length = small == 0 ? in.getInt() : small;
    require(length >= 0 && length <= in.remaining(), "a value claims " + length + " bytes");
    ByteBuffer data = in.slice(in.position(), length).order(in.order());
    int filled = small == 0 ? (type == COMPRESSED ? length : (length + 7) / 8 * 8) : 4;
    in.position(Math.min(in.limit(), in.position() + filled));
    return new Element(type & 0xFFFF, data);
  }

  private static Value matrix(ByteBuffer in, Map<String, Value> variables) {
    int flags = element(in).data().getInt();
    ByteBuffer sizes = element(in).data();
    int rows = sizes.getInt();
    int columns = sizes.getInt();
    long count = (long) rows * columns;
    require(
        rows >= 0 && columns >= 0 && !sizes.hasRemaining() && count < MAX_BYTES,
        "an array is of " + rows + " x " + columns + " or more dimensions");
    String name = text(element(in).data());
    require((flags & 0x0800) == 0, "complex numbers");
    Value value =
        switch (flags & 0xFF) {
          case 2 -> structs(in, (int) count);
          case 4 -> new Text(characters(element(in)));
          case 6, 7, 8, 9, 10, 11 -> numbers(element(in), rows, columns);
          default -> throw new IllegalArgumentException("an array of class " + (flags & 0xFF));
        };
    variables.put(name, value);
    return value;
  }

  private static Structs structs(ByteBuffer in, int count) {
    int length = element(in).data().getInt();
    ByteBuffer names = element(in).data();
    require(length > 0 && names.remaining() % length == 0, "names of fields of " + length);
    List<String> fields = new ArrayList<>();
    while (names.hasRemaining()) {
      fields.add(text(names.slice(names.position(), length)));
      names.position(names.position() + length);
    }
    // Each field of each element has at least a tag.
    require((long) count * Math.max(1, fields.size()) * 8 <= in.remaining() + 8L, "lost fields");
    List<Map<String, Value>> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, Value> element = new LinkedHashMap<>();
      for (String field : fields) {
        Element data = element(in);
        require(data.type() == MATRIX, "a field has the type " + data.type());
        // An empty array may have nothing at all behind its tag.
        element.put(
            field,
            data.data().hasRemaining()
                ? matrix(data.data(), new LinkedHashMap<>())
                : new Numbers(0, 0, new double[0]));
      }
      elements.add(element);
    }
    return new Structs(elements);
  }

  private static String text(ByteBuffer bytes) {
    byte[] name = new byte[bytes.remaining()];
    bytes.get(name);
    String text = new String(name, StandardCharsets.ISO_8859_1);
    int end = text.indexOf(0);
    return end < 0 ? text : text.substring(0, end);
  }

  private static String characters(Element element) {
    StringBuilder text = new StringBuilder();
    ByteBuffer in = element.data();
    while (in.hasRemaining()) {
      text.append(
          switch (element.type()) {
            case 1, 2, 16 -> (char) (in.get() & 0xFF);
            case 4, 17 -> in.getChar();
            default ->
                throw new IllegalArgumentException("characters of the type " + element.type());
          });
    }
    return text.toString();
  }

  private static Numbers numbers(Element element, int rows, int columns) {
    ByteBuffer in = element.data();
    int size =
        switch (element.type()) {
          case 1, 2 -> 1;
          case 3, 4 -> 2;
          case 5, 6, 7 -> 4;
          case 9 -> 8;
          default -> throw new IllegalArgumentException("numbers of the type " + element.type());
        };
    require(in.remaining() == (long) rows * columns * size, "numbers are missing");
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (element.type()) {
            case 1 -> in.get();
            case 2 -> in.get() & 0xFF;
            case 3 -> in.getShort();
            case 4 -> in.getChar();
            case 5 -> in.getInt();
            case 6 -> in.getInt() & 0xFFFFFFFFL;
            case 7 -> in.getFloat();
            default -> in.getDouble();
          };
    }
    return new Numbers(rows, columns, values);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(Objects.requireNonNull(what));
    }
  }
}
