package dev.interp.bench.conformance;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Engine;
import dev.interp.core.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The nets of the shared data as DeepLearning4J nets with the published weights, lowered. */
final class ReferenceNets {
  private static final double BATCH_NORM_EPSILON = 1e-5;

  private final SharedData data;

  ReferenceNets(SharedData data) {
    this.data = data;
  }

  Network network(String net) throws Exception {
    return switch (net) {
      case "squeezenet11" -> squeezeNet();
      case "lenet_mnist" -> leNetMnist();
      case "lenet_cifar10" -> leNetCifar();
      case "resnet20_cifar10" -> resNet20(false);
      default -> throw new IllegalArgumentException(net);
    };
  }

  /** The network in float64, and in float32 on every engine that is there. */
  static List<Network> onEveryEngine(Network network) {
    List<Network> all = new ArrayList<>(List.of(network.withPrecision(DataType.DOUBLE)));
    for (Engine engine : List.of(Engine.ND4J, Engine.ONEDNN)) {
      if (engine.isThere()) {
        all.add(network.withPrecision(DataType.FLOAT).withEngine(engine));
      }
    }
    return all;
  }

  /** Where the reference's class activation maps look. */
  static String camLayer(String net) {
    return switch (net) {
      case "squeezenet11" -> "fire9_concat";
      case "resnet20_cifar10" -> "layer3.2.relu2";
      default -> "conv2";
    };
  }

  private Network squeezeNet() throws Exception {
    String file = data.path("squeezenet11/squeezenet11_keras2.h5").toString();
    return Dl4j.network(KerasModelImport.importKerasModelAndWeights(file, false));
  }

  private Network leNetMnist() {
    return sequential(
        new NeuralNetConfiguration.Builder()
            .convolutionMode(ConvolutionMode.Truncate)
            .list()
            .layer(convolution("conv1", 20, 5, Activation.IDENTITY))
            .layer(halving("pool1"))
            .layer(convolution("conv2", 50, 5, Activation.IDENTITY))
            .layer(halving("pool2"))
            .layer(dense("ip1", 500))
            .layer(output("ip2"))
            .setInputType(InputType.convolutional(28, 28, 1))
            .build(),
        data.arrays("lenet_mnist/weights.npz"));
  }

  private Network leNetCifar() {
    return sequential(
        new NeuralNetConfiguration.Builder()
            .convolutionMode(ConvolutionMode.Truncate)
            .list()
            .layer(convolution("conv1", 6, 5, Activation.RELU))
            .layer(halving("pool1"))
            .layer(convolution("conv2", 16, 5, Activation.RELU))
            .layer(halving("pool2"))
            .layer(dense("fc1", 120))
            .layer(dense("fc2", 84))
            .layer(output("fc3"))
            .setInputType(InputType.convolutional(32, 32, 3))
            .build(),
        data.arrays("lenet_cifar10/weights.npz"));
  }

