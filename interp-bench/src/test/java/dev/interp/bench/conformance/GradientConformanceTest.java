package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.LogitFunction;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.adversarial.GradientAttack;
import dev.interp.visual.gradient.Conductance;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.InternalInfluence;
import dev.interp.visual.gradient.NeuronConductance;
import dev.interp.visual.gradient.Quadrature;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Gradient, path, layer and neuron methods and attacks against captum's numbers, in float64. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientConformanceTest {
  private static final double EXACT = 1e-9;

  /** Where captum ran in float32, its numbers have no more digits than that. */
  private static final double SINGLE = 1e-6;

  /** captum rounds the weights of integrated gradients to float32, whatever the net's precision. */
  private static final double ROUNDED_WEIGHTS = 0x1p-24;

  /** Undoes that rounding for the weight of equal steps, 1/20. */
  private static final double UNROUNDED = 0.05 / 0.05f;

  private static final String CAPTUM = "captum 0.7.0";

  private final PeerTable table = new PeerTable();

  @AfterAll
  void write_the_table() throws IOException {
    table.write("gradient");
  }

  // ---------------------------------------------------------------- tinycnn.json

  private static JsonNode tiny() {
    return SharedData.orSkip().json("../conformance/tinycnn.json");
  }

  private static INDArray value(JsonNode tiny, String name) {
    return PeerNets.array(tiny.get("results").get("captum/" + name).get("value"));
  }

  private void add(String id, String name, INDArray actual, INDArray expected, double limit) {
    assertThat(table.add(id, CAPTUM, name, actual, expected, limit))
        .matches(row -> !row.missed(), "within its limit");
  }

  private void tiny(String id, String name, INDArray actual, INDArray expected) {
    assertThat(actual.shape()).as(name).isEqualTo(expected.shape());
    add(
        id,
        "tinycnn " + name,
        actual,
        expected,
        name.contains("gausslegendre") || name.equals("NeuronIG-conv2") ? ROUNDED_WEIGHTS : EXACT);
  }

  private void tiny(JsonNode tiny, String name, Attributor method, Target target) {
    Network network = PeerNets.tinyCnn(tiny);
    INDArray x = PeerNets.array(tiny.get("X"));
    INDArray actual = method.attribute(network, x, target).values();
    tiny(method.id(), name, actual, value(tiny, name));
  }

  private static Target classes(JsonNode tiny) {
    return Target.ofClasses(tiny.get("target").get(0).asInt(), tiny.get("target").get(1).asInt());
  }

  private static Baseline baseline(JsonNode tiny) {
    return Baseline.array(PeerNets.array(tiny.get("B")));
  }

  @Test
  void one_pass_methods_on_the_small_net() {
    JsonNode tiny = tiny();
    Target target = classes(tiny);
    tiny(tiny, "Saliency", Gradient.plain(), target);
    tiny(tiny, "InputXGradient", Gradient.inputTimesGradient(), target);
    tiny(tiny, "GuidedBackprop", Gradient.guidedBackprop(), target);
    tiny(tiny, "Deconvolution", Gradient.deconvnet(), target);
  }

  @Test
  void integrated_gradients_on_the_small_net() {
    JsonNode tiny = tiny();
    IntegratedGradients method =
        IntegratedGradients.withDefaults().withSteps(20).withBaseline(baseline(tiny));
    Map<String, Quadrature> rules =
        Map.of(
            "gausslegendre", Quadrature.GAUSS_LEGENDRE,
            "riemann_middle", Quadrature.RIEMANN_MIDDLE,
            "riemann_left", Quadrature.RIEMANN_LEFT,
            "riemann_right", Quadrature.RIEMANN_RIGHT);
    Network network = PeerNets.tinyCnn(tiny);
    INDArray x = PeerNets.array(tiny.get("X"));
    rules.forEach(
        (rule, quadrature) -> {
          String name = "IG-" + rule + "-20";
          INDArray actual =
              method.withQuadrature(quadrature).attribute(network, x, classes(tiny)).values();
          INDArray expected = value(tiny, name);
          if (quadrature != Quadrature.GAUSS_LEGENDRE) {
            expected = expected.mul(UNROUNDED);
          }
          tiny("integrated-gradients", name, actual, expected);
        });
  }

  @Test
  @DisplayName("captum's trapezoids weigh 19/20 in all; made whole they agree")
  void trapezoids_agree_once_their_weights_sum_to_one() {
    JsonNode tiny = tiny();
    INDArray whole = value(tiny, "IG-riemann_trapezoid-20").mul(UNROUNDED * 20 / 19);
    INDArray actual =
        IntegratedGradients.withDefaults()
            .withSteps(20)
            .withQuadrature(Quadrature.RIEMANN_TRAPEZOID)
            .withBaseline(baseline(tiny))
            .attribute(PeerNets.tinyCnn(tiny), PeerNets.array(tiny.get("X")), classes(tiny))
            .values();
    tiny("integrated-gradients", "IG-riemann_trapezoid-20, times 20/19", actual, whole);
  }

  @Test
  void layer_methods_on_the_small_net() {
    JsonNode tiny = tiny();
    Target target = classes(tiny);
    for (String layer : List.of("pool1", "conv2")) {
      tiny(
          tiny,
          "LayerConductance-" + layer,
          Conductance.withDefaults()
              .withTensor(layer)
              .withQuadrature(Quadrature.GAUSS_LEGENDRE)
              .withBaseline(baseline(tiny)),
          target);
      tiny(
          tiny,
          "InternalInfluence-" + layer,
          InternalInfluence.withDefaults().withTensor(layer).withBaseline(baseline(tiny)),
          target);
      tiny(
          tiny,
          "LayerGradientXActivation-" + layer,
          Gradient.inputTimesGradient().withTensor(layer),
          target);
    }
  }

  @Test
  void neuron_methods_on_the_small_net() {
    JsonNode tiny = tiny();
    Target neuron = Target.neuron("conv2", 1, 1, 2);
    tiny(tiny, "NeuronGradient-conv2", Gradient.plain(), neuron);
    tiny(tiny, "NeuronGuidedBackprop-conv2", Gradient.guidedBackprop(), neuron);
    tiny(tiny, "NeuronDeconvolution-conv2", Gradient.deconvnet(), neuron);
    tiny(
        tiny,
        "NeuronIG-conv2",
        IntegratedGradients.withDefaults().withBaseline(baseline(tiny)),
        neuron);
  }

  @Test
  @DisplayName("captum's neuron conductance uses trapezoids that weigh 49/50 in all")
  void neuron_conductance_agrees_once_the_weights_sum_to_one() {
    JsonNode tiny = tiny();
    INDArray actual =
        NeuronConductance.of(Target.neuron("conv2", 1, 1, 2))
            .withQuadrature(Quadrature.RIEMANN_TRAPEZOID)
            .withBaseline(baseline(tiny))
            .attribute(PeerNets.tinyCnn(tiny), PeerNets.array(tiny.get("X")), classes(tiny))
            .values();
    INDArray whole = value(tiny, "NeuronConductance-conv2").mul(50.0 / 49);
    tiny("neuron-conductance", "NeuronConductance-conv2, times 50/49", actual, whole);
  }

  @Test
  void attacks_on_the_small_net() {
    JsonNode tiny = tiny();
    Network network = PeerNets.tinyCnn(tiny);
    INDArray x = PeerNets.array(tiny.get("X"));
    Target loss = crossEntropy(classes(tiny));
    INDArray fgsm = GradientAttack.fgsm(0.1).targeted().perturb(network, x, loss);
    tiny("fgsm", "FGSM-ce-0.1", fgsm, value(tiny, "FGSM-ce-0.1"));
    INDArray pgd = GradientAttack.pgd(0.2, 0.05, 5).targeted().perturb(network, x, loss);
    tiny("pgd", "PGD-ce-Linf", pgd, value(tiny, "PGD-ce-Linf"));
  }

  /** Cross entropy of one class per example; an attack lets it rise. */
  private static Target crossEntropy(Target classes) {
    List<Integer> of = ((Target.Classes) classes).indices();
    return Target.of(
        "cross entropy",
        new LogitFunction() {
          @Override
          public INDArray value(INDArray logits) {
            INDArray p = org.nd4j.linalg.ops.transforms.Transforms.softmax(logits, true);
            INDArray values = Nd4j.zeros(DataType.DOUBLE, of.size());
            for (int i = 0; i < of.size(); i++) {
              values.putScalar(i, -Math.log(p.getDouble(i, of.get(i))));
            }
            return values;
          }

          @Override
          public INDArray gradient(INDArray logits) {
            INDArray p = org.nd4j.linalg.ops.transforms.Transforms.softmax(logits, true);
            for (int i = 0; i < of.size(); i++) {
              p.putScalar(i, of.get(i), p.getDouble(i, of.get(i)) - 1);
            }
            return p;
          }
        });
  }

  // ---------------------------------------------------------------- captum_cases.json

  private static List<PeerNets.Case> cases(String... prefixes) {
    JsonNode file = SharedData.orSkip().json("../conformance/captum_cases.json");
    List<PeerNets.Case> cases = PeerNets.captumCases(file, prefixes);
    assertThat(cases).isNotEmpty();
    return cases;
  }

  /** What captum's test asserts, or what captum gave where that is only close to it. */
  private void check(PeerNets.Case c, String id, INDArray actual) {
    INDArray expected = flat(c.expected());
    INDArray measured = flat(PeerNets.array(c.json().get("measured")));
    boolean close = PeerTable.difference(measured, expected) < SINGLE;
    add(id, c.id(), flat(actual), close ? expected : measured, close ? EXACT : SINGLE);
  }

  /** Where captum's own number is not right, within the tolerance of its test. */
  private void checkLoosely(PeerNets.Case c, String id, INDArray actual) {
    INDArray expected = flat(c.expected());
    double limit = c.json().get("tolerance").asDouble() / expected.normmaxNumber().doubleValue();
    add(id, c.id(), flat(actual), expected, limit);
  }

  /** Two inputs lie side by side here and one after another in the file. */
  private static INDArray flat(INDArray array) {
    return array.dup('c').reshape(array.length());
  }

  /** Inputs that lie side by side in a row, one after another. */
  private static INDArray columns(INDArray values, int inputs) {
    if (inputs == 1) {
      return values;
    }
    INDArray[] parts = new INDArray[inputs];
    long size = values.size(1) / inputs;
    for (int i = 0; i < inputs; i++) {
      parts[i] =
          values
              .get(
                  org.nd4j.linalg.indexing.NDArrayIndex.all(),
                  org.nd4j.linalg.indexing.NDArrayIndex.interval(i * size, (i + 1) * size))
              .dup('c');
    }
    return Nd4j.concat(0, parts);
  }

  private static INDArray run(Attributor method, PeerNets.Case c, Target target) {
    return method.attribute(c.network(), c.input(), target).values();
  }

  private static Target neuron(PeerNets.Case c) {
    JsonNode place = c.parameter("neuron");
    long[] index = new long[place.size()];
    for (int i = 0; i < index.length; i++) {
      index[i] = place.get(i).asLong();
    }
    return Target.neuron(c.json().get("layer").asText(), index);
  }

  private static int steps(PeerNets.Case c) {
    return c.parameter("steps").asInt();
  }

  private static Baseline baseline(PeerNets.Case c) {
    JsonNode given = c.parameter("baseline");
    return given == null || !given.isArray()
        ? Baseline.zero()
        : Baseline.array(PeerNets.array(given));
  }

  @Test
  void one_pass_cases() {
    for (PeerNets.Case c : cases("saliency-basic", "ixg-basic", "gbp-", "deconv-", "grad-x-act")) {
      Gradient method =
          switch (c.id().substring(0, 3)) {
            case "sal" -> Gradient.saliency();
            case "ixg" -> Gradient.inputTimesGradient();
            case "gbp" -> Gradient.guidedBackprop();
            case "dec" -> Gradient.deconvnet();
            default -> Gradient.inputTimesGradient().withTensor(c.json().get("layer").asText());
          };
      check(c, method.id(), run(method, c, c.target()));
    }
  }

  @Test
  void one_pass_cases_for_a_neuron() {
    for (PeerNets.Case c : cases("neuron-gbp", "neuron-deconv", "neuron-gradient")) {
      Gradient method =
          switch (c.json().get("method").asText()) {
            case "NeuronGuidedBackprop" -> Gradient.guidedBackprop();
            case "NeuronDeconvnet" -> Gradient.deconvnet();
            default -> Gradient.plain();
          };
      check(c, method.id(), run(method, c, neuron(c)));
    }
  }

  @Test
  void integrated_gradients_cases() {
    for (PeerNets.Case c : cases("ig-basic")) {
      IntegratedGradients method =
          IntegratedGradients.withDefaults()
              .withSteps(steps(c))
              .withQuadrature(Quadrature.RIEMANN_RIGHT);
      boolean plain = c.parameter("multiplyByInputs") != null;
      method = plain ? method.withoutInputs() : method;
      check(c, method.id(), columns(run(method, c, c.target()), 2));
    }
  }

  @Test
  void integrated_gradients_of_a_neuron_with_several_inputs() {
    for (PeerNets.Case c : cases("neuron-ig")) {
      IntegratedGradients method = IntegratedGradients.withDefaults().withSteps(steps(c));
      INDArray all = columns(run(method, c, neuron(c)), 3);
      // The third input is an argument in captum, which gets no attribution.
      INDArray given =
          all.get(
              org.nd4j.linalg.indexing.NDArrayIndex.interval(0, 2),
              org.nd4j.linalg.indexing.NDArrayIndex.all());
      check(c, method.id(), given);
    }
  }

  @Test
  void conductance_cases() {
    for (PeerNets.Case c : cases("conductance-")) {
      Conductance method =
          Conductance.withDefaults()
              .withTensor(c.json().get("layer").asText())
              .withSteps(steps(c))
              .withQuadrature(
                  Quadrature.valueOf(
                      c.parameter("method")
                          .asText()
                          .replace("gausslegendre", "gauss_legendre")
                          .toUpperCase(Locale.ROOT)));
      check(c, method.id(), run(method, c, c.target()));
    }
  }

  @Test
  void neuron_conductance_cases() {
    for (PeerNets.Case c : cases("neuron-conductance")) {
      NeuronConductance method = NeuronConductance.of(neuron(c)).withSteps(steps(c));
      check(c, method.id(), run(method, c, c.target()));
    }
  }

  @Test
  @DisplayName("captum's trapezoids weigh 499/500 in all, so its own tolerance holds here")
  void internal_influence_cases() {
    for (PeerNets.Case c : cases("internal-influence")) {
      InternalInfluence method =
          InternalInfluence.withDefaults()
              .withTensor(c.json().get("layer").asText())
              .withSteps(steps(c))
              .withBaseline(baseline(c));
      checkLoosely(
          c, method.id(), run(method.withQuadrature(Quadrature.RIEMANN_TRAPEZOID), c, c.target()));
    }
  }

  /** {@code log(out)} of a class, which captum's attacks follow where no loss is given. */
  private static Target logOutput(int index) {
    return Target.of(
        "log of output " + index,
        new LogitFunction() {
          @Override
          public INDArray value(INDArray logits) {
            return org.nd4j.linalg.ops.transforms.Transforms.log(logits.getColumn(index), true);
          }

          @Override
          public INDArray gradient(INDArray logits) {
            INDArray gradient = logits.mul(0);
            for (int i = 0; i < logits.size(0); i++) {
              gradient.putScalar(i, index, 1 / logits.getDouble(i, index));
            }
            return gradient;
          }
        });
  }

  @Test
  void attack_cases() {
    for (PeerNets.Case c : cases("fgsm-", "pgd-")) {
      JsonNode p = c.json().get("params");
      boolean one = c.id().startsWith("fgsm");
      GradientAttack attack =
          one
              ? GradientAttack.fgsm(p.get("epsilon").asDouble())
              : GradientAttack.pgd(
                  p.get("radius").asDouble(), p.get("step").asDouble(), p.get("steps").asInt());
      if (p.has("norm") && p.get("norm").asText().equals("L2")) {
        attack = attack.withNorm(GradientAttack.Norm.L2);
      }
      if (p.has("targeted")) {
        attack = attack.targeted();
      }
      if (p.has("bounds")) {
        attack =
            attack.withBounds(
                Baseline.constant(p.get("bounds").get(0).asDouble()),
                Baseline.constant(p.get("bounds").get(1).asDouble()));
      }
      INDArray changed =
          attack.perturb(c.network(), c.input(), logOutput(c.json().get("target").asInt()));
      boolean two = c.json().get("model").asText().equals("Basic2");
      check(c, one ? "fgsm" : "pgd", two ? columns(changed, 2) : changed);
    }
  }
}
