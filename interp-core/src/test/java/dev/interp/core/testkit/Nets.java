package dev.interp.core.testkit;

import java.util.Random;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
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
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small DeepLearning4J nets with parameters that are not special in any way. */
public final class Nets {
  private Nets() {}

  /**
   * The start of every configuration here.
   *
   * @param type of the parameters
   * @return a builder with a seed and ReLU as the usual activation
   */
  public static NeuralNetConfiguration.Builder start(DataType type) {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .dataType(type)
        .activation(Activation.RELU)
        .convolutionMode(ConvolutionMode.Truncate);
  }

  /**
   * Convolutions, a pool and two dense layers on 2×8×6 pictures, four classes.
   *
   * @param type of the parameters
   * @return the net, initialised
   */
  public static MultiLayerNetwork plain(DataType type) {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            start(type)
                .list()
                .layer(
                    new ConvolutionLayer.Builder(3, 3).nOut(4).padding(1, 1).name("conv").build())
                .layer(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build())
                .layer(new ConvolutionLayer.Builder(2, 2).nOut(5).name("deep").build())
                .layer(new DenseLayer.Builder().nOut(7).activation(Activation.TANH).build())
                .layer(output(4))
                .setInputType(InputType.convolutional(8, 6, 2))
                .build());
    net.init();
    shake(net);
    return net;
  }

  /**
   * A residual block with batch normalisation on pictures of two channels and any size, three
   * classes.
   *
   * @param type of the parameters
   * @return the net, initialised
   */
  public static ComputationGraph residual(DataType type) {
    ComputationGraph net =
        new ComputationGraph(
            start(type)
                .graphBuilder()
                .addInputs("in")
                .addLayer("stem", identity(3, 4), "in")
                .addLayer("bn1", new BatchNormalization(), "stem")
                .addLayer("relu1", new ActivationLayer(Activation.RELU), "bn1")
                .addLayer("conv2", identity(3, 4), "relu1")
                .addLayer("bn2", new BatchNormalization(), "conv2")
                .addVertex(
                    "add",
                    new org.deeplearning4j.nn.conf.graph.ElementWiseVertex(
                        org.deeplearning4j.nn.conf.graph.ElementWiseVertex.Op.Add),
                    "bn2",
                    "relu1")
                .addLayer("relu2", new ActivationLayer(Activation.RELU), "add")
                .addLayer("pool", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "relu2")
                .addLayer("out", output(3), "pool")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(7, 5, 2))
                .build());
    net.init();
    shake(net);
    return net;
  }

  /**
   * A convolution without activation that keeps the size.
   *
   * @param kernel side
   * @param outputs channels
   * @return the configuration
   */
  public static ConvolutionLayer identity(int kernel, int outputs) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .nOut(outputs)
        .convolutionMode(ConvolutionMode.Same)
        .activation(Activation.IDENTITY)
        .build();
  }

  /**
   * A softmax output.
   *
   * @param classes how many
   * @return the configuration
   */
  public static OutputLayer output(int classes) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(classes)
        .activation(Activation.SOFTMAX)
        .build();
  }

  /**
   * Gives all parameters numbers that stand for nothing, running statistics included.
   *
   * @param model a net; modified
   */
  public static void shake(Model model) {
    Random random = new Random(17);
    Layer[] layers =
        model instanceof MultiLayerNetwork net
            ? net.getLayers()
            : ((ComputationGraph) model).getLayers();
    for (Layer layer : layers) {
      layer.paramTable().forEach((key, array) -> shake(key, array, random));
    }
  }

  private static void shake(String key, INDArray array, Random random) {
    double fan = array.rank() < 2 ? 1 : Math.max(1.0, array.length() / (double) array.size(0));
    for (long i = 0; i < array.length(); i++) {
      double g = random.nextGaussian();
      array.putScalar(
          i,
          switch (key) {
            case "var" -> 0.5 + g * g;
            case "log10stdev" -> 0.3 * g;
            case "gamma" -> 1 + 0.3 * g;
            case "b", "beta", "mean" -> 0.3 * g;
            default -> 1.5 * g / Math.sqrt(fan);
          });
    }
  }
}
