package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrowTreeTest {
  private static final int MISUSE = 2;

  @TempDir Path folder;

  @Test
  void a_tree_of_the_demo_model_is_grown_and_written() throws Exception {
    Path out = folder.resolve("out");
    Cli run = Cli.run("tree", "--images", 120, "--class", 3, "--quiet", "--out", out);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    for (String name :
        List.of("result.json", "tree.graphml", "tree.dot", "tree.html", "tree.png")) {
      assertThat(out.resolve(name)).isNotEmptyFile();
    }
    for (String name : List.of("result.json", "tree.graphml", "tree.dot", "tree.html")) {
      // Letters of embedded pictures may spell anything.
      assertThat(Files.readString(out.resolve(name)).replaceAll("base64,[A-Za-z0-9+/=]+", ""))
          .doesNotContain("NaN", "Infinity");
    }
    JsonNode json = Cli.json(out);
    JsonNode own = json.get("levels_of_own_pictures");
    JsonNode leaves = own.get(own.size() - 1);
    assertThat(leaves.get("level").asText()).isEqualTo("leaves");
    assertThat(leaves.get("prediction_error").asDouble()).isLessThan(1e-12);
    assertThat(leaves.get("fitness").asDouble()).isGreaterThan(1 - 1e-12);
    assertThat(json.get("tree").get("pictures").asInt()).isEqualTo(leaves.get("nodes").asInt());
  }

  @Test
  void equal_seeds_give_equal_bytes() throws Exception {
    for (String name : List.of("a", "b")) {
      Cli.run("tree", "--images", 60, "--select-filters", "--quiet", "--out", folder.resolve(name));
    }
    for (String name : List.of("result.json", "tree.graphml", "tree.dot", "tree.html")) {
      assertThat(folder.resolve("a").resolve(name))
          .hasSameBinaryContentAs(folder.resolve("b").resolve(name));
    }
  }

  @Test
  void wrong_use_is_answered_in_a_line() {
    Path out = folder.resolve("out");
    Cli none = Cli.run("tree", "--images", 3, "--class", 9, "--quiet", "--out", out);
    assertThat(none.err()).contains("at least 2 pictures of label 9");
    assertThat(none.code()).isEqualTo(MISUSE);
    Cli beyond = Cli.run("tree", "--images", 30, "--class", 10, "--quiet", "--out", out);
    assertThat(beyond.err()).contains("target class must be in [0, 10)");
    assertThat(beyond.code()).isEqualTo(MISUSE);
    Cli flat = Cli.run("tree", "--images", 60, "--layer", "mean", "--quiet", "--out", out);
    assertThat(flat.err()).contains("must have spatial extent");
    assertThat(flat.code()).isEqualTo(MISUSE);
    Cli other =
        Cli.run("tree", "--images", 60, "--class", 1, "--label", 2, "--quiet", "--out", out);
    assertThat(other.err()).contains("at least 1 picture that has a score above 0");
    assertThat(other.code()).isEqualTo(MISUSE);
    assertThat(out).doesNotExist();
  }
}
