package dev.interp.bench.paper;

import dev.interp.core.data.Box;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.ImageIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder in the form of ILSVRC Animal-Part: {@code subset.csv} with columns {@code file, wnid,
 * name, head_xmin, head_ymin, head_xmax, head_ymax, foot_boxes} and crops of objects in {@code
 * images}. Parts are boxes here: their centres are the landmarks (of several feet the first), their
 * pixels the masks.
 *
 * @param pictures all of them, ordered by class
 * @param classes the names of the animals
 */
public record AnimalParts(List<PartImage> pictures, List<String> classes) {
  private static final List<String> PARTS = List.of("head", "foot");
  private static final int COLUMNS = 8;

  /**
   * Reads a folder.
   *
   * @param folder with {@code subset.csv} and {@code images}
   * @return the pictures
   * @throws IOException if a file is missing or damaged
   * @throws IllegalArgumentException if there is only one class
   */
  public static AnimalParts read(Path folder) throws IOException {
    Path table = folder.resolve("subset.csv");
    if (!Files.isRegularFile(table)) {
      throw new NoSuchFileException(table.toString());
    }
    List<String[]> rows = new ArrayList<>();
    List<String> classes = new ArrayList<>();
    List<String> lines = Files.readAllLines(table);
    for (String line : lines.subList(1, lines.size())) {
      String[] row = line.split(",", -1);
      if (row.length < COLUMNS) {
        throw new IOException(table + ": a line has less than 8 columns: " + line);
      }
      rows.add(row);
      if (!classes.contains(row[2])) {
        classes.add(row[2]);
      }
    }
    if (classes.size() < 2) {
      throw new IllegalArgumentException(
          table + ": at least 2 classes are needed, one has no negatives, was " + classes);
    }
    List<PartImage> pictures = new ArrayList<>();
    for (String name : classes) {
      for (String[] row : rows) {
        if (row[2].equals(name)) {
          pictures.add(picture(folder.resolve("images").resolve(row[0]), row, classes));
        }
      }
    }
    return new AnimalParts(List.copyOf(pictures), List.copyOf(classes));
  }

  /**
   * Reads a folder of folders, each with the pictures of one class; nothing is known of parts.
   *
   * @param folder with one folder per class
   * @return the pictures
   * @throws IOException if a file cannot be read
   * @throws IllegalArgumentException if there is only one class
   */
  public static AnimalParts folders(Path folder) throws IOException {
    List<Path> classes = list(folder).stream().filter(Files::isDirectory).toList();
    if (classes.size() < 2) {
      throw new IllegalArgumentException(
          folder
              + ": at least 2 folders, one per class, are needed, was "
              + classes.stream().map(c -> String.valueOf(c.getFileName())).toList());
    }
    List<PartImage> pictures = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      for (Path file : list(classes.get(label))) {
        RgbImage image = RgbImage.of(ImageIo.read(file).toBufferedImage());
        pictures.add(
            new PartImage(
                image,
                label,
                new Box(0, 0, image.width(), image.height()),
                List.of(),
                Optional.empty(),
                Map.of()));
      }
    }
    return new AnimalParts(
        List.copyOf(pictures), classes.stream().map(c -> String.valueOf(c.getFileName())).toList());
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(p -> !String.valueOf(p.getFileName()).startsWith("."))
          .sorted()
          .toList();
    }
  }

  private static PartImage picture(Path file, String[] row, List<String> classes)
      throws IOException {
    RgbImage image = RgbImage.of(ImageIo.read(file).toBufferedImage());
    byte[] owners = new byte[image.width() * image.height()];
    List<double[]> feet = new ArrayList<>();
    String[] numbers = row[7].isBlank() ? new String[0] : row[7].strip().split("[ ;|]+");
    for (int i = 0; i + 3 < numbers.length; i += 4) {
      feet.add(box(numbers, i));
    }
    double[] head = box(row, 3);
    paint(owners, image, head, 1);
    feet.forEach(foot -> paint(owners, image, foot, 2));
    PartMask mask = PartMask.of(image.width(), image.height(), PARTS, owners);
    return new PartImage(
        image,
        classes.indexOf(row[2]),
        new Box(0, 0, image.width(), image.height()),
        List.of(
            landmark("head", head, true),
            landmark("foot", feet.isEmpty() ? new double[4] : feet.get(0), !feet.isEmpty())),
        Optional.of(mask),
        Map.of());
  }

  private static double[] box(String[] texts, int from) {
    double[] box = new double[4];
    for (int i = 0; i < 4; i++) {
      box[i] = Double.parseDouble(texts[from + i]);
    }
    return box;
  }

  private static Landmark landmark(String part, double[] box, boolean visible) {
    return new Landmark(part, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, visible);
  }

  private static void paint(byte[] owners, RgbImage image, double[] box, int part) {
    for (int y = (int) Math.max(0, box[1]); y < Math.min(image.height(), box[3]); y++) {
      for (int x = (int) Math.max(0, box[0]); x < Math.min(image.width(), box[2]); x++) {
        owners[y * image.width() + x] = (byte) part;
      }
    }
  }
}
