package dev.interp.bench.quality;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.data.Birds;
import dev.interp.core.data.PartDataset;
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

  /**
   * The pictures of a data set, in an order drawn at random, so that the first of them are of many
   * classes.
   *
   * @param name what they are called in results
   * @param data the pictures
   * @param parts whose pixels are the object; if the data set has boxes only, the box is
   * @param preprocessor from a picture to the network's input; masks are moved the same way
   * @return pictures, with masks if the first of them has a mask, or a box that is not all of it
   */
  public static Gallery dataset(
      String name, PartDataset data, Set<String> parts, Preprocessor preprocessor) {
    PartDataset shuffled = data.shuffled(0);
    return new Gallery(
        name,
        data.size(),
        knowsObject(shuffled.get(0)),
        i -> image(shuffled.get(i)),
        i -> {
          PartImage picture = shuffled.get(i);
          return moved(object(picture, parts), picture.image().width(), preprocessor);
        },
        preprocessor);
  }

  private static boolean knowsObject(PartImage picture) {
    return picture.mask().isPresent()
        || picture.box().width() < picture.image().width()
        || picture.box().height() < picture.image().height();
  }

  private static boolean[] object(PartImage picture, Set<String> parts) {
    int width = picture.image().width();
    boolean[] object = new boolean[width * picture.image().height()];
    for (int p = 0; p < object.length; p++) {
      int x = p % width;
      int y = p / width;
      object[p] =
          picture
              .mask()
              .map(
                  mask ->
                      mask.owner(x, y) > PartMask.BACKGROUND
                          && mask.owner(x, y) < mask.otherId()
                          && parts.contains(mask.parts().get(mask.owner(x, y) - 1)))
              .orElse(picture.box().contains(x + 0.5, y + 0.5));
    }
    return object;
  }

  /**
   * Moves a mask as a picture is moved: the preprocessor takes it for white on black.
   *
   * @param mask the pixels in row order
   * @param width columns
   * @param preprocessor from a picture to the network's input
   * @return the pixels of the network's input of which most lie on the mask
   */
  public static boolean[] moved(boolean[] mask, int width, Preprocessor preprocessor) {
    float[] rgb = new float[3 * mask.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = mask[i % mask.length] ? 1 : 0;
    }
    INDArray x = preprocessor.apply(Image.of(3, mask.length / width, width, rgb));
    float[] plane = preprocessor.unapply(x, 0).plane(0);
    boolean[] moved = new boolean[plane.length];
    for (int p = 0; p < moved.length; p++) {
      moved[p] = plane[p] > 0.5f;
    }
    return moved;
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
