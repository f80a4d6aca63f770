package dev.interp.disentangle.dissect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OtherJvmTest {
  private static final Path HOMES = Path.of("/usr/lib/jvm");

  @TempDir Path folder;

  /** A Java of another version than this one, if the machine has one. */
  private static Optional<Path> otherJava() throws IOException {
    if (!Files.isDirectory(HOMES)) {
      return Optional.empty();
    }
    try (Stream<Path> homes = Files.list(HOMES)) {
      return homes
          .sorted()
          .filter(home -> Files.isExecutable(home.resolve("bin/java")))
          .filter(home -> release(home).filter(v -> v != Runtime.version().feature()).isPresent())
          .map(home -> home.resolve("bin/java"))
          .findFirst();
    }
  }

  private static Optional<Integer> release(Path home) {
    try {
      return Files.readAllLines(home.resolve("release")).stream()
          .filter(line -> line.startsWith("JAVA_VERSION="))
          .map(line -> Runtime.Version.parse(line.replaceAll("[^0-9.]", "")).feature())
          .filter(version -> version >= 17)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Test
  void what_two_versions_of_java_have_counted_is_merged_to_the_same_bytes() throws Exception {
    Optional<Path> java = otherJava();
    assumeThat(java)
        .as("needs a Java of 17 or later in %s other than %s", HOMES, Runtime.version())
        .isPresent();
    Process process =
        new ProcessBuilder(
                List.of(
                    java.orElseThrow().toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    HalfMain.class.getName(),
                    folder.toString(),
                    "50",
                    "100"))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(() -> "log in " + folder.resolve("log")).isZero();
    assertThat(Files.readString(folder.resolve("version")))
        .isNotEqualTo(System.getProperty("java.specification.version"));

    ActivationQuantiles quantiles =
        ActivationQuantiles.read(
            new ByteArrayInputStream(Files.readAllBytes(folder.resolve("quantiles"))));
    ByteArrayOutputStream merged = new ByteArrayOutputStream();
    HalfMain.quantiles(0, 50).merge(quantiles).write(merged);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    HalfMain.quantiles(0, 100).write(whole);
    assertThat(merged.toByteArray()).isEqualTo(whole.toByteArray());

    ConceptOverlap overlap =
        ConceptOverlap.read(
            new ByteArrayInputStream(Files.readAllBytes(folder.resolve("overlap"))));
    merged.reset();
    HalfMain.overlap(0, 50).merge(overlap).write(merged);
    whole.reset();
    HalfMain.overlap(0, 100).write(whole);
    assertThat(merged.toByteArray()).isEqualTo(whole.toByteArray());
  }
}
