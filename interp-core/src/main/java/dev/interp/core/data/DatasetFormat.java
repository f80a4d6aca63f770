package dev.interp.core.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * How a folder of files is to be read: a function from a folder to a {@link PartDataset}.
 *
 * <p>Opening a folder reads its tables (names, labels, boxes) and throws if they are damaged,
 * contradict each other or name classes that do not exist. Pictures are decoded each time they are
 * asked for; one that is broken throws there, with its path, and is skipped only by who asks for it
 * with {@link PartDataset#stream(java.util.function.Consumer)} or {@link PartDataset#readable}.
 * Records of {@link Idx} and {@link Cifar} are kept as bytes in memory, as their files are one or a
 * few and often compressed. PNG check sums are verified, and so are those of gzip; where a format
 * has none, a changed byte that gives another legal value cannot be noticed.
 *
 * <p>A data set without parts has no part names and no masks, and the box of a picture is all of
 * it, if the format has no boxes.
 */
public sealed interface DatasetFormat {
  /**
   * Reads the tables of a folder.
   *
   * @param folder a folder in this format
   * @return its pictures, in a fixed order; safe for concurrent use
   * @throws IOException if the folder or one of its tables is missing, empty, damaged or not in
   *     this format; the message names the file
   */
  PartDataset open(Path folder) throws IOException;

  /**
   * Recognises the format of a folder by the files that only that format has, without reading them.
   * Of formats with splits it is the one for testing. A plain folder of pictures is none.
   *
   * @param folder any folder
   * @return the format; empty if the folder has none of these files
   */
  static Optional<DatasetFormat> detect(Path folder) {
    if (Files.exists(folder.resolve("subset.csv"))) {
      return Optional.of(new AnimalPart());
    } else if (Files.exists(folder.resolve("dataset_test.json"))) {
      return Optional.of(new FunnyBirds(Split.TEST));
    } else if (Files.exists(folder.resolve("image_class_labels.txt"))) {
      return Optional.of(new Cub(Split.TEST));
    } else if (Files.exists(folder.resolve("Annotations_Part"))) {
      return Optional.of(new PascalPart(Split.TEST, List.copyOf(PascalReader.PARTS.keySet())));
    } else if (Files.exists(folder.resolve("batches.meta.txt"))) {
      return Optional.of(new Cifar(Split.TEST));
    }
    for (String prefix : List.of("t10k-", "train-", "")) {
      String images = prefix + "images-idx3-ubyte";
      if (Files.exists(folder.resolve(images)) || Files.exists(folder.resolve(images + ".gz"))) {
        return Optional.of(Idx.digits(prefix));
      }
    }
    return Optional.empty();
  }

  /** What a part of a data set is meant for. */
  enum Split {
    /** Pictures to train with. */
    TRAIN,
    /** Pictures to test with. */
    TEST
  }

  /**
   * A folder with a folder per class; the classes are those folders, sorted by name, and all of
   * PNG, JPEG, BMP and GIF files in them the pictures, sorted by name. Other and hidden files are
   * ignored; a class without pictures is refused. A folder without folders, but with pictures, is
   * one class of its own name.
   */
  record ImageFolder() implements DatasetFormat {
    @Override
    public PartDataset open(Path folder) throws IOException {
      return FolderReaders.imageFolder(folder);
    }
  }

  /**
   * ILSVRC Animal-Part (Q. Zhang, R. Cao, Y. N. Wu and S.-C. Zhu, Growing Interpretable Part Graphs
   * on ConvNets via Multi-Shot Learning, AAAI 2017): {@code subset.csv} with the columns file,
   * wnid, name, four edges of the head box and boxes of feet, and the folder {@code images}.
   * Classes are the names in order of first appearance. The parts are {@code head} and {@code
   * foot}. The mask is made of the annotated boxes, heads above feet, and says nothing of the
   * animal's outline; the box is the whole picture, which is a crop of the animal.
   */
  record AnimalPart() implements DatasetFormat {
    @Override
    public PartDataset open(Path folder) throws IOException {
      return FolderReaders.animalPart(folder);
    }
  }

  /**
   * FunnyBirds (R. Hesse et al., ICCV 2023), the published files or smaller ones with {@code
   * SPLIT_parts} of grey values 0 to 10 instead of {@code SPLIT_part_map} in colours. Classes are
   * named by their numbers. The parts are beak, eye, foot, tail, wing, body; left and right are one
   * part. In a part map in colours, mixed colours of smoothed edges belong to the background, as in
   * the published protocol. Landmarks are the mean position of the visible pixels of a part.
   * Attributes are the model and the colour of a part. A part map in colours also tells background
   * objects apart: they are the concepts of the category {@code background object}, named by their
   * numbers from 0, as many as the scene has.
   *
   * <p>The published archive has, of test pictures only, all scenes without some of the parts and
   * those without one background object, as {@code test_interventions/CLASS/ID/body_KEPT.png} and
   * {@code test_interventions/CLASS/ID/background_interventions/NUMBER.png} (source: {@code
   * funnybirds_complete/datasets/funny_birds.py} of github.com/visinf/funnybirds).
   *
   * @param split which pictures
   * @param removed parts that are taken out: the same scenes in the same order, from {@code
   *     SPLIT_interventions} or {@code SPLIT_without_part}; such pictures have no mask. Body cannot
   *     be removed
   * @param object the number of a background object that is taken out instead of parts, from {@code
   *     SPLIT_interventions}: the same scenes in the same order, those that have no such object as
   *     they are, and none with a mask
   */
  record FunnyBirds(Split split, Set<String> removed, OptionalInt object) implements DatasetFormat {
    /** The category of concepts that background objects are. */
    public static final String BACKGROUND_OBJECT = "background object";

    /**
     * Checks the names.
     *
     * @throws IllegalArgumentException if a part is unknown, the number is not one of 0 to 49 or
     *     both parts and an object are taken out, of which there are no pictures
     */
    public FunnyBirds {
      removed = FunnyBirdsReader.checkRemoved(removed);
      FunnyBirdsReader.checkObject(object, removed);
    }

    /**
     * Returns the format of birds without some parts.
     *
     * @param split which pictures
     * @param removed parts that are taken out
     * @throws IllegalArgumentException if a part is unknown
     */
    public FunnyBirds(Split split, Set<String> removed) {
      this(split, removed, OptionalInt.empty());
    }

    /**
     * Returns the format of whole birds in scenes without a background object.
     *
     * @param number of the object
     * @throws IllegalArgumentException if it is not one of 0 to 49 or if parts are taken out
     */
    public FunnyBirds withoutObject(int number) {
      return new FunnyBirds(split, removed, OptionalInt.of(number));
    }

    /**
     * Returns the format of whole birds.
     *
     * @param split which pictures
     */
    public FunnyBirds(Split split) {
      this(split, Set.of());
    }

    @Override
    public PartDataset open(Path folder) throws IOException {
      return FunnyBirdsReader.open(folder, this);
    }
  }

  /**
   * CUB-200-2011 (C. Wah et al., technical report CNS-TR-2011-001): {@code images.txt}, {@code
   * classes.txt}, {@code image_class_labels.txt}, {@code bounding_boxes.txt}, {@code
   * train_test_split.txt}, {@code parts/parts.txt}, {@code parts/part_locs.txt} and the folder
   * {@code images}. Boxes are rounded outwards and clipped to the picture. There are no masks.
   *
   * @param split which pictures
   */
  record Cub(Split split) implements DatasetFormat {
    @Override
    public PartDataset open(Path folder) throws IOException {
      return CubReader.open(folder, split);
    }
  }

  /**
   * PASCAL-Part (X. Chen et al., Detect What You Can, CVPR 2014) beside PASCAL VOC 2010: {@code
   * Annotations_Part}, {@code JPEGImages} and {@code ImageSets/Main/ANIMAL_train.txt} or {@code
   * _val.txt}. A picture shows the largest animal of its class; other annotated objects are other
   * objects in the mask. Parts are merged as by Q. Zhang, Y. N. Wu and S.-C. Zhu (Interpretable
   * Convolutional Neural Networks, CVPR 2018): head, torso, legs and tail of birds, head, torso,
   * front legs, back legs and tail of cats and dogs, the same without tail of cows, horses and
   * sheep; wings and neck count as torso. Landmarks are the mean position of the pixels of a part.
   *
   * @param split which pictures; those for validation are the ones to test with
   * @param animals the classes: some of bird, cat, dog, cow, horse, sheep
   */
  record PascalPart(Split split, List<String> animals) implements DatasetFormat {
    /**
     * Checks the names.
     *
     * @throws IllegalArgumentException if there is no animal, one twice or an unknown one
     */
    public PascalPart {
      animals = List.copyOf(animals);
      if (animals.isEmpty()
          || !PascalReader.PARTS.keySet().containsAll(animals)
          || Set.copyOf(animals).size() < animals.size()) {
        throw new IllegalArgumentException(
            "Animals of PASCAL-Part are one or more of "
                + PascalReader.PARTS.keySet()
                + ", but not "
                + animals);
      }
    }

    @Override
    public PartDataset open(Path folder) throws IOException {
      return PascalReader.open(folder, this);
    }
  }

  /**
   * The format of MNIST (Y. LeCun): {@code PREFIXimages-idx3-ubyte} and {@code
   * PREFIXlabels-idx1-ubyte}, each plain or with {@code .gz}. Grey becomes three equal channels.
   *
   * @param prefix {@code train-}, {@code t10k-} or empty
   * @param classNames what the labels 0, 1, ... mean
   */
  record Idx(String prefix, List<String> classNames) implements DatasetFormat {
    /** Copies the list. */
    public Idx {
      classNames = List.copyOf(classNames);
    }

    /**
     * Returns the format with the classes 0 to 9.
     *
     * @param prefix {@code train-}, {@code t10k-} or empty
     */
    public static Idx digits(String prefix) {
      return new Idx(prefix, List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
    }

    /**
     * Returns the format with the ten classes of Fashion-MNIST.
     *
     * @param prefix {@code train-}, {@code t10k-} or empty
     */
    public static Idx fashion(String prefix) {
      return new Idx(
          prefix,
          List.of(
              "T-shirt/top",
              "Trouser",
              "Pullover",
              "Dress",
              "Coat",
              "Sandal",
              "Shirt",
              "Sneaker",
              "Bag",
              "Ankle boot"));
    }

    @Override
    public PartDataset open(Path folder) throws IOException {
      return RecordReaders.idx(folder, this);
    }
  }

  /**
   * The binary format of CIFAR-10 (A. Krizhevsky): {@code data_batch_*.bin} for training, {@code
   * test_batch*.bin} for testing, each plain or with {@code .gz}, and {@code batches.meta.txt} with
   * the names of the classes.
   *
   * @param split which pictures
   */
  record Cifar(Split split) implements DatasetFormat {
    @Override
    public PartDataset open(Path folder) throws IOException {
      return RecordReaders.cifar(folder, split);
    }
  }
}
