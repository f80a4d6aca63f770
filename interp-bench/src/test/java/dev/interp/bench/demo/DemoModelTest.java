package dev.interp.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.data.BirdScene;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.deeplearning4j.nn.api.Layer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.ops.transforms.Transforms;

class DemoModelTest {
  private static final int CHECKED = 200;

  private final DemoModel model = DemoModel.load();

  @Test
  void is_smaller_than_two_megabytes() throws IOException {
    assertThat(resource(DemoTraining.MODEL_FILE)).hasSizeLessThan(2_000_000);
    assertThat(resource(DemoTraining.FACTS_FILE)).hasSizeLessThan(20_000);
  }

  @Test
  void reaches_its_recorded_accuracy_on_other_fresh_birds() {
    assertThat(model.freshBirds()).isGreaterThanOrEqualTo(2000);
    assertThat(model.accuracy()).isBetween(0.95, 1.0);
    DataSet birds = freshBirds();
    int[] predicted = model.net().output(birds.getFeatures()).argMax(1).toIntVector();
    int[] labels = birds.getLabels().argMax(1).toIntVector();
    long correct = IntStream.range(0, CHECKED).filter(n -> predicted[n] == labels[n]).count();
    assertThat(correct / (double) CHECKED).isGreaterThanOrEqualTo(0.93);
    // Three standard deviations of a share of 200 birds at the recorded accuracy, and one bird.
    double deviation = Math.sqrt(model.accuracy() * (1 - model.accuracy()) / CHECKED);
    assertThat(correct / (double) CHECKED)
        .isCloseTo(model.accuracy(), Offset.offset(3 * deviation + 1.0 / CHECKED));
  }

  @Test
  void is_the_same_function_as_a_lowered_network() {
    Network network = Dl4j.network(model.net());
    INDArray x = freshBirds().getFeatures();
    INDArray expected = model.net().output(x);
    INDArray logits = network.logits(x);
    assertThat(logits.argMax(1).toIntVector()).isEqualTo(expected.argMax(1).toIntVector());
    INDArray difference = Transforms.abs(network.probabilities(logits).sub(expected));
    assertThat(difference.maxNumber().doubleValue()).isLessThan(1e-4);
  }

  @Test
  void classifies_the_demo_bird_that_nothing_hides() {
    BirdScene scene = model.birds().scene(model.demoBird());
    INDArray x = model.preprocessor().apply(model.picture(model.demoBird()));
    assertThat(model.net().output(x).argMax(1).getInt(0)).isEqualTo(scene.label());
    assertThat(scene.objects()).noneMatch(BirdScene.SceneObject::inFront);
    assertThat(model.demoBird()).isBetween(model.firstDemoBird(), model.birds().size() - 1);
    BirdBatches batches = new BirdBatches(model.birds(), model.preprocessor());
    assertThat(DemoTraining.demoBird(model.net(), batches, model.firstDemoBird()))
        .isEqualTo(model.demoBird());
  }

  @Test
  void recorded_the_classes_that_its_birds_still_have() throws IOException {
    DemoFacts facts =
        DemoTraining.json().readValue(resource(DemoTraining.FACTS_FILE), DemoFacts.class);
    List<Map<String, String>> kinds =
        IntStream.range(0, 10).mapToObj(model.birds()::classKinds).toList();
    assertThat(facts.classes().stream().map(DemoFacts.BirdClass::kinds)).isEqualTo(kinds);
    assertThat(facts.parameters()).isEqualTo(model.net().numParams());
    assertThat(model.firstDemoBird()).isEqualTo(facts.trainedOn() + facts.freshBirds());
  }

  @Test
  void names_each_class_by_kinds_that_no_other_class_has() {
    List<String> labels = model.labels();
    assertThat(labels).hasSize(10).doesNotHaveDuplicates();
    for (int label = 0; label < labels.size(); label++) {
      Map<String, String> kinds = model.birds().classKinds(label);
      assertThat(kinds.keySet().stream().map(part -> kinds.get(part) + " " + part))
          .containsAll(List.of(labels.get(label).split(", ", -1)));
    }
  }

  @Test
  void has_named_layers_and_last_maps_of_twelve_by_twelve() {
    assertThat(model.net().getLayers())
        .extracting(DemoModelTest::name)
        .containsExactly(
            "conv1", "pool1", "conv2", "conv3", "pool2", "conv4", "conv5", "mean", "output");
    INDArray x = model.preprocessor().apply(model.picture(0));
    assertThat(x.shape()).containsExactly(1, 3, 96, 96);
    assertThat(model.net().feedForward(x).get(7).shape()).containsExactly(1, 96, 12, 12);
  }

  @Test
  void gives_every_caller_a_net_of_its_own() {
    DemoModel other = DemoModel.load();
    assertThat(other.net()).isNotSameAs(model.net());
    assertThat(other.net().params()).isEqualTo(model.net().params());
  }

  private static String name(Layer layer) {
    return layer.conf().getLayer().getLayerName();
  }

  private DataSet freshBirds() {
    int from = model.firstDemoBird();
    return new BirdBatches(model.birds(), model.preprocessor()).batch(from, from + CHECKED);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(DemoModel.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }
}
