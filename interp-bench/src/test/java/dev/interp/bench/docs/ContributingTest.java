package dev.interp.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

class ContributingTest {
  private static final String GUIDE = "docs/CONTRIBUTING.md";

  // begin rule
  /** LRP-ε: the signal is shared out in proportion to what each input added to the output. */
  static BackwardRule epsilon(double epsilon) {
    return (step, signal) -> {
      INDArray z = step.output();
      INDArray sign = z.gte(0).castTo(z.dataType()).muli(2).subi(1);
      INDArray share = signal.div(sign.muli(epsilon).addi(z));
      return List.of(step.gradient(share).get(0).muli(step.input(0)));
    };
  }

  static final Composite LRP_EPSILON =
      Composite.named("lrp-epsilon")
          .on(ContributingTest::isWeightedSum, epsilon(1e-9))
          .on(node -> node.op() instanceof Op.Activation, (step, signal) -> List.of(signal.dup()));

  // end rule

  // begin rule-match
  static boolean isWeightedSum(dev.interp.core.op.Node node) {
    return node.op() instanceof Op.Convolution
        || node.op() instanceof Op.Dense
        || node.op() instanceof Op.GlobalPool;
  }

  // end rule-match

  @Test
  void a_rule_shares_out_by_hand_solved_numbers() {
    Network network =
        Network.builder(2)
            .add("hidden", new Op.Dense(matrix(new double[][] {{1, 1}, {2, -1}}), null))
            .add("rectified", new Op.Activation(new ActivationReLU()))
            .add("y", new Op.Dense(matrix(new double[][] {{2}, {5}}), null))
            .build();
    INDArray x = matrix(new double[][] {{3, 4}});
    // hidden = (3 + 8, 3 − 4), rectified = (11, 0), y = 22: all of it came through the first unit.
    assertThat(relevance(network, x, 0).toDoubleVector())
        .containsExactly(new double[] {22 * 3 / 11.0, 22 * 8 / 11.0}, within(1e-6));
  }

  @Test
  void a_rule_keeps_the_sum_in_a_net_without_biases() {
    Network network = withoutBiases(DemoModel.load().network().withPrecision(DataType.DOUBLE));
    INDArray x = bird().castTo(DataType.DOUBLE);
    double logit = network.logits(x).getDouble(0, 3);
    assertThat(relevance(network, x, 3).sumNumber().doubleValue()).isCloseTo(logit, within(1e-4));
  }

  private static INDArray relevance(Network network, INDArray x, int target) {
    // begin rule-use
    try (Trace trace = network.run(x, Hooks.none().withRules(LRP_EPSILON))) {
      INDArray perUnit = trace.gradient(Target.ofClass(target), Network.INPUT);
      return perUnit.muli(trace.logits().getDouble(0, target));
    }
    // end rule-use
  }

  // begin method
  /**
   * HiResCAM: {@code Σₖ ∂y/∂Aₖ · Aₖ} at a layer's activation A, place by place; {@code [N, 1, h,
   * w]}, signed.
   *
   * <p>Cost: F + B down to the layer. Draelos, Carin: Use HiResCAM instead of Grad-CAM for faithful
   * explanations of convolutional neural networks, 2020, section 3.3.
   */
  record HiResCam(String layer) implements Attributor {
    @Override
    public String id() {
      return "hires-cam";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of("layer", layer);
    }

    @Override
    public Attribution attribute(Network network, INDArray x, Target target) {
      if (network.layer(layer).shape().size() != 3) {
        throw new IllegalArgumentException(
            "hires-cam needs a layer of maps [C, H, W], '" + layer + "' is no such layer");
      }
      try (AttributionRun run = AttributionRun.start(this, network, x, target);
          Trace trace = run.network().run(run.x(), Hooks.none().keep(layer))) {
        Target.Resolved resolved = trace.resolve(target);
        INDArray map = trace.gradient(resolved, layer).muli(trace.activation(layer));
        return run.finish(layer, map.sum(true, 1), resolved);
      }
    }
  }

