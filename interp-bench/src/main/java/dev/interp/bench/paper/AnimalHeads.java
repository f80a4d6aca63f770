package dev.interp.bench.paper;

import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import dev.interp.training.filter.InterpretableHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.nd4j.linalg.api.ndarray.INDArray;

/** ILSVRC Animal-Part seen by SqueezeNet, for heads on its topmost maps with many features. */
final class AnimalHeads {
  private static final String TENSOR = "fire9_concat";
  private static final int SIDE = 224;
  private static final int FILTERS = 32;

  private final PartDataset animals;
  private final List<PartImage> pictures;
  private final Network backbone;
  private final INDArray features;

  private AnimalHeads(
      PartDataset animals, List<PartImage> pictures, Network backbone, INDArray features) {
    this.animals = animals;
    this.pictures = pictures;
    this.backbone = backbone;
    this.features = features;
  }

  /** SqueezeNet 1.1 of the folder of shared data. */
  static Network squeezeNet(Path shared) throws Exception {
    return Dl4j.network(
        KerasModelImport.importKerasModelAndWeights(
            shared.resolve("squeezenet11/squeezenet11_keras2.h5").toString(), false));
  }

  /** The animals of the folder of shared data. */
  static PartDataset animals(Path shared) throws IOException {
    return new DatasetFormat.AnimalPart().open(shared.resolve("animalpart"));
  }

  /** Features are computed once and kept in the folder {@code target/features}. */
  static AnimalHeads of(Path shared) throws Exception {
    PartDataset animals = animals(shared);
    List<PartImage> pictures = animals.stream().toList();
    Network backbone = squeezeNet(shared);
    Path cache = Files.createDirectories(Path.of("target", "features"));
    INDArray features =
        FilterSets.features(
            pictures, backbone, TENSOR, FilterSets.imageNet(SIDE), cache, "animalpart-" + SIDE);
    return new AnimalHeads(animals, pictures, backbone, features);
  }

  /** One animal against the others. */
  FilterData single(String animal, long seed) {
    return FilterSets.single(
        "animalpart " + animal,
        pictures,
        animals.classNames(),
        animals.classNames().indexOf(animal),
        features,
        head(2),
        input(),
        seed);
  }

  /** All animals. */
  FilterData all(long seed) {
    return FilterSets.classes(
        "animalpart all",
        pictures,
        animals.classNames(),
        features,
        head(animals.classNames().size()),
        input(),
        seed);
  }

  private InterpretableHead head(int classes) {
    return InterpretableHead.on(backbone, TENSOR, classes).withFilters(FILTERS);
  }

  private static long[] input() {
    return new long[] {3, SIDE, SIDE};
  }
}
