package dev.interp.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.bench.paper.QualityTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QualityTest {
  @Test
  void the_tables_are_those_of_the_result_files(@TempDir Path folder) throws IOException {
    Path copy = folder.resolve("quality.md");
    Files.writeString(copy, Doc.read("docs/quality.md"));
    QualityTables.main(new String[] {"results", copy.toString()});
    assertThat(copy).hasContent(Doc.read("docs/quality.md"));
  }
}
