package dev.interp.bench.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small text files in UTF-8. */
final class TextFile {
  private TextFile() {}

  static String read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": a folder; a text file was expected");
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new IOException(file + ": not a text in UTF-8", e);
    }
  }
}
