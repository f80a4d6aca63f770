package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine;

class PeerSummaryTest {
  private static final String FIRST =
      """
      [{"method": "lrp", "peer": "zennit 0.5.1", "name": "a", "precision": "float64",
        "difference": 1.25e-12, "limit": 1e-9},
       {"method": "lrp", "peer": "zennit 0.5.1", "name": "b", "precision": "float64",
        "difference": 0.0, "limit": 1e-9},
       {"method": "lrp", "peer": "zennit 0.5.1", "name": "b", "precision": "float32",
        "difference": 3.0e-4, "limit": 1e-4}]
      """;
  private static final String SECOND =
      """
      [{"method": "gradient", "peer": "captum 0.7.0", "name": "c", "precision": "float64",
        "difference": 0.0, "limit": 1e-9},
       {"method": "lrp", "peer": "captum 0.7.0", "name": "c", "precision": "float64",
        "difference": "NaN", "limit": 1e-9}]
      """;
  private static final String TABLE =
      """
      # Title

      <!-- peers:begin -->

      | Method | Peer | Cases | float64 | float32 |
      |---|---|--:|--:|--:|
      | `gradient` | captum 0.7.0 | 1 | 0 |  |
      | `lrp` | captum 0.7.0 | 1 | NaN, missed |  |
      | `lrp` | zennit 0.5.1 | 2 | 1.3e-12 | 3.0e-04, missed |

      The largest difference of any value, as a share of the peer's largest value.

      <!-- peers:end -->
      rest
      """;

  @TempDir Path folder;

  @Test
  void replaces_what_stands_between_the_markers_and_nothing_the_second_time() throws IOException {
    Path peers = Files.createDirectory(folder.resolve("peers"));
    Files.writeString(peers.resolve("a.json"), FIRST);
    Files.writeString(peers.resolve("b.json"), SECOND);
    Path readme = folder.resolve("README.md");
    Files.writeString(readme, "# Title\n\n<!-- peers:begin -->\nold\n<!-- peers:end -->\nrest\n");

    assertThat(run(peers, readme)).isEmpty();
    assertThat(readme).hasContent(TABLE);
    assertThat(run(peers, readme)).isEmpty();
    assertThat(readme).hasContent(TABLE);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void no_comparisons_or_no_markers_are_refused() throws IOException {
    Path readme = Files.writeString(folder.resolve("README.md"), "text");
    assertThat(run(folder.resolve("none"), readme))
        .contains("must hold what the conformance tests write");
    Path peers = Files.createDirectory(folder.resolve("peers"));
    Files.writeString(peers.resolve("a.json"), FIRST);
    assertThat(run(peers, readme)).contains("must have a line <!-- peers:begin -->");
    assertThat(readme).hasContent("text");
  }

  @Test
  void reads_what_the_tests_write() throws IOException {
    PeerTable table = new PeerTable();
    var expected = Nd4j.createFromArray(2.0, -4);
    table.add("lime", "LIME 0.2", "case", expected.add(1), expected, 1);
    table.write("peer-summary-test");
    Path written = Path.of("target", "peers", "peer-summary-test.json");
    Path peers = Files.createDirectory(folder.resolve("peers"));
    Files.move(written, peers.resolve("lime.json"));
    Path readme = folder.resolve("README.md");
    Files.writeString(readme, "<!-- peers:begin --><!-- peers:end -->");
    assertThat(expected.dataType()).isEqualTo(DataType.DOUBLE);
    assertThat(run(peers, readme)).isEmpty();
    assertThat(readme).content().contains("| `lime` | LIME 0.2 | 1 | 2.5e-01 |  |\n");
  }

  private static String run(Path peers, Path readme) {
    StringWriter errors = new StringWriter();
    new CommandLine(new PeerSummary())
        .setErr(new PrintWriter(errors))
        .execute("--from", peers.toString(), "--readme", readme.toString());
    return errors.toString();
  }
}
