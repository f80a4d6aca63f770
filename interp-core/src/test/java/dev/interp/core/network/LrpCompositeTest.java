package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.op.OpaqueFunction;
import dev.interp.core.op.Window;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.Lrp;
import dev.interp.core.rule.RelevanceRule;
import dev.interp.core.rule.RelevanceRule.Bounds;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class LrpCompositeTest {
  private static final BackwardRule A = RelevanceRule.flat();
  private static final BackwardRule B = RelevanceRule.wSquare();
  private static final BackwardRule C = RelevanceRule.zPlus();

  /** Two layers in a row beside a third, then a last one; a rectifier named as a layer of DL4J. */
  private static Network branched() {
    return Network.builder(2)
        .add("a:preactivation", dense(2, 3))
        .add("a", new Op.Activation(new ActivationReLU()))
        .add("b", dense(3, 2))
        .add("c", dense(2, 2), Network.INPUT)
        .add("sum", new Op.Elementwise(Op.Combination.ADD), "b", "c")
        .add("d", dense(2, 2))
        .add("softmax", new Op.Softmax())
        .build();
  }

  private static Op dense(long in, long out) {
    return new Op.Dense(gaussian(DataType.DOUBLE, in * 10 + out, in, out), null);
  }

  private static BackwardRule rule(Composite composite, String tensor) {
    List<Node> nodes = branched().nodes();
    List<BackwardRule> rules = composite.rules(nodes.subList(0, nodes.size() - 1));
    for (int i = 0; i < rules.size(); i++) {
      if (nodes.get(i).name().equals(tensor)) {
        return rules.get(i);
      }
    }
    throw new IllegalArgumentException(tensor);
  }

  @Test
  void first_and_last_are_layers_with_weights_that_none_comes_before_or_after() {
    Composite composite = Composite.named("ends").onFirst(A).onLast(B).onWeights(C);
    assertThat(rule(composite, "a:preactivation")).isSameAs(A);
    assertThat(rule(composite, "b")).isSameAs(C);
    assertThat(rule(composite, "c")).isSameAs(A);
    assertThat(rule(composite, "d")).isSameAs(B);
    assertThat(rule(composite, "sum")).isSameAs(BackwardRule.gradient());
  }

  @Test
  void a_layers_name_means_what_comes_before_its_activation() {
    assertThat(rule(Composite.named("n").onLayer("a", A), "a:preactivation")).isSameAs(A);
    assertThat(rule(Composite.named("n").onLayer("a", A), "a")).isSameAs(BackwardRule.gradient());
    assertThat(rule(Composite.named("n").onLayer("b", B), "b")).isSameAs(B);
  }

  @Test
  void exceptions_come_before_a_usual_composite() {
    Composite composite = Composite.named("mine").onLayer("c", A).then(Lrp.epsilonPlus());
    assertThat(rule(composite, "c")).isSameAs(A);
    assertThat(rule(composite, "d")).hasToString("epsilon 1.0E-6");
    assertThat(rule(composite, "a")).isSameAs(BackwardRule.pass());
    assertThat(rule(composite, "sum")).hasToString("norm");
    assertThat(composite.name()).isEqualTo("mine");
  }

  // ---------------------------------------------------------------- refusals

  private static void assertRefused(Network network, Composite composite, String message) {
    PassCounter passes = new PassCounter();
    Hooks hooks = Hooks.none().withRules(composite);
    long[] shape = new long[network.inputShape().length + 1];
    shape[0] = 1;
    System.arraycopy(network.inputShape(), 0, shape, 1, shape.length - 1);
    INDArray x = gaussian(DataType.DOUBLE, 1, shape);
    assertThatThrownBy(() -> network.counting(passes).run(x, hooks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(passes.forwards()).isZero();
  }

  @Test
  void an_opaque_op_without_a_rule_is_refused_by_name() {
    OpaqueFunction same =
        new OpaqueFunction() {
          @Override
          public long[] outputShape(long[] input) {
            return input;
          }

          @Override
          public INDArray forward(INDArray x) {
            return x.dup();
          }

          @Override
          public INDArray backward(INDArray x, INDArray gradient) {
            return gradient.dup();
          }
        };
    Network network =
        Network.builder(2)
            .add("strange", new Op.Opaque("mine", same))
            .add("y", dense(2, 2))
            .build();
    assertRefused(
        network,
        Lrp.epsilon(0.25),
        "'epsilon' has no rule for the opaque (mine) at 'strange'; add a case for it before"
            + " conserving()");
    Composite mine =
        Composite.named("mine").onLayer("strange", BackwardRule.gradient()).then(Lrp.epsilon(0.25));
    try (Trace trace = network.run(array(new long[] {1, 2}, 1, 2), Hooks.none().withRules(mine))) {
      assertThat(trace.gradient(Target.ofClass(0), Network.INPUT).length()).isEqualTo(2);
    }
  }

  @Test
  void products_and_layers_without_a_case_are_refused() {
    Network product =
        Network.builder(2)
            .add("a", dense(2, 2))
            .add("gate", new Op.Elementwise(Op.Combination.MULTIPLY), "a", Network.INPUT)
            .build();
    assertRefused(
        product,
        Lrp.epsilonPlus(),
        "'epsilon-plus' has no rule for the element-wise multiply at 'gate'; add a case for it"
            + " before conserving()");
    assertRefused(
        branched(),
        Composite.named("mine").onFirst(A).conserving(1e-6),
        "'mine' has no rule for the dense at 'b'; add a case for it before conserving()");
  }

  @Test
  void a_rule_that_does_not_fit_its_op_is_refused() {
    assertRefused(
        branched(),
        Composite.named("mine").onLayer("sum", RelevanceRule.zPlus()),
        "the rule z-plus of 'mine' does not fit the element-wise add at 'sum'; rules that change"
            + " weights fit convolutions, dense layers and batch norms, pass fits ops that keep"
            + " the shape");
    assertRefused(
        branched(),
        Composite.named("mine").onLayer("b", BackwardRule.pass()),
        "the rule pass of 'mine' does not fit the dense at 'b'; rules that change weights fit"
            + " convolutions, dense layers and batch norms, pass fits ops that keep the shape");
  }

  @Test
  void settings_out_of_range_are_refused() {
    assertThatThrownBy(() -> RelevanceRule.epsilon(0))
        .hasMessage("epsilon must be above 0 and finite, was 0.0");
    assertThatThrownBy(() -> RelevanceRule.gamma(-1))
        .hasMessage("gamma must be at least 0 and finite, was -1.0");
    assertThatThrownBy(() -> RelevanceRule.alphaBeta(2, 2))
        .hasMessage("alpha must be at least 1 and beta alpha - 1, was alpha 2.0, beta 2.0");
    assertThatThrownBy(() -> new Bounds(List.of(1.0), List.of(0.0)))
        .hasMessage(
            "the bounds must have as many lows as highs, each low at most its high, was low"
                + " [1.0], high [0.0]");
    INDArray x = gaussian(DataType.DOUBLE, 1, 1, 2, 7, 5);
    Composite three = Lrp.deepTaylor(new Bounds(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)));
    try (Trace trace = SmallNets.convolutional().run(x, Hooks.none().withRules(three))) {
      assertThatThrownBy(() -> trace.gradient(Target.ofClass(0), Network.INPUT))
          .hasMessage("the bounds must have one value or one per channel (2), have 3");
    }
  }

  // ---------------------------------------------------------------- running

  private static INDArray relevance(Network network, INDArray x, Composite composite) {
    try (Trace trace = network.run(x, Hooks.none().withRules(composite))) {
      return trace.gradient(Target.ofClass(0), Network.INPUT);
    }
  }

  /** (1, 1) and (2, −1) meet in (3, 0): the second takes no part where the sum is zero. */
  @Test
  void sums_are_split_in_proportion() {
    Network network =
        Network.builder(4)
            .add("a", new Op.Subset(0, 2), Network.INPUT)
            .add("b", new Op.Subset(2, 4), Network.INPUT)
            .add("sum", new Op.Elementwise(Op.Combination.ADD), "a", "b")
            .add("y", new Op.Dense(array(new long[] {2, 1}, 2, 5), null))
            .build();
    INDArray x = array(new long[] {1, 4}, 1, 1, 2, -1);
    INDArray found = relevance(network, x, Lrp.epsilon(1e-9));
    assertClose(found, array(new long[] {1, 4}, 1 / 3.0, 0, 2 / 3.0, 0), 1e-6);
  }

  @Test
  void a_tensor_read_twice_gets_both_shares() {
    Network network =
        Network.builder(2)
            .add("a", new Op.Dense(array(new long[] {2, 2}, 1, 0, 0, 1), null))
            .add("twice", new Op.Elementwise(Op.Combination.ADD), "a", "a")
            .add("y", new Op.Dense(array(new long[] {2, 1}, 1, 3), null))
            .build();
    INDArray found = relevance(network, array(new long[] {1, 2}, 1, 2), Lrp.epsilon(1e-9));
    assertClose(found, array(new long[] {1, 2}, 1 / 7.0, 6 / 7.0), 1e-6);
  }

  /** Each composite again and again on changing inputs: buffers that stay must not be shared. */
  @Test
  void runs_do_not_disturb_each_other() {
    Network network = SmallNets.convolutional();
    Bounds bounds = new Bounds(List.of(-3.0, -2.0), List.of(3.0, 4.0));
    List<Composite> composites =
        List.of(
            Lrp.epsilon(0.25),
            Lrp.epsilonPlus(),
            Lrp.epsilonPlusFlat(),
            Lrp.epsilonGammaBox(bounds),
            Lrp.epsilonGammaBox(Bounds.MEASURED),
            Lrp.epsilonAlpha2Beta1(),
            Lrp.epsilonAlpha2Beta1Flat(),
            Lrp.alpha1Beta0(),
            Lrp.deepTaylor(bounds),
            Lrp.excitationBackprop(),
            Lrp.contrastiveExcitationBackprop());
    UnaryOperator<INDArray> positive = x -> x.mul(x);
    for (int round = 0; round < 3; round++) {
      for (Composite composite : composites) {
        INDArray x = gaussian(DataType.DOUBLE, round, 2, 2, 7, 5);
        INDArray y = round == 1 ? positive.apply(x) : x;
        INDArray fresh = relevance(SmallNets.convolutional(), y, composite);
        assertThat(relevance(network, y, composite)).as(composite.name()).isEqualTo(fresh);
      }
    }
  }

  @Test
  void masked_relevance_goes_on_through_what_is_left() {
    Network network =
        Network.builder(1, 1, 1)
            .add(
                "maps",
                new Op.Convolution(
                    array(new long[] {2, 1, 1, 1}, 1, 3), null, Window.of(1, 1, 0), 1))
            .add("sum", new Op.GlobalPool(Op.Reduction.SUM, 0, true))
            .add("y", new Op.Dense(array(new long[] {2, 1}, 1, 1), null))
            .build();
    INDArray mask = array(new long[] {1, 2, 1, 1}, 0, 1);
    Hooks hooks = Hooks.none().withRules(Lrp.epsilon(1e-9)).editGradient("maps", r -> r.mul(mask));
    try (Trace trace = network.run(array(new long[] {1, 1, 1, 1}, 2), hooks)) {
      INDArray found = trace.gradient(Target.ofClass(0), Network.INPUT);
      assertThat(found.getDouble(0)).isCloseTo(0.75, org.assertj.core.data.Offset.offset(1e-6));
    }
  }
}
