package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Engine;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.cam.Cam;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.SmoothGrad;
import dev.interp.visual.perturbation.Occlusion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Every method on real nets against reference numbers that were computed in float64: within 1e-6 of
 * the largest value in float64, within what the reference itself lost in float32 (twice that, and
 * at least 1e-4). Writes what it saw to {@code target/conformance.txt} and {@code .json}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConformanceTest {
  private static final double LIMIT_64 = 1e-6;
  private static final double LEAST_LIMIT_32 = 1e-4;

  private final List<Row> rows = new ArrayList<>();

  /** A comparison; differences are shares of the reference's largest value. */
  record Row(String net, String image, String method, String run, double difference, double limit) {
    boolean missed() {
      return !(difference <= limit);
    }
  }

  /** A method, the file with its numbers, and whether it is one pass or many. */
  private record Case(String name, String file, Attributor method, boolean many) {}

  @ParameterizedTest
  @ValueSource(strings = {"lenet_mnist", "lenet_cifar10", "resnet20_cifar10", "squeezenet11"})
  void every_method_gives_the_reference_numbers(String net) throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(net);
    List<String> images = data.folders("reference/" + net);
    assertThat(images).isNotEmpty();
    INDArray[] inputs =
        images.stream()
            .map(image -> data.array("reference/" + net + "/" + image + "/input.npy"))
            .toArray(INDArray[]::new);
    INDArray batch = Nd4j.stack(0, inputs);
    boolean large = batch.size(2) > 32;
    int first = rows.size();
    for (Network typed : ReferenceNets.onEveryEngine(network)) {
      compareLogits(data, net, images, typed, batch);
      for (Case c : cases(data, net)) {
        compare(data, net, images, typed, c, batch, 0, "batch");
        for (int i = 0; i < images.size(); i++) {
          if (!(large && c.many() && typed.precision() == DataType.DOUBLE)) {
            INDArray one = Nd4j.stack(0, inputs[i]);
            compare(data, net, images, typed, c, one, i, "single");
          }
        }
      }
    }
    assertThat(rows.subList(first, rows.size()).stream().filter(Row::missed)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet_mnist", "lenet_cifar10", "resnet20_cifar10", "squeezenet11"})
  void engines_agree_on_logits(String net) throws Exception {
    assumeThat(Engine.ONEDNN.isThere()).as("oneDNN").isTrue();
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(net).withPrecision(DataType.FLOAT);
    for (String image : data.folders("reference/" + net)) {
      INDArray x = data.array("reference/" + net + "/" + image + "/input.npy");
      INDArray one = Nd4j.stack(0, x).castTo(DataType.FLOAT);
      INDArray expected = network.withEngine(Engine.ND4J).logits(one);
      INDArray found = network.withEngine(Engine.ONEDNN).logits(one);
      assertThat(difference(found, expected)).as(image).isCloseTo(0, within(1e-5));
    }
  }

  @Test
  void resnet20_with_its_batch_norms_gives_the_logits_of_the_merged_one() {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).resNet20(true).withPrecision(DataType.DOUBLE);
    for (String image : data.folders("reference/resnet20_cifar10")) {
      String folder = "reference/resnet20_cifar10/" + image + "/";
      INDArray logits = network.logits(Nd4j.stack(0, data.array(folder + "input.npy")));
      INDArray expected = data.array(folder + "logits.npy");
      // The merged weights were rounded to float32, so this is no float64 comparison.
      assertThat(difference(logits, expected)).as(image).isCloseTo(0, within(1e-5));
    }
  }

  private static List<Case> cases(SharedData data, String net) {
    double[] black = numbers(data.json(net + "/preprocess.json").get("black_baseline_per_channel"));
    String image = data.folders("reference/" + net).get(0);
    JsonNode window = data.json("reference/" + net + "/" + image + "/meta.json").get("occlusion");
    Cam cam = Cam.gradCam().withLayer(ReferenceNets.camLayer(net));
    INDArray noise = data.array("reference/" + net + "/smoothgrad_noise.npy");
    Baseline baseline = Baseline.constant(black);
    return List.of(
        new Case("gradient", "gradient", Gradient.plain(), false),
        new Case("saliency", "gradient", Gradient.saliency(), false),
        new Case("input_x_gradient", "input_x_gradient", Gradient.inputTimesGradient(), false),
        new Case("guided_backprop", "guided_backprop", Gradient.guidedBackprop(), false),
        new Case("deconvnet", "deconvnet", Gradient.deconvnet(), false),
        new Case("gradcam_signed", "gradcam_signed", cam, false),
        new Case("gradcam", "gradcam", cam.rectified(), false),
        new Case("smoothgrad", "smoothgrad", SmoothGrad.withDefaults().withNoise(noise), false),
        new Case(
            "integrated_gradients",
            "integrated_gradients",
            IntegratedGradients.withDefaults().withSteps(50).withBaseline(baseline),
            true),
        new Case(
            "occlusion",
            "occlusion",
            Occlusion.withDefaults()
                .withWindow(window.get("window").asInt(), window.get("stride").asInt())
                .withBaseline(baseline),
            true));
  }

  private void compareLogits(
      SharedData data, String net, List<String> images, Network network, INDArray batch) {
    INDArray logits = network.logits(batch);
    for (int i = 0; i < images.size(); i++) {
      String folder = "reference/" + net + "/" + images.get(i) + "/";
      add(
          data,
          net,
          images.get(i),
          "logits",
          network,
          "batch",
          logits.slice(i),
          data.array(folder + "logits.npy"),
          "logits");
    }
  }

  /** Explains a batch whose first example is the image of index {@code from}. */
  private void compare(
      SharedData data,
      String net,
      List<String> images,
      Network network,
      Case c,
      INDArray batch,
      int from,
      String run) {
    Attribution attribution = c.method().attribute(network, batch, Target.predicted());
    for (int i = 0; i < batch.size(0); i++) {
      String image = images.get(from + i);
      String folder = "reference/" + net + "/" + image + "/";
      INDArray expected = data.array(folder + c.file() + ".npy");
      if (c.name().equals("saliency")) {
        expected = Transforms.abs(expected, false);
      }
      assertThat(attribution.classes().get(i))
          .as("class of " + net + " " + image)
          .isEqualTo(data.json(folder + "meta.json").get("target").asInt());
      add(
          data,
          net,
          image,
          c.name(),
          network,
          run,
          attribution.values().slice(i),
          expected,
          c.file());
    }
  }

  private void add(
      SharedData data,
      String net,
      String image,
      String method,
      Network network,
      String run,
      INDArray actual,
      INDArray expected,
      String file) {
    boolean exact = network.precision() == DataType.DOUBLE;
    JsonNode lost =
        data.json("reference/" + net + "/" + image + "/meta.json")
            .get("methods")
            .get(file)
            .get("float32_run_max_rel_diff");
    double limit = exact ? LIMIT_64 : Math.max(LEAST_LIMIT_32, 2 * lost.asDouble());
    String name = (exact ? "float64 " : "float32 ") + run;
    rows.add(new Row(net, image, method, name, difference(actual, expected), limit));
  }

  private static double difference(INDArray actual, INDArray expected) {
    assertThat(actual.length()).isEqualTo(expected.length());
    INDArray a = actual.castTo(DataType.DOUBLE).dup('c').reshape(expected.length());
    INDArray e = expected.castTo(DataType.DOUBLE).dup('c').reshape(expected.length());
    return a.sub(e).normmaxNumber().doubleValue() / e.normmaxNumber().doubleValue();
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }

  /** After each net, so that a run that is cut short leaves what it found. */
  @AfterEach
  void write_the_table() throws IOException {
    if (rows.isEmpty()) {
      return;
    }
    Map<String, List<Row>> lines = new LinkedHashMap<>();
    for (Row row : rows) {
      String key = String.format("%-17s %-12s %-21s", row.net(), row.image(), row.method());
      lines.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
    }
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "%-17s %-12s %-21s %10s %10s %10s  %s%n",
            "net", "image", "method", "float64", "float32", "limit32", "missed"));
    lines.forEach(
        (key, all) ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "%s %10.2e %10.2e %10.2e  %s%n",
                    key,
                    worst(all, "float64"),
                    worst(all, "float32"),
                    all.stream()
                        .filter(r -> r.run().startsWith("float32"))
                        .mapToDouble(Row::limit)
                        .max()
                        .orElse(Double.NaN),
                    all.stream().filter(Row::missed).map(Row::run).toList())));
    Path target = Path.of("target");
    Files.writeString(target.resolve("conformance.txt"), text);
    new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(target.resolve("conformance.json").toFile(), rows);
  }

  private static double worst(List<Row> all, String precision) {
    return all.stream()
        .filter(r -> r.run().startsWith(precision))
        .mapToDouble(Row::difference)
        .max()
        .orElse(Double.NaN);
  }
}