  private static ConvolutionLayer convolution(
      String name, int channels, int kernel, Activation activation) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .name(name)
        .nOut(channels)
        .activation(activation)
        .build();
  }

  private static SubsamplingLayer halving(String name) {
    return new SubsamplingLayer.Builder(PoolingType.MAX)
        .name(name)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }

  private static DenseLayer dense(String name, int width) {
    return new DenseLayer.Builder().name(name).nOut(width).activation(Activation.RELU).build();
  }

  private static OutputLayer output(String name) {
    return new OutputLayer.Builder().name(name).nOut(10).activation(Activation.SOFTMAX).build();
  }

  private static Network sequential(
      MultiLayerConfiguration configuration, Map<String, INDArray> weights) {
    MultiLayerNetwork net = new MultiLayerNetwork(configuration);
    net.init();
    for (var layer : net.getLayers()) {
      setWeights(layer, weights);
    }
    return Dl4j.network(net);
  }

  /** The names of the files are those of PyTorch, whose dense weights are {@code [out, in]}. */
  private static void setWeights(
      org.deeplearning4j.nn.api.Layer layer, Map<String, INDArray> weights) {
    String name = layer.conf().getLayer().getLayerName();
    INDArray kernel = weights.get(name + ".weight");
    if (layer.numParams() == 0 || kernel == null) {
      return;
    }
    if (layer.conf().getLayer() instanceof BatchNormalization) {
      layer.getParam("gamma").assign(kernel);
      layer.getParam("beta").assign(weights.get(name + ".bias"));
      layer.getParam("mean").assign(weights.get(name + ".running_mean"));
      layer.getParam("var").assign(weights.get(name + ".running_var"));
      return;
    }
    layer.getParam("W").assign(kernel.rank() == 2 ? kernel.transpose() : kernel);
    INDArray bias = weights.get(name + ".bias");
    if (bias != null) {
      layer.getParam("b").assign(bias);
    }
  }

  /** With its batch norms, or with them merged into the convolutions as in the reference. */
  Network resNet20(boolean batchNorm) {
    GraphBuilder graph =
        new NeuralNetConfiguration.Builder()
            .convolutionMode(ConvolutionMode.Truncate)
            .graphBuilder()
            .addInputs("picture")
            .setInputTypes(InputType.convolutional(32, 32, 3));
    String last = normalised(graph, "conv1", "bn1", "picture", 16, 1, batchNorm);
    last = relu(graph, "relu1", last);
    for (int stage = 1; stage <= 3; stage++) {
      for (int block = 0; block < 3; block++) {
        boolean shrinks = stage > 1 && block == 0;
        last = block(graph, "layer" + stage + "." + block, last, 8 << stage, shrinks, batchNorm);
      }
    }
    graph.addLayer("average", new GlobalPoolingLayer(PoolingType.AVG), last);
    graph.addLayer("linear", output("linear"), "average").setOutputs("linear");
    ComputationGraph net = new ComputationGraph(graph.build());
    net.init();
    Map<String, INDArray> weights =
        data.arrays("resnet20_cifar10/weights_" + (batchNorm ? "bn" : "folded") + ".npz");
    for (var layer : net.getLayers()) {
      setWeights(layer, weights);
      if (layer.conf().getLayer().getLayerName().endsWith(".shortcut")) {
        layer.getParam("W").assign(centred(layer.getParam("W").shape()));
      }
    }
    return Dl4j.network(net);
  }

  private static String block(
      GraphBuilder graph,
      String name,
      String input,
      int channels,
      boolean shrinks,
      boolean batchNorm) {
    int stride = shrinks ? 2 : 1;
    String last =
        normalised(graph, name + ".conv1", name + ".bn1", input, channels, stride, batchNorm);
    last = relu(graph, name + ".relu1", last);
    last = normalised(graph, name + ".conv2", name + ".bn2", last, channels, 1, batchNorm);
    String shortcut = input;
    if (shrinks) {
      shortcut = name + ".shortcut";
      ConvolutionLayer everySecond =
          new ConvolutionLayer.Builder(1, 1)
              .stride(2, 2)
              .nOut(channels)
              .hasBias(false)
              .activation(Activation.IDENTITY)
              .build();
      graph.addLayer(shortcut, everySecond, input);
    }
    graph.addVertex(name + ".sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), last, shortcut);
    return relu(graph, name + ".relu2", name + ".sum");
  }

  private static String normalised(
      GraphBuilder graph,
      String convolution,
      String norm,
      String input,
      int channels,
      int stride,
      boolean batchNorm) {
    ConvolutionLayer layer =
        new ConvolutionLayer.Builder(3, 3)
            .stride(stride, stride)
            .padding(1, 1)
            .nOut(channels)
            .hasBias(!batchNorm)
            .activation(Activation.IDENTITY)
            .build();
    graph.addLayer(convolution, layer, input);
    if (!batchNorm) {
      return convolution;
    }
    graph.addLayer(
        norm,
        new BatchNormalization.Builder().eps(BATCH_NORM_EPSILON).useLogStd(false).build(),
        convolution);
    return norm;
  }

  private static String relu(GraphBuilder graph, String name, String input) {
    graph.addLayer(name, new ActivationLayer(Activation.RELU), input);
    return name;
  }

  /** Input channels in the middle of twice as many: zero channels before and behind. */
  private static INDArray centred(long[] shape) {
    INDArray weights = Nd4j.zeros(shape);
    long before = (shape[0] - shape[1]) / 2;
    for (long c = 0; c < shape[1]; c++) {
      weights
          .get(
              NDArrayIndex.point(before + c),
              NDArrayIndex.point(c),
              NDArrayIndex.all(),
              NDArrayIndex.all())
          .assign(1);
    }
    return weights;
  }
}
