package dev.interp.visual.relevance;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.Lrp;
import dev.interp.core.rule.RelevanceRule;
import dev.interp.core.rule.RelevanceRule.Bounds;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class RelevanceTest {
  private static final INDArray X = array(new long[] {1, 2}, 2, 1);

  /** Hidden units 2·2 − 1·1 = 3 and 1·2 + 1·1 = 3; logits 2·3 − 3 = 3 and 3. */
  private static Network twoLayers() {
    return Network.builder(2)
        .add("hidden", new Op.Dense(array(new long[] {2, 2}, 2, 1, -1, 1), null))
        .add("relu", new Op.Activation(new ActivationReLU()))
        .add("y", new Op.Dense(array(new long[] {2, 2}, 2, 0, -1, 1), null))
        .build();
  }

  /** Relevance 6 and −3 of the hidden units; of the first 8/6 and −2/6, of the second 2/3, 1/3. */
  @Test
  void epsilon_solved_by_hand() {
    Attribution result = Relevance.epsilon(1e-9).attribute(twoLayers(), X, Target.ofClass(0));
    assertClose(result.values(), array(new long[] {1, 2}, 6 * 4 / 3.0 - 2, -6 / 3.0 - 1), 1e-7);
    assertThat(result.completenessGaps().get(0)).isCloseTo(0, within(1e-7));
    assertThat(result.outputs()).containsExactly(3.0);
    Relevance hidden = Relevance.epsilon(1e-9).withTensor("hidden");
    assertClose(
        hidden.attribute(twoLayers(), X, Target.ofClass(0)).values(),
        array(new long[] {1, 2}, 6, -3),
        1e-7);
    assertThat(hidden.attribute(twoLayers(), X, Target.ofClass(0)).completenessGaps()).isEmpty();
  }

  /** Of class 0 only the first hidden unit excites; it is excited by the first input only. */
  @Test
  void excitation_backprop_solved_by_hand() {
    Relevance method = Relevance.excitationBackprop();
    assertClose(
        method.attribute(twoLayers(), X, Target.ofClass(0)).values(),
        array(new long[] {1, 2}, 1, 0),
        1e-5);
    assertClose(
        method.attribute(twoLayers(), X, Target.ofClass(1)).values(),
        array(new long[] {1, 2}, 2 / 3.0, 1 / 3.0),
        1e-5);
  }

  /** The opposite of class 0 is excited by the second hidden unit. */
  @Test
  void the_contrast_takes_away_what_excites_the_opposite() {
    INDArray found =
        Relevance.contrastiveExcitationBackprop()
            .attribute(twoLayers(), X, Target.ofClass(0))
            .values();
    assertClose(found, array(new long[] {1, 2}, 1 - 2 / 3.0, -1 / 3.0), 1e-5);
    INDArray hidden =
        Relevance.contrastiveExcitationBackprop()
            .withTensor("relu")
            .attribute(twoLayers(), X, Target.ofClass(0))
            .values();
    assertClose(hidden, array(new long[] {1, 2}, 1, -1), 1e-5);
  }

  @Test
  void relevance_of_a_neuron_starts_at_the_neuron() {
    INDArray found =
        Relevance.epsilon(1e-9).attribute(twoLayers(), X, Target.neuron("hidden", 0)).values();
    assertClose(found, array(new long[] {1, 2}, 4, -1), 1e-7);
  }

  @Test
  void a_contrast_starts_with_both_logits() {
    Relevance method = Relevance.epsilon();
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 2, 7, 5);
    Network network = SmallNets.convolutional();
    INDArray one = method.attribute(network, x, Target.ofClass(0)).values();
    INDArray other = method.attribute(network, x, Target.ofClass(2)).values();
    assertClose(
        method.attribute(network, x, Target.contrast(0, 2)).values(), one.sub(other), 1e-12);
  }

  /** But for α and β: where nothing speaks against an output, the share of β is missing. */
  @Test
  void a_chain_without_biases_keeps_the_sum_in_every_layer() {
    Network network = withoutBiases(SmallNets.convolutional());
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 2, 7, 5);
    INDArray logits = network.logits(x);
    Bounds bounds = new Bounds(List.of(-5.0), List.of(5.0));
    for (Relevance method :
        List.of(
            Relevance.epsilon(1e-12),
            Relevance.epsilonPlus(),
            Relevance.epsilonPlusFlat(),
            Relevance.epsilonGammaBox(bounds),
            Relevance.deepTaylor(bounds))) {
      Map<String, List<Double>> sums = method.conservation(network, x, Target.ofClass(1));
      assertThat(sums.keySet())
          .containsExactly("logits", "flat", "relu2", "conv2", "pool1", "relu1", "conv1", "input");
      sums.forEach(
          (tensor, each) -> {
            for (int i = 0; i < 2; i++) {
              assertThat(each.get(i))
                  .as(method.id() + " at " + tensor)
                  .isCloseTo(logits.getDouble(i, 1), within(1e-4));
            }
          });
    }
  }

  private static Network withoutBiases(Network network) {
    Network.Builder builder = Network.builder(network.inputShape());
    network.nodes().stream()
        .skip(1)
        .forEach(
            n ->
                builder.add(
                    n.name(),
                    n.op().withParameters(p -> p.rank() == 1 ? p.like() : p),
                    n.inputs().toArray(String[]::new)));
    return builder.build();
  }

  @Test
  void the_gap_is_what_biases_and_the_stabiliser_keep() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 2, 7, 5);
    Relevance method = Relevance.epsilon();
    Attribution result = method.attribute(network, x, Target.ofClass(1));
    Map<String, List<Double>> sums = method.conservation(network, x, Target.ofClass(1));
    for (int i = 0; i < 2; i++) {
      double lost = at(sums, "input", i) - at(sums, "logits", i);
      assertThat(result.completenessGaps().get(i)).isCloseTo(lost, within(1e-12));
      assertThat(Math.abs(lost)).isGreaterThan(1e-3);
      assertThat(at(sums, "logits", i)).isCloseTo(result.outputs().get(i), within(1e-12));
    }
  }

  @Test
  void branches_of_a_residual_net_share_the_relevance_of_their_sum() {
    Network network = Dl4j.network(Nets.residual(DataType.DOUBLE));
    INDArray x = gaussian(DataType.DOUBLE, 3, 1, 2, 7, 5);
    Map<String, List<Double>> sums =
        Relevance.epsilonPlus().conservation(network, x, Target.ofClass(1));
    // The other branch begins at relu1, whose sum has what came through conv2 as well.
    assertThat(at(sums, "relu2", 0)).isCloseTo(at(sums, "add", 0), within(1e-6));
    assertThat(at(sums, "bn2", 0)).isCloseTo(at(sums, "conv2", 0), within(1e-12));
    INDArray folded = Relevance.epsilonPlus().attribute(network, x, Target.ofClass(1)).values();
    assertThat(folded.shape()).containsExactly(1, 2, 7, 5);
  }

  private static double at(Map<String, List<Double>> sums, String tensor, int example) {
    return Objects.requireNonNull(sums.get(tensor), tensor).get(example);
  }

  @Test
  void excitation_sums_to_one() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 2, 7, 5);
    Attribution result = Relevance.excitationBackprop().attribute(network, x, Target.ofClass(1));
    assertThat(result.values().minNumber().doubleValue()).isNotNegative();
    for (int i = 0; i < 2; i++) {
      assertThat(result.values().slice(i).sumNumber().doubleValue()).isCloseTo(1, within(1e-4));
      assertThat(result.completenessGaps().get(i)).isCloseTo(0, within(1e-4));
    }
  }

  @Test
  void rules_of_ones_own_are_named_in_the_settings() {
    Relevance method =
        Relevance.with(Composite.named("mine").onFirst(RelevanceRule.flat()).then(Lrp.epsilon(1)));
    assertThat(method.id()).isEqualTo("lrp");
    assertThat(method.settings()).containsEntry("rules", "mine").containsEntry("tensor", "input");
    assertThat(Relevance.epsilon(2).withTensor("a").settings())
        .containsEntry("epsilon", "2.0")
        .containsEntry("tensor", "a");
    assertThat(Relevance.deepTaylor(new Bounds(List.of(0.0), List.of(1.0))).settings())
        .containsEntry("bounds", "[0.0] to [1.0]");
    assertThat(Relevance.deepTaylor(Bounds.MEASURED).settings())
        .containsEntry("bounds", "of each example");
  }

  private static void assertRefused(Relevance method, Target target, String message) {
    PassCounter passes = new PassCounter();
    Network network = SmallNets.convolutional().counting(passes);
    INDArray x = gaussian(DataType.DOUBLE, 3, 1, 2, 7, 5);
    assertThatThrownBy(() -> method.attribute(network, x, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
    assertThat(passes.forwards()).isZero();
  }

  @Test
  void misuse_is_refused_before_work() {
    assertRefused(
        Relevance.with(Composite.named("mine").conserving(1e-6)),
        Target.ofClass(0),
        "'mine' has no rule for the convolution at 'conv1'; add a case for it before conserving()");
    assertRefused(
        Relevance.epsilon(),
        Target.neuron("softmax", 1),
        "lrp-epsilon must start at the logits 'logits' or before them, the target lies at"
            + " 'softmax'");
    assertRefused(
        Relevance.epsilon().withTensor("conv3"),
        Target.ofClass(0),
        "no tensor is named 'conv3'; did you mean 'conv1'?");
    List<Double> three = List.of(0.0, 0.0, 0.0);
    assertRefused(
        Relevance.deepTaylor(new Bounds(three, three)),
        Target.ofClass(0),
        "deep-taylor needs bounds of one value or one per channel (2), has 3");
  }

  @Test
  void a_tensor_that_does_not_lead_to_the_target_is_refused() {
    assertThatThrownBy(
            () ->
                Relevance.epsilon()
                    .withTensor("y")
                    .attribute(twoLayers(), X, Target.neuron("hidden", 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must lead to the target 'hidden'");
  }
}
