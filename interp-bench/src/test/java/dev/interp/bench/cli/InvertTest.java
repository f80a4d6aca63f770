package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  @Test
  void decoders_learn_from_birds_and_show_held_out_ones() throws Exception {
    Path out = folder.resolve("out");
    Cli run = decoder(out, "--layers", "conv5,mean", "--images", 40, "--epochs", 2);

    assertThat(run.code()).isZero();
    assertThat(run.err())
        .contains("inversion of picture 4 of 4, steps: 6 of 6")
        .contains("decoder of mean (2 of 2), steps: 4 of 4");
    assertThat(run.out()).contains("conv5: error 0.", "mean: error 0.", "mean picture 0.7");
    JsonNode json = Cli.json(out);
    assertThat(json.get("learned_on").asInt()).isEqualTo(32);
    assertThat(json.get("held_out").asInt()).isEqualTo(8);
    for (JsonNode layer : json.get("layers")) {
      assertThat(layer.get("error_of_mean_picture").asDouble()).isBetween(0.6, 0.85);
      assertThat(layer.get("recognised").asDouble()).isBetween(0.0, 1.0);
      assertThat(layer.get("feature_error_of_inversion").asDouble()).isPositive();
    }
    assertThat(out.resolve("conv5.png")).exists();
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("What conv5 tells", "What mean tells", "Error by layer");

    Path again = folder.resolve("again");
    decoder(again, "--layers", "conv5", "--images", 40, "--epochs", 2);
    assertThat(again.resolve("conv5.png")).hasSameBinaryContentAs(out.resolve("conv5.png"));
  }

  private static Cli decoder(Path out, Object... more) {
    List<Object> all = new ArrayList<>(List.of("invert", "--decoder", "--steps", 3, "--out", out));
    all.addAll(List.of(more));
    return Cli.run(all.toArray());
  }

  @Test
  void decoders_of_any_model_learn_from_a_folder() throws Exception {
    Path model = SmallNets.layers(folder);
    Path data = Files.createDirectory(folder.resolve("data"));
    SmallNets.picture(data, "a.png", BufferedImage.TYPE_INT_RGB, 20, 16);
    SmallNets.picture(data, "b.png", BufferedImage.TYPE_BYTE_GRAY, 9, 12);
    SmallNets.picture(data, "c.png", BufferedImage.TYPE_INT_RGB, 30, 10);
    Files.writeString(data.resolve("d.png"), "no picture");
    Path out = folder.resolve("out");
    Cli few = decoder(out, "--model", model, "--layers", "conv", "--data", data);
    assertThat(few.code()).isEqualTo(1);
    assertThat(few.err()).contains("at least 4 pictures", "but 3 can be read");
    assertThat(out).doesNotExist();

    SmallNets.picture(data, "e.png", BufferedImage.TYPE_INT_RGB, 12, 18);
    Cli run = decoder(out, "--model", model, "--layers", "conv", "--data", data, "--quiet");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(Cli.json(out).get("learned_on").asInt()).isEqualTo(2);
    assertThat(Cli.json(out).get("unreadable").get(0).asText()).contains("d.png");
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("No --preprocess was given", "d.png");
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
          --layers conv1 --epochs 2      | --decoder
          --layers conv1 --decoder --epochs 0  | --epochs must be at least 1
          --layers conv1 --decoder --image a.png | leave --image out
          --layers conv1 --decoder --size 64   | --size belongs to single pictures
          --layers conv9 --decoder       | no tensor is named 'conv9'
          """)
  void wrong_use_is_answered_in_a_line(String arguments, String message) {
    Object[] words = ("invert --out " + folder.resolve("out") + " " + arguments).split(" +");
    Cli run = Cli.run(words);

    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
