package dev.interp.bench.demo;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * The architecture of the demo model: five convolutions with ReLU, two of them followed by max
 * pooling, the mean of each map, and a softmax. The last maps have an eighth of the picture's side
 * and each of their cells sees 59 x 59 pixels. A single linear layer reads the mean maps, so class
 * activation maps are exact.
 */
final class DemoNet {
  private DemoNet() {}

  /**
   * Makes an untrained net.
   *
   * @param seed of the first weights
   * @param resolution columns, and rows, of the input
   * @param classes number of classes
   * @param learningRate of the first step
   * @param steps after which the learning rate is 0
   */
  static MultiLayerNetwork create(
      long seed, int resolution, int classes, double learningRate, int steps) {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                // ND4J takes the time for a seed of 0.
                .seed(seed == 0 ? Long.MIN_VALUE : seed)
                .weightInit(WeightInit.RELU)
                .updater(new Adam(new PolySchedule(ScheduleType.ITERATION, learningRate, 1, steps)))
                .list()
                .layer(convolution("conv1", 5, 2, 16))
                .layer(pool("pool1"))
                .layer(convolution("conv2", 3, 1, 32))
                .layer(convolution("conv3", 3, 1, 32))
                .layer(pool("pool2"))
                .layer(convolution("conv4", 3, 1, 64))
                .layer(convolution("conv5", 3, 1, 96))
                .layer(new GlobalPoolingLayer.Builder(PoolingType.AVG).name("mean").build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .name("output")
                        .nOut(classes)
                        .activation(Activation.SOFTMAX)
                        .weightInit(WeightInit.XAVIER)
                        .build())
                .setInputType(InputType.convolutional(resolution, resolution, 3))
                .build());
    net.init();
    return net;
  }

  private static ConvolutionLayer convolution(String name, int kernel, int stride, int maps) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .name(name)
        .stride(stride, stride)
        .convolutionMode(ConvolutionMode.Same)
        .nOut(maps)
        .activation(Activation.RELU)
        .build();
  }

  private static SubsamplingLayer pool(String name) {
    return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
        .name(name)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }
}
