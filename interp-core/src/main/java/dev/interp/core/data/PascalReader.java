package dev.interp.core.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads PASCAL-Part. */
final class PascalReader {
  /** The parts of each animal that can be read. */
  static final Map<String, List<String>> PARTS = parts();

  private PascalReader() {}

  private static Map<String, List<String>> parts() {
    Map<String, List<String>> parts = new LinkedHashMap<>();
    parts.put("bird", List.of("head", "torso", "legs", "tail"));
    for (String pet : List.of("cat", "dog")) {
      parts.put(pet, List.of("head", "torso", "front legs", "back legs", "tail"));
    }
    for (String hoofed : List.of("cow", "horse", "sheep")) {
      parts.put(hoofed, List.of("head", "torso", "front legs", "back legs"));
    }
    return Collections.unmodifiableMap(parts);
  }

  /** The merged part that one of the annotated parts belongs to; null for those left out. */
  private static @org.jspecify.annotations.Nullable String merged(String animal, String part) {
    String name =
        switch (part) {
          case "head", "leye", "reye", "lear", "rear", "nose", "muzzle", "lhorn", "rhorn", "beak" ->
              "head";
          case "torso", "neck", "lwing", "rwing" -> "torso";
          case "lleg", "rleg", "lfoot", "rfoot" -> "legs";
          case "tail" -> "tail";
          default ->
              part.startsWith("lf") || part.startsWith("rf")
                  ? "front legs"
                  : part.startsWith("lb") || part.startsWith("rb") ? "back legs" : "";
        };
    return PARTS.getOrDefault(animal, List.of()).contains(name) ? name : null;
  }

  static PartDataset open(Path folder, DatasetFormat.PascalPart format) throws IOException {
    Set<String> parts = new LinkedHashSet<>();
    format.animals().forEach(a -> parts.addAll(PARTS.getOrDefault(a, List.of())));
    List<String> partNames = List.copyOf(parts);
    List<FileDataset.Entry> entries = new ArrayList<>();
    for (int label = 0; label < format.animals().size(); label++) {
      String animal = format.animals().get(label);
      String suffix = format.split() == DatasetFormat.Split.TRAIN ? "_train.txt" : "_val.txt";
      Path list = folder.resolve("ImageSets").resolve("Main").resolve(animal + suffix);
      int ofClass = label;
      for (TextLine line : TextLine.of(list)) {
        List<String> fields = line.fields("\\s+", 2);
        int shown = line.integer(fields.get(1));
        if (shown < -1 || shown > 1) {
          throw line.broken("must end with 1, 0 or -1");
        }
        if (shown == 1) {
          Path image =
              PictureFiles.below(folder.resolve("JPEGImages"), fields.get(0) + ".jpg", line);
          Path parted =
              PictureFiles.below(folder.resolve("Annotations_Part"), fields.get(0) + ".mat", line);
          entries.add(
              new FileDataset.Entry(image, () -> read(image, parted, animal, ofClass, partNames)));
        }
      }
    }
    return FileDataset.of(folder, format.animals(), partNames, entries);
  }

