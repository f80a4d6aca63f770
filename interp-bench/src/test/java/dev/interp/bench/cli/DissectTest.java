package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DissectTest {
  private static final int MISUSE = 2;

  @TempDir Path folder;

  @Test
  void two_layers_of_the_demo_model_are_dissected() throws Exception {
    Path out = folder.resolve("out");
    Cli run =
        Cli.run(
            "dissect",
            "--images",
            24,
            "--layer",
            "conv4",
            "--layer",
            "conv5",
            "--rotation",
            "--fields",
            0,
            "--quiet",
            "--out",
            out);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("conv4: ", "of 64 filters", "conv5: ", "of 96 filters");
    JsonNode json = Cli.json(out);
    assertThat(json.get("layers")).hasSize(2);
    assertThat(json.get("layers").get(1).get("units")).hasSize(96);
    assertThat(json.get("layers").get(1).get("rotated").get("unique").asInt()).isNotNegative();
    assertThat(Files.readString(out.resolve("result.json"))).doesNotContain("NaN", "Infinity");
    assertThat(Files.readString(out.resolve("report.html"))).contains("What filters detect");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --layer mean       | must have spatial extent
          --layer conv9      | no tensor is named 'conv9'
          --quantile 0       | the quantile must lie between 0 and 1
          --batch 0          | the batch size must be at least 1
          --images -1        | --images must be at least 1
          --fields -1        | --fields must be at least 0
          """)
  void wrong_use_is_answered_in_a_line(String arguments, String message) {
    String[] words = arguments.split(" ", -1);
    Cli run =
        Cli.run(
            "dissect",
            "--quiet",
            "--out",
            folder.resolve("out"),
            words[0],
            words[1],
            words[0].equals("--images") ? "--seed" : "--images",
            2);

    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void one_picture_gives_an_empty_result() throws Exception {
    Cli run = Cli.run("dissect", "--images", 1, "--quiet", "--out", folder.resolve("out"));

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("conv5: 0 of 96 filters are detectors");
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("Fewer than 10 pictures show these concepts");
    assertThat(Files.readString(folder.resolve("out/result.json"))).doesNotContain("NaN");
  }

  @Test
  void a_missing_folder_is_told() {
    Cli run = Cli.run("dissect", "--data", folder.resolve("none"), "--out", folder.resolve("out"));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("no such file");
  }
}
