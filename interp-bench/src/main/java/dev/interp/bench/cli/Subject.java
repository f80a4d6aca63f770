package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What is explained: a network, a batch for it, and the pictures that people see.
 *
 * @param modelName what the model is called in results
 * @param inputName what the input is called in results
 * @param network the network, in the precision asked for
 * @param x the batch
 * @param preprocessor how pictures became the batch, if known
 * @param fromPicture whether the batch was made of a picture by the preprocessor
 * @param pictures one per example, as people know them
 * @param labels class labels; empty if not known
 * @param notes what people should know about how this came about
 */
record Subject(
    String modelName,
    String inputName,
    Network network,
    INDArray x,
    Optional<Preprocessor> preprocessor,
    boolean fromPicture,
    List<BufferedImage> pictures,
    List<String> labels,
    List<String> notes) {
  private static final int LARGEST_PICTURE = 1024;
  private static final int LEAST_PICTURE = 224;

  static Subject of(ExplainOptions options) throws IOException {
    if (options.image != null && options.input != null) {
      throw new IllegalArgumentException("give --image or --input, not both");
    }
    DataType type =
        switch (options.precision) {
          case "float32" -> DataType.FLOAT;
          case "float64" -> DataType.DOUBLE;
          default ->
              throw new IllegalArgumentException(
                  "--precision must be float32 or float64, was " + options.precision);
        };
    DemoModel demo = options.model.demo();
    if (demo == null && options.image == null && options.input == null) {
      throw new IllegalArgumentException(
          "give --image or --input for the model " + options.model.file);
    }
    List<String> notes = new ArrayList<>();
    Network network = options.model.network().withPrecision(type);
    Optional<Preprocessor> preprocessor = Optional.empty();
    Path preprocessFile = options.preprocess;
    if (preprocessFile != null) {
      preprocessor = Optional.of(PreprocessFile.read(preprocessFile));
    } else if (demo != null) {
      preprocessor = Optional.of(demo.preprocessor());
    } else if (options.image != null) {
      preprocessor = Optional.of(guess(network));
      notes.add(
          "No --preprocess was given: the picture was resized and cropped to the network's input"
              + " and its pixels divided by 255. If the network was trained with another"
              + " preprocessing, its answers mean little.");
    }
    List<String> labels = demo != null ? demo.labels() : List.of();
    Path labelFile = options.labels;
    if (labelFile != null) {
      labels =
          TextFile.read(labelFile)
              .lines()
              .filter(l -> !l.isBlank())
              .map(Subject::shortName)
              .toList();
    }
    String modelName = options.model.name();
    Path inputFile = options.input;
    if (inputFile != null) {
      return ofArray(
          modelName, inputFile, network, NpyFile.read(inputFile), preprocessor, labels, notes);
    }
    Path imageFile = options.image;
    Image image = imageFile != null ? ImageIo.read(imageFile) : demoBird();
    String inputName =
        imageFile != null ? String.valueOf(imageFile.getFileName()) : "a bird that it never saw";
    Preprocessor how = preprocessor.orElseThrow();
    return new Subject(
        modelName,
        inputName,
        network,
        how.apply(image),
        preprocessor,
        true,
        List.of(fit(image.toBufferedImage())),
        labels,
        List.copyOf(notes));
  }

  /** ImageNet's lists read "n02391049 zebra, Equus …": an identifier and several names. */
  private static String shortName(String line) {
    return line.strip().replaceFirst("^n\\d{8}\\s+", "").replaceFirst(",.*", "");
  }

  private static Image demoBird() {
    DemoModel demo = DemoModel.load();
    return demo.picture(demo.demoBird());
  }

  private static Subject ofArray(
      String modelName,
      Path file,
      Network network,
      INDArray array,
      Optional<Preprocessor> preprocessor,
      List<String> labels,
      List<String> notes) {
    INDArray x = array;
    if (array.rank() == network.inputShape().length) {
      long[] shape = new long[array.rank() + 1];
      shape[0] = 1;
      System.arraycopy(array.shape(), 0, shape, 1, array.rank());
      x = array.reshape(shape);
    }
    network.checkInput(x);
    List<BufferedImage> pictures = new ArrayList<>();
    for (int i = 0; i < x.size(0); i++) {
      pictures.add(fit(picture(x, i, preprocessor)));
    }
    if (preprocessor.isEmpty()) {
      notes.add(
          "No --preprocess was given: the picture shown is the input stretched from its least to"
              + " its largest value.");
    }
    return new Subject(
        modelName,
        String.valueOf(file.getFileName()),
        network,
        x,
        preprocessor,
        false,
        List.copyOf(pictures),
        labels,
        List.copyOf(notes));
  }

  private static BufferedImage picture(INDArray x, int i, Optional<Preprocessor> preprocessor) {
    if (x.rank() != 4) {
      throw new IllegalArgumentException(
          "the input must be pictures [N, C, H, W], was " + Arrays.toString(x.shape()));
    }
    if (preprocessor.isPresent()) {
      return preprocessor.get().unapply(x, i).toBufferedImage();
    }
    INDArray one = x.slice(i).castTo(DataType.FLOAT);
    float low = one.minNumber().floatValue();
    float high = one.maxNumber().floatValue();
    int channels = x.size(1) == 3 ? 3 : 1;
    float[] values =
        Arrays.copyOf(one.dup('c').data().asFloat(), (int) (channels * x.size(2) * x.size(3)));
    for (int j = 0; j < values.length; j++) {
      values[j] = high > low ? (values[j] - low) / (high - low) : 0.5f;
    }
    return Image.of(channels, (int) x.size(2), (int) x.size(3), values).toBufferedImage();
  }

  /** What may be right for a network of which no preprocessing is known. */
  static Preprocessor guess(Network network) {
    long[] shape = network.typicalInput();
    if (shape.length != 3 || (shape[0] != 1 && shape[0] != 3)) {
      throw new IllegalArgumentException(
          "pictures need a network that takes 1 or 3 channels, this one takes "
              + Arrays.toString(network.inputShape()));
    }
    int side = (int) Math.max(shape[1], shape[2]);
    return Preprocessor.none()
        .withOrder(shape[0] == 1 ? ChannelOrder.GREY : ChannelOrder.RGB)
        .withResizeShorter(side)
        .withCrop((int) shape[2], (int) shape[1])
        .withDivisor(255);
  }

  /** Brings a picture to a size that people can look at. */
  private static BufferedImage fit(BufferedImage picture) {
    int longer = Math.max(picture.getWidth(), picture.getHeight());
    int shorter = Math.min(picture.getWidth(), picture.getHeight());
    double factor = 1;
    if (longer > LARGEST_PICTURE) {
      factor = LARGEST_PICTURE / (double) longer;
    } else if (shorter < LEAST_PICTURE) {
      factor = Math.ceil(LEAST_PICTURE / (double) shorter);
      factor = factor * longer > LARGEST_PICTURE ? 1 : factor;
    }
    int width = (int) Math.max(1, Math.round(picture.getWidth() * factor));
    int height = (int) Math.max(1, Math.round(picture.getHeight() * factor));
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = result.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    g.drawImage(picture, 0, 0, width, height, null);
    g.dispose();
    return result;
  }

  String label(int index) {
    return index >= 0 && index < labels.size() ? labels.get(index) : "class " + index;
  }

  /** The map of one example over its picture: height, width and values. */
  float[] overPicture(float[] map, int mapHeight, int mapWidth, int example) {
    BufferedImage picture = pictures.get(example);
    Preprocessor how =
        fromPicture
            ? preprocessor.orElseThrow()
            : Preprocessor.none().withResize((int) x.size(3), (int) x.size(2));
    return how.mapToOriginal(map, mapHeight, mapWidth, picture.getWidth(), picture.getHeight());
  }
}
