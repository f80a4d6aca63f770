package dev.interp.bench.cli;

import dev.interp.bench.nets.BenchNets;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Model, array and picture files for tests. */
final class SmallNets {
  private SmallNets() {}

  /** Three channels of 12 × 12, a convolution, four classes. */
  static Path layers(Path folder) throws IOException {
    OutputLayer output =
        new OutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(4)
            .activation(Activation.SOFTMAX)
            .build();
    return write(
        folder.resolve("layers.zip"),
        net(InputType.convolutional(12, 12, 3), convolution(), output));
  }

  /** The same with parameters of zero, whose logits never move. */
  static Path silent(Path folder) throws IOException {
    MultiLayerNetwork net = ModelSerializer.restoreMultiLayerNetwork(layers(folder).toFile());
    net.params().assign(0);
    return write(folder.resolve("silent.zip"), net);
  }

  /** A graph on three channels of 32 × 32 with ten classes. */
  static Path graph(Path folder) throws IOException {
    Path file = folder.resolve("graph.zip");
    ModelSerializer.writeModel(BenchNets.graph(BenchNets.TINY), file.toFile(), false);
    return file;
  }

  /** Maps at the end. */
  static Path withoutClassifier(Path folder) throws IOException {
    return write(
        folder.resolve("maps.zip"), net(InputType.convolutional(12, 12, 3), convolution()));
  }

  /** A net on sequences. */
  static Path recurrent(Path folder) throws IOException {
    return write(
        folder.resolve("recurrent.zip"),
        net(
            InputType.recurrent(3),
            new LSTM.Builder().name("lstm").nOut(4).build(),
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .name("out")
                .nOut(2)
                .activation(Activation.SOFTMAX)
                .build()));
  }

  /** A net on three channels of 12 × 12 with a name for its convolution's output. */
  private static ConvolutionLayer convolution() {
    return new ConvolutionLayer.Builder(3, 3)
        .name("conv")
        .nOut(5)
        .activation(Activation.RELU)
        .build();
  }

  private static MultiLayerNetwork net(InputType input, Layer... layers) {
    NeuralNetConfiguration.ListBuilder list = new NeuralNetConfiguration.Builder().seed(7).list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    MultiLayerNetwork net = new MultiLayerNetwork(list.setInputType(input).build());
    net.init();
    return net;
  }

  private static Path write(Path file, MultiLayerNetwork net) throws IOException {
    ModelSerializer.writeModel(net, file.toFile(), false);
    return file;
  }

  /** Numbers between −1 and 1 that look like noise. */
  static INDArray array(long... shape) {
    long length = 1;
    for (long n : shape) {
      length *= n;
    }
    float[] values = new float[(int) length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(1 + 12.9898 * i * i);
    }
    return Nd4j.createFromArray(values).castTo(DataType.FLOAT).reshape(shape);
  }

  static Path npy(Path folder, String name, INDArray array) throws IOException {
    Path file = folder.resolve(name);
    NpyFile.write(array, file);
    return file;
  }

  static Path picture(Path folder, String name, int type, int width, int height)
      throws IOException {
    BufferedImage picture = new BufferedImage(width, height, type);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        picture.setRGB(x, y, (x * 40503 + y * 30011) * 257);
      }
    }
    Path file = folder.resolve(name);
    String format = name.substring(name.lastIndexOf('.') + 1);
    if (!ImageIO.write(picture, format, file.toFile())) {
      throw new IOException("no writer of " + format);
    }
    return file;
  }
}
