package dev.interp.training.filter;

import java.util.Random;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small nets with filter layers. */
final class FilterNets {
  static final int CLASSES = 3;

  private FilterNets() {}

  private static NeuralNetConfiguration.Builder start(DataType type, IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .dataType(type)
        .weightInit(WeightInit.XAVIER)
        .convolutionMode(ConvolutionMode.Same)
        .updater(updater);
  }

  private static OutputLayer output(int classes) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(classes)
        .activation(Activation.SOFTMAX)
        .build();
  }

  static InterpretableConvolution convolution(FilterSettings settings, Activation activation) {
    InterpretableConvolution.Builder builder = new InterpretableConvolution.Builder(settings, 3, 3);
    builder.name("filters").nOut(4).activation(activation);
    return builder.build();
  }

  /** A convolution, an interpretable one, the mean of each map. */
  static MultiLayerNetwork layers(
      FilterSettings settings, DataType type, Activation activation, IUpdater updater) {
    return layers(settings, type, activation, updater, CNN2DFormat.NCHW);
  }

  static MultiLayerNetwork layers(
      FilterSettings settings,
      DataType type,
      Activation activation,
      IUpdater updater,
      CNN2DFormat format) {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            start(type, updater)
                .list()
                .layer(
                    new ConvolutionLayer.Builder(3, 3)
                        .nOut(3)
                        .dataFormat(format)
                        .activation(activation)
                        .build())
                .layer(convolution(settings, activation))
                .layer(new GlobalPoolingLayer(PoolingType.AVG))
                .layer(output(CLASSES))
                .setInputType(InputType.convolutional(6, 5, 2, format))
                .build());
    net.init();
    return net;
  }

  /** A mask behind an ordinary convolution, and an interpretable one on that and the input. */
  static ComputationGraph graph(
      FilterSettings settings, DataType type, Activation activation, IUpdater updater) {
    ComputationGraph net =
        new ComputationGraph(
            start(type, updater)
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.convolutional(6, 5, 2))
                .layer(
                    "left",
                    new ConvolutionLayer.Builder(3, 3).nOut(3).activation(activation).build(),
                    "in")
                .layer("mask", new InterpretableMask.Builder(settings).build(), "left")
                .layer("filters", convolution(settings, activation), "mask", "in")
                .layer("mean", new GlobalPoolingLayer(PoolingType.AVG), "filters")
                .layer("out", output(CLASSES), "mean")
                .setOutputs("out")
                .build());
    net.init();
    return net;
  }

  static DataSet batch(long seed, int examples, DataType type) {
    return batch(seed, examples, type, CNN2DFormat.NCHW);
  }

  static DataSet batch(long seed, int examples, DataType type, CNN2DFormat format) {
    Random random = new Random(seed);
    INDArray x = Nd4j.create(type, examples, 2, 6, 5);
    INDArray y = Nd4j.create(type, examples, CLASSES);
    for (long i = 0; i < x.length(); i++) {
      x.putScalar(i, random.nextGaussian());
    }
    for (int n = 0; n < examples; n++) {
      y.putScalar(n, n % CLASSES, 1);
    }
    return new DataSet(format == CNN2DFormat.NHWC ? x.permute(0, 2, 3, 1).dup('c') : x, y);
  }

  static IUpdater sgd() {
    return new Sgd(1.0);
  }
}
