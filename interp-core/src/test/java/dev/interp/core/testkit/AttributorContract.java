package dev.interp.core.testkit;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.attribution.Provenance;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What every attributor must do: one finite map per example, the same whether an example comes
 * alone or in a batch, on one thread or on eight; nothing of the caller's touched; misuse refused
 * before work starts.
 */
public abstract class AttributorContract {
  private static final int EXAMPLES = 3;
  private static final int THREADS = 8;

  /** Returns the method under test, a new object with equal settings at every call. */
  protected abstract Attributor method();

  /** Returns the method with a listener; empty for a method of one pass, which takes none. */
  protected Optional<Attributor> method(Progress listener) {
    return Optional.empty();
  }

  /** Returns a network of three classes on pictures [2, 7, 5] that ends in a softmax. */
  protected Network network() {
    return SmallNets.convolutional();
  }

  private static INDArray batch() {
    return gaussian(DataType.DOUBLE, 5, EXAMPLES, 2, 7, 5);
  }

  private static INDArray example(INDArray batch, int i) {
    return Nd4j.stack(0, batch.slice(i)).dup('c');
  }

  @Test
  void gives_a_map_class_and_output_for_each_example() {
    Network network = network();
    INDArray x = batch();
    Attribution result = method().attribute(network, x, Target.predicted());
    List<Long> shape = network.layer(result.tensor()).shape();
    INDArray values = result.values();
    assertThat(values.size(0)).isEqualTo(EXAMPLES);
    assertThat(values.rank()).isEqualTo(shape.size() + 1);
    assertThat(values.size(1)).isIn(1L, shape.get(0));
    assertThat(values.size(2)).isEqualTo(shape.get(1));
    assertThat(values.size(3)).isEqualTo(shape.get(2));
    assertThat(values.dataType()).isEqualTo(DataType.DOUBLE);
    assertThat(values.isAttached()).isFalse();
    assertFinite(values);
    assertThat(Arrays.stream(numbers(values)).anyMatch(v -> v != 0)).as("says something").isTrue();
    INDArray logits = network.logits(x);
    for (int i = 0; i < EXAMPLES; i++) {
      int best = logits.slice(i).argMax().getInt(0);
      assertThat(result.classes().get(i)).isEqualTo(best);
      assertThat(result.outputs().get(i)).isCloseTo(logits.getDouble(i, best), within(1e-9));
    }
    assertThat(result.completenessGaps().size()).isIn(0, EXAMPLES);
    assertThat(result.completenessGaps()).allMatch(gap -> Double.isFinite(gap));
  }

  @Test
  void leaves_input_and_parameters_as_they_were() {
    Network network = network();
    INDArray x = batch();
    byte[] before = bytes(x);
    List<byte[]> parameters = parameters(network);
    method().attribute(network, x, Target.predicted());
    assertThat(bytes(x)).isEqualTo(before);
    List<byte[]> after = parameters(network);
    for (int i = 0; i < parameters.size(); i++) {
      assertThat(after.get(i)).isEqualTo(parameters.get(i));
    }
  }

  private static List<byte[]> parameters(Network network) {
    return network.nodes().stream()
        .flatMap(n -> n.op().parameters().stream())
        .map(Tensors::bytes)
        .toList();
  }

  @Test
  void equal_settings_give_equal_bytes() {
    INDArray first = method().attribute(network(), batch(), Target.predicted()).values();
    INDArray second = method().attribute(network(), batch(), Target.predicted()).values();
    assertSameBits(second, first);
  }

  @Test
  void results_do_not_change_when_the_method_runs_again() {
    Network network = network();
    INDArray first = method().attribute(network, batch(), Target.predicted()).values();
    byte[] before = bytes(first);
    method().attribute(network, batch().mul(-2), Target.predicted());
    assertThat(bytes(first)).isEqualTo(before);
  }

  @Test
  void a_view_gives_what_its_copy_gives() {
    INDArray view = batch().permute(0, 2, 3, 1).dup('c').permute(0, 3, 1, 2);
    assertSameBits(
        method().attribute(network(), view, Target.predicted()).values(),
        method().attribute(network(), batch(), Target.predicted()).values());
  }

  @Test
  void a_part_of_a_larger_batch_gives_what_its_copy_gives() {
    INDArray larger = Nd4j.concat(0, batch().mul(3), batch());
    INDArray part =
        larger.get(
            NDArrayIndex.interval(EXAMPLES, 2 * EXAMPLES),
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.all());
    assertSameBits(
        method().attribute(network(), part, Target.predicted()).values(),
        method().attribute(network(), batch(), Target.predicted()).values());
  }

