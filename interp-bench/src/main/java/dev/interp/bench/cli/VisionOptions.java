package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A model whose pictures are made, and how it takes pictures. */
final class VisionOptions {
  @Mixin ModelOption model = new ModelOption();

  @Option(
      names = "--preprocess",
      paramLabel = "F.json",
      description = "Resize, crop, channels, divisor, mean and scale of the model's pictures.")
  private @Nullable Path preprocess;

  @Option(
      names = "--size",
      paramLabel = "S",
      description = "Pixels per side of the input. Default: that of the model.")
  private int size;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of noise and looks. Default: 0.")
  long seed;

  Network network() throws IOException {
    if (size < 0) {
      throw new IllegalArgumentException("--size must be at least 1, was " + size);
    }
    Network network = model.network();
    if (size == 0) {
      return network;
    }
    try {
      return network.withInput(network.typicalInput()[0], size, size);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the model does not take pictures of "
              + size
              + " × "
              + size
              + " pixels: "
              + e.getMessage(),
          e);
    }
  }

  /** How pictures go into the network; a guess is added to the notes. */
  Preprocessor preprocessor(Network network, List<String> notes) throws IOException {
    Path file = preprocess;
    DemoModel demo = model.demo();
    if (file != null) {
      return PreprocessFile.read(file);
    } else if (demo != null) {
      return demo.preprocessor();
    }
    notes.add(
        "No --preprocess was given: pixels were divided by 255. If the network was trained with"
            + " another preprocessing, its pictures look wrong.");
    return Subject.guess(network);
  }

  /** The model and many pictures, see {@link FilterSubject#of}. */
  FilterSubject subject(String data, int images, int birds) throws IOException {
    if (size != 0) {
      throw new IllegalArgumentException(
          "--size belongs to single pictures; many are resized to the model's input or as"
              + " --preprocess says");
    }
    return FilterSubject.of(model, preprocess, data, images, birds, seed);
  }

  /** What people may call a channel of a tensor. */
  String channelName(Network network, String layer, int channel) {
    DemoModel demo = model.demo();
    return demo != null && layer.equals(network.logits())
        ? demo.labels().get(channel)
        : "channel " + channel;
  }
}
