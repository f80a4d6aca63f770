package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.visual.relevance.DeepLift;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** DeepLIFT against captum's tests, an independent reference and real nets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeepLiftConformanceTest {
  private static final String CAPTUM = "captum 0.7.0";
  private static final String ISSUE = " with its pools of issue 1104";
  private static final double LIMIT = 1e-9;

  private final PeerTable table = new PeerTable();

  @Test
  void the_cases_of_captums_tests() {
    JsonNode file = SharedData.orSkip().json("../conformance/captum_cases.json");
    for (PeerNets.Case c : PeerNets.captumCases(file, "deeplift-", "layer-deeplift-")) {
      JsonNode given = c.parameter("baseline");
      Baseline baseline =
          given == null || !given.isArray()
              ? Baseline.zero()
              : Baseline.array(PeerNets.array(given));
      String tensor =
          c.id().equals("layer-deeplift-pool")
              ? "pool1"
              : c.id().startsWith("layer-") ? "joined" : Network.INPUT;
      INDArray values =
          DeepLift.rescale()
              .withBaseline(baseline)
              .withTensor(tensor)
              .attribute(c.network(), c.input(), c.target())
              .values();
      // Inputs of one number each are concatenated, where captum has a row for each.
      INDArray expected = c.expected().reshape(values.shape());
      assertThat(table.add("deep-lift", CAPTUM, c.id(), values, expected, LIMIT).missed())
          .as(c.id())
          .isFalse();
    }
  }

  @Test
  void the_small_cnn() {
    JsonNode tiny = SharedData.orSkip().json("../conformance/tinycnn.json");
    JsonNode results = tiny.get("results");
    Network network = PeerNets.tinyCnn(tiny);
    INDArray x = PeerNets.array(tiny.get("X"));
    INDArray start = PeerNets.array(tiny.get("B"));
    Target target =
        Target.ofClasses(tiny.get("target").get(0).asInt(), tiny.get("target").get(1).asInt());
    Target unit = Target.neuron("conv2", 1, 1, 2);
    DeepLift method = DeepLift.rescale().withBaseline(Baseline.array(start));
    Attribution result = method.attribute(network, x, target);
    table.add(
        "deep-lift",
        "independent reference",
        "tinycnn",
        result.values(),
        value(results, "reference/DeepLift"),
        LIMIT);
    assertThat(result.completenessGaps())
        .allSatisfy(gap -> assertThat(gap).isCloseTo(0, within(1e-12)));
    add(
        "deep-lift",
        "LayerDeepLift-conv2",
        method.withTensor("conv2").attribute(network, x, target).values(),
        value(results, "captum/LayerDeepLift-conv2"));

    // What captum gives with its pools, which miss the sum.
    add(
        "deep-lift",
        "DeepLift" + ISSUE,
        captums(network, x, start, target),
        value(results, "captum/DeepLift"));
    add(
        "deep-lift",
        "NeuronDeepLift-conv2" + ISSUE,
        captums(network, x, start, unit),
        value(results, "captum/NeuronDeepLift-conv2"));
    List<INDArray> baselines =
        List.of(rows(start, 0, 0), rows(start, 1, 1), Nd4j.zeros(DataType.DOUBLE, x.shape()));
    INDArray mean = Nd4j.zeros(DataType.DOUBLE, x.shape());
    baselines.forEach(b -> mean.addi(captums(network, x, b, target)));
    add(
        "deep-lift-shap",
        "DeepLiftShap" + ISSUE,
        mean.divi(3),
        value(results, "captum/DeepLiftShap"));
    assertThat(table.missed()).isEmpty();

    // Ours do not.
    assertThat(method.attribute(network, x, unit).completenessGaps())
        .allSatisfy(gap -> assertThat(gap).isCloseTo(0, within(1e-12)));
    assertThat(
            DeepLift.shap()
                .withBaselines(baselines.stream().map(Baseline::array).toList())
                .attribute(network, x, target)
                .completenessGaps())
        .allSatisfy(gap -> assertThat(gap).isCloseTo(0, within(1e-12)));
  }

  private void add(String method, String name, INDArray values, INDArray expected) {
    table.add(method, CAPTUM, "tinycnn " + name, values, expected, LIMIT);
  }

  private static INDArray rows(INDArray batch, int... rows) {
    return Nd4j.stack(0, IntStream.of(rows).mapToObj(batch::slice).toArray(INDArray[]::new));
  }

  /**
   * The reference of nets with a pool right after a rectifier is compared with captum's own way
   * through such pools. In SqueezeNet a black picture gives constant areas, in which the entries of
   * a pool's window are equal up to rounding: which one takes the difference depends on the last
   * bit. Captum's own run in float32 is as far from its run in float64 as ours is, so that distance
   * is the limit there in both precisions.
   */
  @ParameterizedTest
  @ValueSource(strings = {"lenet_mnist", "lenet_cifar10", "resnet20_cifar10", "squeezenet11"})
  void real_nets(String name) throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(name);
    JsonNode black = data.json(name + "/preprocess.json").get("black_baseline_per_channel");
    double[] colour =
        IntStream.range(0, black.size()).mapToDouble(i -> black.get(i).asDouble()).toArray();
    List<String> images = data.folders("reference/" + name);
    INDArray batch =
        Nd4j.stack(
            0,
            images.stream()
                .map(image -> data.array("reference/" + name + "/" + image + "/input.npy"))
                .toArray(INDArray[]::new));
    boolean affected = network.nodes().stream().anyMatch(n -> isPoolOfRectifier(network, n));
    boolean tied = name.equals("squeezenet11");
    for (Network typed : ReferenceNets.onEveryEngine(network)) {
      Attribution result =
          DeepLift.rescale()
              .withBaseline(Baseline.constant(colour))
              .attribute(typed, batch, Target.predicted());
      INDArray values =
          affected
              ? captums(typed, batch, Baseline.constant(colour).of(batch), Target.predicted())
              : result.values();
      for (int i = 0; i < images.size(); i++) {
        String folder = "reference/" + name + "/" + images.get(i) + "/";
        double lost =
            data.json(folder + "meta.json")
                .get("methods")
                .get("deeplift_rescale")
                .get("float32_run_max_rel_diff")
                .asDouble();
        PeerTable.Row row =
            table.add(
                "deep-lift",
                CAPTUM,
                name + " " + images.get(i) + (affected ? ISSUE : ""),
                values.slice(i),
                data.array(folder + "deeplift_rescale.npy"),
                typed.precision() == DataType.DOUBLE && !tied ? 1e-6 : Math.max(1e-4, 2 * lost));
        assertThat(row.missed()).as(row.toString()).isFalse();
        assertThat(result.completenessGaps().get(i))
            .as(name)
            .isCloseTo(0, within(typed.precision() == DataType.DOUBLE ? 1e-11 : 1e-2));
      }
    }
  }

  /**
   * DeepLIFT as captum runs it: a rectifier right below a max pool is handed the pool's plain
   * gradient instead of its multiplier (captum issue 1104, mended after 0.7.0). With a constant
   * baseline the sum may hold all the same.
   */
  private static INDArray captums(Network network, INDArray x, INDArray start, Target target) {
    Composite captum =
        Composite.named("captum")
            .on(n -> isPoolOfRectifier(network, n), BackwardRule.gradient())
            .then(DeepLift.rules());
    Hooks hooks = Hooks.none().withRules(captum);
    INDArray from = start.castTo(network.precision());
    INDArray to = x.castTo(network.precision());
    INDArray full = to.sub(to).addi(from.broadcast(to.shape()));
    try (Trace trace = network.run(to, hooks);
        Trace reference = network.run(full, hooks)) {
      Target.Resolved resolved = trace.resolve(target);
      return trace.gradients(resolved, List.of(Network.INPUT), reference).get(0).muli(to.sub(full));
    }
  }

  private static boolean isPoolOfRectifier(Network network, Node node) {
    return isMaxPool(node)
        && network.nodes().stream()
            .anyMatch(n -> n.name().equals(node.inputs().get(0)) && isRelu(n));
  }

  private static boolean isRelu(Node node) {
    return node.op() instanceof Op.Activation activation && activation.isRelu();
  }

  private static boolean isMaxPool(Node node) {
    return node.op() instanceof Op.Pool pool && pool.reduction() == Op.Reduction.MAX;
  }

  private static INDArray value(JsonNode results, String name) {
    return PeerNets.array(results.get(name).get("value"));
  }

  @AfterAll
  void write_the_table() throws IOException {
    table.write("deep-lift");
  }
}
