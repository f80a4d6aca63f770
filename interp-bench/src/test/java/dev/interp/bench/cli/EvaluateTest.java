package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateTest {
  private static final String METHODS = "random,edges,input-x-gradient";
  private static final String METRICS =
      "deletion-gap,relevance-mass,grid-pointing-game,consistency";

  private static Cli evaluate(Path out, Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("evaluate", "--out", out, "--batch", 2));
    all.addAll(List.of(arguments));
    if (!all.contains("--methods")) {
      all.addAll(List.of("--methods", METHODS));
    }
    if (!all.contains("--images")) {
      all.addAll(List.of("--images", 5));
    }
    return Cli.run(all.toArray());
  }

  @Test
  void methods_are_judged_and_ranked(@TempDir Path folder) throws IOException {
    Cli run = evaluate(folder, "--metrics", METRICS);

    assertThat(run.err()).contains("left").endsWith("done" + System.lineSeparator());
    assertThat(run.code()).isZero();
    JsonNode json = Cli.json(folder);
    assertThat(json.get("rows")).hasSize(12);
    for (JsonNode row : json.get("rows")) {
      assertThat(row.fieldNames())
          .toIterable()
          .contains("method", "metric", "value", "low", "high", "n", "seconds", "settings");
      assertThat(row.get("n").asInt() + row.get("skipped").asInt()).isEqualTo(5);
      if (!row.get("value").isNull()) {
        assertThat(row.get("value").asDouble())
            .isBetween(row.get("low").asDouble(), row.get("high").asDouble());
      }
    }
    JsonNode provenance = json.get("provenance");
    assertThat(provenance.get("images").asInt()).isEqualTo(5);
    assertThat(provenance.get("fingerprint").asText()).hasSize(16);
    assertThat(provenance.get("methods").fieldNames())
        .toIterable()
        .containsExactly("random", "edges", "input-x-gradient");
    // The network's own contributions beat both.
    assertThat(json.get("ranking").get(0).get("method").asText()).isEqualTo("input-x-gradient");
    assertThat(json.get("time").get("metric_share_outside_networks").asDouble()).isBetween(0., 1.);
    assertThat(Files.readString(folder.resolve("report.html")))
        .contains("Deletion gap", "Relevance mass accuracy", "mean rank", "<table");
  }

  @Test
  void a_run_that_was_killed_goes_on_and_ends_the_same(@TempDir Path whole, @TempDir Path killed)
      throws IOException {
    evaluate(whole, "--metrics", METRICS, "--quiet");
    List<String> lines = Files.readAllLines(whole.resolve("progress.jsonl"));
    // What is evaluated, then three batches of three methods.
    assertThat(lines).hasSize(10);
    // Killed in the middle of writing the fifth line.
    String left = String.join("\n", lines.subList(0, 4)) + "\n" + lines.get(4).substring(0, 40);
    Files.writeString(killed.resolve("progress.jsonl"), left);

    Cli run = evaluate(killed, "--metrics", METRICS);

    assertThat(run.code()).isZero();
    // Six method-batches were left, and what is done is told from the start.
    assertThat(run.err().lines()).hasSize(7);
    assertThat(run.err()).startsWith(" 40 %");
    assertThat(numbers(killed)).isEqualTo(numbers(whole));
    assertThat(Files.readAllLines(killed.resolve("progress.jsonl")).subList(0, 4))
        .isEqualTo(lines.subList(0, 4));
  }

  private static List<String> numbers(Path folder) throws IOException {
    List<String> numbers = new ArrayList<>();
    for (JsonNode row : Cli.json(folder).get("rows")) {
      numbers.add(
          row.get("method") + " " + row.get("metric") + " " + row.get("value") + row.get("high"));
    }
    return numbers;
  }

  @Test
  void what_is_asked_for_later_is_added(@TempDir Path folder) throws IOException {
    evaluate(folder, "--metrics", "relevance-mass", "--quiet");
    long before = Files.size(folder.resolve("progress.jsonl"));
    Cli same = evaluate(folder, "--metrics", "relevance-mass");
    assertThat(same.err().lines()).hasSize(1);
    assertThat(Files.size(folder.resolve("progress.jsonl"))).isEqualTo(before);

    assertThat(evaluate(folder, "--metrics", "relevance-mass,sparseness", "--quiet").code())
        .isZero();

    assertThat(Cli.json(folder).get("rows")).hasSize(6);
    assertThat(Cli.json(folder).get("rows").get(1).get("n").asInt()).isEqualTo(5);
  }

  @Test
  void another_evaluation_s_progress_is_not_mixed_in(@TempDir Path folder, @TempDir Path birds)
      throws IOException {
    evaluate(folder, "--metrics", "sparseness", "--quiet");
    Cli.run("render-birds", "--images", 5, "--out", birds.resolve("five"));
    Cli other = evaluate(folder, "--metrics", "sparseness", "--data", birds.resolve("five"));
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("progress of another evaluation", "another --out");
    Files.writeString(folder.resolve("progress.jsonl"), "{}\nnonsense\n");
    Cli damaged = evaluate(folder, "--metrics", "sparseness");
    assertThat(damaged.code()).isEqualTo(1);
    assertThat(damaged.err()).contains("line 2 is no JSON");
  }

  @Test
  void a_folder_of_pictures_has_no_masks(@TempDir Path folder) throws IOException {
    Path birds = folder.resolve("birds");
    assertThat(Cli.run("render-birds", "--images", 4, "--out", birds).code()).isZero();
    Path images = birds.resolve("images");
    Cli refused =
        evaluate(folder.resolve("a"), "--data", images, "--images", 4, "--metrics", "iou");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("iou needs the object's pixels");

    Cli run =
        evaluate(folder.resolve("b"), "--data", images, "--images", 4, "--metrics", "sparseness");

    assertThat(run.code()).isZero();
    assertThat(Cli.json(folder.resolve("b")).get("rows").get(0).get("n").asInt()).isEqualTo(4);
  }

  @Test
  void wrong_use_is_told_before_work(@TempDir Path folder) {
    Path out = folder.resolve("out");
    assertThat(evaluate(out, "--metrics", "deltion").err())
        .contains("no metric is named 'deltion'");
    assertThat(evaluate(out, "--methods", "gradcam").err())
        .contains("no method is named 'gradcam'");
    assertThat(evaluate(out, "--images", 100000).err()).contains("must be 1 to");
    assertThat(evaluate(out, "--data", folder.resolve("none")).err()).contains("no such file");
    assertThat(evaluate(out, "--data", folder).err()).contains("must hold pictures");
    assertThat(evaluate(out, "--set", "occlusion.window=3").err()).contains("--set must name");
    assertThat(out).doesNotExist();
  }

  @Test
  void a_suite_takes_a_grid(@TempDir Path folder) throws IOException {
    Path grid = folder.resolve("grid.json");
    Files.writeString(
        grid, "{\"methods\": [\"random\", \"edges\"], \"metrics\": [\"entropy\"], \"images\": 2}");
    Path out = folder.resolve("out");
    Cli run = Cli.run("bench", "--suite", "quality", "--grid", grid, "--out", out, "--quiet");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(Cli.json(out).get("rows")).hasSize(2);

    assertThat(Cli.run("bench", "--suite", "beauty", "--out", out).code()).isEqualTo(2);
    Files.writeString(grid, "{\"method\": []}");
    assertThat(Cli.run("bench", "--suite", "quality", "--grid", grid, "--out", out).err())
        .contains("[methods, metrics, images], has 'method'");
  }

  @Test
  void birds_are_rendered_with_masks(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("birds");
    Cli run = Cli.run("render-birds", "--classes", 3, "--images", 4, "--size", 48, "--out", out);
    assertThat(run.code()).isZero();
    assertThat(out.resolve("images/bird-02/000002.png")).exists();
    assertThat(out.resolve("masks/bird-00/000003.png")).exists();
    JsonNode json =
        new com.fasterxml.jackson.databind.ObjectMapper()
            .readTree(out.resolve("birds.json").toFile());
    assertThat(json.get("birds")).hasSize(4);
    assertThat(json.get("classes")).hasSize(3);
    var mask = javax.imageio.ImageIO.read(out.resolve("masks/bird-00/000000.png").toFile());
    var expected =
        dev.interp.core.data.Birds.withDefaults()
            .withClasses(3)
            .withResolution(48)
            .withSize(4)
            .get(0)
            .mask()
            .orElseThrow();
    for (int p = 0; p < 48 * 48; p++) {
      assertThat(mask.getRaster().getSample(p % 48, p / 48, 0))
          .isEqualTo(expected.owner(p % 48, p / 48));
    }
  }

  @Test
  void metrics_are_listed_with_paper_and_direction() {
    Cli run = Cli.run("metrics");
    for (var metric : dev.interp.core.metric.Metrics.all()) {
      assertThat(run.out()).contains(metric.info().id(), metric.info().paper());
    }
  }

  @Test
  void folders_of_known_formats_have_their_objects(@TempDir Path data, @TempDir Path out)
      throws IOException {
    StringBuilder table =
        new StringBuilder(
            "file,wnid,name,head_xmin,head_ymin,head_xmax,head_ymax,foot_boxes,source_path\n");
    Files.createDirectories(data.resolve("images"));
    for (int i = 0; i < 3; i++) {
      BufferedImage image = new BufferedImage(120, 96, BufferedImage.TYPE_INT_RGB);
      image.getGraphics().fillRect(20 * i, 10, 30, 40);
      assertThat(ImageIO.write(image, "png", data.resolve("images/n1_" + i + ".png").toFile()))
          .isTrue();
      table.append(
          "n1_%d.png,n1,bear,%d,10,%d,50,1 90 9 95,n1_%d\n".formatted(i, 20 * i, 20 * i + 30, i));
    }
    Files.writeString(data.resolve("subset.csv"), table.toString());

    Cli run =
        evaluate(
            out,
            "--data",
            data,
            "--metrics",
            "relevance-mass,relevance-rank,auc",
            "--methods",
            "edges",
            "--images",
            3);

    assertThat(run.err()).endsWith("done" + System.lineSeparator());
    assertThat(run.code()).isZero();
    JsonNode auc = Cli.json(out).get("rows").get(2);
    assertThat(auc.get("metric").asText()).isEqualTo("auc");
    assertThat(auc.get("n").asInt()).isEqualTo(3);

    // One of the pictures is cut short: named, and nothing is written over.
    Path broken = data.resolve("images/n1_1.png");
    Files.write(broken, java.util.Arrays.copyOf(Files.readAllBytes(broken), 60));
    Cli second = evaluate(out.resolve("2"), "--data", data, "--metrics", "auc", "--images", 3);
    assertThat(second.code()).isEqualTo(1);
    assertThat(second.err()).contains("n1_1.png");
  }
}