  private static PartImage read(
      Path file, Path parted, String animal, int label, List<String> partNames) throws IOException {
    RgbImage image = PictureFiles.rgb(file);
    List<Map<String, MatFile.Value>> objects = structs(field(anno(parted), "objects", parted));
    Map<String, MatFile.Value> largest = Map.of();
    int most = 0;
    for (Map<String, MatFile.Value> object : objects) {
      if (text(field(object, "class", parted)).equals(animal)) {
        int size = count(mask(object, image, parted));
        if (size > most) {
          most = size;
          largest = object;
        }
      }
    }
    if (most == 0) {
      throw new IOException(parted + " must have a " + animal + ", as the list says, but has none");
    }
    byte[] owners = new byte[image.width() * image.height()];
    for (Map<String, MatFile.Value> object : objects) {
      if (object != largest) {
        paint(owners, mask(object, image, parted), partNames.size() + 1);
      }
    }
    boolean[] all = mask(largest, image, parted);
    paint(owners, all, PartMask.BACKGROUND);
    MatFile.Value parts = field(largest, "parts", parted);
    // An animal without parts has an empty array of numbers.
    for (String name : List.of("torso", "legs", "front legs", "back legs", "tail", "head")) {
      for (Map<String, MatFile.Value> part :
          parts instanceof MatFile.Structs known
              ? known.elements()
              : List.<Map<String, MatFile.Value>>of()) {
        if (name.equals(merged(animal, text(field(part, "part_name", parted))))) {
          paint(owners, mask(part, image, parted), partNames.indexOf(name) + 1);
        }
      }
    }
    PartMask mask = PartMask.of(image.width(), image.height(), partNames, owners);
    List<Landmark> landmarks = new ArrayList<>();
    for (int p = 0; p < partNames.size(); p++) {
      landmarks.add(landmark(partNames.get(p), owners, image.width(), p + 1));
    }
    return new PartImage(
        image, label, box(all, image.width()), landmarks, Optional.of(mask), Map.of());
  }

  private static Map<String, MatFile.Value> anno(Path file) throws IOException {
    MatFile.Value anno = MatFile.read(file).get("anno");
    List<Map<String, MatFile.Value>> elements = structs(anno);
    if (elements.size() != 1) {
      throw new IOException(file + " must have one struct named 'anno'; is it of PASCAL-Part?");
    }
    return elements.get(0);
  }

  private static MatFile.Value field(Map<String, MatFile.Value> struct, String name, Path file)
      throws IOException {
    MatFile.Value value = struct.get(name);
    if (value == null) {
      throw new IOException(file + " must have the field '" + name + "' beside " + struct.keySet());
    }
    return value;
  }

  private static List<Map<String, MatFile.Value>> structs(
      MatFile.@org.jspecify.annotations.Nullable Value value) {
    return value instanceof MatFile.Structs structs ? structs.elements() : List.of();
  }

  private static String text(MatFile.Value value) {
    return value instanceof MatFile.Text text ? text.text() : "";
  }

  /** Row by row; in the file it is column by column. */
  private static boolean[] mask(Map<String, MatFile.Value> struct, RgbImage image, Path file)
      throws IOException {
    if (!(field(struct, "mask", file) instanceof MatFile.Numbers numbers)
        || numbers.rows() != image.height()
        || numbers.columns() != image.width()) {
      throw new IOException(file + " must have masks of the size of " + image);
    }
    boolean[] mask = new boolean[numbers.values().length];
    for (int p = 0; p < mask.length; p++) {
      mask[p] = numbers.values()[p % image.width() * image.height() + p / image.width()] != 0;
    }
    return mask;
  }

  private static int count(boolean[] mask) {
    int count = 0;
    for (boolean on : mask) {
      count += on ? 1 : 0;
    }
    return count;
  }

  private static void paint(byte[] owners, boolean[] mask, int id) {
    for (int p = 0; p < mask.length; p++) {
      owners[p] = mask[p] ? (byte) id : owners[p];
    }
  }

  private static Box box(boolean[] mask, int width) {
    int left = width;
    int top = mask.length;
    int right = 0;
    int bottom = 0;
    for (int p = 0; p < mask.length; p++) {
      if (mask[p]) {
        left = Math.min(left, p % width);
        right = Math.max(right, p % width + 1);
        top = Math.min(top, p / width);
        bottom = p / width + 1;
      }
    }
    return new Box(left, top, right, bottom);
  }

  private static Landmark landmark(String part, byte[] owners, int width, int id) {
    double x = 0;
    double y = 0;
    int count = 0;
    for (int p = 0; p < owners.length; p++) {
      if (owners[p] == id) {
        int row = p / width;
        x += p - row * width + 0.5;
        y += row + 0.5;
        count++;
      }
    }
    return new Landmark(part, x / Math.max(1, count), y / Math.max(1, count), count > 0);
  }
}
