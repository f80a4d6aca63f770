package dev.interp.core.file;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * Writes files so that no reader sees half of one, and a file that is there is lost to nothing but
 * its successor: to a temporary file in the same folder, which is then moved into place.
 */
public final class WholeFile {
  /** Writes what the file shall hold. */
  @FunctionalInterface
  public interface Writing {
    /**
     * Writes.
     *
     * @param temporary a file that does not exist yet
     * @throws IOException if it cannot be written
     */
    void to(Path temporary) throws IOException;
  }

  private WholeFile() {}

  /**
   * Writes a file.
   *
   * @param file replaced if it exists; its folder must exist
   * @param writing what it shall hold
   * @throws IOException if it cannot be written; the old file is then untouched
   */
  public static void write(Path file, Writing writing) throws IOException {
    Path temporary =
        file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      writing.to(temporary);
      move(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Writes a file.
   *
   * @param file replaced if it exists; its folder must exist
   * @param bytes what it shall hold
   * @throws IOException if it cannot be written; the old file is then untouched
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, temporary -> Files.write(temporary, bytes));
  }

  /**
   * Moves a file, at once where the file system can.
   *
   * @param from a file
   * @param to replaced if it exists
   * @throws IOException if it cannot be moved
   */
  public static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
