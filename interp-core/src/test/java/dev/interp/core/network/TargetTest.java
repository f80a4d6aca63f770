package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class TargetTest {
  private static final String TENSORS =
      " The tensors are: input [2, 5, 4], conv [3, 5, 4], side [3, 5, 4], flat [60], logits [4],"
          + " end [4]";

  private static final Network SOFTMAX = network(new Op.Softmax());
  private static final Network SIGMOID = network(new Op.Activation(new ActivationSigmoid()));
  private static final INDArray X = gaussian(DataType.DOUBLE, 4, 3, 2, 5, 4);

  private static Network network(Op end) {
    return Network.builder(2, 5, 4)
        .add("conv", OpCases.convolution(3, 2, 1, Window.of(3, 1, 1), true))
        .add("side", new Op.Scale(2, 0))
        .add("flat", flatten(), "conv")
        .add(
            "logits",
            new Op.Dense(
                gaussian(DataType.DOUBLE, 7, 60, 4).muli(0.3), gaussian(DataType.DOUBLE, 8, 4)))
        .add("end", end)
        .build();
  }

  private static Op flatten() {
    return new Op.Reshape(java.util.List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST);
  }

  private static INDArray gradient(Network network, Target target) {
    try (Trace trace = network.run(X, Hooks.none())) {
      return trace.gradient(target, Network.INPUT);
    }
  }

  private static Target.Resolved resolve(Network network, Target target) {
    try (Trace trace = network.run(X, Hooks.none())) {
      return trace.resolve(target);
    }
  }

  /** Compares value and gradient with a function of the network's tensors. */
  private static void check(
      Network network, Target target, String tensor, Function<INDArray, INDArray> value) {
    assertThat(numbers(resolve(network, target).values()))
        .containsExactly(numbers(value.apply(at(network, tensor, X))), within(1e-12));
    INDArray gradient = gradient(network, target);
    for (int i = 0; i < 3; i++) {
      INDArray one = X.slice(i).reshape(1, 2, 5, 4);
      INDArray slope = Tensors.slope(batch -> value.apply(at(network, tensor, batch)), one);
      assertClose(gradient.slice(i).reshape(1, 2, 5, 4), slope, 1e-7);
    }
  }

  private static INDArray at(Network network, String tensor, INDArray x) {
    try (Trace trace = network.run(x, Hooks.none().keep(tensor))) {
      return trace.activation(tensor);
    }
  }

  @Test
  void a_class_is_its_logit() {
    check(SOFTMAX, Target.ofClass(2), "logits", z -> z.getColumn(2).dup());
    assertThat(resolve(SOFTMAX, Target.ofClass(2)).classes()).containsExactly(2, 2, 2);
  }

  @Test
  void the_predicted_class_is_the_largest_logit_of_each_example() {
    INDArray logits = SOFTMAX.logits(X);
    Target.Resolved predicted = resolve(SOFTMAX, Target.predicted());
    for (int i = 0; i < 3; i++) {
      assertThat(predicted.classes().get(i)).isEqualTo(logits.getRow(i).argMax().getInt(0));
      assertThat(predicted.values().getDouble(i)).isEqualTo(logits.getRow(i).maxNumber());
    }
    int[] classes = predicted.classes().stream().mapToInt(Integer::intValue).toArray();
    assertSameBits(
        gradient(SOFTMAX, Target.ofClasses(classes)), gradient(SOFTMAX, Target.predicted()));
  }

  @Test
  void classes_may_differ_by_example() {
    INDArray mixed = gradient(SOFTMAX, Target.ofClasses(3, 0, 1));
    assertSameBits(mixed.slice(1), gradient(SOFTMAX, Target.ofClass(0)).slice(1));
    assertSameBits(mixed.slice(0), gradient(SOFTMAX, Target.ofClass(3)).slice(0));
  }

  @Test
  void a_contrast_is_a_difference_of_logits() {
    check(SOFTMAX, Target.contrast(2, 0), "logits", z -> z.getColumn(2).sub(z.getColumn(0)));
    assertThat(numbers(gradient(SOFTMAX, Target.contrast(1, 1)))).containsOnly(0);
  }

  @Test
  void a_probability_is_the_value_after_softmax_or_sigmoid() {
    check(SOFTMAX, Target.probability(1), "end", p -> p.getColumn(1).dup());
    check(SIGMOID, Target.probability(1), "end", p -> p.getColumn(1).dup());
    assertThat(SOFTMAX.isSoftmax()).isTrue();
    assertThat(SIGMOID.isSoftmax()).isFalse();
    assertClose(SIGMOID.probabilities(SIGMOID.logits(X)), at(SIGMOID, "end", X), 1e-12);
  }

  @Test
  void a_neuron_and_a_channel_are_read_from_their_tensor() {
    check(SOFTMAX, Target.neuron("flat", 17), "flat", f -> f.getColumn(17).dup());
    check(
        SOFTMAX,
        Target.neuron("conv", 2, 4, 0),
        "conv",
        a -> a.dup('c').reshape(a.size(0), -1).getColumn(2 * 20 + 16).dup());
    check(SOFTMAX, Target.channel("side", 1), "side", a -> a.sum(2, 3).getColumn(1).dup());
    assertThat(resolve(SOFTMAX, Target.channel("conv", 1)).classes()).containsOnly(-1);
  }

  @Test
  void any_function_of_the_logits() {
    Target energy =
        Target.of(
            "energy",
            new LogitFunction() {
              @Override
              public INDArray value(INDArray logits) {
                return logits.mul(logits).sum(1);
              }

              @Override
              public INDArray gradient(INDArray logits) {
                return logits.mul(2);
              }
            });
    check(SOFTMAX, energy, "logits", z -> z.mul(z).sum(1));
    assertThat(energy).hasToString("energy");
  }

  @Test
  void targets_say_what_they_are() {
    assertThat(Target.predicted()).hasToString("predicted");
    assertThat(Target.ofClass(3)).hasToString("class 3").isEqualTo(Target.ofClasses(3));
    assertThat(Target.ofClasses(1, 2)).hasToString("classes [1, 2]");
    assertThat(Target.contrast(1, 2)).hasToString("class 1 against class 2");
    assertThat(Target.probability(1)).hasToString("probability of class 1");
    assertThat(Target.neuron("conv", 1, 0, 2)).hasToString("neuron conv[1, 0, 2]");
    assertThat(Target.channel("conv", 2)).hasToString("channel conv[2]");
  }

  @Test
  void a_class_that_does_not_exist() {
    refused(Target.ofClass(4), "target class must be in [0, 4), was 4 (the index is zero-based)");
    refused(Target.ofClasses(0, -1, 2), "target class must be in [0, 4), was -1");
    refused(Target.probability(9), "target class must be in [0, 4), was 9");
    refused(
        Target.contrast(0, 4), "target class must be in [0, 4), was 4 (the index is zero-based)");
    refused(
        Target.ofClasses(1, 2),
        "target classes must be one for all examples or one per example (3), was 2");
  }

  @Test
  void a_neuron_or_channel_that_does_not_exist() {
    refused(
        Target.neuron("conv", 3, 0, 0),
        "the neuron's index must lie in [3, 5, 4] of 'conv', was [3, 0, 0]");
    refused(
        Target.neuron("conv", 1), "the neuron's index must lie in [3, 5, 4] of 'conv', was [1]");
    refused(Target.neuron("flat", -1), "the neuron's index must lie in [60] of 'flat', was [-1]");
    refused(
        Target.channel("conv", 3),
        "the channel must be one of the maps [3, 5, 4] of 'conv', was 3");
    refused(Target.channel("flat", 3), "the channel must be one of the maps [60] of 'flat', was 3");
  }

  @Test
  void a_neuron_of_a_network_of_any_size_is_checked_against_the_input() {
    Network any =
        Network.builder(1, -1, -1).add("double", new Op.Scale(2, 0)).typicalInput(1, 4, 4).build();
    INDArray large = Nd4j.ones(DataType.FLOAT, 1, 1, 6, 6);
    try (Trace trace = any.run(large, Hooks.none())) {
      assertThat(trace.resolve(Target.neuron("double", 0, 5, 5)).values().getDouble(0))
          .isEqualTo(2);
      assertThatThrownBy(() -> trace.resolve(Target.neuron("double", 0, 6, 0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the neuron's index must lie in [1, 6, 6] of 'double', was [0, 6, 0]");
      assertThatThrownBy(() -> trace.resolve(Target.neuron("double", 1, 0, 0)))
          .hasMessage("the neuron's index must lie in [1, any, any] of 'double', was [1, 0, 0]");
    }
  }

  @Test
  void a_tensor_that_does_not_exist() {
    refused(Target.channel("conw", 0), "no tensor is named 'conw'; did you mean 'conv'?" + TENSORS);
    refused(Target.channel("something", 0), "no tensor is named 'something'." + TENSORS);
    assertThatThrownBy(() -> SOFTMAX.run(X, Hooks.none().keep("logit")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no tensor is named 'logit'; did you mean 'logits'?" + TENSORS);
  }

  @Test
  void a_tensor_that_does_not_lead_to_the_target() {
    try (Trace trace = SOFTMAX.run(X, Hooks.none())) {
      assertThatThrownBy(() -> trace.gradient(Target.ofClass(0), "side"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tensor 'side' must lead to the target 'logits', but no path does");
      assertThatThrownBy(() -> trace.gradient(Target.channel("conv", 0), "logits"))
          .hasMessage("tensor 'logits' must lead to the target 'conv', but no path does");
    }
  }

  @Test
  void a_network_without_classes() {
    Network maps = Network.builder(1, 2, 3).add("double", new Op.Scale(2, 0)).build();
    INDArray x = Nd4j.ones(DataType.FLOAT, 1, 1, 2, 3);
    try (Trace trace = maps.run(x, Hooks.none())) {
      assertThatThrownBy(() -> trace.resolve(Target.predicted()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the network must end in a classifier with logits [classes], but its last tensor"
                  + " 'double' is [1, 2, 3]; take a neuron or channel of a tensor as target"
                  + " instead");
    }
    Network bare = Network.builder(2).add("double", new Op.Scale(2, 0)).build();
    assertThatThrownBy(() -> bare.probabilities(array(new long[] {1, 2}, 1, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "probabilities need a network that ends in a softmax or sigmoid, but the last op is"
                + " 'scale' at 'double'");
  }

  @Test
  void an_input_of_the_wrong_shape() {
    wrongInput(
        "[N, 2, 5, 4], was [1, 5, 4, 2] (are the channels last? then use permute(0, 3, 1, 2))",
        1,
        5,
        4,
        2);
    wrongInput("[N, 2, 5, 4], was [2, 5, 4] (is the batch axis missing?)", 2, 5, 4);
    wrongInput("[N, 2, 5, 4], was [1, 2, 5, 5]", 1, 2, 5, 5);
    wrongInput("[N, 2, 5, 4], was [1, 40]", 1, 40);
    Network any = Network.builder(3, -1, -1).add("double", new Op.Scale(2, 0)).build();
    assertThatThrownBy(() -> any.logits(Nd4j.ones(1, 1, 9, 9)))
        .hasMessage("the input must be [N, 3, any, any], was [1, 1, 9, 9]");
  }

  private static void wrongInput(String message, long... shape) {
    assertThatThrownBy(() -> SOFTMAX.logits(Nd4j.ones(DataType.DOUBLE, shape)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the input must be " + message);
  }

  @Test
  void an_input_that_is_not_finite() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      INDArray x = X.dup();
      x.putScalar(2, 1, 3, 2, bad);
      assertThatThrownBy(() -> SOFTMAX.run(x, Hooks.none()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("the input must hold finite numbers, but it holds NaN or infin");
    }
    INDArray large = Nd4j.create(DataType.FLOAT, 1, 2, 5, 4).assign(3e38);
    assertThat(SOFTMAX.logits(large).isNaN().any()).isFalse();
  }

  @Test
  void an_edit_of_the_wrong_shape() {
    Hooks hooks =
        Hooks.none().edit("conv", a -> a.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(0, 1)));
    assertThatThrownBy(() -> SOFTMAX.logits(X, hooks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the hook at 'conv' must return the shape it was given, [3, 3, 5, 4], was [1, 3, 5, 4]");
    Hooks below = Hooks.none().editGradient("conv", g -> g.sum(1));
    assertThatThrownBy(
            () -> {
              try (Trace trace = SOFTMAX.run(X, below)) {
                trace.gradient(Target.ofClass(0), Network.INPUT);
              }
            })
        .hasMessage(
            "the hook at 'conv' must return the shape it was given, [3, 3, 5, 4], was [3, 5, 4]");
  }

  private static void refused(Target target, String message) {
    try (Trace trace = SOFTMAX.run(X, Hooks.none())) {
      assertThatThrownBy(() -> trace.resolve(target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
  }
}
