package dev.interp.core.dl4j;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.Tensors;
import java.util.List;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What cannot be lowered, layers of the user's own, and input sizes. */
class RefusalTest {
  private static final Dl4j SIZED = Dl4j.standard().withInput(2, 6, 5);
  private static final String REGISTER = "register a lowering for it with Dl4j.standard().with(";

  private static MultiLayerNetwork middle(DataType type, CNN2DFormat format, Layer... layers) {
    return NetCases.net(
        type,
        InputType.convolutional(6, 5, 2, format),
        list -> {
          list.layer(Nets.identity(3, 3));
          for (Layer layer : layers) {
            list.layer(layer);
          }
          list.layer(Nets.identity(3, 2)).layer(Nets.output(3));
        });
  }

  @Test
  void recurrent_layers_are_refused_by_name() {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            Nets.start(DataType.FLOAT)
                .list()
                .layer(new LSTM.Builder().nIn(2).nOut(3).name("memory").build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MSE)
                        .activation(Activation.IDENTITY)
                        .nIn(3)
                        .nOut(2)
                        .build())
                .build());
    net.init();
    assertThatThrownBy(() -> Dl4j.network(net))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("layer 'memory' is a LSTM: only nets on two-dimensional pictures");
  }

  @Test
  void one_and_three_dimensional_layers_are_refused_by_name() {
    MultiLayerNetwork one =
        NetCases.net(
            DataType.FLOAT,
            InputType.recurrent(2, 9),
            list ->
                list.layer(new Convolution1DLayer.Builder(3).nOut(2).build())
                    .layer(new GlobalPoolingLayer())
                    .layer(Nets.output(2)));
    assertThatThrownBy(() -> Dl4j.network(one))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("layer 'layer0' is a Convolution1DLayer: only nets on");
    MultiLayerNetwork three =
        NetCases.net(
            DataType.FLOAT,
            InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 4, 4, 4, 2),
            list ->
                list.layer(new Convolution3D.Builder(2, 2, 2).nOut(2).build())
                    .layer(Nets.output(2)));
    assertThatThrownBy(() -> Dl4j.network(three))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("layer 'layer0' is a Convolution3D: only nets on");
  }

  @Test
  void a_graph_of_two_inputs_is_refused() {
    ComputationGraph net =
        new ComputationGraph(
            Nets.start(DataType.FLOAT)
                .graphBuilder()
                .addInputs("left", "right")
                .addLayer("a", new DenseLayer.Builder().nOut(2).build(), "left", "right")
                .addLayer("out", Nets.output(2), "a")
                .setOutputs("out")
                .setInputTypes(InputType.feedForward(2), InputType.feedForward(3))
                .build());
    net.init();
    assertThatThrownBy(() -> Dl4j.network(net))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the net must have one input, has [left, right]");
  }

  @Test
  void a_softmax_along_columns_is_refused_and_over_channels_is_not() {
    for (Layer layer :
        List.of(
            new ActivationLayer(Activation.SOFTMAX),
            new ConvolutionLayer.Builder(1, 1).nOut(3).activation(Activation.SOFTMAX).build())) {
      assertThatThrownBy(() -> SIZED.lower(middle(DataType.FLOAT, CNN2DFormat.NCHW, layer.clone())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "layer 'layer1' has a softmax on maps, which DeepLearning4J runs");
      agrees(middle(DataType.DOUBLE, CNN2DFormat.NHWC, layer.clone()), Dl4j.standard(), true);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_layer_without_parameters_becomes_opaque(CNN2DFormat format) {
    MultiLayerNetwork net = middle(DataType.DOUBLE, format, new SquareLayer(2));
    Network network = agrees(net, Dl4j.standard(), format == CNN2DFormat.NHWC);
    assertThat(network.layer("layer1").kind()).isEqualTo("opaque (SquareLayer)");
  }

  @ParameterizedTest
  @EnumSource
  void a_layer_with_parameters_becomes_opaque(CNN2DFormat format) {
    Layer gate = new GateLayer.Builder().nIn(30).nOut(4).activation(Activation.TANH).build();
    MultiLayerNetwork net =
        NetCases.net(
            DataType.DOUBLE,
            InputType.convolutional(6, 5, 2, format),
            list ->
                list.layer(Nets.identity(3, 1))
                    .layer(new DenseLayer.Builder().nOut(30).build())
                    .layer(gate)
                    .layer(Nets.output(3)));
    Network network = agrees(net, Dl4j.standard(), format == CNN2DFormat.NHWC);
    assertThat(network.layer("layer2").kind()).isEqualTo("opaque (GateLayer)");
  }

  @Test
  void an_opaque_layer_in_float32_is_accepted_too() {
    MultiLayerNetwork net = middle(DataType.FLOAT, CNN2DFormat.NCHW, new SquareLayer(2));
    Network network = SIZED.lower(net);
    INDArray x = gaussian(DataType.FLOAT, 2, 3, 2, 6, 5);
    try (Trace trace = network.run(x, Hooks.none().keep(network.output()))) {
      assertClose(trace.activation(network.output()), net.output(x), 1e-5);
    }
  }

  @Test
  void a_wrong_gradient_is_refused() {
    MultiLayerNetwork net = middle(DataType.DOUBLE, CNN2DFormat.NCHW, new SquareLayer(3));
    assertThatThrownBy(() -> SIZED.lower(net))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("layer 'layer1' (SquareLayer) is unknown and cannot be used as it")
        .hasMessageContaining("its gradient along a random direction is")
        .hasMessageContaining(REGISTER + "SquareLayer.class, …)");
  }

  @Test
  void a_missing_gradient_is_refused() {
    MultiLayerNetwork net = middle(DataType.DOUBLE, CNN2DFormat.NCHW, new SquareLayer(0));
    assertThatThrownBy(() -> SIZED.lower(net))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gives no gradient for the input")
        .hasMessageContaining(REGISTER + "SquareLayer.class, …)");
  }

  @Test
  void a_registered_lowering_takes_the_place_of_the_layer() {
    MultiLayerNetwork net = middle(DataType.DOUBLE, CNN2DFormat.NCHW, new SquareLayer(0));
    Dl4j dl4j =
        SIZED.with(
            SquareLayer.class,
            (layer, scope) ->
                scope.result(new Op.Activation(Activation.CUBE.getActivationFunction())));
    Network network = dl4j.lower(net);
    assertThat(network.layer("layer1").kind()).isEqualTo("cube");
    Dl4j square = SIZED.with(SquareLayer.class, (layer, scope) -> scope.result(new Op.Scale(1, 0)));
    assertThat(square.lower(net).layer("layer1").kind()).isEqualTo("shift");
    assertThat(dl4j.lower(net).layer("layer1").kind()).isEqualTo("cube");
  }

  @Test
  void a_lowering_without_result_is_told() {
    MultiLayerNetwork net = middle(DataType.DOUBLE, CNN2DFormat.NCHW, new SquareLayer(2));
    Dl4j dl4j = SIZED.with(SquareLayer.class, (layer, scope) -> scope.part("x", new Op.Softmax()));
    assertThatThrownBy(() -> dl4j.lower(net))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the lowering of layer 'layer1' must end with result or activated");
  }

  @Test
  void a_dense_layer_fixes_the_input_size() {
    MultiLayerNetwork net =
        NetCases.net(
            DataType.FLOAT,
            InputType.convolutional(19, 19, 3),
            list -> list.layer(Nets.identity(3, 2)).layer(Nets.output(2)));
    assertThat(Dl4j.network(net).inputShape()).containsExactly(3, 19, 19);
  }

  @Test
  void a_global_pool_leaves_the_input_size_open() {
    Network network = Dl4j.network(Nets.residual(DataType.FLOAT));
    assertThat(network.inputShape()).containsExactly(2, -1, -1);
    assertThat(network.typicalInput()).containsExactly(2, 224, 224);
    assertThat(network.logits(gaussian(DataType.FLOAT, 1, 2, 2, 9, 4)).shape())
        .containsExactly(2, 3);
    assertThat(network.logits(gaussian(DataType.FLOAT, 1, 1, 2, 1, 1)).shape())
        .containsExactly(1, 3);
  }

  @Test
  void where_some_sizes_fit_the_roundest_is_typical_and_all_are_taken() {
    MultiLayerNetwork net =
        NetCases.net(
            DataType.FLOAT,
            InputType.convolutional(33, 33, 1),
            list ->
                list.layer(new ConvolutionLayer.Builder(4, 4).stride(4, 4).nOut(2).build())
                    .layer(Nets.output(2)));
    Network network = Dl4j.network(net);
    assertThat(network.inputShape()).containsExactly(1, -1, -1);
    assertThat(network.typicalInput()).containsExactly(1, 32, 32);
    assertThat(network.logits(gaussian(DataType.FLOAT, 1, 1, 1, 33, 35)).shape())
        .containsExactly(1, 2);
  }

  @Test
  void a_picture_that_is_not_square_must_be_given() {
    MultiLayerNetwork net = Nets.plain(DataType.FLOAT);
    assertThatThrownBy(
            () ->
                Dl4j.network(
                    NetCases.net(
                        DataType.FLOAT,
                        InputType.convolutional(7, 5, 1),
                        list -> list.layer(Nets.identity(3, 1)).layer(Nets.output(2)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the net takes no square picture; give its input with Dl4j");
    assertThat(Dl4j.standard().withInput(2, 8, 6).lower(net).inputShape()).containsExactly(2, 8, 6);
    assertThatThrownBy(() -> Dl4j.standard().withInput(3, 8, 6).lower(net))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("convolution: the input must have 2 channels, was 3");
  }

  private static Network agrees(MultiLayerNetwork net, Dl4j dl4j, boolean channelsLast) {
    Network network = dl4j.withInput(2, 6, 5).lower(net);
    INDArray x = gaussian(DataType.DOUBLE, 2, 3, 2, 6, 5);
    INDArray own = channelsLast ? x.permute(0, 2, 3, 1).dup('c') : x;
    INDArray one = x.slice(0).reshape(1, 2, 6, 5);
    try (Trace trace = network.run(x, Hooks.none().keep(network.output()))) {
      assertClose(trace.activation(network.output()), net.output(own), 1e-10);
    }
    try (Trace trace = network.run(one, Hooks.none())) {
      assertClose(
          trace.gradient(Target.ofClass(1), Network.INPUT),
          Tensors.slope(batch -> network.logits(batch).getColumn(1).dup(), one),
          1e-6);
    }
    return network;
  }
}
