package dev.interp.core.testkit;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What every network must do: hooks change what they name and nothing else, runs do not see each
 * other, and nothing that belongs to the caller is touched.
 */
public abstract class NetworkContract {
  private static final int EXAMPLES = 3;
  private static final Target TARGET = Target.ofClass(1);

  /** Returns the network under test: a classifier of at least two classes, made only once. */
  protected abstract Network network();

  private Network exact() {
    return network().withPrecision(DataType.DOUBLE);
  }

  /** A batch that fits, with other numbers for another seed. */
  private static INDArray input(Network network, long seed, int examples) {
    long[] one = network.inputShape();
    long[] batch = new long[one.length + 1];
    batch[0] = examples;
    for (int i = 0; i < one.length; i++) {
      batch[i + 1] = one[i] < 0 ? 6 + seed % 3 + i : one[i];
    }
    return gaussian(network.precision(), seed, batch);
  }

  private static INDArray input(Network network) {
    return input(network, 1, EXAMPLES);
  }

  /** The tensors on the way to the logits, the input first. */
  private static List<String> path(Network network) {
    List<String> names = network.nodes().stream().map(Node::name).toList();
    return names.subList(0, names.indexOf(network.logits()) + 1);
  }

  private static INDArray gradient(Network network, INDArray x, Hooks hooks, String tensor) {
    try (Trace trace = network.run(x, hooks)) {
      return trace.gradient(TARGET, tensor);
    }
  }

  @Test
  void identity_edits_change_nothing() {
    for (Network network : List.of(network(), exact())) {
      INDArray x = input(network);
      Hooks hooks = Hooks.none();
      for (String tensor : path(network)) {
        hooks = hooks.edit(tensor, a -> a).editGradient(tensor, g -> g);
      }
      // A batch norm that nobody looks at may be fused with what is before it, and round otherwise.
      double tolerance = network.precision() == DataType.DOUBLE ? 0 : 1e-6;
      assertClose(network.logits(x, hooks), network.logits(x), tolerance);
      assertClose(
          gradient(network, x, hooks, Network.INPUT),
          gradient(network, x, Hooks.none(), Network.INPUT),
          tolerance);
    }
  }

  @Test
  void kept_tensors_are_those_of_every_other_run() {
    Network network = network();
    INDArray x = input(network);
    try (Trace all = network.run(x, Hooks.none().keepAll())) {
      for (LayerInfo layer : network.layers()) {
        INDArray kept = all.activation(layer.name());
        assertThat(kept.rank()).isEqualTo(layer.shape().size() + 1);
        try (Trace one = network.run(x, Hooks.none().keep(layer.name()))) {
          assertSameBits(one.activation(layer.name()), kept);
        }
      }
      assertSameBits(all.logits(), network.logits(x));
      assertSameBits(all.activation(Network.INPUT), x);
    }
  }

  @Test
  void putting_a_tensor_in_by_hand_gives_what_the_chain_computes() {
    Network network = network();
    INDArray x = input(network);
    INDArray other = input(network, 4, EXAMPLES);
    if (!other.equalShapes(x)) {
      other = gaussian(x.dataType(), 4, x.shape());
    }
    String middle = path(network).get(path(network).size() - 2);
    try (Trace trace = network.run(x, Hooks.none().keep(middle))) {
      INDArray value = trace.activation(middle);
      assertSameBits(network.logits(other, Hooks.none().edit(middle, a -> value)), trace.logits());
    }
  }

  @Test
  void edits_change_what_comes_after_and_nothing_else() {
    Network network = network();
    INDArray x = input(network);
    List<String> path = path(network);
    String middle = path.get(path.size() / 2);
    Hooks edited = Hooks.none().keepAll().edit(middle, a -> a.mul(0.5).addi(1));
    try (Trace plain = network.run(x, Hooks.none().keepAll());
        Trace changed = network.run(x, edited)) {
      for (String before : path.subList(0, path.size() / 2)) {
        assertSameBits(changed.activation(before), plain.activation(before));
      }
      assertSameBits(changed.activation(middle), plain.activation(middle).mul(0.5).addi(1));
      assertThat(changed.logits()).isNotEqualTo(plain.logits());
    }
  }

  @Test
  void later_edits_see_what_earlier_ones_made() {
    Network network = network();
    INDArray x = input(network);
    List<INDArray> seen = new ArrayList<>();
    Hooks hooks =
        Hooks.none()
            .edit(Network.INPUT, a -> a.muli(2))
            .edit(Network.INPUT, a -> a.addi(1))
            .observe(Network.INPUT, seen::add);
    assertSameBits(network.logits(x, hooks), network.logits(x.mul(2).addi(1)));
    assertSameBits(seen.get(0), x.mul(2).addi(1));
  }

