package dev.interp.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A document of the repository, and the code of a test that it shows. */
final class Doc {
  private static final Path ROOT = Path.of("..");
  private static final Path HERE = Path.of("src/test/java/dev/interp/bench/docs");

  private Doc() {}

  static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  /**
   * Checks that a document shows what stands between the comment lines {@code begin name} and
   * {@code end name} of a test class, up to indentation.
   */
  static void assertShows(String file, Class<?> test, String name) throws IOException {
    String source = Files.readString(HERE.resolve(test.getSimpleName() + ".java"));
    int begin = source.indexOf("// begin " + name + "\n");
    int end = source.indexOf("// end " + name + "\n");
    assertThat(begin).as("begin " + name).isNotNegative();
    assertThat(end).as("end " + name).isGreaterThan(begin);
    String shown = source.substring(source.indexOf('\n', begin) + 1, end);
    assertThat(flat(read(file))).as(file).contains(flat(shown));
  }

  private static String flat(String text) {
    return text.lines().map(String::strip).reduce("", (a, b) -> a + "\n" + b).strip();
  }
}
