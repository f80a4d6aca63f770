package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvertTest {
  private static final int MISUSE = 2;

  @TempDir Path folder;

  @Test
  void layers_of_the_demo_model_are_inverted() throws Exception {
    Path out = folder.resolve("out");
    Cli run =
        Cli.run(
            "invert",
            "--layers",
            "conv1,output:preactivation",
            "--steps",
            40,
            "--quiet",
            "--out",
            out);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("conv1: error 0.", "output:preactivation: error 0.");
    JsonNode layers = Cli.json(out).get("layers");
    assertThat(layers.get(0).get("error").asDouble()).isBetween(0.0, 0.5);
    assertThat(layers.get(0).get("picture_distance").asDouble())
        .isLessThan(layers.get(1).get("picture_distance").asDouble());
    assertThat(out.resolve("output-preactivation.png")).exists();
    assertThat(Files.readString(out.resolve("report.html"))).contains("Error by layer");
  }

  @Test
  void a_picture_is_taken_for_any_model_and_needed_for_one() throws Exception {
    Path model = SmallNets.layers(folder);
    Path picture = SmallNets.picture(folder, "p.png", BufferedImage.TYPE_INT_RGB, 20, 16);
    Path out = folder.resolve("out");
    Cli run =
        Cli.run(
            "invert",
            "--model",
            model,
            "--image",
            picture,
            "--layers",
            "conv",
            "--steps",
            3,
            "--out",
            out);
    assertThat(run.code()).isZero();
    assertThat(run.err()).contains("steps: 3 of 3");
    assertThat(Files.readString(out.resolve("report.html"))).contains("No --preprocess was given");

    Cli none = Cli.run("invert", "--model", model, "--layers", "conv", "--out", out);
    assertThat(none.code()).isEqualTo(MISUSE);
    assertThat(none.err()).contains("give --image for the model");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --layers conv9                 | no tensor is named 'conv9'
          --layers conv1 --steps 0       | the number of steps must be at least 1
          --layers conv1 --rate 0        | the rate must be above 0
          --layers conv1 --smoothness -1 | a weight of at least 0
          """)
  void wrong_use_is_answered_in_a_line(String arguments, String message) {
    Object[] words = ("invert --out " + folder.resolve("out") + " " + arguments).split(" +");
    Cli run = Cli.run(words);

    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
