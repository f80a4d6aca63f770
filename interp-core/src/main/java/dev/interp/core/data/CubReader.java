package dev.interp.core.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads CUB-200-2011. Every table has its lines in the order of the pictures. */
final class CubReader {
  private CubReader() {}

  static PartDataset open(Path folder, DatasetFormat.Split split) throws IOException {
    List<String> classes = TextLine.numbered(folder.resolve("classes.txt"));
    List<String> parts = TextLine.numbered(folder.resolve("parts").resolve("parts.txt"));
    List<TextLine> images = TextLine.of(folder.resolve("images.txt"));
    int count = images.size();
    List<TextLine> labels = table(folder, "image_class_labels.txt", count);
    List<TextLine> boxes = table(folder, "bounding_boxes.txt", count);
    List<TextLine> splits = table(folder, "train_test_split.txt", count);
    List<TextLine> places = table(folder, "parts/part_locs.txt", count * parts.size());
    List<FileDataset.Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TextLine line = images.get(i);
      List<String> image = fields(line, 2, i + 1);
      Path file = PictureFiles.below(folder.resolve("images"), image.get(1), line);
      int label = label(labels.get(i), i + 1, classes, image.get(1));
      double[] box = box(boxes.get(i), i + 1);
      List<Landmark> landmarks = landmarks(places, i, parts);
      int train = splits.get(i).integer(fields(splits.get(i), 2, i + 1).get(1));
      if (train != 0 && train != 1) {
        throw splits.get(i).broken("must have 1 (training) or 0 (test)");
      }
      if ((train == 1) == (split == DatasetFormat.Split.TRAIN)) {
        entries.add(new FileDataset.Entry(file, () -> read(file, label, box, landmarks)));
      }
    }
    return FileDataset.of(folder, classes, parts, entries);
  }

  private static List<TextLine> table(Path folder, String name, int count) throws IOException {
    List<TextLine> lines = TextLine.of(folder.resolve(name));
    if (lines.size() != count) {
      throw new IOException(
          "%s must have %d lines to go with images.txt, but has %d; was it cut short?"
              .formatted(folder.resolve(name), count, lines.size()));
    }
    return lines;
  }

  private static List<String> fields(TextLine line, int count, int number) throws IOException {
    List<String> fields = line.fields("\\s+", count);
    line.expect(line.integer(fields.get(0)), number, "picture");
    return fields;
  }

  /** The folder of a picture is named as its class, so a damaged label is noticed. */
  private static int label(TextLine line, int number, List<String> classes, String file)
      throws IOException {
    int label = line.integer(fields(line, 2, number).get(1)) - 1;
    if (label < 0 || label >= classes.size()) {
      throw line.broken("must have a class from 1 to " + classes.size());
    }
    if (!file.startsWith(classes.get(label) + "/")) {
      throw line.broken(
          "says that %s is of the class %s; picture and class must agree"
              .formatted(file, classes.get(label)));
    }
    return label;
  }

  /** Returns left, top, right and bottom. */
  private static double[] box(TextLine line, int number) throws IOException {
    List<String> fields = fields(line, 5, number);
    double left = line.decimal(fields.get(1));
    double top = line.decimal(fields.get(2));
    double width = line.decimal(fields.get(3));
    double height = line.decimal(fields.get(4));
    if (left < 0 || top < 0 || width <= 0 || height <= 0) {
      throw line.broken("must have a box of x, y >= 0 and width, height > 0");
    }
    return new double[] {left, top, left + width, top + height};
  }

  private static List<Landmark> landmarks(List<TextLine> places, int image, List<String> parts)
      throws IOException {
    List<Landmark> landmarks = new ArrayList<>();
    for (int p = 0; p < parts.size(); p++) {
      TextLine line = places.get(image * parts.size() + p);
      List<String> fields = fields(line, 5, image + 1);
      line.expect(line.integer(fields.get(1)), p + 1, "part");
      int visible = line.integer(fields.get(4));
      if (visible != 0 && visible != 1) {
        throw line.broken("must end with 1 (visible) or 0");
      }
      landmarks.add(
          new Landmark(
              parts.get(p),
              line.decimal(fields.get(2)),
              line.decimal(fields.get(3)),
              visible == 1));
    }
    return landmarks;
  }

  private static PartImage read(Path file, int label, double[] box, List<Landmark> landmarks)
      throws IOException {
    RgbImage image = PictureFiles.rgb(file);
    for (Landmark landmark : landmarks) {
      if (landmark.visible() && !PictureFiles.whole(image).contains(landmark.x(), landmark.y())) {
        throw new IOException("the visible " + landmark + " lies outside of " + image);
      }
    }
    return new PartImage(
        image,
        label,
        FolderReaders.clip(box[0], box[1], box[2], box[3], image),
        landmarks,
        Optional.empty(),
        Map.of());
  }
}