  @Test
  void observers_see_copies() {
    Network network = network();
    INDArray x = input(network);
    List<INDArray> seen = new ArrayList<>();
    List<INDArray> signals = new ArrayList<>();
    Hooks hooks =
        Hooks.none()
            .observe(
                network.logits(),
                a -> {
                  seen.add(a.dup());
                  a.assign(0);
                })
            .observeGradient(
                Network.INPUT,
                g -> {
                  signals.add(g.dup());
                  g.assign(0);
                });
    try (Trace trace = network.run(x, hooks)) {
      assertThat(seen).hasSize(1);
      assertSameBits(trace.logits(), network.logits(x));
      assertSameBits(seen.get(0), network.logits(x));
      INDArray gradient = trace.gradient(TARGET, Network.INPUT);
      assertSameBits(signals.get(0), gradient);
      assertSameBits(gradient, gradient(network, x, Hooks.none(), Network.INPUT));
    }
  }

  @Test
  void gradient_edits_change_what_lies_below() {
    Network network = exact();
    INDArray x = input(network);
    INDArray plain = gradient(network, x, Hooks.none(), Network.INPUT);
    Hooks twice = Hooks.none().editGradient(network.logits(), g -> g.mul(2));
    assertClose(gradient(network, x, twice, Network.INPUT), plain.mul(2), 1e-12);
    Hooks none = Hooks.none().editGradient(network.logits(), g -> g.assign(0));
    assertClose(gradient(network, x, none, Network.INPUT), plain.mul(0), 0);
  }

  @Test
  void the_gradient_is_the_finite_difference() {
    Network network = exact();
    INDArray x = input(network, 1, 1);
    assertClose(
        gradient(network, x, Hooks.none(), Network.INPUT),
        Tensors.slope(batch -> network.logits(batch).getColumn(1).dup(), x),
        1e-6);
  }

  @Test
  void the_gradient_at_every_tensor_is_the_finite_difference() {
    Network network = exact();
    INDArray x = input(network, 1, 1);
    for (String tensor : path(network)) {
      INDArray value;
      INDArray gradient;
      // Rectified zeros are ties in a max pool, where there is no slope.
      Hooks moved =
          Hooks.none()
              .keep(tensor)
              .edit(tensor, a -> a.addi(gaussian(a.dataType(), 6, a.shape()).muli(0.1)));
      try (Trace trace = network.run(x, moved)) {
        value = trace.activation(tensor);
        gradient = trace.gradient(TARGET, tensor);
      }
      assertClose(
          gradient,
          Tensors.slope(
              batch -> {
                long n = batch.size(0);
                long[] shape = x.shape().clone();
                shape[0] = n;
                INDArray same = Nd4j.zeros(x.dataType(), shape);
                for (long i = 0; i < n; i++) {
                  same.get(NDArrayIndex.interval(i, i + 1)).assign(x);
                }
                return network
                    .logits(same, Hooks.none().edit(tensor, a -> batch))
                    .getColumn(1)
                    .dup();
              },
              value),
          1e-6);
    }
  }

  @Test
  void a_batch_gives_what_its_examples_give_alone() {
    for (Network network : List.of(network(), exact())) {
      // The native code splits a batch in other ways than an example, so last bits may differ.
      double tolerance = network.precision() == DataType.DOUBLE ? 1e-13 : 1e-5;
      INDArray x = input(network);
      INDArray logits = network.logits(x);
      INDArray gradient = gradient(network, x, Hooks.none(), Network.INPUT);
      for (int i = 0; i < EXAMPLES; i++) {
        INDArray one = x.get(NDArrayIndex.interval(i, i + 1)).dup();
        assertClose(network.logits(one), logits.get(NDArrayIndex.interval(i, i + 1)), tolerance);
        assertClose(
            gradient(network, one, Hooks.none(), Network.INPUT),
            gradient.get(NDArrayIndex.interval(i, i + 1)),
            tolerance);
      }
    }
  }

