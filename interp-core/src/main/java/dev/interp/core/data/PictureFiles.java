package dev.interp.core.data;

import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/** Reads pictures and lists folders. */
final class PictureFiles {
  private static final Set<String> SUFFIXES = Set.of("png", "jpg", "jpeg", "bmp", "gif");
  private static final long PNG_SIGNATURE = 0x89504E470D0A1A0AL;

  private PictureFiles() {}

  static RgbImage rgb(Path file) throws IOException {
    return RgbImage.of(read(file).toBufferedImage());
  }

  /** The decoder of the JVM ignores the check sums of PNG, so damage would pass as pixels. */
  static Image read(Path file) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException(file + " does not exist", e);
    }
    if (bytes.length >= 8 && ByteBuffer.wrap(bytes).getLong() == PNG_SIGNATURE) {
      checkPng(bytes, file);
    }
    return ImageIo.read(new ByteArrayInputStream(bytes), file.toString());
  }

  /** A chunk is its length, its kind, as many bytes and the CRC of kind and bytes. */
  private static void checkPng(byte[] bytes, Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int at = 8;
    boolean ended = false;
    while (!ended) {
      long length = at + 12 <= bytes.length ? in.getInt(at) & 0xFFFFFFFFL : Integer.MAX_VALUE;
      if (at + 12 + length > bytes.length) {
        throw new IOException(file + " is truncated or damaged: its last chunk is cut short");
      }
      CRC32 crc = new CRC32();
      crc.update(bytes, at + 4, (int) length + 4);
      if ((int) crc.getValue() != in.getInt(at + 8 + (int) length)) {
        throw new IOException(file + " is damaged: a check sum of the PNG is wrong");
      }
      ended = in.getInt(at + 4) == 0x49454E44;
      at += 12 + (int) length;
    }
  }

  static boolean isPicture(Path file) {
    String name = name(file).toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1))
        && Files.isRegularFile(file);
  }

  /** Returns what is in a folder, sorted by name. */
  static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          folder
              + (Files.exists(folder) ? " is a file; a folder was expected" : " does not exist")
              + "; is it the right folder?");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted((a, b) -> name(a).compareTo(name(b))).toList();
    }
  }

  /** Returns a file below a folder; a damaged name may not be a path, or lead out of it. */
  static Path below(Path folder, String name, TextLine line) throws IOException {
    try {
      Path file = folder.resolve(name).normalize();
      if (file.startsWith(folder.normalize()) && !file.equals(folder.normalize())) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw new IOException(line.broken("must name a file").getMessage(), e);
    }
    throw line.broken("must name a file inside of " + folder);
  }

  static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  static Box whole(RgbImage image) {
    return new Box(0, 0, image.width(), image.height());
  }
}
