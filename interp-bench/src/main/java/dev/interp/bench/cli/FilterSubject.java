package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.data.Birds;
import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.disentangle.dissect.ConceptSource;
import dev.interp.disentangle.dissect.Concepts;
import dev.interp.disentangle.dissect.Pictures;
import dev.interp.visual.report.Fact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network and the pictures that its filters are looked at with.
 *
 * @param modelName what the model is called in results
 * @param network the network
 * @param dataName what the pictures are called in results
 * @param pictures the pictures and their way into the network
 * @param labels class labels
 * @param notes what people should know about how this came about
 */
record FilterSubject(
    String modelName,
    Network network,
    String dataName,
    Pictures pictures,
    List<String> labels,
    List<String> notes) {
  /**
   * Opens a model and a data set.
   *
   * @param model which
   * @param preprocess a file; null for a resize to the network's input
   * @param data {@code birds} or a folder
   * @param images at most how many pictures; 0 for all there are, of birds for {@code birds}
   * @param birds how many birds there are if the number is not given
   * @param seed of birds for a model that is not the embedded one, and of the choice of pictures
   */
  static FilterSubject of(
      ModelOption model, @Nullable Path preprocess, String data, int images, int birds, long seed)
      throws IOException {
    if (images < 0) {
      throw new IllegalArgumentException("--images must be at least 1, was " + images);
    }
    List<String> notes = new ArrayList<>();
    DemoModel demo = model.demo();
    Network network = model.network();
    Preprocessor how;
    if (preprocess != null) {
      how = PreprocessFile.read(preprocess);
    } else if (demo != null) {
      how = demo.preprocessor();
    } else {
      how = resize(network);
      notes.add(
          "No --preprocess was given: pictures were resized to the network's input and their pixels"
              + " divided by 255. If the network was trained with another preprocessing, its"
              + " filters are not at home with these pictures.");
    }
    PartDataset set;
    if (data.equals("birds")) {
      int count = images == 0 ? birds : images;
      set = demo != null ? fresh(demo, count) : rendered(network, count, seed);
    } else {
      PartDataset all = folder(Path.of(data));
      set = images == 0 || images >= all.size() ? all : all.shuffled(seed).slice(0, images);
    }
    return new FilterSubject(
        model.name(),
        network,
        data.equals("birds") ? "rendered birds" : data,
        Pictures.of(set, how),
        data.equals("birds") && demo != null ? demo.labels() : set.classNames(),
        List.copyOf(notes));
  }

  private static PartDataset fresh(DemoModel demo, int count) {
    int first = demo.firstDemoBird();
    return demo.birds().withConceptMasks().withSize(first + count).slice(first, first + count);
  }

  private static PartDataset rendered(Network network, int count, long seed) {
    long[] input = network.typicalInput();
    return Birds.withDefaults()
        .withConceptMasks()
        .withSeed(seed)
        .withResolution((int) Math.min(input[1], input[2]))
        .withSize(count);
  }

  private static Preprocessor resize(Network network) {
    long[] shape = network.typicalInput();
    if (shape.length != 3 || (shape[0] != 1 && shape[0] != 3)) {
      throw new IllegalArgumentException(
          "pictures need a network that takes 1 or 3 channels, this one takes "
              + Arrays.toString(network.inputShape()));
    }
    return Preprocessor.none()
        .withOrder(shape[0] == 1 ? ChannelOrder.GREY : ChannelOrder.RGB)
        .withResize((int) shape[2], (int) shape[1])
        .withDivisor(255);
  }

  /** Reads a folder in the format that its tables show. */
  private static PartDataset folder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "no such folder (or say birds)");
    }
    if (Files.exists(folder.resolve("subset.csv"))) {
      return new DatasetFormat.AnimalPart().open(folder);
    } else if (Files.exists(folder.resolve("bounding_boxes.txt"))) {
      return new DatasetFormat.Cub(DatasetFormat.Split.TEST).open(folder);
    } else if (Files.exists(folder.resolve("test_parts"))
        || Files.exists(folder.resolve("test_part_map"))) {
      return new DatasetFormat.FunnyBirds(DatasetFormat.Split.TEST).open(folder);
    }
    return new DatasetFormat.ImageFolder().open(folder);
  }

  /** What is known of the pictures: parts, kinds and surfaces of masks, colours, else classes. */
  ConceptSource concepts() {
    PartDataset data = pictures.data();
    PartImage first = data.get(0);
    ConceptSource concepts = Concepts.colours();
    if (first.mask().isEmpty() || data.partNames().isEmpty()) {
      return concepts.plus(Concepts.classes(data.classNames()));
    }
    concepts = Concepts.parts(data.partNames()).plus(concepts);
    if (dataName.equals("rendered birds")) {
      concepts =
          concepts
              .plus(Concepts.objects("bird"))
              .plus(Concepts.kinds(Birds.kinds()))
              .plus(Concepts.masks(Birds.conceptNames()));
    }
    return concepts;
  }

  String label(int index) {
    return index >= 0 && index < labels.size() ? labels.get(index) : "class " + index;
  }

  List<Fact> facts() {
    return List.of(
        new Fact("Model", modelName),
        new Fact("Data", dataName),
        new Fact("Pictures", Integer.toString(pictures.size())));
  }

  List<Fact> provenance(long seed) {
    return List.of(
        new Fact("Model fingerprint", network.fingerprint()),
        new Fact("Seed", Long.toString(seed)),
        new Fact("Java", Runtime.version().toString()));
  }
}
