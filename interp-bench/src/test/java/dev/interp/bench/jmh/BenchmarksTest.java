package dev.interp.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.bench.nets.BenchNets;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every benchmark method once, without JMH, on a tiny net. */
class BenchmarksTest {

  @Test
  void forward_reads_the_logits_twice_alike() {
    NetworkState state = state();
    float logit = state.network().logits(state.x()).getFloat(0, 0);
    NetworkBenchmark benchmark = new NetworkBenchmark();

    assertThat(benchmark.forward(state)).isEqualTo(logit);
    assertThat(benchmark.forward(state)).isEqualTo(logit);
  }

  @Test
  void hooks_change_nothing_of_the_logits() {
    NetworkState state = state();
    float logit = new NetworkBenchmark().forward(state);
    HooksBenchmark benchmark = new HooksBenchmark();

    assertThat(benchmark.none(state)).isCloseTo(logit, within(1e-5f));
    assertThat(benchmark.keepOne(state)).isCloseTo(logit, within(1e-5f));
    assertThat(benchmark.keepAll(state)).isCloseTo(logit, within(1e-5f));
  }

  @Test
  void the_gradient_reaches_the_input() {
    assertThat(new NetworkBenchmark().forwardAndGradient(state())).isFinite().isNotZero();
  }

  @Test
  void grad_cam_gives_a_map_per_example() {
    NetworkState state = state();

    INDArray maps = GradCamBenchmark.explain(state);

    assertThat(maps.shape()).containsExactly(2, 1, 8, 8);
    assertThat(maps.maxNumber().doubleValue()).isPositive();
    assertThat(new GradCamBenchmark().gradCam(state)).isEqualTo(maps.getFloat(0, 0, 0, 0));
  }

  @Test
  void dl4j_gives_probabilities_and_a_loss() {
    Dl4jState state = new Dl4jState();
    state.net = BenchNets.TINY;
    state.batch = 2;
    state.setUp();
    Dl4jLayersBenchmark benchmark = new Dl4jLayersBenchmark();

    assertThat(benchmark.forward(state)).isBetween(0f, 1f);
    assertThat(benchmark.forwardAndGradient(state)).isPositive();
    assertThat(benchmark.forwardAndGradient(state)).isPositive();
    assertThat(state.graph().gradient().gradient().norm2Number().doubleValue()).isPositive();
  }

  @Test
  void methods_of_layers_look_at_a_layer_that_exists() {
    for (String net : List.of(BenchNets.SQUEEZENET11, BenchNets.RESNET18)) {
      Network network = Dl4j.network(BenchNets.graph(net));
      assertThat(network.layer(MethodBenchmark.middle(net)).isSpatial()).isTrue();
    }
  }

  private static NetworkState state() {
    NetworkState state = new NetworkState();
    state.net = BenchNets.TINY;
    state.batch = 2;
    state.setUp();
    return state;
  }
}
