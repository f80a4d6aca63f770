package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The part of a network above a tensor does what the whole does from there on. */
class NetworkPartProperties {
  private static final int CHANNELS = 2;
  private static final long[] BATCH = {3, CHANNELS, 5, 4};
  private static final Target TARGET = Target.ofClass(1);

  @Property(tries = 40, seed = "21")
  void a_part_gives_the_logits_and_gradients_of_the_whole(
      @ForAll @IntRange(min = 0, max = 100000) int seed) {
    Network network = branching(new Random(seed));
    INDArray x = gaussian(DataType.DOUBLE, seed, BATCH);
    for (String tensor : leading(network)) {
      List<String> sides = network.beside(tensor);
      for (int i = 0; i < (sides.isEmpty() ? 1 : 2); i++) {
        INDArray some = sides.isEmpty() ? x : row(x, i);
        Hooks hooks = Hooks.none().keep(tensor).keep(sides.toArray(String[]::new));
        try (Trace whole = network.run(some, hooks)) {
          INDArray activation = whole.activation(tensor);
          Network part = network.after(tensor, whole);
          assertClose(part.logits(activation), whole.logits(), 1e-12);
          try (Trace above = part.run(activation, Hooks.none())) {
            assertClose(
                above.gradient(TARGET, Network.INPUT), whole.gradient(TARGET, tensor), 1e-12);
          }
        }
      }
    }
  }

  /** Room is shared below what is kept, and above it nothing is different. */
  @Property(tries = 40, seed = "23")
  void a_run_that_forgets_what_is_below_gives_the_same_above(
      @ForAll @IntRange(min = 0, max = 100000) int seed) {
    Network network = branching(new Random(seed));
    INDArray x = gaussian(DataType.DOUBLE, seed, BATCH);
    List<String> tensors = leading(network);
    for (int i = 0; i < tensors.size(); i++) {
      String lowest = tensors.get(i);
      String[] kept = tensors.subList(i, tensors.size()).toArray(String[]::new);
      Hooks hooks = Hooks.none().keep(kept);
      try (Trace whole = network.run(x, hooks);
          Trace above = network.run(x, hooks.forgetBelow())) {
        for (String tensor : kept) {
          assertSameBits(above.activation(tensor), whole.activation(tensor));
          assertSameBits(above.gradient(TARGET, tensor), whole.gradient(TARGET, tensor));
        }
        if (i > 0) {
          assertThatThrownBy(() -> above.gradient(TARGET, Network.INPUT))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage(
                  "gradients must be asked for at or above '"
                      + lowest
                      + "', because the hooks of this run forget what is below, was 'input'");
        }
      }
    }
  }

  @Property(tries = 20, seed = "22")
  void a_changed_activation_gives_what_an_edit_of_the_whole_gives(
      @ForAll @IntRange(min = 0, max = 100000) int seed) {
    Network network = branching(new Random(seed));
    INDArray x = gaussian(DataType.DOUBLE, seed, 1, BATCH[1], BATCH[2], BATCH[3]);
    for (String tensor : leading(network)) {
      String[] sides = network.beside(tensor).toArray(String[]::new);
      try (Trace trace = network.run(x, Hooks.none().keep(tensor).keep(sides))) {
        INDArray activation = trace.activation(tensor);
        long[] shape = activation.shape().clone();
        shape[0] = 3;
        INDArray changed = gaussian(DataType.DOUBLE, seed + 1L, shape);
        INDArray logits = network.after(tensor, trace).logits(changed);
        for (int i = 0; i < 3; i++) {
          INDArray one = row(changed, i);
          assertClose(
              row(logits, i), network.logits(x, Hooks.none().edit(tensor, a -> one)), 1e-12);
        }
      }
    }
  }

  @Example
  void the_part_after_the_input_is_the_network() {
    Network network = branching(new Random(1));
    assertThat(network.after(Network.INPUT)).isSameAs(network);
    assertThat(network.beside(Network.INPUT)).isEmpty();
  }

  @Example
  void passes_of_a_part_are_counted_in_the_whole() {
    PassCounter passes = new PassCounter();
    Network network = residual().counting(passes);
    Network part = network.after("sum");
    INDArray activation = gaussian(DataType.DOUBLE, 1, 4, 1, 2, 2);
    part.logits(activation);
    assertThat(passes.forwards()).isEqualTo(4);
    residual().after("sum").logits(activation);
    assertThat(passes.forwards()).isEqualTo(4);
    try (Trace trace = network.run(row(activation, 0), Hooks.none().keep(Network.INPUT))) {
      network.after("branch", trace).logits(activation);
    }
    assertThat(passes.forwards()).isEqualTo(9);
  }

