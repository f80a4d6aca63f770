package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.disentangle.graph.ExplanatoryGraph;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

class GraphTest {
  @TempDir Path folder;

  private Cli run(Object... more) {
    java.util.List<Object> all =
        new java.util.ArrayList<>(
            java.util.List.of("graph", "--quiet", "--iterations", 4, "--images", 6));
    all.addAll(java.util.List.of(more));
    return Cli.run(all.toArray());
  }

  @Test
  void a_graph_of_birds_is_written_with_report_exports_and_positions() throws Exception {
    Path out = folder.resolve("out");
    Cli cli =
        run(
            "--layers",
            "conv5,conv4",
            "--data",
            "birds:1",
            "--patterns",
            4,
            "--memory",
            0,
            "--out",
            out);
    assertThat(cli.err()).isEmpty();
    assertThat(cli.code()).isZero();
    JsonNode result = Cli.json(out);
    assertThat(result.get("images").asInt()).isEqualTo(6);
    assertThat(result.get("layers").get(0).get("name").asText()).isEqualTo("conv4");
    assertThat(result.get("layers").get(1).get("likelihoods")).hasSize(4);
    assertThat(result.toString()).doesNotContain("NaN");
    ExplanatoryGraph graph = ExplanatoryGraph.ofJson(Files.readString(out.resolve("graph.json")));
    assertThat(graph.nodes()).hasSize(result.get("nodes").asInt()).isNotEmpty();
    assertThat(NpyFile.read(out.resolve("positions.npy")).shape())
        .containsExactly(graph.nodes().size(), 6, 3);
    for (String name :
        new String[] {
          "report.html", "graph.graphml", "graph.dot", "patches-conv4.png", "patches-conv5.png"
        }) {
      assertThat(out.resolve(name)).isNotEmptyFile();
    }
    assertThat(out.resolve("checkpoint")).doesNotExist();
    assertThat(out.resolve("spill")).doesNotExist();
  }

  @Test
  void pictures_are_turned_and_positions_are_those_in_the_pictures_as_they_are() throws Exception {
    Path out = folder.resolve("turned");
    Cli cli = run("--layers", "conv4,conv5", "--patterns", 2, "--turn", "--out", out);
    assertThat(cli.err()).isEmpty();
    assertThat(cli.code()).isZero();
    JsonNode turned = Cli.json(out).get("turned_images");
    assertThat(turned).isNotEmpty();
    assertThat(turned.get(0).asInt()).isPositive();
    assertThat(out.resolve("report.html")).isNotEmptyFile();
    ExplanatoryGraph graph = ExplanatoryGraph.ofJson(Files.readString(out.resolve("graph.json")));
    INDArray positions = NpyFile.read(out.resolve("positions.npy"));
    double width = graph.layers().get(0).inputWidth();
    for (int v = 0; v < graph.nodes().size(); v++) {
      double sum = 0;
      for (int i = 0; i < 6; i++) {
        double x = positions.getDouble(v, i, 0);
        sum += isIn(turned, i) ? width - x : x;
      }
      assertThat(sum / 6).isCloseTo(graph.nodes().get(v).x(), within(1e-3));
    }
  }

  private static boolean isIn(JsonNode numbers, int number) {
    for (JsonNode one : numbers) {
      if (one.asInt() == number) {
        return true;
      }
    }
    return false;
  }

  @Test
  void wrong_use_is_answered_with_one_line() {
    Path out = folder.resolve("none");
    assertThat(run("--layers", "conv9", "--out", out).err()).contains("no tensor is named 'conv9'");
    assertThat(run("--layers", "output", "--out", out).err()).contains("maps [C, h, w]");
    assertThat(run("--layers", "conv5,conv5", "--out", out).err()).contains("named once");
    assertThat(run("--layers", "conv5", "--data", "birds:99", "--out", out).err())
        .contains("the class must be one of");
    assertThat(run("--layers", "conv5", "--data", folder.resolve("x"), "--out", out).code())
        .isEqualTo(1);
    Cli none = run("--layers", "conv5", "--data", folder, "--out", out);
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("at least 2 pictures of one category, was 0");
    assertThat(out).doesNotExist();
  }

  @Test
  void a_damaged_checkpoint_is_told() throws Exception {
    Path out = folder.resolve("out");
    Files.createDirectories(out.resolve("checkpoint"));
    Files.writeString(out.resolve("checkpoint").resolve("layer-0.checkpoint"), "nonsense");
    Cli cli = run("--layers", "conv5", "--patterns", 2, "--resume", "--out", out);
    assertThat(cli.code()).isEqualTo(1);
    assertThat(cli.err()).contains("layer-0.checkpoint: the checkpoint is damaged");
    assertThat(run("--layers", "conv5", "--patterns", 2, "--out", out).code()).isZero();
  }
}
