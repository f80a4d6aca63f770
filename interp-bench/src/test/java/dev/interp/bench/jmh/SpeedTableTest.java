package dev.interp.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SpeedTableTest {
  private static final String JSON =
      """
      {"statistic": "median", "quick": false,
       "machine": {"cpu": "Chip", "cores": "2"}, "commit": "0123456789ab",
       "versions": {"jmh": "1.37", "nd4j": "M2"},
       "rows": [
        {"net": "resnet18", "pass": "forward", "batch": 8, "ms": 149.4, "error_ms": 2.34,
         "peer": "PyTorch channels_last", "peer_ms": 156.0, "ratio": 0.9577, "at_most": 1.2,
         "at_least": null},
        {"net": "resnet18", "pass": "hooks-none", "batch": 1, "ms": 27.06, "error_ms": null,
         "peer": null, "peer_ms": null, "ratio": null, "at_most": null, "at_least": null},
        {"net": "resnet18", "pass": "hooks-keep-all", "batch": 1, "ms": 30.0, "error_ms": 0.04,
         "peer": "no hooks", "peer_ms": 27.06, "ratio": 1.1086, "at_most": 1.05, "at_least": null},
        {"net": "resnet18", "pass": "dl4j-forward", "batch": 1, "ms": 375.0, "error_ms": 9,
         "peer": "interp", "peer_ms": 27.1, "ratio": 13.838, "at_most": null, "at_least": 10}
       ]}
      """;
  private static final String TABLE =
      """
      # Title

      <!-- speed:begin -->

      | Net | Pass | Batch | ms | held against | its ms | ratio | to reach |
      |---|---|--:|--:|---|--:|--:|--:|
      | resnet18 | forward | 8 | 149 ± 2.3 | PyTorch channels_last | 156 | 0.96 | ≤ 1.2 |
      | resnet18 | hooks-none | 1 | 27.1 |  |  |  |  |
      | resnet18 | hooks-keep-all | 1 | 30.0 ± 0.0 | no hooks | 27.1 | 1.11 | ≤ 1.05, missed |
      | resnet18 | dl4j-forward | 1 | 375 ± 9.0 | interp | 27.1 | 13.84 | ≥ 10 |

      Measured at commit 0123456789ab on cpu Chip, cores 2; jmh 1.37, nd4j M2. Times are the \
      median, ± half the 99.9 % confidence interval of the mean.

      <!-- speed:end -->
      rest
      """;

  @TempDir Path folder;

  @Test
  void replaces_what_stands_between_the_markers_and_nothing_the_second_time() throws IOException {
    Path readme = folder.resolve("README.md");
    Files.writeString(readme, "# Title\n\n<!-- speed:begin -->\nold\n<!-- speed:end -->\nrest\n");

    assertThat(run(JSON, readme)).isEmpty();
    assertThat(readme).hasContent(TABLE);

    assertThat(run(JSON, readme)).isEmpty();
    assertThat(readme).hasContent(TABLE);
  }

  @Test
  void a_readme_without_markers_is_refused_and_left_alone() throws IOException {
    Path readme = folder.resolve("README.md");
    Files.writeString(readme, "<!-- speed:end --> <!-- speed:begin -->");

    assertThat(run(JSON, readme)).contains("must have a line <!-- speed:begin -->");
    assertThat(readme).hasContent("<!-- speed:end --> <!-- speed:begin -->");
  }

  @Test
  void a_trial_is_refused() throws IOException {
    Path readme = folder.resolve("README.md");
    Files.writeString(readme, TABLE);

    assertThat(run(JSON.replace("\"quick\": false", "\"quick\": true"), readme))
        .contains("was written with --quick");
    assertThat(readme).hasContent(TABLE);
  }

  private String run(String json, Path readme) throws IOException {
    Path from = folder.resolve("speed.json");
    Files.writeString(from, json);
    StringWriter errors = new StringWriter();
    new CommandLine(new SpeedTable())
        .setErr(new PrintWriter(errors))
        .execute("--from", from.toString(), "--readme", readme.toString());
    return errors.toString();
  }
}
