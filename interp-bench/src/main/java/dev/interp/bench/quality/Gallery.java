package dev.interp.bench.quality;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.data.Birds;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Pictures that methods are judged on, by index.
 *
 * @param name what they are called in results
 * @param size how many there are
 * @param hasMasks whether the objects' pixels are known
 * @param pictures a picture by its index
 * @param masks the object's pixels of a picture, in row order; only if they are known
 * @param preprocessor from a picture to the network's input
 */
public record Gallery(
    String name,
    int size,
    boolean hasMasks,
    IntFunction<Image> pictures,
    IntFunction<boolean[]> masks,
    Preprocessor preprocessor) {
  private static final Set<String> ENDINGS =
      Set.of("png", "jpg", "jpeg", "gif", "bmp", "wbmp", "tif", "tiff");

  /**
   * Rendered birds that nothing was trained on.
   *
   * @param demo the model that they belong to
   * @return birds with masks
   */
  public static Gallery birds(DemoModel demo) {
    int first = demo.firstDemoBird();
    return birds("birds from " + first + " on", demo.birds(), first, demo.preprocessor());
  }

  /**
   * Rendered birds for a network of another size or training.
   *
   * @param birds the birds, in the size that the preprocessor gives
   * @param preprocessor must not move pixels
   * @return birds with masks
   * @throws IllegalArgumentException if the preprocessor gives another size
   */
  public static Gallery birds(Birds birds, Preprocessor preprocessor) {
    return birds("birds of seed " + birds.seed(), birds, 0, preprocessor);
  }

  private static Gallery birds(String name, Birds birds, int first, Preprocessor preprocessor) {
    long[] shape = preprocessor.outputShape();
    if (shape[1] >= 0 && (shape[1] != birds.resolution() || shape[2] != birds.resolution())) {
      throw new IllegalArgumentException(
          "birds of "
              + birds.resolution()
              + " pixels need a preprocessing that keeps their size, or their masks would not fit;"
              + " it gives "
              + shape[2]
              + " x "
              + shape[1]);
    }
    return new Gallery(
        name,
        birds.size() - first,
        true,
        i -> image(birds.get(first + i)),
        i -> mask(birds.get(first + i)),
        preprocessor);
  }

  private static Image image(PartImage picture) {
    return Image.of(
        3, picture.image().height(), picture.image().width(), picture.image().toPlanar());
  }

  private static boolean[] mask(PartImage picture) {
    PartMask mask = picture.mask().orElseThrow();
    byte[] owners = mask.toArray();
    boolean[] object = new boolean[owners.length];
    for (int p = 0; p < owners.length; p++) {
      object[p] = owners[p] > PartMask.BACKGROUND && owners[p] < mask.otherId();
    }
    return object;
  }

  /**
   * The pictures in a folder and the folders inside it, in the order of their paths.
   *
   * @param folder the folder
   * @param preprocessor from a picture to the network's input
   * @return pictures without masks
   * @throws IOException if the folder cannot be read
   * @throws IllegalArgumentException if it holds no picture
   */
  public static Gallery folder(Path folder, Preprocessor preprocessor) throws IOException {
    if (!Files.exists(folder)) {
      throw new java.nio.file.NoSuchFileException(folder.toString());
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(Gallery::isPicture).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException(
          folder + ": the folder must hold pictures (" + String.join(", ", ENDINGS) + ")");
    }
    return new Gallery(
        String.valueOf(folder.getFileName()),
        files.size(),
        false,
        i -> read(files.get(i)),
        i -> {
          throw new IllegalStateException("a folder of pictures has no masks");
        },
        preprocessor);
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1)) && Files.isRegularFile(file);
  }

  private static Image read(Path file) {
    try {
      return ImageIo.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The pictures from one index to another, preprocessed. */
  INDArray x(int from, int to) {
    return preprocessor.apply(IntStream.range(from, to).mapToObj(pictures).toList());
  }

  /** The objects of the pictures from one index to another. */
  List<boolean[]> masks(int from, int to) {
    return IntStream.range(from, to).mapToObj(masks).toList();
  }
}
