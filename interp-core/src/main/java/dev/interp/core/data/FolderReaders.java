package dev.interp.core.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads folders of picture files. */
final class FolderReaders {
  private static final List<String> ANIMAL_PARTS = List.of("head", "foot");
  private static final String ANIMAL_HEADER =
      "file,wnid,name,head_xmin,head_ymin,head_xmax,head_ymax,foot_boxes";

  private FolderReaders() {}

  static PartDataset imageFolder(Path folder) throws IOException {
    List<String> classes = new ArrayList<>();
    List<FileDataset.Entry> entries = new ArrayList<>();
    for (Path inside : PictureFiles.list(folder)) {
      if (!Files.isDirectory(inside) || PictureFiles.name(inside).startsWith(".")) {
        continue;
      }
      int label = classes.size();
      classes.add(PictureFiles.name(inside));
      int before = entries.size();
      for (Path file : PictureFiles.list(inside)) {
        if (PictureFiles.isPicture(file)) {
          entries.add(new FileDataset.Entry(file, () -> plain(PictureFiles.rgb(file), label)));
        }
      }
      if (entries.size() == before) {
        throw new IOException(
            inside + " is the folder of a class but has no PNG, JPEG, BMP or GIF file");
      }
    }
    if (classes.isEmpty()) {
      classes.add(PictureFiles.name(folder.toAbsolutePath().normalize()));
      for (Path file : PictureFiles.list(folder)) {
        if (PictureFiles.isPicture(file)) {
          entries.add(new FileDataset.Entry(file, () -> plain(PictureFiles.rgb(file), 0)));
        }
      }
    }
    if (entries.isEmpty()) {
      throw new IOException(
          folder + " must have pictures, or a folder of pictures per class, but has none");
    }
    return FileDataset.of(folder, classes, List.of(), entries);
  }

  static PartImage plain(RgbImage image, int label) {
    return new PartImage(
        image, label, PictureFiles.whole(image), List.of(), Optional.empty(), Map.of());
  }

  static PartDataset animalPart(Path folder) throws IOException {
    List<TextLine> lines = TextLine.of(folder.resolve("subset.csv"));
    if (lines.isEmpty() || !lines.get(0).text().strip().startsWith(ANIMAL_HEADER)) {
      throw new IOException(
          folder.resolve("subset.csv") + " must start with the line " + ANIMAL_HEADER);
    }
    List<String> classes = new ArrayList<>();
    Map<String, String> nameOfId = new HashMap<>();
    List<FileDataset.Entry> entries = new ArrayList<>();
    for (TextLine line : lines.subList(1, lines.size())) {
      List<String> fields = line.fields(",", 9);
      String id = fields.get(1);
      String name = fields.get(2);
      if (!fields.get(0).startsWith(id + "_") || !fields.get(8).startsWith(id + "_")) {
        throw line.broken("must have a file and a source whose names start with the wnid");
      }
      String known = nameOfId.putIfAbsent(id, name);
      if (known == null) {
        if (classes.contains(name)) {
          throw line.broken("has a second wnid for the name " + name);
        }
        classes.add(name);
      } else if (!known.equals(name)) {
        throw line.broken("must have the name " + known + " of its wnid");
      }
      int label = classes.indexOf(name);
      List<double[]> heads = List.of(edges(line, fields.subList(3, 7)));
      List<double[]> feet = new ArrayList<>();
      if (!fields.get(7).isBlank()) {
        for (String box : fields.get(7).split(";", -1)) {
          feet.add(edges(line, Arrays.asList(box.strip().split("\\s+"))));
        }
      }
      Path file = PictureFiles.below(folder.resolve("images"), fields.get(0), line);
      entries.add(new FileDataset.Entry(file, () -> animal(file, label, heads, feet)));
    }
    return FileDataset.of(folder, classes, ANIMAL_PARTS, entries);
  }

  private static double[] edges(TextLine line, List<String> fields) throws IOException {
    double[] edges = new double[fields.size()];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = line.decimal(fields.get(i));
    }
    if (edges.length != 4 || edges[0] >= edges[2] || edges[1] >= edges[3]) {
      throw line.broken("must have boxes xmin ymin xmax ymax, but has " + fields);
    }
    return edges;
  }

  private static PartImage animal(Path file, int label, List<double[]> heads, List<double[]> feet)
      throws IOException {
    RgbImage image = PictureFiles.rgb(file);
    byte[] owners = new byte[image.width() * image.height()];
    List<Landmark> landmarks =
        List.of(
            landmark("head", heads, image, owners, 1, true),
            landmark("foot", feet, image, owners, 2, false));
    PartMask mask = PartMask.of(image.width(), image.height(), ANIMAL_PARTS, owners);
    return new PartImage(
        image, label, PictureFiles.whole(image), landmarks, Optional.of(mask), Map.of());
  }

  /** Marks boxes in the mask and returns the centre of the first. */
  private static Landmark landmark(
      String part, List<double[]> boxes, RgbImage image, byte[] owners, int id, boolean first)
      throws IOException {
    boolean visible = false;
    for (double[] edges : boxes) {
      Box box = clip(edges[0], edges[1], edges[2], edges[3], image);
      for (int y = box.top(); y < box.bottom(); y++) {
        for (int x = box.left(); x < box.right(); x++) {
          int at = y * image.width() + x;
          if (first || owners[at] == PartMask.BACKGROUND) {
            owners[at] = (byte) id;
            visible = true;
          }
        }
      }
    }
    if (boxes.isEmpty()) {
      return new Landmark(part, 0, 0, false);
    }
    double[] edges = boxes.get(0);
    Box box = clip(edges[0], edges[1], edges[2], edges[3], image);
    return new Landmark(
        part, 0.5 * (box.left() + box.right()), 0.5 * (box.top() + box.bottom()), visible);
  }

  /** Returns the pixels that a rectangle touches inside of a picture. */
  static Box clip(double left, double top, double right, double bottom, RgbImage image)
      throws IOException {
    int l = (int) Math.max(0, Math.floor(left));
    int t = (int) Math.max(0, Math.floor(top));
    int r = (int) Math.min(image.width(), Math.ceil(right));
    int b = (int) Math.min(image.height(), Math.ceil(bottom));
    if (l >= r || t >= b) {
      throw new IOException(
          "the box from (%s, %s) to (%s, %s) lies outside of the picture of %d x %d"
              .formatted(left, top, right, bottom, image.width(), image.height()));
    }
    return new Box(l, t, r, b);
  }
}
