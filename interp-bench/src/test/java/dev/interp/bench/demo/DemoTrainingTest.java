package dev.interp.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.bench.demo.DemoTraining.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.dataset.DataSet;

class DemoTrainingTest {
  private static final DemoTraining TOY =
      DemoTraining.withDefaults()
          .withSeed(5)
          .withImages(64)
          .withEpochs(2)
          .withResolution(32)
          .withFreshBirds(50);

  @TempDir private Path folder;

  @Test
  void tells_how_far_it_is_after_every_step() throws IOException {
    List<Long> done = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    TOY.train(
        folder,
        (now, total, loss) -> {
          assertThat(total).isEqualTo(128);
          done.add(now);
          losses.add(loss);
          return true;
        });
    assertThat(done).containsExactly(32L, 64L, 96L, 128L);
    assertThat(losses).allMatch(loss -> loss > 0 && loss < 10);
  }

  @Test
  void writes_a_net_and_its_facts_and_nothing_else() throws IOException {
    Outcome outcome = TOY.train(folder, TrainingProgress.none());
    assertThat(files()).containsExactlyInAnyOrder(DemoTraining.MODEL_FILE, DemoTraining.FACTS_FILE);
    assertThat(outcome.model()).isEqualTo(folder.resolve(DemoTraining.MODEL_FILE));
    assertThat(outcome.facts()).isEqualTo(folder.resolve(DemoTraining.FACTS_FILE));

    DemoFacts facts = DemoTraining.json().readValue(outcome.facts().toFile(), DemoFacts.class);
    assertThat(facts.seed()).isEqualTo(5);
    assertThat(facts.trainedOn()).isEqualTo(128);
    assertThat(facts.epochs()).isEqualTo(2);
    assertThat(facts.resolution()).isEqualTo(32);
    assertThat(facts.freshBirds()).isEqualTo(50).isEqualTo(outcome.freshBirds());
    assertThat(facts.versions()).containsEntry("deeplearning4j", "1.0.0-M2.1");

    try (ZipFile zip = new ZipFile(outcome.model().toFile())) {
      assertThat(zip.stream().map(ZipEntry::getName))
          .containsExactlyInAnyOrder("configuration.json", "coefficients.bin");
    }
    MultiLayerNetwork net =
        ModelSerializer.restoreMultiLayerNetwork(outcome.model().toFile(), false);
    assertThat(net.numParams()).isEqualTo(facts.parameters()).isEqualTo(outcome.parameters());
    DataSet fresh =
        new BirdBatches(facts.birds(), facts.preprocess().preprocessor()).batch(128, 178);
    int[] predicted = net.output(fresh.getFeatures()).argMax(1).toIntVector();
    int[] labels = fresh.getLabels().argMax(1).toIntVector();
    assertThat(IntStream.range(0, 50).filter(n -> predicted[n] == labels[n]).count() / 50.0)
        .isEqualTo(facts.accuracy())
        .isEqualTo(outcome.accuracy());
  }

  @Test
  void labels_are_one_hot_in_the_order_of_the_birds() {
    DemoFacts.Preprocess preprocess = DemoFacts.Preprocess.of(16);
    DataSet batch =
        new BirdBatches(DemoFacts.birds(0, 16, 10, 20, 1), preprocess.preprocessor()).batch(7, 12);
    assertThat(batch.getLabels().argMax(1).toIntVector()).containsExactly(7, 8, 9, 0, 1);
    assertThat(batch.getLabels().sumNumber().doubleValue()).isEqualTo(5);
    assertThat(batch.getFeatures().maxNumber().doubleValue()).isLessThanOrEqualTo(2);
    assertThat(batch.getFeatures().minNumber().doubleValue()).isGreaterThanOrEqualTo(-2);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 5})
  void equal_seeds_give_equal_bytes(long seed) throws IOException {
    DemoTraining training = TOY.withSeed(seed);
    Outcome one = training.train(subfolder("one"), TrainingProgress.none());
    Outcome two = training.train(subfolder("two"), TrainingProgress.none());
    assertThat(one.model()).hasSameBinaryContentAs(two.model());
    assertThat(one.facts()).hasSameBinaryContentAs(two.facts());
    Outcome other = TOY.withSeed(6).train(folder, TrainingProgress.none());
    assertThat(Files.mismatch(one.model(), other.model())).isNotEqualTo(-1);
  }

  private Path subfolder(String name) throws IOException {
    return Files.createDirectory(folder.resolve(name));
  }

  @Test
  void a_cancelled_training_writes_nothing() throws IOException {
    assertThatThrownBy(() -> TOY.train(folder, (done, total, loss) -> done < 64))
        .isInstanceOf(CancellationException.class)
        .hasMessage("The training was cancelled after 64 of 128 birds");
    assertThat(files()).isEmpty();
  }

  @Test
  void a_folder_that_cannot_be_written_to_is_told_before_the_training() throws IOException {
    TrainingProgress never =
        (done, total, loss) -> {
          throw new AssertionError("trained although the folder is wrong");
        };
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> TOY.train(missing, never))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("does not exist; create it first");
    Path file = Files.writeString(folder.resolve("file"), "text");
    assertThatThrownBy(() -> TOY.train(file, never))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a file; the folder to write the demo model to was expected");
    Files.createDirectory(folder.resolve(DemoTraining.FACTS_FILE));
    assertThatThrownBy(() -> TOY.train(folder, never))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a folder where a file of the demo model belongs");
    assertThat(files()).containsExactlyInAnyOrder("file", DemoTraining.FACTS_FILE);
  }

  @Test
  void a_write_that_fails_says_so_and_leaves_nothing() throws IOException {
    Path gone = Files.createDirectory(folder.resolve("gone"));
    TrainingProgress deletesTheFolder =
        (done, total, loss) -> {
          try {
            Files.deleteIfExists(gone);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return true;
        };
    assertThatThrownBy(() -> TOY.train(gone, deletesTheFolder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("could not be written to the folder " + gone);
    assertThat(files()).isEmpty();
  }

  @Test
  void replaces_an_older_model() throws IOException {
    Files.writeString(folder.resolve(DemoTraining.MODEL_FILE), "old");
    Files.writeString(folder.resolve(DemoTraining.FACTS_FILE), "old");
    Outcome outcome = TOY.train(folder, TrainingProgress.none());
    assertThat(Files.size(outcome.model())).isGreaterThan(1000);
    assertThat(Files.readString(outcome.facts())).startsWith("{");
    assertThat(files()).hasSize(2);
  }

  @Test
  void wrong_settings_are_refused_with_the_legal_ones() {
    DemoTraining training = DemoTraining.withDefaults().withImages(1000);
    assertThatThrownBy(() -> training.withEpochs(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("number of epochs must be 1 to 1000000 ")
        .hasMessageEndingWith("but was 0");
    assertThatThrownBy(() -> training.withEpochs(1_000_001))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("but was 1000001");
    assertThatThrownBy(() -> training.withImages(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("number of images per epoch");
    assertThatThrownBy(() -> training.withResolution(15))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The resolution of the demo birds must be 16 to 256 pixels, but was 15");
    assertThatThrownBy(() -> training.withResolution(257))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private List<String> files() throws IOException {
    try (var paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
