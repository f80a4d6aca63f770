package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Rules on a net of three hidden units, worked out by hand. */
class CompositeTest {
  /** Before the rectifier: (1, 1, −1); the logit is 2 − 3. */
  private static final INDArray X = array(new long[] {1, 2}, 1, 2);

  private static final Network NETWORK =
      Network.builder(2)
          .add("hidden", new Op.Dense(array(new long[] {2, 3}, 1, -1, 1, 0, 1, -1), null))
          .add("relu", new Op.Activation(new ActivationReLU()))
          .add("logit", new Op.Dense(array(new long[] {3, 1}, 2, -3, 4), null))
          .build();

  private static double[] signal(Composite composite) {
    return signal(NETWORK, composite);
  }

  private static double[] signal(Network network, Composite composite) {
    try (Trace trace = network.run(X, Hooks.none().withRules(composite))) {
      return numbers(trace.gradient(Target.ofClass(0), Network.INPUT));
    }
  }

  @Test
  void the_gradient_passes_where_the_rectifier_was_open() {
    assertThat(signal(Composite.gradient())).containsExactly(2 + 3, -3);
  }

  @Test
  void guided_backprop_drops_negative_signals_too() {
    assertThat(signal(Composite.guidedBackprop())).containsExactly(2, 0);
  }

  @Test
  void the_deconvnet_looks_at_the_signal_only() {
    assertThat(signal(Composite.deconvnet())).containsExactly(2 + 4, -4);
  }

  @Test
  void a_rule_of_ones_own_sees_the_op_and_its_tensors() {
    List<Object> seen = new ArrayList<>();
    BackwardRule rule =
        (step, signal) -> {
          seen.add(step.node().name());
          seen.add(numbers(step.input(0)));
          seen.add(numbers(step.output()));
          seen.add(numbers(step.gradient(signal).get(0)));
          return List.of(signal.mul(10));
        };
    Composite mine = Composite.named("mine").on(n -> n.name().equals("relu"), rule);
    assertThat(signal(mine)).containsExactly(20 + 30 + 40, -30 - 40);
    assertThat(seen)
        .usingRecursiveComparison()
        .isEqualTo(
            List.of(
                "relu", new double[] {1, 1, -1}, new double[] {1, 1, 0}, new double[] {2, -3, 0}));
    assertThat(mine).hasToString("mine");
  }

  @Test
  void the_first_case_that_matches_decides() {
    Composite both =
        Composite.named("both")
            .on(n -> n.name().equals("relu"), BackwardRule.positiveSignal())
            .on(n -> n.op() instanceof Op.Activation, BackwardRule.positiveGradient());
    assertThat(signal(both)).containsExactly(6, -4);
    assertThat(both.rules(NETWORK.nodes()).get(1)).isSameAs(BackwardRule.gradient());
  }

  @Test
  void other_activations_keep_their_gradient() {
    Network network =
        Network.builder(2)
            .add("tanh", new Op.Activation(new ActivationTanH()))
            .add("logit", new Op.Dense(array(new long[] {2, 1}, -1, 1), null))
            .build();
    assertThat(signal(network, Composite.guidedBackprop()))
        .containsExactly(signal(network, Composite.gradient()));
  }

  @Test
  void rules_add_up_where_paths_meet() {
    Network network =
        Network.builder(2)
            .add("a", new Op.Scale(3, 0))
            .add("b", new Op.Scale(5, 0), Network.INPUT)
            .add("sum", new Op.Elementwise(Op.Combination.ADD), "a", "b", Network.INPUT)
            .add("logit", new Op.Dense(array(new long[] {2, 1}, 1, -1), null))
            .build();
    Composite tenfold =
        Composite.named("tenfold")
            .on(n -> n.name().equals("b"), (step, signal) -> List.of(signal.mul(50)));
    assertThat(signal(network, tenfold)).containsExactly(54, -54);
    Composite sums =
        Composite.named("sums")
            .on(n -> n.name().equals("sum"), (step, s) -> List.of(s.mul(0), s.mul(1), s.mul(2)));
    assertThat(signal(network, sums)).containsExactly(5 + 2, -7);
  }

