package dev.interp.core.dl4j;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.testkit.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Lowered nets against DeepLearning4J's own output. */
class Dl4jNetTest {
  private static final int EXAMPLES = 2;

  static Stream<NetCases.Case> cases() {
    return NetCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void output_is_that_of_the_net_in_float64(NetCases.Case c) {
    // DeepLearning4J's L2NormalizeVertex makes its result in the default type and then refuses.
    if (c.name().contains("l2 of maps")) {
      return;
    }
    agrees(c, c.make().apply(DataType.DOUBLE), DataType.DOUBLE, 1e-10);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void output_is_that_of_the_net_in_float32(NetCases.Case c) {
    agrees(c, c.make().apply(DataType.FLOAT), DataType.FLOAT, 1e-5);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradient_is_the_finite_difference(NetCases.Case c) {
    Network network = lower(c, c.make().apply(DataType.DOUBLE));
    INDArray x = input(c, DataType.DOUBLE);
    INDArray logits = network.logits(x);
    INDArray weights = gaussian(DataType.DOUBLE, 8, logits.shape());
    Target.Resolved target =
        new Target.Resolved(
            network.logits(),
            Collections.nCopies(EXAMPLES, -1),
            gaussian(DataType.DOUBLE, 1, EXAMPLES),
            weights);
    INDArray gradient;
    try (Trace trace = network.run(x, Hooks.none())) {
      gradient = trace.gradients(target, List.of(Network.INPUT)).get(0);
    }
    INDArray first = weights.slice(0).reshape(-1, 1);
    INDArray slope =
        Tensors.slope(
            batch -> network.logits(batch).reshape(batch.size(0), -1).mmul(first),
            x.slice(0).reshape(one(x.shape())));
    assertClose(gradient.slice(0).reshape(one(x.shape())), slope, 1e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void the_net_is_left_as_it_was_and_survives_saving(NetCases.Case c, @TempDir Path folder)
      throws IOException {
    Model net = c.make().apply(DataType.FLOAT);
    INDArray before = net.params().dup();
    Network network = lower(c, net);
    Path file = folder.resolve("net.zip");
    ModelSerializer.writeModel(net, file.toFile(), false);
    Model again =
        net instanceof MultiLayerNetwork
            ? ModelSerializer.restoreMultiLayerNetwork(file.toFile())
            : ModelSerializer.restoreComputationGraph(file.toFile());
    Network loaded = lower(c, again);
    assertThat(loaded.fingerprint()).isEqualTo(network.fingerprint());
    assertThat(loaded.layers()).isEqualTo(network.layers());
    INDArray x = input(c, DataType.FLOAT);
    assertSameBits(loaded.logits(x), network.logits(x));
    assertSameBits(net.params(), before);
  }

  private static void agrees(NetCases.Case c, Model net, DataType type, double tolerance) {
    Network network = lower(c, net);
    assertThat(network.precision()).isEqualTo(type);
    assertThat(network.inputShape()).isEqualTo(c.input());
    INDArray x = input(c, type);
    try (Trace trace = network.run(x, Hooks.none().keep(network.output()))) {
      assertClose(trace.activation(network.output()), output(c, net, x), tolerance);
    }
  }

  /** Nets with global pooling take any size, which these tests do not want. */
  private static Network lower(NetCases.Case c, Model net) {
    Dl4j dl4j =
        c.layout() == NetCases.Layout.FLAT || c.layout() == NetCases.Layout.VECTOR
            ? Dl4j.standard()
            : Dl4j.standard().withInput(c.input());
    return net instanceof MultiLayerNetwork m ? dl4j.lower(m) : dl4j.lower((ComputationGraph) net);
  }

  private static INDArray output(NetCases.Case c, Model net, INDArray x) {
    INDArray own =
        switch (c.layout()) {
          case NHWC -> x.permute(0, 2, 3, 1).dup('c');
          case FLAT -> x.dup('c').reshape('c', x.size(0), -1);
          default -> x;
        };
    INDArray y =
        net instanceof MultiLayerNetwork m
            ? m.output(own)
            : ((ComputationGraph) net).outputSingle(own);
    return c.layout() == NetCases.Layout.NHWC && y.rank() == 4 ? y.permute(0, 3, 1, 2) : y;
  }

  private static INDArray input(NetCases.Case c, DataType type) {
    long[] batch = new long[c.input().length + 1];
    batch[0] = EXAMPLES;
    System.arraycopy(c.input(), 0, batch, 1, c.input().length);
    return gaussian(type, 3, batch);
  }

  private static long[] one(long[] batch) {
    long[] single = batch.clone();
    single[0] = 1;
    return single;
  }
}
