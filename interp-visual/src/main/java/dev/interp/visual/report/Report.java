package dev.interp.visual.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A page of results. It is one HTML file with pictures and styles inside: it asks no other file or
 * server for anything, runs no script, reads well from 360 pixels up, in light and dark and on
 * paper. All words are plain text and escaped.
 *
 * @param title the heading of the page, not blank
 * @param subtitle one line under it; may be empty
 * @param facts what the page is about, for example model, fingerprint, input shape
 * @param input what the network was given, or null for a page that is not about one input
 * @param predictions what the network answered, best first; may be empty
 * @param cards the results in the order shown
 * @param footer provenance: versions, seed and what else it takes to make the page again
 */
public record Report(
    String title,
    String subtitle,
    List<Fact> facts,
    @Nullable Picture input,
    List<Prediction> predictions,
    List<Card> cards,
    List<Fact> footer) {
  /**
   * Copies the lists and checks the title.
   *
   * @throws IllegalArgumentException if {@code title} is blank
   */
  public Report {
    if (title.isBlank()) {
      throw new IllegalArgumentException("a report needs a title");
    }
    facts = List.copyOf(facts);
    predictions = List.copyOf(predictions);
    cards = List.copyOf(cards);
    footer = List.copyOf(footer);
  }

  /**
   * The page. The same report gives the same text, byte for byte. It is well-formed XML after the
   * doctype.
   *
   * @return the whole HTML document
   */
  public String html() {
    return Page.of(this);
  }

  /**
   * Writes the page in UTF-8, to a temporary file in the same folder that is then moved into place,
   * so that no reader sees half a page. A file that is already there is replaced.
   *
   * @param path the file to write; its folder must exist
   * @throws IOException if the folder does not exist or the file cannot be written
   */
  public void write(Path path) throws IOException {
    Path file = path.toAbsolutePath();
    Path folder = file.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(
          "the folder of the report does not exist: " + folder + "; create it first");
    }
    if (Files.isDirectory(file)) {
      throw new IOException(
          "the report is a file but a folder is in its place: " + file + "; add a file name");
    }
    byte[] page = html().getBytes(StandardCharsets.UTF_8);
    Path temporary = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      Files.write(temporary, page, StandardOpenOption.CREATE_NEW);
      try {
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