  @Test
  void many_composites_on_one_trace_give_what_each_gives_alone() {
    for (int i = 0; i < 40; i++) {
      int factor = i;
      Composite c =
          Composite.named("times " + i)
              .on(n -> n.name().equals("relu"), (step, s) -> List.of(s.mul(factor)));
      assertThat(signal(c)).containsExactly(9 * factor, -7 * factor);
      assertThat(signal(Composite.guidedBackprop())).containsExactly(2, 0);
    }
  }

  @Test
  void rules_work_in_float32() {
    Network network = NETWORK.withPrecision(DataType.FLOAT);
    assertThat(signal(network, Composite.deconvnet())).containsExactly(6, -4);
    assertThat(network.logits(Nd4j.ones(DataType.FLOAT, 1, 2)).dataType())
        .isEqualTo(DataType.FLOAT);
  }

  /** Before the rectifier the reference (3, 1) has (3, −2, 2). */
  @Test
  void a_rule_sees_its_op_in_a_reference_run() {
    List<double[]> seen = new ArrayList<>();
    BackwardRule rule =
        (step, signal) -> {
          seen.add(numbers(step.input(0)));
          seen.add(numbers(step.reference().input(0)));
          seen.add(numbers(step.reference().output()));
          return step.reference().gradient(signal);
        };
    Hooks hooks =
        Hooks.none().withRules(Composite.named("mine").on(n -> n.name().equals("relu"), rule));
    PassCounter passes = new PassCounter();
    Network counted = NETWORK.counting(passes);
    try (Trace trace = counted.run(X, hooks);
        Trace reference = NETWORK.run(array(new long[] {1, 2}, 3, 1), hooks)) {
      Target.Resolved logit = trace.resolve(Target.ofClass(0));
      // Through the first and the third unit, which the reference has open.
      assertThat(numbers(trace.gradients(logit, List.of(Network.INPUT), reference).get(0)))
          .containsExactly(2 + 4, -4);
      assertThatThrownBy(() -> trace.gradient(logit, Network.INPUT))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "a rule compares 'relu' with a reference, but the pass has none; give"
                  + " Trace.gradients a reference run");
    }
    assertThat(seen.subList(0, 3))
        .usingRecursiveComparison()
        .isEqualTo(
            List.of(new double[] {1, 1, -1}, new double[] {3, -2, 2}, new double[] {3, 0, 2}));
    assertThat(passes.forwards()).isEqualTo(1);
    assertThat(passes.backwards()).isEqualTo(2);
  }

  @Test
  void a_reference_of_another_shape_or_network_is_refused() {
    Network other = NETWORK.withPrecision(DataType.FLOAT);
    for (Network network : List.of(NETWORK, other)) {
      INDArray x =
          array(new long[] {network == other ? 1 : 2, 2}, new double[network == other ? 2 : 4]);
      try (Trace trace = NETWORK.run(X, Hooks.none());
          Trace reference = network.run(x, Hooks.none())) {
        Target.Resolved logit = trace.resolve(Target.ofClass(0));
        assertThatThrownBy(() -> trace.gradients(logit, List.of(Network.INPUT), reference))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith(
                "the reference must be a run of the same network on a batch of shape [1, 2], was"
                    + " on [");
      }
    }
  }

  @Test
  void a_rule_can_run_its_op_with_other_weights() {
    Op other = new Op.Dense(array(new long[] {3, 1}, 1, 10, 100), null);
    List<double[]> seen = new ArrayList<>();
    BackwardRule rule =
        (step, signal) -> {
          seen.add(numbers(step.forward(other, List.of(step.input(0)))));
          return step.gradient(other, signal);
        };
    assertThat(signal(Composite.named("mine").on(n -> n.name().equals("logit"), rule)))
        .containsExactly(1 - 10, 10);
    assertThat(seen).usingRecursiveComparison().isEqualTo(List.of(new double[] {11}));
  }
}
