package dev.interp.bench.quality;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What an evaluation has finished, one JSON object per line, the first of which says what is
 * evaluated. Lines are only ever appended, each in one write, so a run that is killed loses at most
 * the line it was at.
 */
final class Ledger {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<JsonNode> entries;

  private Ledger(Path file, List<JsonNode> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Opens a ledger, a new one or one of an earlier run.
   *
   * @throws IllegalArgumentException if it is of another evaluation
   */
  static Ledger open(Path file, ObjectNode subject) throws IOException {
    if (!Files.exists(file)) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, subject + "\n", StandardOpenOption.CREATE_NEW);
      return new Ledger(file, new ArrayList<>());
    }
    String text = Files.readString(file);
    // What follows the last line break was cut short.
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    if (whole.isEmpty()) {
      Files.writeString(file, subject + "\n");
      return new Ledger(file, new ArrayList<>());
    }
    List<JsonNode> lines = new ArrayList<>();
    try {
      for (String line : whole.lines().toList()) {
        lines.add(JSON.readTree(line));
      }
    } catch (JacksonException e) {
      throw new IOException(
          file + ": line " + (lines.size() + 1) + " is no JSON; delete the file to start again", e);
    }
    JsonNode before = lines.remove(0);
    if (!before.equals(JSON.readTree(subject.toString()))) {
      throw new IllegalArgumentException(
          file
              + ": the folder holds the progress of another evaluation "
              + before
              + ", this one is "
              + subject
              + "; choose another --out, or delete the file to start again");
    }
    if (whole.length() < text.length()) {
      Files.writeString(file, whole);
    }
    return new Ledger(file, lines);
  }

  List<JsonNode> entries() {
    return List.copyOf(entries);
  }

  void append(JsonNode entry) throws IOException {
    Files.write(file, (entry + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
    entries.add(entry);
  }
}
