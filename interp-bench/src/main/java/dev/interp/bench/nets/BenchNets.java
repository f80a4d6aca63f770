package dev.interp.bench.nets;

import java.util.List;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * DeepLearning4J configurations of SqueezeNet 1.1 (Iandola et al. 2016), ResNet-18 (He et al. 2015,
 * as torchvision lays it out) and VGG-16 (Simonyan and Zisserman 2014, configuration D), and a tiny
 * net that tries the benchmarks out. Channels first, a softmax at the end, weights random (He) and
 * seeded. Dropout is left out: it does nothing in evaluation mode.
 */
public final class BenchNets {
  /** SqueezeNet 1.1, 1,235,496 parameters. */
  public static final String SQUEEZENET11 = "squeezenet11";

  /** ResNet-18, 11,689,512 parameters and 9,600 running statistics. */
  public static final String RESNET18 = "resnet18";

  /** VGG-16, 138,357,544 parameters: 550 MB. */
  public static final String VGG16 = "vgg16";

  /** Ten classes on 32 by 32 pixels, with a batch norm, a sum and a concatenation. */
  public static final String TINY = "tiny";

  private static final String INPUT = "picture";
  private static final long SEED = 7;

  private BenchNets() {}

  /**
   * The nets that are measured.
   *
   * @return their names, the smallest first
   */
  public static List<String> measured() {
    return List.of(SQUEEZENET11, RESNET18, VGG16);
  }

  /**
   * A net's configuration; allocates no parameters.
   *
   * @param net its name
   * @return the configuration
   * @throws IllegalArgumentException if there is no net of that name
   */
  public static ComputationGraphConfiguration configuration(String net) {
    Stack stack = new Stack(side(net));
    switch (net) {
      case SQUEEZENET11 -> squeezeNet(stack);
      case RESNET18 -> resNet(stack);
      case VGG16 -> vgg(stack);
      default -> tiny(stack);
    }
    return stack.build();
  }

  /**
   * A net with its random weights; the same weights every time.
   *
   * @param net its name
   * @return the net, initialised
   * @throws IllegalArgumentException if there is no net of that name
   */
  public static ComputationGraph graph(String net) {
    ComputationGraph graph = new ComputationGraph(configuration(net));
    graph.init();
    return graph;
  }

  /**
   * A random batch, standard normal; the same every time.
   *
   * @param net the name of the net it is for
   * @param batch number of examples
   * @return float {@code [batch, 3, side, side]}, owned by the caller
   * @throws IllegalArgumentException if there is no net of that name
   */
  public static INDArray input(String net, int batch) {
    int side = side(net);
    SplittableRandom random = new SplittableRandom(SEED);
    float[] numbers = new float[batch * 3 * side * side];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(numbers).reshape('c', batch, 3, side, side);
  }

  /**
   * The number of classes.
   *
   * @param net the name of a net
   * @return length of its logits
   * @throws IllegalArgumentException if there is no net of that name
   */
  public static int classes(String net) {
    return side(net) == 32 ? 10 : 1000;
  }

  private static int side(String net) {
    return switch (net) {
      case SQUEEZENET11, RESNET18, VGG16 -> 224;
      case TINY -> 32;
      default ->
          throw new IllegalArgumentException(
              "the net must be one of " + measured() + " or " + TINY + ", was '" + net + "'");
    };
  }

  private static void squeezeNet(Stack s) {
    s.convolution("conv1", 64, 3, 2, 0).relu("relu_conv1").maxPool("pool1", 3, 2, 0);
    fire(s, "fire2", 16, 64);
    fire(s, "fire3", 16, 64);
    s.maxPool("pool3", 3, 2, 0);
    fire(s, "fire4", 32, 128);
    fire(s, "fire5", 32, 128);
    s.maxPool("pool5", 3, 2, 0);
    fire(s, "fire6", 48, 192);
    fire(s, "fire7", 48, 192);
    fire(s, "fire8", 64, 256);
    fire(s, "fire9", 64, 256);
    s.convolution("conv10", 1000, 1, 1, 0).relu("relu_conv10").globalAverage("global_average");
    s.add(
        "loss", new LossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build());
  }

  private static void fire(Stack s, String name, int squeeze, int expand) {
    s.convolution(name + "_squeeze", squeeze, 1, 1, 0).relu(name + "_relu_squeeze");
    String squeezed = s.last();
    s.convolution(name + "_expand1x1", expand, 1, 1, 0).relu(name + "_relu_expand1x1");
    String one = s.last();
    s.from(squeezed)
        .convolution(name + "_expand3x3", expand, 3, 1, 1)
        .relu(name + "_relu_expand3x3");
    s.concat(name + "_concat", one, s.last());
  }

