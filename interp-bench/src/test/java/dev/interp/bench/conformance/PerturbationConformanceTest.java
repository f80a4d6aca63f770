package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.perturbation.FeatureAblation;
import dev.interp.visual.perturbation.KernelShap;
import dev.interp.visual.perturbation.Lime;
import dev.interp.visual.perturbation.Occlusion;
import dev.interp.visual.perturbation.Segmentation;
import dev.interp.visual.perturbation.ShapleyExact;
import dev.interp.visual.perturbation.ShapleySampling;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Methods that hide parts of the input against captum's numbers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PerturbationConformanceTest {
  private static final String CAPTUM = "captum 0.7.0";
  private static final double EXACT = 1e-9;

  /**
   * Captum adds up occlusion's maps and Shapley values in float32, whatever the net's precision.
   */
  private static final double SINGLE = 5e-6;

  /** Captum's tests state six or seven digits. */
  private static final double PRINTED = 1e-6;

  private final PeerTable table = new PeerTable();

  @Test
  void captums_own_cases() {
    SharedData data = SharedData.orSkip();
    List<PeerNets.Case> cases =
        PeerNets.captumCases(
            data.json("../conformance/captum_cases.json"),
            "ablation",
            "occlusion-",
            "kernelshap",
            "lime",
            "shapley-");
    assertThat(cases).hasSizeGreaterThanOrEqualTo(13);
    for (PeerNets.Case c : cases) {
      compare(c);
    }
    assertThat(table.missed()).isEmpty();
  }

  private void compare(PeerNets.Case c) {
    String id = c.id();
    if (id.startsWith("occlusion-conv")) {
      compareTwoInputs(c);
      return;
    }
    Attributor method =
        id.startsWith("ablation")
            ? FeatureAblation.withDefaults().withSegments(segments(c)).withBaseline(baseline(c))
            : id.startsWith("occlusion")
                ? Occlusion.withDefaults()
                    .withWindow(
                        1, c.parameter("window").get(0).asInt(), 1, c.parameter("stride").asInt())
                    .withBaseline(baseline(c))
                : id.startsWith("kernelshap")
                    ? KernelShap.withDefaults()
                        .withSegments(segments(c))
                        .withBaseline(baseline(c))
                        .withSamples(c.parameter("samples").asInt())
                    : id.startsWith("lime")
                        ? Lime.withDefaults()
                            .withSegments(segments(c))
                            .withBaseline(baseline(c))
                            .withSamples(c.parameter("samples").asInt())
                            .withKernelWidth(10)
                            .withLasso(1)
                        : id.startsWith("shapley-exact")
                            ? ShapleyExact.withDefaults().withSegments(segments(c))
                            : ShapleySampling.withDefaults()
                                .withSegments(segments(c))
                                .withSamples(c.parameter("samples").asInt());
    INDArray found = method.attribute(c.network(), c.input(), c.target()).values();
    // Captum draws samples there, and so does this library: what its tests allow holds, as a share
    // of the largest value. Elsewhere the numbers are exact up to the digits that stand there.
    boolean drawn = id.startsWith("lime") || id.startsWith("shapley-sampling");
    double largest = c.expected().normmaxNumber().doubleValue();
    double limit = drawn ? c.json().get("tolerance").asDouble() / largest : PRINTED;
    table.add(method.id(), CAPTUM, id, found, c.expected(), limit);
  }

  /** Two inputs that are added are two channels here, each with a window of its own. */
  private void compareTwoInputs(PeerNets.Case c) {
    for (int input = 0; input < 2; input++) {
      JsonNode window = c.parameter("window").get(input);
      JsonNode stride = c.parameter("stride");
      INDArray expected = PeerNets.array(c.json().get("expected").get(input));
      // A single column was repeated to the width of the other input.
      boolean column = expected.size(3) == 1;
      int height = window.get(1).asInt();
      int width = column ? 4 : window.get(2).asInt();
      int down = stride == null ? height : stride.get(input).get(1).asInt();
      int across = stride == null || column ? width : stride.get(input).get(2).asInt();
      Occlusion method =
          Occlusion.withDefaults().withWindow(height, width, down, across).withChannelsApart();
      INDArray found =
          method
              .attribute(c.network(), c.input(), c.target())
              .values()
              .get(
                  NDArrayIndex.all(),
                  NDArrayIndex.interval(input, input + 1),
                  NDArrayIndex.all(),
                  NDArrayIndex.interval(0, expected.size(3)));
      table.add(method.id(), CAPTUM, c.id() + " input " + input, found, expected, PRINTED);
    }
  }

  private static Segmentation segments(PeerNets.Case c) {
    JsonNode mask = c.parameter("mask");
    return mask == null ? Segmentation.values() : Segmentation.mask(PeerNets.array(mask));
  }

  private static Baseline baseline(PeerNets.Case c) {
    JsonNode baseline = c.parameter("baseline");
    return baseline == null
        ? Baseline.zero()
        : baseline.isArray()
            ? Baseline.array(PeerNets.array(baseline))
            : Baseline.constant(baseline.asDouble());
  }

  @Test
  void the_small_cnn() {
    SharedData data = SharedData.orSkip();
    JsonNode tiny = data.json("../conformance/tinycnn.json");
    Network network = PeerNets.tinyCnn(tiny);
    INDArray x = PeerNets.array(tiny.get("X"));
    Baseline baseline = Baseline.array(PeerNets.array(tiny.get("B")));
    Target target =
        Target.ofClasses(tiny.get("target").get(0).asInt(), tiny.get("target").get(1).asInt());
    JsonNode results = tiny.get("results");
    Segmentation six =
        Segmentation.mask(PeerNets.array(results.get("captum/FeatureAblation-mask6").get("mask")));
    Occlusion occlusion = Occlusion.withDefaults().withWindow(2, 3, 1, 2).withBaseline(baseline);
    small(results, "captum/Occlusion-w2x3-s1x2", occlusion, network, x, target);
    small(
        results,
        "captum/FeatureAblation-mask6",
        FeatureAblation.withDefaults().withSegments(six).withBaseline(baseline),
        network,
        x,
        target);
    for (Attributor method :
        List.of(
            ShapleyExact.withDefaults().withSegments(six).withBaseline(baseline),
            KernelShap.withDefaults().withSegments(six).withBaseline(baseline).withSamples(62))) {
      small(results, "captum/ShapleyValues-mask6", method, network, x, target);
    }
    assertThat(table.missed()).isEmpty();
  }

  private void small(
      JsonNode results,
      String name,
      Attributor method,
      Network network,
      INDArray x,
      Target target) {
    INDArray found = method.attribute(network, x, target).values();
    INDArray expected = PeerNets.array(results.get(name).get("value"));
    // The peer repeats the number of all channels in each.
    INDArray one =
        expected.size(1) == found.size(1)
            ? expected
            : expected.get(
                NDArrayIndex.all(),
                NDArrayIndex.interval(0, 1),
                NDArrayIndex.all(),
                NDArrayIndex.all());
    boolean single = one.castTo(DataType.FLOAT).castTo(DataType.DOUBLE).equalsWithEps(one, 0);
    assertThat(single).as(name).isEqualTo(!name.contains("Ablation"));
    table.add(method.id(), CAPTUM, name, found, one, single ? SINGLE : EXACT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet_mnist", "lenet_cifar10", "resnet20_cifar10", "squeezenet11"})
  void the_falls_by_window(String net) throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(net).withPrecision(DataType.DOUBLE);
    JsonNode preprocess = data.json(net + "/preprocess.json").get("black_baseline_per_channel");
    double[] black = new double[preprocess.size()];
    java.util.Arrays.setAll(black, i -> preprocess.get(i).asDouble());
    for (String image : data.folders("reference/" + net)) {
      String folder = "reference/" + net + "/" + image + "/";
      JsonNode window = data.json(folder + "meta.json").get("occlusion");
      Occlusion method =
          Occlusion.withDefaults()
              .withWindow(window.get("window").asInt(), window.get("stride").asInt())
              .withBaseline(Baseline.constant(black))
              .withFallsPerWindow();
      INDArray x = Nd4j.stack(0, data.array(folder + "input.npy"));
      table.add(
          method.id(),
          CAPTUM,
          "occlusion_grid " + net + " " + image,
          method.attribute(network, x, Target.predicted()).values(),
          data.array(folder + "occlusion_grid.npy"),
          1e-6);
    }
    assertThat(table.missed()).isEmpty();
  }

  @AfterAll
  void write_the_table() throws IOException {
    table.write("perturbation");
  }
}
