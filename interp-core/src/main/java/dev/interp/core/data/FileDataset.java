package dev.interp.core.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/** Pictures that are decoded from files each time they are asked for. */
final class FileDataset implements PartDataset {
  /** One picture: the file that messages name, and how to read it. */
  record Entry(Path file, Decoder decoder) {}

  /** Reads one picture; safe for concurrent use. */
  interface Decoder {
    PartImage decode() throws IOException;
  }

  private final List<String> classNames;
  private final List<String> partNames;
  private final List<Entry> entries;

  private FileDataset(List<String> classNames, List<String> partNames, List<Entry> entries) {
    this.classNames = classNames;
    this.partNames = partNames;
    this.entries = entries;
  }

  static FileDataset of(
      Path source, List<String> classNames, List<String> partNames, List<Entry> entries)
      throws IOException {
    if (entries.isEmpty()) {
      throw new IOException(source + " has no pictures; is it the right folder and split?");
    }
    if (new HashSet<>(classNames).size() < classNames.size()
        || classNames.stream().anyMatch(String::isBlank)) {
      throw new IOException(
          source + ": the names of classes must be distinct and not blank, but are " + classNames);
    }
    return new FileDataset(
        List.copyOf(classNames), List.copyOf(partNames), Collections.unmodifiableList(entries));
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public List<String> partNames() {
    return partNames;
  }

  @Override
  public PartImage get(int index) {
    Entry entry = entries.get(Objects.checkIndex(index, entries.size()));
    try {
      return entry.decoder().decode();
    } catch (IOException | IllegalArgumentException e) {
      // A box or a mask that does not fit its picture is refused by the picture as a misuse.
      throw new UncheckedIOException(
          new IOException("Picture " + index + " from " + entry.file() + ": " + e.getMessage(), e));
    }
  }
}
