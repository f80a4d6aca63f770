package dev.interp.bench.cli;

import dev.interp.core.file.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that results go into. They are gathered in a hidden folder inside it and moved into
 * place when all are there, so that a run that fails leaves what was there before, and no folder
 * that was not.
 */
final class OutputFolder implements AutoCloseable {
  private final Path folder;
  private final Path staging;
  private final List<Path> made;
  private boolean committed;

  private OutputFolder(Path folder, Path staging, List<Path> made) {
    this.folder = folder;
    this.staging = staging;
    this.made = made;
  }

  static OutputFolder open(Path folder) throws IOException {
    List<Path> made = missing(folder);
    try {
      Files.createDirectories(folder);
      return new OutputFolder(folder, Files.createTempDirectory(folder, ".interp"), made);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(folder + ": the output must be a folder, but a file is there", e);
    } catch (IOException e) {
      removeEmpty(made);
      throw new IOException(folder + ": the output folder cannot be written", e);
    }
  }

  /** The folder and those above it that do not exist, the deepest first. */
  private static List<Path> missing(Path folder) {
    List<Path> missing = new ArrayList<>();
    for (Path at = folder.toAbsolutePath();
        at != null && Files.notExists(at);
        at = at.getParent()) {
      missing.add(at);
    }
    return missing;
  }

  private static void removeEmpty(List<Path> folders) throws IOException {
    try {
      for (Path made : folders) {
        Files.deleteIfExists(made);
      }
    } catch (DirectoryNotEmptyException e) {
      // Another program has put something there.
    }
  }

  /** Where a result is to be written until {@link #commit}. */
  Path file(String name) {
    return staging.resolve(name);
  }

  void commit() throws IOException {
    List<Path> results;
    try (Stream<Path> files = Files.list(staging)) {
      results = files.sorted().toList();
    }
    for (Path from : results) {
      Path to = place(from);
      if (Files.isDirectory(to)) {
        throw new IOException(to + ": a folder is where a result must go; nothing was written");
      }
    }
    for (Path from : results) {
      WholeFile.move(from, place(from));
    }
    committed = true;
  }

  private Path place(Path result) {
    return folder.resolve(result.getFileName().toString());
  }

  @Override
  public void close() throws IOException {
    List<Path> left;
    try (Stream<Path> files = Files.walk(staging)) {
      left = files.sorted(Comparator.reverseOrder()).toList();
    }
    try {
      left.forEach(OutputFolder::delete);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (!committed) {
      removeEmpty(made);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