  @Test
  void each_example_of_a_batch_gets_what_it_gets_alone() {
    Network network = network();
    INDArray x = batch();
    Attribution together = method().attribute(network, x, Target.predicted());
    for (int i = 0; i < EXAMPLES; i++) {
      Attribution alone = method().attribute(network, example(x, i), Target.predicted());
      assertClose(example(together.values(), i), alone.values(), 1e-12);
      assertThat(together.classes().get(i)).isEqualTo(alone.classes().get(0));
    }
  }

  @Test
  void each_example_can_have_its_own_class() {
    Network network = network();
    INDArray x = batch();
    int[] classes = {2, 0, 1};
    Attribution together = method().attribute(network, x, Target.ofClasses(classes));
    assertThat(together.classes()).containsExactly(2, 0, 1);
    for (int i = 0; i < EXAMPLES; i++) {
      Attribution alone = method().attribute(network, example(x, i), Target.ofClass(classes[i]));
      assertClose(example(together.values(), i), alone.values(), 1e-12);
    }
  }

  @Test
  void other_targets_are_explained_too() {
    Network network = network();
    INDArray x = batch();
    INDArray logits = network.logits(x);
    INDArray probabilities = network.probabilities(logits);
    Attribution probability = method().attribute(network, x, Target.probability(1));
    Attribution contrast = method().attribute(network, x, Target.contrast(0, 2));
    assertFinite(probability.values());
    assertFinite(contrast.values());
    for (int i = 0; i < EXAMPLES; i++) {
      assertThat(probability.outputs().get(i))
          .isCloseTo(probabilities.getDouble(i, 1), within(1e-9));
      assertThat(contrast.outputs().get(i))
          .isCloseTo(logits.getDouble(i, 0) - logits.getDouble(i, 2), within(1e-9));
    }
  }

  @Test
  void works_in_the_precision_of_the_network() {
    Network network = network().withPrecision(DataType.FLOAT);
    Attribution result = method().attribute(network, batch(), Target.predicted());
    assertThat(result.values().dataType()).isEqualTo(DataType.FLOAT);
    assertThat(result.provenance().precision()).isEqualTo("FLOAT");
    assertFinite(result.values());
  }

