package dev.interp.bench.results;

import dev.interp.core.file.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Text files that are written whole or not at all. */
public final class ResultFile {
  private ResultFile() {}

  /**
   * Writes a file, its folder too where there is none.
   *
   * @param file where to
   * @param text all of it, written as UTF-8
   * @throws IOException if it cannot be written; a file that was there is then as it was
   */
  public static void write(Path file, String text) throws IOException {
    Path whole = file.toAbsolutePath();
    Path folder = whole.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    WholeFile.write(whole, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Puts a table into a Markdown file, between lines such as {@code <!-- speed:begin -->} and
   * {@code <!-- speed:end -->}. Doing it again changes nothing.
   *
   * @param readme the Markdown file
   * @param mark the word in the two lines
   * @param table Markdown that ends in a line break
   * @throws IOException if the file cannot be read or written
   * @throws IllegalArgumentException if it lacks the two lines
   */
  public static void insert(Path readme, String mark, String table) throws IOException {
    String text = Files.readString(readme);
    String first = "<!-- " + mark + ":begin -->";
    String last = "<!-- " + mark + ":end -->";
    int begin = text.indexOf(first);
    int end = text.indexOf(last);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(
          "'" + readme + "' must have a line " + first + " and after it a line " + last);
    }
    String changed =
        text.substring(0, begin + first.length()) + "\n\n" + table + "\n" + text.substring(end);
    if (!changed.equals(text)) {
      write(readme, changed);
    }
  }
}
