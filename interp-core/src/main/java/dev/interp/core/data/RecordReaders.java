package dev.interp.core.data;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads files of records of equal size. */
final class RecordReaders {
  private static final int IDX_LABELS = 0x801;
  private static final int IDX_IMAGES = 0x803;
  private static final int CIFAR_SIDE = 32;
  private static final int CIFAR_PLANE = CIFAR_SIDE * CIFAR_SIDE;
  private static final int CIFAR_RECORD = 1 + 3 * CIFAR_PLANE;

  private RecordReaders() {}

  static PartDataset idx(Path folder, DatasetFormat.Idx format) throws IOException {
    Path imageFile = plainOrGz(folder, format.prefix() + "images-idx3-ubyte");
    Path labelFile = plainOrGz(folder, format.prefix() + "labels-idx1-ubyte");
    byte[] images = bytes(imageFile);
    byte[] labels = bytes(labelFile);
    int[] shape = header(imageFile, images, IDX_IMAGES, 3);
    int count = header(labelFile, labels, IDX_LABELS, 1)[0];
    if (count != shape[0]) {
      throw new IOException(
          "%s has %d labels, but %s has %d pictures; are they of the same split?"
              .formatted(labelFile, count, imageFile, shape[0]));
    }
    List<FileDataset.Entry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int label = label(labelFile, i, labels[8 + i], format.classNames().size());
      int at = 16 + i * shape[1] * shape[2];
      entries.add(
          new FileDataset.Entry(
              imageFile, () -> FolderReaders.plain(grey(images, at, shape[1], shape[2]), label)));
    }
    return FileDataset.of(imageFile, format.classNames(), List.of(), entries);
  }

  /** Checks that magic number and sizes fit the length, and returns the sizes. */
  private static int[] header(Path file, byte[] bytes, int magic, int axes) throws IOException {
    int start = 4 + 4 * axes;
    if (bytes.length < start) {
      throw new IOException(
          file
              + " is cut short: an idx file has at least "
              + start
              + " bytes, not "
              + bytes.length);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt(0) != magic) {
      throw new IOException(
          "%s must start with the magic number 0x%08X of idx with %d axes of bytes, but starts with 0x%08X"
              .formatted(file, magic, axes, in.getInt(0)));
    }
    int[] shape = new int[axes];
    long expected = 1;
    for (int axis = 0; axis < axes; axis++) {
      shape[axis] = in.getInt(4 + 4 * axis);
      boolean legal = shape[axis] > 0 && expected <= Integer.MAX_VALUE / shape[axis];
      expected = legal ? expected * shape[axis] : Long.MAX_VALUE - start;
      if (!legal) {
        break;
      }
    }
    if (expected + start != bytes.length) {
      throw new IOException(
          "%s is cut short or damaged: its header asks for %s, but %d bytes follow"
              .formatted(file, sizes(in, axes), bytes.length - start));
    }
    return shape;
  }

  private static String sizes(ByteBuffer in, int axes) {
    StringBuilder sizes = new StringBuilder();
    for (int axis = 0; axis < axes; axis++) {
      sizes.append(axis == 0 ? "" : " x ").append(in.getInt(4 + 4 * axis));
    }
    return sizes.append(" bytes").toString();
  }

  private static RgbImage grey(byte[] bytes, int at, int height, int width) {
    int[] rgb = new int[height * width];
    for (int p = 0; p < rgb.length; p++) {
      rgb[p] = (bytes[at + p] & 0xFF) * 0x010101;
    }
    return RgbImage.wrap(width, height, rgb);
  }

  static PartDataset cifar(Path folder, DatasetFormat.Split split) throws IOException {
    List<String> names = new ArrayList<>();
    for (TextLine line : TextLine.of(folder.resolve("batches.meta.txt"))) {
      names.add(line.text().strip());
    }
    if (names.size() != 10) {
      throw new IOException(
          "%s must have the names of 10 classes, but has %d"
              .formatted(folder.resolve("batches.meta.txt"), names.size()));
    }
    String start = split == DatasetFormat.Split.TRAIN ? "data_batch" : "test_batch";
    List<Path> files = PictureFiles.list(folder);
    List<FileDataset.Entry> entries = new ArrayList<>();
    for (Path file : files) {
      String name = PictureFiles.name(file);
      boolean unpackedToo =
          name.endsWith(".gz") && files.contains(folder.resolve(name.replaceAll("\\.gz$", "")));
      if (name.startsWith(start) && name.matches(".*\\.bin(\\.gz)?") && !unpackedToo) {
        addBatch(file, names.size(), entries);
      }
    }
    return FileDataset.of(folder.resolve(start + "*.bin"), names, List.of(), entries);
  }

  private static void addBatch(Path file, int classes, List<FileDataset.Entry> entries)
      throws IOException {
    byte[] bytes = bytes(file);
    if (bytes.length == 0 || bytes.length % CIFAR_RECORD != 0) {
      throw new IOException(
          "%s is cut short or damaged: its %d bytes are no multiple of the %d of a picture"
              .formatted(file, bytes.length, CIFAR_RECORD));
    }
    for (int record = 0; record < bytes.length / CIFAR_RECORD; record++) {
      int at = record * CIFAR_RECORD;
      int label = label(file, record, bytes[at], classes);
      entries.add(
          new FileDataset.Entry(file, () -> FolderReaders.plain(planes(bytes, at + 1), label)));
    }
  }

  private static RgbImage planes(byte[] bytes, int at) {
    int[] rgb = new int[CIFAR_PLANE];
    for (int p = 0; p < CIFAR_PLANE; p++) {
      rgb[p] =
          ((bytes[at + p] & 0xFF) << 16)
              | ((bytes[at + CIFAR_PLANE + p] & 0xFF) << 8)
              | (bytes[at + 2 * CIFAR_PLANE + p] & 0xFF);
    }
    return RgbImage.wrap(CIFAR_SIDE, CIFAR_SIDE, rgb);
  }

  private static int label(Path file, int index, byte value, int classes) throws IOException {
    int label = value & 0xFF;
    if (label >= classes) {
      throw new IOException(
          "%s: the label of picture %d must be 0 to %d, but is %d; is the file damaged or of another data set?"
              .formatted(file, index, classes - 1, label));
    }
    return label;
  }

  private static Path plainOrGz(Path folder, String name) throws IOException {
    Path plain = folder.resolve(name);
    Path packed = folder.resolve(name + ".gz");
    if (Files.isRegularFile(plain)) {
      return plain;
    }
    if (Files.isRegularFile(packed)) {
      return packed;
    }
    throw new IOException("Neither " + plain + " nor " + packed + " exists; is the prefix right?");
  }

  /** A gzip stream is read to its end, where its check sum is. */
  private static byte[] bytes(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (!PictureFiles.name(file).endsWith(".gz")) {
      return bytes;
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    } catch (EOFException | ZipException e) {
      throw new IOException(file + " is a truncated or damaged gzip file: " + e.getMessage(), e);
    }
  }
}
