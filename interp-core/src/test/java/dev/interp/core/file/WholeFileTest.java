package dev.interp.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir Path folder;

  private void onlyHolds(Path file, String text) throws IOException {
    assertThat(file).hasContent(text);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void a_file_is_written_and_replaced() throws IOException {
    Path file = folder.resolve("file");
    WholeFile.write(file, "one".getBytes(StandardCharsets.UTF_8));
    onlyHolds(file, "one");
    WholeFile.write(file, temporary -> Files.writeString(temporary, "two"));
    onlyHolds(file, "two");
  }

  @Test
  void a_file_survives_a_writing_that_fails_half_way() throws IOException {
    Path file = folder.resolve("file");
    WholeFile.write(file, "old".getBytes(StandardCharsets.UTF_8));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(
            () ->
                WholeFile.write(
                    file,
                    temporary -> {
                      Files.writeString(temporary, "half");
                      throw new IOException("disk full");
                    }))
        .withMessage("disk full");
    onlyHolds(file, "old");
  }
}
