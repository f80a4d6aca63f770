package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.Lrp;
import dev.interp.core.rule.RelevanceRule;
import dev.interp.core.rule.RelevanceRule.Bounds;
import dev.interp.visual.relevance.Relevance;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Relevance propagation against zennit, captum, iNNvestigate and zennit-crp. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LrpConformanceTest {
  private static final String ZENNIT = "zennit 0.5.1";
  private static final String CAPTUM = "captum 0.7.0";
  private static final String INNVESTIGATE = "innvestigate 2";
  private static final double EXACT = 1e-9;

  /** Published in float32 by an earlier zennit; zennit 0.5.1 itself comes within 1e-5. */
  private static final double PUBLISHED = 3e-5;

  private final PeerTable table = new PeerTable();

  @AfterAll
  void write_the_table() throws IOException {
    table.write("lrp");
  }

  // ---------------------------------------------------------------- tinycnn.json

  private static Relevance all(RelevanceRule rule) {
    return Relevance.with(Composite.named("all").onWeights(rule).conserving(1e-6));
  }

  @Test
  void the_small_cnn_gives_what_zennit_gives() {
    JsonNode tiny = SharedData.orSkip().json("../conformance/tinycnn.json");
    INDArray x = PeerNets.array(tiny.get("X"));
    Bounds box = new Bounds(List.of(-2.0), List.of(2.0));
    Map<String, Relevance> methods = new LinkedHashMap<>();
    methods.put("EpsilonPlus", Relevance.epsilonPlus());
    methods.put("EpsilonPlusFlat", Relevance.epsilonPlusFlat());
    methods.put("EpsilonAlpha2Beta1", Relevance.epsilonAlpha2Beta1());
    methods.put("EpsilonAlpha2Beta1Flat", Relevance.epsilonAlpha2Beta1Flat());
    methods.put("EpsilonGammaBox", Relevance.epsilonGammaBox(box));
    methods.put("all-Epsilon1e-6", all(RelevanceRule.epsilon(1e-6)));
    methods.put("all-Epsilon0.25", all(RelevanceRule.epsilon(0.25)));
    methods.put("all-Gamma0.25", all(RelevanceRule.gamma(0.25)));
    methods.put("all-ZPlus", all(RelevanceRule.zPlus()));
    methods.put("all-WSquare", all(RelevanceRule.wSquare()));
    methods.put("all-Flat", all(RelevanceRule.flat()));
    methods.put("all-AlphaBeta2_1", all(RelevanceRule.alphaBeta(2, 1)));
    methods.put("all-Epsilon-zeroBias", all(RelevanceRule.epsilon(1e-6).withoutBias()));
    // zennit's excitation backprop keeps positive biases, which the paper's equation 4 leaves out.
    methods.put("ExcitationBackprop", all(RelevanceRule.zPlus()));
    Network network = PeerNets.tinyCnn(tiny);
    methods.forEach(
        (name, method) ->
            table.add(
                method.id(),
                ZENNIT,
                "tinycnn " + name,
                method.attribute(network, x, classes(tiny)).values(),
                value(tiny, "zennit/" + name),
                EXACT));
    Composite unmerged =
        Composite.named("unmerged")
            .onOp(Op.Affine.class, BackwardRule.pass())
            .onOp(Op.Dense.class, RelevanceRule.epsilon(1e-6))
            .onWeights(RelevanceRule.zPlus())
            .conserving(1e-6);
    table.add(
        "lrp-epsilon-plus",
        ZENNIT,
        "tinycnn EpsilonPlus-noMerge",
        unmerged(network, x, classes(tiny), unmerged),
        value(tiny, "zennit/EpsilonPlus-noMerge"),
        EXACT);
    table.add(
        "lrp-epsilon",
        CAPTUM,
        "tinycnn LRP-default",
        unmerged(
            network,
            x,
            classes(tiny),
            Composite.named("captum").onWeights(RelevanceRule.zero()).conserving(1e-9)),
        value(tiny, "captum/LRP-default"),
        EXACT);
    long zennits = 0;
    for (var names = tiny.get("results").fieldNames(); names.hasNext(); ) {
      zennits += names.next().startsWith("zennit/") ? 1 : 0;
    }
    assertThat(zennits).isEqualTo(methods.size() + 1L);
    assertThat(table.missed()).isEmpty();
  }

  private static INDArray value(JsonNode tiny, String name) {
    return PeerNets.array(tiny.get("results").get(name).get("value"));
  }

  private static Target classes(JsonNode tiny) {
    return Target.ofClasses(tiny.get("target").get(0).asInt(), tiny.get("target").get(1).asInt());
  }

  /** With batch norms as they are. */
  private static INDArray unmerged(
      Network network, INDArray x, Target target, Composite composite) {
    try (Trace trace = network.run(x, Hooks.none().withRules(composite))) {
      Target.Resolved resolved = trace.resolve(target);
      return relevance(trace, resolved, resolved.seed().mul(trace.logits()), Network.INPUT);
    }
  }

  private static INDArray relevance(
      Trace trace, Target.Resolved resolved, INDArray start, String tensor) {
    return trace.gradient(
        new Target.Resolved(resolved.tensor(), resolved.classes(), resolved.values(), start),
        tensor);
  }

  // ---------------------------------------------------------------- captum_cases.json

  @Test
  void captums_own_cases_hold() {
    JsonNode file = SharedData.orSkip().json("../conformance/captum_cases.json");
    List<PeerNets.Case> cases = PeerNets.captumCases(file, "lrp-", "layer-lrp-");
    assertThat(cases).hasSizeGreaterThanOrEqualTo(9);
    for (PeerNets.Case c : cases) {
      Composite rules =
          switch (c.id()) {
            case "lrp-gamma", "layer-lrp-gamma" ->
                Composite.named("gamma")
                    .onLayer("linear", RelevanceRule.gamma(1).withStabilizer(1e-9))
                    .onLayer("linear2", RelevanceRule.gamma(0.25).withStabilizer(1e-9))
                    .conserving(1e-9);
            case "lrp-alpha1beta0" -> Lrp.alpha1Beta0();
            case "lrp-identity" ->
                Composite.named("identity")
                    .onLayer("linear", (step, signal) -> List.of(signal.dup()))
                    .onWeights(RelevanceRule.zero())
                    .conserving(1e-9);
            default -> Composite.named("captum").onWeights(RelevanceRule.zero()).conserving(1e-9);
          };
      Relevance method = Relevance.with(rules);
      JsonNode layer = c.json().get("layer");
      if (layer != null && !layer.isNull()) {
        method = method.withTensor(layer.asText());
      }
      INDArray actual = method.attribute(c.network(), c.input(), c.target()).values();
      INDArray expected = PeerNets.array(c.json().get("measured"));
      // The numbers were measured in float32; with "expected", which is rounded, they agree as far.
      table.add("lrp-epsilon", CAPTUM, c.id(), actual, expected, 1e-6);
    }
    assertThat(table.missed()).isEmpty();
  }

  // ---------------------------------------------------------------- innvestigate_layers.json

  @Test
  void innvestigates_layers_hold() {
    JsonNode methods =
        SharedData.orSkip().json("../conformance/innvestigate_layers.json").get("methods");
    int compared = 0;
    for (var names = methods.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!name.startsWith("LRP") && !name.endsWith("DeepTaylor")) {
        continue;
      }
      JsonNode method = methods.get(name);
      INDArray x = PeerNets.array(method.get("input"));
      for (var kinds = method.get("layers").fieldNames(); kinds.hasNext(); ) {
        String kind = kinds.next();
        JsonNode layer = method.get("layers").get(kind);
        Network network = PeerNets.innvestigateLayer(kind, layer.get("weights"));
        Target target = PeerNets.largestUnit(network, x);
        table.add(
            name.endsWith("DeepTaylor") ? "deep-taylor" : "lrp",
            INNVESTIGATE,
            name + " " + kind,
            Relevance.with(innvestigate(name)).attribute(network, x, target).values(),
            PeerNets.array(layer.get("attribution")),
            1e-5);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(50);
    assertThat(table.missed()).isEmpty();
  }

  private static Composite innvestigate(String name) {
    RelevanceRule plus = RelevanceRule.zPlus().withStabilizer(1e-7);
    RelevanceRule rule =
        switch (name) {
          case "LRPZ" -> RelevanceRule.epsilon(1e-12);
          case "LRPEpsilon" -> RelevanceRule.epsilon(1e-7);
          case "LRPZ_Flat_input_layer_rule", "LRPFlat" ->
              RelevanceRule.flat().withStabilizer(1e-12);
          case "LRPWSquare" -> RelevanceRule.wSquare().withoutBias().withStabilizer(1e-12);
          case "LRPZ_boxed_input_layer_rule" -> box(10);
          case "BoundedDeepTaylor" -> box(128);
          case "LRPAlpha1Beta0" -> RelevanceRule.alphaBeta(1, 0).withStabilizer(1e-12);
          case "LRPAlpha2Beta1" -> RelevanceRule.alphaBeta(2, 1).withStabilizer(1e-12);
          case "LRPAlpha2Beta1IgnoreBias" ->
              RelevanceRule.alphaBeta(2, 1).withoutBias().withStabilizer(1e-12);
          default -> plus.withoutBias().withStabilizer(1e-12);
        };
    Composite start = Composite.named(name).onWeights(rule);
    if (name.endsWith("DeepTaylor")) {
      // Average pools follow the gradient there, which does not keep the sum of relevance.
      start = start.onOp(Op.Pool.class, BackwardRule.gradient());
    }
    return start.conserving(1e-7);
  }

  private static RelevanceRule box(double bound) {
    return RelevanceRule.zBox(new Bounds(List.of(-bound), List.of(bound))).withStabilizer(1e-12);
  }

  // ---------------------------------------------------------------- data/reference

  @ParameterizedTest
  @ValueSource(strings = {"lenet_mnist", "lenet_cifar10", "resnet20_cifar10", "squeezenet11"})
  void the_reference_nets_hold(String net) throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(net);
    JsonNode preprocess = data.json(net + "/preprocess.json");
    Bounds bounds =
        new Bounds(numbers(preprocess.get("zbox_low")), numbers(preprocess.get("zbox_high")));
    Map<String, Composite> methods =
        Map.of(
            "lrp_epsilon", Lrp.epsilon(0.25),
            "lrp_epsilon_plus", Lrp.epsilonPlus(),
            "lrp_epsilon_gamma_box", Lrp.epsilonGammaBox(bounds),
            "lrp_epsilon_alpha2_beta1", Lrp.epsilonAlpha2Beta1());
    // The shortcuts of the residual net, here convolutions that pick every second pixel, are
    // indexing in the reference.
    Composite shortcuts =
        Composite.named("lrp").on(n -> n.name().endsWith(".shortcut"), BackwardRule.gradient());
    List<String> images = data.folders("reference/" + net);
    INDArray batch =
        Nd4j.stack(
            0,
            images.stream()
                .map(image -> data.array("reference/" + net + "/" + image + "/input.npy"))
                .toArray(INDArray[]::new));
    for (Network typed : ReferenceNets.onEveryEngine(network)) {
      methods.forEach(
          (file, rules) -> {
            Relevance method = Relevance.with(shortcuts.then(rules));
            INDArray values = method.attribute(typed, batch, Target.predicted()).values();
            for (int i = 0; i < images.size(); i++) {
              String folder = "reference/" + net + "/" + images.get(i) + "/";
              double lost =
                  data.json(folder + "meta.json")
                      .get("methods")
                      .get(file)
                      .get("float32_run_max_rel_diff")
                      .asDouble();
              table.add(
                  file.replace('_', '-'),
                  file.equals("lrp_epsilon") ? CAPTUM + ", " + ZENNIT : ZENNIT,
                  net + " " + images.get(i),
                  values.slice(i),
                  data.array(folder + file + ".npy"),
                  typed.precision() == DataType.DOUBLE ? 1e-6 : Math.max(1e-4, 2 * lost));
            }
          });
    }
    assertThat(table.missed()).isEmpty();
  }

  private static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(n -> numbers.add(n.asDouble()));
    return numbers;
  }

  // ---------------------------------------------------------------- fashionnet

  @Test
  void relevance_masked_at_hidden_channels_gives_the_published_numbers() throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = fashionNet(data.arrays("fashionnet/weights.npz"));
    INDArray x = fashionImage(data);
    int[] none = {};
    int[][][] conditions = {
      {null, null}, {none, null}, {{2}, null}, {{3, 2, 1}, none}, {none, none}
    };
    // In the order of the files: all; conv2 none; conv2 channel 2; parallel none; and both.
    conditions[3] = new int[][] {null, none};
    conditions[4] = new int[][] {{3, 2, 1}, none};
    compare(data, network, x, "", conditions);
    int[][][] channels = new int[16][][];
    for (int i = 0; i < 16; i++) {
      channels[i] = new int[][] {{i}, none};
    }
    compare(data, network, x, "gen_", channels);
    assertThat(table.missed()).isEmpty();
  }

  /** Each condition names the channels of conv2 and of parallel.0 whose relevance goes on. */
  private void compare(
      SharedData data, Network network, INDArray x, String prefix, int[][][] conditions) {
    INDArray maps = data.array("fashionnet/crp_published/" + prefix + "heatmaps.npy");
    INDArray hidden = data.array("fashionnet/crp_published/" + prefix + "conv1_relevances.npy");
    for (int i = 0; i < conditions.length; i++) {
      Hooks hooks = Hooks.none().withRules(Lrp.epsilonPlus());
      hooks = masked(hooks, "conv2", conditions[i][0]);
      hooks = masked(hooks, "parallel.0", conditions[i][1]);
      try (Trace trace = network.withFoldedBatchNorms().run(x, hooks)) {
        Target.Resolved resolved = trace.resolve(Target.ofClass(9));
        INDArray start = resolved.seed().mul(Transforms.abs(trace.logits(), false));
        List<INDArray> found =
            trace.gradients(
                new Target.Resolved(
                    resolved.tensor(), resolved.classes(), resolved.values(), start),
                List.of(Network.INPUT, "conv1"));
        String name = "fashionnet " + prefix + "condition " + i;
        table.add("lrp-epsilon-plus", "zennit-crp", name, found.get(0), maps.slice(i), PUBLISHED);
        table.add(
            "lrp-epsilon-plus",
            "zennit-crp",
            name + " conv1",
            found.get(1),
            hidden.slice(i),
            PUBLISHED);
      }
    }
  }

  private static Hooks masked(
      Hooks hooks, String tensor, int @org.jspecify.annotations.Nullable [] channels) {
    if (channels == null) {
      return hooks;
    }
    return hooks.editGradient(
        tensor,
        relevance -> {
          INDArray left = relevance.like();
          for (int channel : channels) {
            left.get(NDArrayIndex.all(), NDArrayIndex.point(channel))
                .assign(relevance.get(NDArrayIndex.all(), NDArrayIndex.point(channel)));
          }
          return left;
        });
  }

  private static INDArray fashionImage(SharedData data) throws IOException {
    try (InputStream in =
        new GZIPInputStream(
            Files.newInputStream(data.path("fashion_mnist_5000/images-idx3-ubyte.gz")))) {
      in.readNBytes(16);
      byte[] pixels = in.readNBytes(28 * 28);
      double[] x = new double[pixels.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = (pixels[i] & 0xff) / 255.0;
      }
      return Nd4j.createFromArray(x).reshape(1, 1, 28, 28);
    }
  }

  private static Network fashionNet(Map<String, INDArray> w) {
    return Network.builder(1, 28, 28)
        .add("conv1", convolution(w, "conv1", 1))
        .add("bn1", norm(w, "bn1"))
        .add("relu1", relu())
        .add("conv2", convolution(w, "conv2", 2))
        .add("bn2", norm(w, "bn2"))
        .add("parallel.0", convolution(w, "parallel.0", 2), Network.INPUT)
        .add("parallel.1", norm(w, "parallel.1"))
        .add("sum", new Op.Elementwise(Op.Combination.ADD), "parallel.1", "bn2")
        .add("relu2", relu())
        .add("pool", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add("flat", new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
        .add("linear1", dense(w, "linear1"))
        .add("relu3", relu())
        .add("linear2", dense(w, "linear2"))
        .build()
        .withPrecision(DataType.DOUBLE);
  }

  private static INDArray parameter(Map<String, INDArray> w, String name) {
    return java.util.Objects.requireNonNull(w.get(name), name).castTo(DataType.DOUBLE);
  }

  private static Op convolution(Map<String, INDArray> w, String name, int stride) {
    INDArray weights = parameter(w, name + ".weight");
    INDArray bias = w.containsKey(name + ".bias") ? parameter(w, name + ".bias") : null;
    return new Op.Convolution(weights, bias, Window.of((int) weights.size(2), stride, 0), 1);
  }

  private static Op norm(Map<String, INDArray> w, String name) {
    INDArray deviation = Transforms.sqrt(parameter(w, name + ".running_var").add(1e-5));
    INDArray scale = parameter(w, name + ".weight").div(deviation);
    INDArray shift =
        parameter(w, name + ".bias").sub(parameter(w, name + ".running_mean").mul(scale));
    return new Op.Affine(scale, shift);
  }

  private static Op dense(Map<String, INDArray> w, String name) {
    INDArray weights = parameter(w, name + ".weight").transpose().dup('c');
    return new Op.Dense(weights, parameter(w, name + ".bias"));
  }

  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }
}
