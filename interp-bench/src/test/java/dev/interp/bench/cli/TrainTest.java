package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class TrainTest {
  private static final int MISUSE = 2;

  @TempDir Path folder;

  private Path train(String name, Object... more) {
    Path out = folder.resolve(name);
    List<Object> all =
        new java.util.ArrayList<>(
            List.of("train", "--images", 64, "--epochs", 3, "--seed", 4, "--out", out));
    all.addAll(List.of(more));
    Cli run = Cli.run(all.toArray());
    assertThat(run.err()).contains("ordinary net: step 6 of 6", "interpretable net: step 6 of 6");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("ordinary      accuracy", "interpretable accuracy");
    return out;
  }

  @Test
  void both_nets_are_trained_measured_and_saved() throws Exception {
    Path out = train("out");
    JsonNode result = Cli.json(out);
    assertThat(result.get("filter_loss").asText()).isEqualTo("approximate");
    for (String name : List.of("ordinary", "interpretable")) {
      JsonNode row = result.get(name);
      assertThat(row.get("accuracy").asDouble()).isBetween(0.0, 1.0);
      assertThat(row.get("instability").asDouble()).isBetween(0.0, 0.5);
      assertThat(row.get("part_interpretability").asDouble()).isBetween(0.0, 1.0);
      MultiLayerNetwork net =
          ModelSerializer.restoreMultiLayerNetwork(out.resolve(name + ".zip").toFile());
      Network network = Dl4j.network(net);
      assertThat(network.layer("added").shape()).containsExactly(64L, 16L, 16L);
    }
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Ordinary net", "Interpretable net", "data:image/png");
  }

  @Test
  void equal_seeds_give_equal_nets_and_forms_of_the_loss_other_ones() throws Exception {
    INDArray first = parameters(train("first", "--filter-loss", "mutual-information"));
    assertThat(parameters(train("second", "--filter-loss", "mutual-information"))).isEqualTo(first);
    assertThat(parameters(train("third", "--filter-loss", "none"))).isNotEqualTo(first);
  }

  private static INDArray parameters(Path out) throws Exception {
    return ModelSerializer.restoreMultiLayerNetwork(out.resolve("interpretable.zip").toFile())
        .params();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --filter-loss entropy       | must be approximate, mutual-information or none, was entropy
          --epochs 0                  | --epochs must be at least 1
          --images 10                 | --images at least 64
          --data cats                 | --data must be 'birds', 'animalpart DIR' or 'images DIR'
          --backbone net.zip          | --backbone is for pictures from a folder
          """)
  void wrong_use_is_told_before_training(String arguments, String message) {
    Path out = folder.resolve("wrong");
    List<Object> all = new java.util.ArrayList<>(List.of("train", "--out", out));
    all.addAll(List.of(arguments.split(" ")));
    Cli run = Cli.run(all.toArray());
    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(run.err()).contains(message);
    assertThat(out).doesNotExist();
  }
}
