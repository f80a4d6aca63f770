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

class DrawGalleryTest {
  private static final int MISUSE = 2;

  @TempDir Path folder;

  private static Cli gallery(Path out, Object... more) {
    List<Object> all =
        new ArrayList<>(List.of("gallery", "--quiet", "--steps", 2, "--drawn", 2, "--out", out));
    all.addAll(List.of(more));
    return Cli.run(all.toArray());
  }

  @Test
  void birds_are_walked_through_with_what_a_dissection_found() throws Exception {
    Path dissected = folder.resolve("dissected");
    Cli.run(
        "dissect",
        "--quiet",
        "--images",
        14,
        "--layer",
        "conv1",
        "--fields",
        0,
        "--out",
        dissected);
    JsonNode found = Cli.json(dissected).get("layers").get(0).get("units");
    Path out = folder.resolve("out");
    Cli run =
        gallery(
            out,
            "--images",
            6,
            "--layers",
            "conv1,output:preactivation",
            "--dissection",
            dissected.resolve("result.json"));

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("conv1: 16 filters", "unreadable pictures: 0", "Open ");
    JsonNode layers = Cli.json(out).get("layers");
    assertThat(layers).hasSize(2);
    for (int f = 0; f < 16; f++) {
      JsonNode filter = layers.get(0).get("filters").get(f);
      assertThat(filter.has("label")).isEqualTo(found.get(f).get("detector").asBoolean());
      if (filter.has("label")) {
        assertThat(filter.get("label").asText()).startsWith(found.get(f).get("concept").asText());
      }
    }
    assertThat(layers.get(1).get("filters").get(0).get("label").asText()).contains(",");
    assertThat(layers.get(0).get("label_entropy_bits").get("units").asDouble()).isNotNegative();
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Gallery of the embedded bird model", "Only the first 2 filters were drawn");
  }

  @Test
  void unreadable_pictures_of_a_plain_folder_are_listed_and_two_runs_are_equal() throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    SmallNets.picture(data, "a.png", BufferedImage.TYPE_INT_RGB, 20, 16);
    SmallNets.picture(data, "c.png", BufferedImage.TYPE_BYTE_GRAY, 9, 12);
    Files.writeString(data.resolve("b.png"), "no picture");
    Path model = SmallNets.layers(folder);
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    Cli run = gallery(first, "--model", model, "--data", data);
    gallery(second, "--model", model, "--data", data, "--batch", 1);

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("conv: 5 filters", "unreadable pictures: 1");
    assertThat(Cli.json(first).get("unreadable").get(0).asText()).contains("b.png");
    assertThat(Cli.json(first).get("images").asInt()).isEqualTo(2);
    assertThat(Files.readString(first.resolve("report.html")))
        .contains("1 picture could not be read and was left out.", "b.png");
    assertThat(first.resolve("report.html")).hasSameTextualContentAs(second.resolve("report.html"));
  }

  @Test
  void a_network_without_an_open_filter_and_a_folder_without_a_picture_are_told() throws Exception {
    Path out = folder.resolve("out");
    Path model = SmallNets.silent(folder);
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    SmallNets.picture(pictures, "a.png", BufferedImage.TYPE_INT_RGB, 12, 12);
    Cli dead = gallery(out, "--model", model, "--data", pictures);
    assertThat(dead.err()).isEmpty();
    assertThat(dead.code()).isZero();
    assertThat(dead.out()).contains("conv: 5 filters, 5 dead");
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("5 of 5 filters are dead", "They are 0, 1, 2, 3, 4.");

    Path data = Files.createDirectory(folder.resolve("data"));
    Files.writeString(data.resolve("b.png"), "no picture");
    Cli none = gallery(folder.resolve("none"), "--data", data);
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("none of its pictures can be read", "b.png");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --layers conv9              | no tensor is named 'conv9'
          --steps 0                   | filters are drawn in at least 1 step
          --drawn -1                  | filters are drawn in at least 1 step
          --batch 0                   | the batch size must be at least 1
          --images -1                 | --images must be at least 1
          """)
  void wrong_use_is_answered_in_a_line(String arguments, String message) {
    String[] words = arguments.split(" ", -1);
    Cli run = Cli.run("gallery", "--quiet", "--out", folder.resolve("out"), words[0], words[1]);

    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void a_dissection_must_be_one_and_of_this_model() throws Exception {
    Path file = Files.writeString(folder.resolve("other.json"), "{\"layers\": []}");
    Cli empty = gallery(folder.resolve("out"), "--images", 1, "--dissection", file);
    assertThat(empty.err()).contains("--dissection must be the result.json of interp dissect");
    assertThat(empty.code()).isEqualTo(MISUSE);
    Files.writeString(
        file, "{\"fingerprint\": \"00\", \"layers\": [{\"layer\": \"x\", \"units\": []}]}");
    Cli other = gallery(folder.resolve("out"), "--images", 1, "--dissection", file);
    assertThat(other.err()).contains("of another model, with the fingerprint 00");
    Files.writeString(file, "no json");
    Cli broken = gallery(folder.resolve("out"), "--images", 1, "--dissection", file);
    assertThat(broken.err()).contains("other.json");
    assertThat(broken.code()).isEqualTo(1);
  }
}
