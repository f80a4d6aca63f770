package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisualizeTest {
  private static final int MISUSE = 2;

  @TempDir Path folder;

  private static Cli visualize(Path out, Object... more) {
    Object[] all = new Object[more.length + 6];
    System.arraycopy(
        new Object[] {"visualize", "--quiet", "--steps", 4, "--out", out}, 0, all, 0, 6);
    System.arraycopy(more, 0, all, 6, more.length);
    return Cli.run(all);
  }

  @Test
  void channels_of_the_demo_model_are_drawn_the_same_each_time() throws Exception {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    Cli run = visualize(first, "--layer", "conv4", "--channels", "3,10");
    visualize(second, "--layer", "conv4", "--channels", "10", "--batch", 1);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("conv4: 2 pictures of 2 channels, 0 dead");
    assertThat(first.resolve("channel-0003.png")).exists();
    assertThat(first.resolve("channel-0010.png"))
        .hasSameBinaryContentAs(second.resolve("channel-0010.png"));
    JsonNode channels = Cli.json(first).get("channels");
    assertThat(channels.get(1).get("value").asDouble())
        .isGreaterThan(channels.get(1).get("at_first").asDouble());
    assertThat(Files.readString(first.resolve("report.html"))).contains("channel 10: ");
  }

  @Test
  void classes_have_their_names_and_progress_is_told() throws Exception {
    Path out = folder.resolve("out");
    Cli run =
        Cli.run(
            "visualize",
            "--layer",
            "output:preactivation",
            "--channels",
            "0",
            "--steps",
            2,
            "--out",
            out);
    assertThat(run.code()).isZero();
    assertThat(run.err()).contains("steps: 2 of 2");
    assertThat(Files.readString(out.resolve("report.html"))).doesNotContain("channel 0");
  }

  @Test
  void dead_channels_are_named_and_not_drawn() throws Exception {
    Path out = folder.resolve("out");
    Cli run = visualize(out, "--model", SmallNets.silent(folder), "--layer", "conv");

    assertThat(run.out()).contains("0 pictures of 5 channels, 5 dead (0, 1, 2, 3, 4)");
    assertThat(out.resolve("channel-0000.png")).doesNotExist();
    assertThat(Cli.json(out).get("channels").get(4).get("dead").asBoolean()).isTrue();
    assertThat(Files.readString(out.resolve("report.html"))).contains("so none is drawn");
  }

  @Test
  void another_size_is_taken_where_the_model_takes_it() throws Exception {
    Path out = folder.resolve("out");
    Cli dense = visualize(out, "--layer", "conv5", "--size", 64, "--channels", "0");
    assertThat(dense.code()).isZero();
    assertThat(Files.readString(out.resolve("report.html"))).contains("64 × 64");
    Cli fixed =
        visualize(out, "--model", SmallNets.layers(folder), "--layer", "conv", "--size", 20);
    assertThat(fixed.code()).isEqualTo(MISUSE);
    assertThat(fixed.err()).contains("does not take pictures of 20 × 20 pixels");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --layer conv9                  | no tensor is named 'conv9'
          --layer conv5 --channels 96    | --channels must lie in [0, 96)
          --layer conv5 --channels a     | --channels must be numbers such as 0,3,7
          --layer conv5 --size -1        | --size must be at least 1
          --layer conv5 --batch 0        | the batch size must be at least 1
          """)
  void wrong_use_is_answered_in_a_line(String arguments, String message) {
    Cli run = visualize(folder.resolve("out"), (Object[]) arguments.split(" +"));

    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