  @Test
  void a_run_stops_at_the_last_tensor_kept() {
    Network network = network();
    INDArray x = input(network);
    List<String> path = path(network);
    String middle = path.get(path.size() / 2);
    List<String> called = new ArrayList<>();
    Hooks hooks = Hooks.none().keep(middle);
    for (LayerInfo layer : network.layers()) {
      hooks = hooks.observe(layer.name(), a -> called.add(layer.name()));
    }
    PassCounter passes = new PassCounter();
    try (Trace trace = network.counting(passes).run(x, hooks)) {
      assertThat(called).isEqualTo(path.subList(0, path.size() / 2 + 1));
      trace.activation(middle);
      assertThat(called).hasSize(path.size() / 2 + 1);
      assertThat(passes.forwards()).isEqualTo(EXAMPLES);
      assertThat(passes.backwards()).isZero();
      trace.gradient(TARGET, middle);
      assertThat(called).isEqualTo(path);
      assertThat(passes.forwards()).isEqualTo(EXAMPLES);
      assertThat(passes.backwards()).isEqualTo(EXAMPLES);
    }
  }

  @Test
  void a_backward_pass_stops_at_its_tensor() {
    Network network = network();
    List<String> path = path(network);
    String middle = path.get(path.size() - 2);
    List<String> called = new ArrayList<>();
    Hooks hooks = Hooks.none();
    for (String tensor : path) {
      hooks = hooks.observeGradient(tensor, g -> called.add(tensor));
    }
    gradient(network, input(network), hooks, middle);
    assertThat(called).containsExactly(network.logits(), middle);
  }

  @Test
  void arrays_of_a_trace_outlive_it() {
    Network network = network();
    INDArray x = input(network);
    String middle = path(network).get(path(network).size() / 2);
    INDArray activation;
    INDArray gradient;
    try (Trace trace = network.run(x, Hooks.none().keep(middle))) {
      activation = trace.activation(middle);
      gradient = trace.gradient(TARGET, Network.INPUT);
    }
    INDArray logits = network.logits(x);
    byte[] before = Tensors.bytes(activation);
    byte[] below = Tensors.bytes(gradient);
    byte[] top = Tensors.bytes(logits);
    INDArray other = gaussian(x.dataType(), 9, x.shape());
    for (int i = 0; i < 3; i++) {
      gradient(network, other, Hooks.none().keep(middle), Network.INPUT);
      network.logits(other);
    }
    assertThat(Tensors.bytes(activation)).isEqualTo(before);
    assertThat(Tensors.bytes(gradient)).isEqualTo(below);
    assertThat(Tensors.bytes(logits)).isEqualTo(top);
  }

  @Test
  void a_closed_trace_says_so() {
    Network network = network();
    Trace trace = network.run(input(network), Hooks.none());
    trace.close();
    trace.close();
    assertThatThrownBy(trace::logits)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("the trace is closed");
    assertThatThrownBy(() -> trace.gradient(TARGET, Network.INPUT))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_tensor_that_is_not_kept_is_not_given() {
    Network network = network();
    String middle = path(network).get(1);
    try (Trace trace = network.run(input(network), Hooks.none())) {
      assertThatThrownBy(() -> trace.activation(middle))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "tensor '%s' must be kept by the hooks of the run, kept are []".formatted(middle));
    }
  }

  @Test
  void the_same_question_has_the_same_answer() {
    Network network = network();
    INDArray x = input(network);
    try (Trace trace = network.run(x, Hooks.none())) {
      INDArray first = trace.gradient(TARGET, Network.INPUT);
      INDArray other = trace.gradient(Target.ofClass(0), Network.INPUT);
      assertSameBits(trace.gradient(TARGET, Network.INPUT), first);
      assertSameBits(trace.gradient(Target.ofClass(0), Network.INPUT), other);
      assertSameBits(gradient(network, x, Hooks.none(), Network.INPUT), first);
      Target.Resolved resolved = trace.resolve(TARGET);
      List<String> twice = List.of(Network.INPUT, network.logits(), Network.INPUT);
      List<INDArray> several = trace.gradients(resolved, twice);
      assertSameBits(several.get(0), first);
      assertSameBits(several.get(1), resolved.seed());
      assertSameBits(several.get(2), first);
    }
  }

  @Test
  void the_value_of_a_neuron_is_that_of_its_tensor() {
    Network network = network();
    INDArray x = input(network);
    for (String tensor : path(network)) {
      INDArray kept;
      try (Trace trace = network.run(x, Hooks.none().keep(tensor))) {
        kept = trace.activation(tensor);
      }
      long[] place = new long[kept.rank() - 1];
      try (Trace trace = network.run(x, Hooks.none())) {
        INDArray values = trace.resolve(Target.neuron(tensor, place)).values();
        for (int i = 0; i < EXAMPLES; i++) {
          assertThat(values.getDouble(i))
              .as(tensor)
              .isEqualTo(kept.slice(i).reshape(-1).getDouble(0));
        }
      }
    }
  }

