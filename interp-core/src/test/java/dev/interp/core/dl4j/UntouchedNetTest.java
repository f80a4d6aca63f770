package dev.interp.core.dl4j;

import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.Tensors;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.listeners.CollectScoresIterationListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The user's net is read and nothing else. */
class UntouchedNetTest {
  private static final INDArray X = gaussian(DataType.FLOAT, 2, 2, 2, 8, 6);

  /** Runs, differentiates, and fails in a hook. */
  private static void use(Network network) {
    network.logits(X);
    String last = network.logits();
    try (Trace trace = network.run(X, Hooks.none().keepAll())) {
      trace.gradient(Target.predicted(), Network.INPUT);
    }
    Hooks failing =
        Hooks.none()
            .edit(
                last,
                a -> {
                  throw new IllegalStateException("on purpose");
                });
    assertThatThrownBy(() -> network.run(X, failing)).hasMessage("on purpose");
  }

  private static void isUntouched(Layer[] layers) {
    assertThat(layers).allSatisfy(layer -> assertThat(layer.input()).isNull());
  }

  @Test
  void a_stack_of_layers() {
    MultiLayerNetwork net =
        NetCases.net(
            DataType.FLOAT,
            InputType.convolutional(8, 6, 2),
            list ->
                list.layer(new FrozenLayer(Nets.identity(3, 3)))
                    .layer(new DropoutLayer(0.5))
                    .layer(new SquareLayer(2))
                    .layer(Nets.output(3)));
    net.setListeners(new CollectScoresIterationListener());
    INDArray parameters = net.params().dup();
    String configuration = net.getLayerWiseConfigurations().toJson();
    long seed = Nd4j.getRandom().getSeed();
    Nd4j.getRandom().setSeed(3);
    double next = Nd4j.getRandom().nextDouble();
    Nd4j.getRandom().setSeed(3);
    use(Dl4j.standard().withInput(2, 8, 6).lower(net));
    assertThat(Nd4j.getRandom().nextDouble()).isEqualTo(next);
    Nd4j.getRandom().setSeed(seed);
    assertSameBits(net.params(), parameters);
    assertThat(net.getLayerWiseConfigurations().toJson()).isEqualTo(configuration);
    assertThat(net.getListeners()).hasSize(1);
    assertThat(net.getInput()).isNull();
    isUntouched(net.getLayers());
  }

  @Test
  void a_graph() {
    ComputationGraph net = Nets.residual(DataType.FLOAT);
    net.setListeners(List.of(new CollectScoresIterationListener()));
    INDArray parameters = net.params().dup();
    use(Dl4j.network(net));
    assertSameBits(net.params(), parameters);
    assertThat(net.getListeners()).hasSize(1);
    isUntouched(net.getLayers());
  }

  @Test
  void parameters_are_shared_and_not_copied() {
    MultiLayerNetwork net = Nets.plain(DataType.FLOAT);
    Network network = Dl4j.standard().withInput(2, 8, 6).lower(net);
    INDArray weights = net.getParam("0_W");
    assertThat(network.nodes().get(1).op().parameters().get(0)).isSameAs(weights);
  }

  @Test
  void frozen_layers_pass_the_signal() {
    MultiLayerNetwork net =
        NetCases.net(
            DataType.DOUBLE,
            InputType.convolutional(8, 6, 2),
            list -> list.layer(new FrozenLayer(Nets.identity(3, 3))).layer(Nets.output(3)));
    Network network = Dl4j.standard().withInput(2, 8, 6).lower(net);
    try (Trace trace = network.run(X, Hooks.none())) {
      double[] gradient = Tensors.numbers(trace.gradient(Target.ofClass(0), Network.INPUT));
      assertThat(gradient).doesNotContain(0);
    }
  }
}
