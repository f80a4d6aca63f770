package dev.interp.bench.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that results go into. They are gathered in a hidden folder inside it and moved into
 * place when all are there, so that a run that fails leaves what was there before.
 */
final class OutputFolder implements AutoCloseable {
  private final Path folder;
  private final Path staging;

  private OutputFolder(Path folder, Path staging) {
    this.folder = folder;
    this.staging = staging;
  }

  static OutputFolder open(Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
      return new OutputFolder(folder, Files.createTempDirectory(folder, ".interp"));
    } catch (FileAlreadyExistsException e) {
      throw new IOException(folder + ": the output must be a folder, but a file is there", e);
    } catch (IOException e) {
      throw new IOException(folder + ": the output folder cannot be written", e);
    }
  }

  /** Where a result is to be written until {@link #commit}. */
  Path file(String name) {
    return staging.resolve(name);
  }

  void commit() throws IOException {
    try (Stream<Path> files = Files.list(staging)) {
      for (Path file : files.sorted().toList()) {
        move(file, folder.resolve(file.getFileName().toString()));
      }
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
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
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