  @Test
  void results_do_not_live_in_the_callers_workspace() {
    Network network = network();
    INDArray x = batch();
    INDArray expected = method().attribute(network, x, Target.predicted()).values();
    WorkspaceConfiguration space = WorkspaceConfiguration.builder().initialSize(1 << 20).build();
    List<Attribution> results = new ArrayList<>();
    List<Attributor> methods = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      try (MemoryWorkspace ignored =
          Nd4j.getWorkspaceManager().getAndActivateWorkspace(space, "CALLER")) {
        INDArray inside = x.dup();
        assertThat(inside.isAttached()).isTrue();
        methods.add(method());
        results.add(methods.get(round).attribute(network, inside, Target.predicted()));
        assertThat(Nd4j.getMemoryManager().getCurrentWorkspace().getId()).isEqualTo("CALLER");
        // Overwrites whatever may have been put there.
        Nd4j.ones(DataType.DOUBLE, 1 << 10);
      }
    }
    for (int round = 0; round < 2; round++) {
      assertThat(results.get(round).values().isAttached()).isFalse();
      assertSameBits(results.get(round).values(), expected);
      assertSameBits(
          methods.get(round).attribute(network, x, Target.predicted()).values(), expected);
    }
  }

  @Test
  void a_class_that_does_not_exist_is_refused_before_work() {
    assertRefused(batch(), Target.ofClass(7), "target class must be in [0, 3), was 7");
    assertRefused(
        batch(),
        Target.ofClass(3),
        "target class must be in [0, 3), was 3 (the index is zero-based)");
    assertRefused(batch(), Target.ofClass(-1), "target class must be in [0, 3), was -1");
    assertRefused(
        batch(),
        Target.ofClasses(0, 1),
        "target classes must be one for all examples or one per example (3), was 2");
  }

  @Test
  void an_input_of_another_shape_is_refused_before_work() {
    assertRefused(
        gaussian(DataType.DOUBLE, 1, 3, 2, 7, 6),
        Target.ofClass(0),
        "the input must be [N, 2, 7, 5], was [3, 2, 7, 6]");
    assertRefused(
        gaussian(DataType.DOUBLE, 1, 2, 7, 5),
        Target.ofClass(0),
        "the input must be [N, 2, 7, 5], was [2, 7, 5] (is the batch axis missing?)");
  }

  @Test
  void numbers_that_are_not_finite_are_refused_before_work() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      INDArray x = batch();
      x.putScalar(new int[] {1, 0, 2, 3}, bad);
      assertRefused(
          x,
          Target.ofClass(0),
          "the input must hold finite numbers, but it holds NaN or infinity (was a picture divided"
              + " by a standard deviation of zero?)");
    }
  }

  private void assertRefused(INDArray x, Target target, String message) {
    PassCounter passes = new PassCounter();
    assertThatThrownBy(() -> method().attribute(network().counting(passes), x, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(passes.forwards()).as("forward passes before the refusal").isZero();
  }

  @Test
  void constant_pictures_give_finite_values() {
    for (double value : new double[] {0, 0.5, -3}) {
      INDArray x = Nd4j.valueArrayOf(new long[] {2, 2, 7, 5}, value, DataType.DOUBLE);
      assertFinite(method().attribute(network(), x, Target.predicted()).values());
    }
  }

  @Test
  void provenance_tells_how_the_values_came_about() {
    Network network = network();
    PassCounter passes = new PassCounter();
    Attributor method = method();
    Attribution result = method.attribute(network.counting(passes), batch(), Target.contrast(1, 0));
    Provenance provenance = result.provenance();
    assertThat(method.id()).matches("[a-z][a-z0-9]*(-[a-z0-9]+)*");
    assertThat(provenance.method()).isEqualTo(method.id());
    assertThat(new ArrayList<>(provenance.settings().entrySet()))
        .isEqualTo(new ArrayList<>(method.settings().entrySet()));
    assertThat(provenance.target()).isEqualTo("class 1 against class 0");
    assertThat(provenance.network()).isEqualTo(network.fingerprint()).hasSize(16);
    assertThat(provenance.precision()).isEqualTo("DOUBLE");
    assertThat(provenance.versions()).containsKeys("interp", "nd4j", "java");
    assertThat(provenance.forwards()).isEqualTo(passes.forwards() / (double) EXAMPLES).isPositive();
    assertThat(provenance.backwards()).isEqualTo(passes.backwards() / (double) EXAMPLES);
  }

  @Test
  void eight_threads_give_the_bytes_of_one() throws Exception {
    Network network = network();
    Attributor method = method();
    List<INDArray> inputs = new ArrayList<>();
    List<byte[]> expected = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      INDArray x = gaussian(DataType.DOUBLE, 30 + i, 1 + i % 3, 2, 7, 5);
      inputs.add(x);
      expected.add(bytes(method.attribute(network, x, Target.predicted()).values()));
    }
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<byte[]>> results = new ArrayList<>();
      for (INDArray x : Collections.unmodifiableList(inputs)) {
        results.add(
            threads.submit(() -> bytes(method.attribute(network, x, Target.predicted()).values())));
      }
      for (int i = 0; i < THREADS; i++) {
        assertThat(results.get(i).get()).isEqualTo(expected.get(i));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void progress_rises_to_the_total_and_changes_nothing() {
    List<Long> seen = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Progress listener =
        (done, total) -> {
          seen.add(done);
          totals.add(total);
          return true;
        };
    method(listener)
        .ifPresent(
            method -> {
              INDArray x = batch();
              assertSameBits(
                  method.attribute(network(), x, Target.predicted()).values(),
                  method().attribute(network(), x, Target.predicted()).values());
              assertThat(seen).isNotEmpty().isSorted().doesNotHaveDuplicates();
              assertThat(totals).containsOnly(seen.get(seen.size() - 1));
            });
  }

  @Test
  void a_listener_that_says_no_ends_the_work_after_that_batch() {
    PassCounter passes = new PassCounter();
    List<Long> seen = new ArrayList<>();
    List<Long> forwards = new ArrayList<>();
    Progress listener =
        (done, total) -> {
          seen.add(done);
          forwards.add(passes.forwards());
          return false;
        };
    method(listener)
        .ifPresent(
            method -> {
              Network network = network();
              Network counted = network.counting(passes);
              assertThatThrownBy(() -> method.attribute(counted, batch(), Target.predicted()))
                  .isInstanceOf(CancellationException.class)
                  .hasMessageMatching("cancelled after \\d+ of \\d+ evaluations");
              assertThat(seen).hasSize(1);
              assertThat(passes.forwards()).isEqualTo(forwards.get(0));
              assertSameBits(
                  method().attribute(network, batch(), Target.predicted()).values(),
                  method().attribute(network(), batch(), Target.predicted()).values());
            });
  }

  private static void assertFinite(INDArray values) {
    assertThat(Arrays.stream(numbers(values)).allMatch(Double::isFinite)).isTrue();
  }
}