  // end method

  @Test
  void a_method_adds_up_to_what_the_layer_gives_the_logit() {
    Network network = DemoModel.load().network().withPrecision(DataType.DOUBLE);
    Attribution map = new HiResCam("conv5").attribute(network, bird(), Target.predicted());
    assertThat(map.values().shape()).containsExactly(1, 1, 12, 12);
    // Above conv5 there are a mean and weights without bias, after which the bias is added.
    double bias =
        DemoModel.load().net().getLayer("output").getParam("b").getDouble(map.classes().get(0));
    assertThat(map.values().sumNumber().doubleValue())
        .isCloseTo(map.outputs().get(0) - bias, within(1e-9));
    assertThat(map.provenance().forwards()).isEqualTo(1);
    assertThat(map.provenance().backwards()).isEqualTo(1);
  }

  @Test
  void a_method_gives_every_example_what_it_gets_alone() {
    Network network = DemoModel.load().network().withPrecision(DataType.DOUBLE);
    INDArray one = bird();
    INDArray both = Nd4j.concat(0, one, one.mul(0.5));
    HiResCam method = new HiResCam("conv5");
    INDArray alone = method.attribute(network, one, Target.predicted()).values();
    INDArray first =
        method
            .attribute(network, both, Target.predicted())
            .values()
            .get(NDArrayIndex.interval(0, 1));
    assertThat(Transforms.abs(first.sub(alone)).maxNumber().doubleValue()).isLessThan(1e-12);
  }

  // begin layer
  /** A layer of the user's own: {@code y = 2 x + 1}. */
  public static final class Stretch extends SameDiffLambdaLayer {
    @Override
    public SDVariable defineLayer(SameDiff sameDiff, SDVariable x) {
      return x.mul(2).add(1);
    }

    @Override
    public InputType getOutputType(int index, InputType input) {
      return input;
    }
  }

  static final Dl4j LOWERINGS =
      Dl4j.standard().with(Stretch.class, (layer, scope) -> scope.result(new Op.Scale(2, 1)));

  // end layer

  @Test
  void a_lowered_layer_is_the_same_function() {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).build())
                .layer(new Stretch())
                .layer(new OutputLayer.Builder().nOut(3).build())
                .setInputType(InputType.convolutional(8, 8, 2))
                .build());
    net.init();
    // begin layer-use
    Network network = LOWERINGS.lower(net);
    // end layer-use
    assertThat(network.layers()).extracting("kind").contains("scale").doesNotContain("opaque");
    INDArray x = Nd4j.linspace(DataType.FLOAT, -1, 2.0 / 255, 256).reshape(2, 2, 8, 8);
    INDArray expected = net.output(x);
    INDArray actual = network.probabilities(network.logits(x));
    assertThat(Transforms.abs(actual.sub(expected)).maxNumber().doubleValue()).isLessThan(1e-5);
  }

  @Test
  void the_guide_shows_the_code_of_this_class() throws IOException {
    for (String name : List.of("rule", "rule-match", "rule-use", "method", "layer", "layer-use")) {
      Doc.assertShows(GUIDE, ContributingTest.class, name);
    }
  }

  private static INDArray bird() {
    DemoModel model = DemoModel.load();
    return model.preprocessor().apply(model.picture(model.demoBird()));
  }

  private static INDArray matrix(double[][] rows) {
    return Nd4j.createFromArray(rows);
  }

  /** The same net, its biases left out. */
  private static Network withoutBiases(Network network) {
    Network.Builder builder = Network.builder(network.inputShape());
    for (var node : network.nodes().subList(1, network.nodes().size())) {
      Op op = node.op();
      if (op instanceof Op.Convolution c) {
        op = new Op.Convolution(c.weights(), null, c.window(), c.groups());
      } else if (op instanceof Op.Dense d) {
        op = new Op.Dense(d.weights(), null);
      }
      builder.add(node.name(), op, node.inputs().toArray(String[]::new));
    }
    return builder.build();
  }
}