  private static void resNet(Stack s) {
    s.plainConvolution("conv1", 64, 7, 2, 3).batchNorm("bn1").relu("relu");
    s.maxPool("maxpool", 3, 2, 1);
    int[] channels = {64, 128, 256, 512};
    for (int stage = 0; stage < channels.length; stage++) {
      for (int block = 0; block < 2; block++) {
        boolean shrinks = stage > 0 && block == 0;
        residual(s, "layer" + (stage + 1) + "." + block, channels[stage], shrinks);
      }
    }
    s.globalAverage("avgpool").output("fc", 1000);
  }

  private static void residual(Stack s, String name, int channels, boolean shrinks) {
    String in = s.last();
    String shortcut = in;
    if (shrinks) {
      s.plainConvolution(name + ".downsample.0", channels, 1, 2, 0);
      shortcut = s.batchNorm(name + ".downsample.1").last();
    }
    s.from(in).plainConvolution(name + ".conv1", channels, 3, shrinks ? 2 : 1, 1);
    s.batchNorm(name + ".bn1").relu(name + ".relu1");
    s.plainConvolution(name + ".conv2", channels, 3, 1, 1).batchNorm(name + ".bn2");
    s.sum(name + ".add", s.last(), shortcut).relu(name + ".relu2");
  }

  private static void vgg(Stack s) {
    int[][] stages = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};
    for (int stage = 1; stage <= stages.length; stage++) {
      for (int i = 1; i <= stages[stage - 1][1]; i++) {
        s.activatedConvolution("conv" + stage + "_" + i, stages[stage - 1][0], 3, 1, 1);
      }
      s.maxPool("pool" + stage, 2, 2, 0);
    }
    s.dense("fc6", 4096).dense("fc7", 4096).output("fc8", 1000);
  }

  private static void tiny(Stack s) {
    s.plainConvolution("conv1", 8, 3, 2, 1).batchNorm("bn1").relu("relu");
    residual(s, "block", 8, true);
    fire(s, "fire", 4, 8);
    s.globalAverage("avgpool").output("fc", 10);
  }

  /** A graph under construction, each layer on top of the last. */
  private static final class Stack {
    private final GraphBuilder graph;
    private String last = INPUT;

    Stack(int side) {
      graph =
          new NeuralNetConfiguration.Builder()
              .seed(SEED)
              .weightInit(WeightInit.RELU)
              .convolutionMode(ConvolutionMode.Truncate)
              .activation(Activation.IDENTITY)
              .graphBuilder()
              .addInputs(INPUT)
              .setInputTypes(InputType.convolutional(side, side, 3, CNN2DFormat.NCHW));
    }

    String last() {
      return last;
    }

    Stack from(String layer) {
      last = layer;
      return this;
    }

    Stack add(String name, org.deeplearning4j.nn.conf.layers.Layer layer) {
      graph.addLayer(name, layer, last);
      return from(name);
    }

    Stack convolution(String name, int channels, int kernel, int stride, int padding) {
      return add(name, window(channels, kernel, stride, padding).build());
    }

    Stack activatedConvolution(String name, int channels, int kernel, int stride, int padding) {
      return add(
          name, window(channels, kernel, stride, padding).activation(Activation.RELU).build());
    }

    Stack plainConvolution(String name, int channels, int kernel, int stride, int padding) {
      return add(name, window(channels, kernel, stride, padding).hasBias(false).build());
    }

    private static ConvolutionLayer.Builder window(
        int channels, int kernel, int stride, int padding) {
      return new ConvolutionLayer.Builder(kernel, kernel)
          .stride(stride, stride)
          .padding(padding, padding)
          .nOut(channels);
    }

    Stack batchNorm(String name) {
      return add(name, new BatchNormalization.Builder().build());
    }

    Stack relu(String name) {
      return add(name, new ActivationLayer(Activation.RELU));
    }

    Stack maxPool(String name, int kernel, int stride, int padding) {
      return add(
          name,
          new SubsamplingLayer.Builder(PoolingType.MAX)
              .kernelSize(kernel, kernel)
              .stride(stride, stride)
              .padding(padding, padding)
              .build());
    }

    Stack globalAverage(String name) {
      return add(name, new GlobalPoolingLayer(PoolingType.AVG));
    }

    Stack dense(String name, int width) {
      return add(name, new DenseLayer.Builder().nOut(width).activation(Activation.RELU).build());
    }

    Stack output(String name, int classes) {
      return add(
          name,
          new OutputLayer.Builder(LossFunction.MCXENT)
              .nOut(classes)
              .activation(Activation.SOFTMAX)
              .build());
    }

    Stack concat(String name, String... inputs) {
      graph.addVertex(name, new MergeVertex(), inputs);
      return from(name);
    }

    Stack sum(String name, String... inputs) {
      graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), inputs);
      return from(name);
    }

    ComputationGraphConfiguration build() {
      return graph.setOutputs(last).build();
    }
  }
}