  @Example
  void a_part_has_its_own_tensors_and_keeps_its_precision() {
    Network part = residual().after("sum");
    assertThat(part.layers())
        .extracting(LayerInfo::name)
        .containsExactly("input", "flat", "logits", "softmax");
    assertThat(part.inputShape()).containsExactly(1, 2, 2);
    assertThat(part.isSoftmax()).isTrue();
    assertThat(part.logits()).isEqualTo("logits");
    Network quick = part.withPrecision(DataType.FLOAT);
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 1, 2, 2);
    assertClose(quick.logits(x), part.logits(x), 1e-5);
    assertThat(residual().after("logits").logits(x.reshape(4, 2).dup())).isEqualTo(x.reshape(4, 2));
  }

  @Example
  void the_input_beside_a_tensor_keeps_apart_from_the_parts_own() {
    Network network = residual();
    INDArray x = gaussian(DataType.DOUBLE, 1, 1, 1, 2, 2);
    assertThat(network.beside("branch")).containsExactly("input");
    try (Trace trace = network.run(x, Hooks.none().keep("input", "branch"))) {
      Network part = network.after("branch", trace);
      assertThat(part.layers())
          .extracting(LayerInfo::name)
          .containsExactly("input", "input:whole", "sum", "flat", "logits", "softmax");
      assertThat(part.layer("input:whole").parameters()).isZero();
      assertThat(part.layer("sum").receptiveField().height())
          .isEqualTo(new ReceptiveField.Axis(1, 1, 0));
      INDArray branch = trace.activation("branch");
      assertSameBits(part.logits(branch), network.logits(x));
      assertClose(part.withPrecision(DataType.FLOAT).logits(branch), network.logits(x), 1e-5);
      assertThat(part.fingerprint()).isNotEqualTo(network.fingerprint());
    }
  }

  @Example
  void a_part_of_a_network_for_any_size_takes_any_size() {
    Network network =
        Network.builder(1, -1, -1)
            .add("conv", convolution(new Random(3), 1))
            .add("pool", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .build();
    Network part = network.after("conv");
    assertThat(part.inputShape()).containsExactly(CHANNELS, -1, -1);
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 1, 7, 3);
    try (Trace trace = network.run(x, Hooks.none().keep("conv"))) {
      assertSameBits(part.logits(trace.activation("conv")), network.logits(x));
    }
  }

  @Example
  void wrong_use_is_refused() {
    Network network = residual();
    assertThatThrownBy(() -> network.after("branch"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a network after 'branch' alone needs a tensor that all paths to the logits go through,"
                + " but what is above it also reads [input]; give a trace of one example that kept"
                + " them");
    assertThatThrownBy(() -> network.after("softmax"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'softmax' must lead to the logits 'logits', but no path does");
    assertThatThrownBy(() -> network.after("brunch"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no tensor is named 'brunch'; did you mean 'branch'?");
    INDArray two = gaussian(DataType.DOUBLE, 1, 2, 1, 2, 2);
    try (Trace trace = network.run(two, Hooks.none().keep("input"))) {
      assertThatThrownBy(() -> network.after("branch", trace))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "what is beside 'branch' differs between examples; the trace must have one example,"
                  + " has 2");
      assertThatThrownBy(() -> residual().after("branch", trace))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the trace must be a run of the network itself");
    }
    try (Trace trace = network.run(row(two, 0), Hooks.none().keep("sum"))) {
      assertThatThrownBy(() -> network.after("branch", trace))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tensor 'input' must be kept by the hooks of the run, kept are [sum]");
    }
  }

  private static Network residual() {
    INDArray weights = Nd4j.createFromArray(new double[] {2}).reshape(1, 1, 1, 1);
    return Network.builder(1, 2, 2)
        .add("branch", new Op.Convolution(weights, null, Window.of(1, 1, 0), 1))
        .add("sum", new Op.Elementwise(Op.Combination.ADD), "branch", Network.INPUT)
        .add("flat", flatten())
        .add("logits", new Op.Dense(gaussian(DataType.DOUBLE, 2, 4, 2), null))
        .add("softmax", new Op.Softmax())
        .build();
  }

  /** Maps of one size that read any map before them; two are pooled, and one is a dead end. */
  private static Network branching(Random random) {
    Network.Builder builder = Network.builder(BATCH[1], BATCH[2], BATCH[3]);
    List<String> maps = new ArrayList<>(List.of(Network.INPUT));
    int size = 3 + random.nextInt(6);
    for (int i = 0; i < size; i++) {
      String name = "map" + i;
      String one = maps.get(maps.size() - 1 - random.nextInt(Math.min(2, maps.size())));
      String other = maps.get(random.nextInt(maps.size()));
      switch (random.nextInt(5)) {
        case 0 -> builder.add(name, convolution(random, CHANNELS), one);
        case 1 ->
            builder.add(name, new Op.Activation(Activation.RELU.getActivationFunction()), one);
        case 2 ->
            builder.add(
                name,
                new Op.Affine(
                    gaussian(DataType.DOUBLE, random.nextInt(99), CHANNELS),
                    gaussian(DataType.DOUBLE, random.nextInt(99), CHANNELS)),
                one);
        case 3 -> builder.add(name, new Op.Elementwise(Op.Combination.ADD), one, other);
        default -> builder.add(name, new Op.Elementwise(Op.Combination.MULTIPLY), other, one);
      }
      maps.add(name);
    }
    String last = maps.get(maps.size() - 1);
    return builder
        .add("pool", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true), last)
        .add("logits", new Op.Dense(gaussian(DataType.DOUBLE, 7, CHANNELS, 3), null))
        .build();
  }

  private static List<String> leading(Network network) {
    List<String> leading = new ArrayList<>();
    for (LayerInfo layer : network.layers()) {
      try {
        network.beside(layer.name());
        leading.add(layer.name());
      } catch (IllegalArgumentException deadEnd) {
        assertThat(deadEnd).hasMessageContaining("must lead to the logits");
      }
    }
    return leading;
  }

  private static Op convolution(Random random, long inputs) {
    INDArray weights = gaussian(DataType.DOUBLE, random.nextInt(99), CHANNELS, inputs, 3, 3);
    return new Op.Convolution(
        weights.mul(0.3), gaussian(DataType.DOUBLE, 5, CHANNELS), Window.of(3, 1, 1), 1);
  }

  private static Op flatten() {
    return new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST);
  }

  private static INDArray row(INDArray batch, int i) {
    return batch.get(NDArrayIndex.interval(i, i + 1)).dup('c');
  }
}