  @Test
  void a_hook_that_throws_ends_its_run_and_no_other() {
    Network network = network();
    INDArray x = input(network);
    INDArray logits = network.logits(x);
    INDArray gradient = gradient(network, x, Hooks.none(), Network.INPUT);
    List<String> path = path(network);
    for (String tensor : path) {
      Hooks forward = Hooks.none().edit(tensor, NetworkContract::fail);
      assertThatThrownBy(() -> network.logits(x, forward)).hasMessage("on purpose");
      assertThatThrownBy(() -> network.run(x, forward)).hasMessage("on purpose");
      try (Trace trace = network.run(x, Hooks.none().editGradient(tensor, NetworkContract::fail))) {
        assertThatThrownBy(() -> trace.gradient(TARGET, Network.INPUT)).hasMessage("on purpose");
        assertSameBits(trace.logits(), logits);
      }
    }
    Hooks late = Hooks.none().keep(Network.INPUT).edit(network.logits(), NetworkContract::fail);
    try (Trace trace = network.run(x, late)) {
      assertThatThrownBy(() -> trace.gradient(TARGET, Network.INPUT)).hasMessage("on purpose");
      assertThatThrownBy(() -> trace.gradient(TARGET, Network.INPUT))
          .isInstanceOf(IllegalStateException.class);
    }
    assertSameBits(network.logits(x), logits);
    assertSameBits(gradient(network, x, Hooks.none(), Network.INPUT), gradient);
  }

  private static INDArray fail(INDArray array) {
    throw new IllegalStateException("on purpose");
  }

  @Test
  void eight_threads_give_the_bytes_of_one() throws Exception {
    Network network = network();
    int tasks = 24;
    List<INDArray> inputs =
        IntStream.range(0, tasks).mapToObj(i -> input(network, i, 1 + i % 3)).toList();
    List<byte[]> alone = inputs.stream().map(x -> both(network, x)).toList();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<byte[]>> together =
          threads.invokeAll(
              inputs.stream().<Callable<byte[]>>map(x -> () -> both(network, x)).toList());
      for (int i = 0; i < tasks; i++) {
        assertThat(together.get(i).get()).as("task %d", i).isEqualTo(alone.get(i));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static byte[] both(Network network, INDArray x) {
    INDArray gradient = gradient(network, x, Hooks.none(), Network.INPUT);
    return Tensors.bytes(Nd4j.concat(0, network.logits(x).reshape(-1), gradient.reshape(-1)));
  }

  @Test
  void results_do_not_live_in_the_callers_workspace() {
    Network network = network();
    INDArray x = input(network);
    String middle = path(network).get(path(network).size() / 2);
    INDArray expected = gradient(network, x, Hooks.none(), Network.INPUT);
    WorkspaceConfiguration space = WorkspaceConfiguration.builder().initialSize(1 << 20).build();
    List<INDArray> results = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      try (MemoryWorkspace ignored =
          Nd4j.getWorkspaceManager().getAndActivateWorkspace(space, "CALLER")) {
        INDArray inside = x.dup();
        assertThat(inside.isAttached()).isTrue();
        results.add(network.logits(inside));
        try (Trace trace = network.run(inside, Hooks.none().keep(middle))) {
          results.add(trace.activation(middle));
          Target.Resolved resolved = trace.resolve(Target.predicted());
          results.add(resolved.values());
          results.add(resolved.seed());
          results.add(trace.gradient(TARGET, Network.INPUT));
        }
      }
    }
    assertThat(results).noneMatch(INDArray::isAttached);
    assertSameBits(results.get(4), expected);
    assertSameBits(results.get(9), expected);
    assertSameBits(results.get(0), network.logits(x));
  }

  @Test
  void inputs_and_parameters_are_not_modified() {
    Network network = network();
    String fingerprint = network.fingerprint();
    INDArray x = input(network);
    INDArray before = x.dup();
    Hooks hooks =
        Hooks.none()
            .edit(Network.INPUT, a -> a.assign(0))
            .editGradient(Network.INPUT, g -> g.negi());
    gradient(network, x, hooks, Network.INPUT);
    network.logits(x, hooks);
    assertSameBits(x, before);
    assertThat(network.fingerprint()).isEqualTo(fingerprint);
  }

  @Test
  void views_and_other_orders_are_read_right() {
    Network network = network();
    INDArray x = input(network);
    INDArray expected = network.logits(x);
    assertSameBits(network.logits(x.dup('f')), expected);
    INDArray view = Nd4j.concat(0, x, x).get(NDArrayIndex.interval(0, EXAMPLES));
    assertSameBits(network.logits(view), expected);
  }
}
