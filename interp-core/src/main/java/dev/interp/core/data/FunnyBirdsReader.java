package dev.interp.core.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.core.image.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Reads FunnyBirds. The scene parameters are the index: entry i is the picture named i. */
final class FunnyBirdsReader {
  private static final List<String> PARTS = List.of("beak", "eye", "foot", "tail", "wing", "body");
  private static final Set<String> REMOVABLE =
      new TreeSet<>(List.of("beak", "eye", "foot", "tail", "wing"));

  /** The model of a part that a bird lacks. */
  private static final String LACKING = "placeholder";

  /** Owners by the grey values: background, beak, eyes, feet, tail, wings, body, other. */
  private static final int[] GREY = {0, 1, 2, 2, 3, 3, 4, 5, 5, 6, 7};

  private static final int FIRST_OBJECT = 0xCCCCCC;
  private static final int OBJECTS = 50;

  private FunnyBirdsReader() {}

  /** One picture: its class, what is known of its parts, and its number of background objects. */
  private record Bird(int label, Map<String, String> attributes, int objects) {}

  static void checkObject(OptionalInt object, Set<String> removed) {
    if (object.isPresent() && (object.getAsInt() < 0 || object.getAsInt() >= OBJECTS)) {
      throw new IllegalArgumentException(
          "Background objects of FunnyBirds have the numbers 0 to "
              + (OBJECTS - 1)
              + ", but not "
              + object.getAsInt());
    }
    if (object.isPresent() && !removed.isEmpty()) {
      throw new IllegalArgumentException(
          "FunnyBirds has pictures without a background object or without parts, but none without"
              + " both; asked for were object "
              + object.getAsInt()
              + " and the parts "
              + removed);
    }
  }

  static Set<String> checkRemoved(Set<String> removed) {
    if (!REMOVABLE.containsAll(removed)) {
      throw new IllegalArgumentException(
          "Parts that can be removed from FunnyBirds are " + REMOVABLE + ", but not " + removed);
    }
    return Set.copyOf(removed);
  }

  static PartDataset open(Path folder, DatasetFormat.FunnyBirds format) throws IOException {
    int count = classes(folder.resolve("classes.json"));
    List<String> classes = new ArrayList<>();
    for (int label = 0; label < count; label++) {
      classes.add(String.valueOf(label));
    }
    String split = format.split().name().toLowerCase(Locale.ROOT);
    Path index = folder.resolve("dataset_" + split + ".json");
    List<Bird> birds = birds(index, count);
    Path pictures = folder.resolve(split);
    if (!Files.isDirectory(pictures)) {
      throw new IOException(pictures + " does not exist; is it the right folder and split?");
    }
    // The published files have names of six digits.
    String digits = isPublished(folder, split, birds) ? "%06d" : "%04d";
    Path greyMaps = folder.resolve(split + "_parts");
    Path colourMaps = folder.resolve(split + "_part_map");
    List<FileDataset.Entry> entries = new ArrayList<>();
    for (int i = 0; i < birds.size(); i++) {
      Bird bird = birds.get(i);
      String id = String.format(Locale.ROOT, digits, i);
      String name = bird.label() + "/" + id + ".png";
      if (!format.removed().isEmpty()) {
        Path file = intervention(folder, split, bird.label(), id, format.removed());
        entries.add(new FileDataset.Entry(file, () -> removed(file, bird, format.removed())));
        continue;
      }
      if (format.object().orElse(bird.objects()) < bird.objects()) {
        Path file =
            folder.resolve(
                split
                    + "_interventions/"
                    + bird.label()
                    + "/"
                    + id
                    + "/background_interventions/"
                    + format.object().getAsInt()
                    + ".png");
        entries.add(new FileDataset.Entry(file, () -> removed(file, bird, Set.of())));
        continue;
      }
      Path file = pictures.resolve(name);
      if (format.object().isPresent()) {
        entries.add(new FileDataset.Entry(file, () -> removed(file, bird, Set.of())));
      } else if (Files.isDirectory(greyMaps)) {
        Path map = greyMaps.resolve(name);
        entries.add(new FileDataset.Entry(file, () -> whole(file, bird, map, true)));
      } else if (Files.isDirectory(colourMaps)) {
        Path map = colourMaps.resolve(name);
        entries.add(new FileDataset.Entry(file, () -> whole(file, bird, map, false)));
      } else {
        entries.add(new FileDataset.Entry(file, () -> removed(file, bird, Set.of())));
      }
    }
    return FileDataset.of(index, classes, PARTS, entries);
  }

  private static boolean isPublished(Path folder, String split, List<Bird> birds) {
    return !birds.isEmpty()
        && !Files.exists(folder.resolve(split + "/" + birds.get(0).label() + "/0000.png"));
  }

  private static Path intervention(
      Path folder, String split, int label, String id, Set<String> removed) {
    Path published = folder.resolve(split + "_interventions");
    if (removed.size() == 1 && !Files.isDirectory(published)) {
      return folder.resolve(
          split
              + "_without_part/"
              + label
              + "/"
              + id
              + "_no_"
              + removed.iterator().next()
              + ".png");
    }
    Set<String> kept = new TreeSet<>(REMOVABLE);
    kept.removeAll(removed);
    String name = kept.isEmpty() ? "body_.png" : "body_" + String.join("_", kept) + ".png";
    return published.resolve(label + "/" + id + "/" + name);
  }

  /** Returns the number of classes; their numbers must be 0, 1, ... in order. */
  private static int classes(Path file) throws IOException {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is no legal JSON; is it damaged? " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new IOException(file + " does not exist; is it a folder of FunnyBirds?", e);
    }
    JsonNode list = root.isObject() ? root.path("classes") : root;
    for (int label = 0; label < list.size(); label++) {
      if (list.path(label).path("class_idx").asInt(-1) != label) {
        throw new IOException(
            file + " must list the classes by 'class_idx' 0, 1, ... but lacks " + label);
      }
    }
    if (!list.isArray() || list.isEmpty()) {
      throw new IOException(file + " must be a list of classes or have one named 'classes'");
    }
    return list.size();
  }

  /** Reads piece by piece: the index of the published training split has more than 100 MB. */
  private static List<Bird> birds(Path file, int classes) throws IOException {
    JsonFactory json =
        JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    List<Bird> birds = new ArrayList<>();
    try (JsonParser in = json.createParser(Files.newInputStream(file))) {
      expect(in.nextToken() == JsonToken.START_ARRAY, file, "be a list of scenes");
      while (in.nextToken() != JsonToken.END_ARRAY) {
        expect(in.currentToken() == JsonToken.START_OBJECT, file, "be a list of scenes");
        birds.add(bird(in, file, birds.size(), classes));
      }
      expect(in.nextToken() == null, file, "end behind the list");
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is no legal JSON; is it damaged? " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new IOException(file + " does not exist; is it the right split?", e);
    }
    return birds;
  }

  private static Bird bird(JsonParser in, Path file, int number, int classes) throws IOException {
    int label = -1;
    Map<String, String> fields = new LinkedHashMap<>();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      if (in.nextToken().isStructStart()) {
        in.skipChildren();
      } else if (name.equals("class_idx")) {
        label = in.currentToken() == JsonToken.VALUE_NUMBER_INT ? in.getIntValue() : -1;
      } else {
        fields.put(name, in.getText());
      }
    }
    expect(
        label >= 0 && label < classes,
        file,
        "have a 'class_idx' from 0 to " + (classes - 1) + " in scene " + number);
    Map<String, String> attributes = new LinkedHashMap<>();
    for (String part : REMOVABLE) {
      String model = fields.get(part + "_model");
      if (model == null) {
        throw new IOException(file + " must have '" + part + "_model' in scene " + number);
      }
      if (!model.equals(LACKING)) {
        String colour = fields.getOrDefault(part + "_color", "");
        attributes.put(part, (model.replaceAll("\\.glb$", "") + " " + colour).strip());
      }
    }
    int objects = objects(fields.getOrDefault("bg_objects", ""));
    expect(objects <= OBJECTS, file, "have at most " + OBJECTS + " objects in scene " + number);
    return new Bird(label, attributes, objects);
  }

  /** The kinds of objects are listed with a comma behind each. */
  private static int objects(String list) {
    return (int) Arrays.stream(list.split(",")).filter(kind -> !kind.isBlank()).count();
  }

  private static void expect(boolean holds, Path file, String what) throws IOException {
    if (!holds) {
      throw new IOException(file + " must " + what + "; is the file damaged?");
    }
  }

  private static PartImage removed(Path file, Bird bird, Set<String> removed) throws IOException {
    RgbImage image = PictureFiles.rgb(file);
    Map<String, String> attributes = new LinkedHashMap<>(bird.attributes());
    attributes.keySet().removeAll(removed);
    List<Landmark> unknown = PARTS.stream().map(part -> new Landmark(part, 0, 0, false)).toList();
    return new PartImage(
        image, bird.label(), PictureFiles.whole(image), unknown, Optional.empty(), attributes);
  }

  private static PartImage whole(Path file, Bird bird, Path map, boolean grey) throws IOException {
    RgbImage image = PictureFiles.rgb(file);
    if (grey) {
      PartMask mask = greyMask(map);
      return new PartImage(
          image, bird.label(), mask.box(), landmarks(mask), Optional.of(mask), bird.attributes());
    }
    RgbImage colours = PictureFiles.rgb(map);
    PartMask mask = colourMask(colours);
    return new PartImage(
        image,
        bird.label(),
        mask.box(),
        landmarks(mask),
        Optional.of(mask),
        bird.attributes(),
        Map.of(DatasetFormat.FunnyBirds.BACKGROUND_OBJECT, objectMask(colours, bird.objects())));
  }

  private static PartMask greyMask(Path file) throws IOException {
    Image map = PictureFiles.read(file);
    if (map.channels() != 1) {
      throw new IOException(file + " must be a grey picture of part numbers, but is in colour");
    }
    float[] values = map.plane(0);
    byte[] owners = new byte[values.length];
    for (int p = 0; p < owners.length; p++) {
      int value = Math.round(values[p] * 255);
      if (value >= GREY.length) {
        throw new IOException(
            file + " must have the part numbers 0 to 10, but has " + value + " at pixel " + p);
      }
      owners[p] = (byte) GREY[value];
    }
    return PartMask.of(map.width(), map.height(), PARTS, owners);
  }

  private static PartMask objectMask(RgbImage map, int count) {
    int[] colours = map.toArray();
    byte[] owners = new byte[colours.length];
    for (int p = 0; p < owners.length; p++) {
      int number = colours[p] - FIRST_OBJECT;
      owners[p] = (byte) (number >= 0 && number < count ? number + 1 : 0);
    }
    List<String> names = IntStream.range(0, count).mapToObj(String::valueOf).toList();
    return PartMask.of(map.width(), map.height(), names, owners);
  }

  private static PartMask colourMask(RgbImage map) {
    int[] colours = map.toArray();
    byte[] owners = new byte[colours.length];
    for (int p = 0; p < owners.length; p++) {
      owners[p] = (byte) owner(colours[p]);
    }
    return PartMask.of(map.width(), map.height(), PARTS, owners);
  }

  private static int owner(int colour) {
    return switch (colour) {
      case 0xFFFF00 -> 1;
      case 0xFFFFFD, 0xFFFFFE -> 2;
      case 0xFF0001, 0xFF0002 -> 3;
      case 0x0000FF -> 4;
      case 0x00FF01, 0x00FF02 -> 5;
      case 0xAAAAAA -> 6;
      default ->
          colour >= FIRST_OBJECT && colour < FIRST_OBJECT + OBJECTS
              ? PARTS.size() + 1
              : PartMask.BACKGROUND;
    };
  }

  private static List<Landmark> landmarks(PartMask mask) {
    double[] x = new double[PARTS.size() + 2];
    double[] y = new double[x.length];
    int[] count = new int[x.length];
    for (int row = 0; row < mask.height(); row++) {
      for (int column = 0; column < mask.width(); column++) {
        int owner = mask.owner(column, row);
        x[owner] += column + 0.5;
        y[owner] += row + 0.5;
        count[owner]++;
      }
    }
    List<Landmark> landmarks = new ArrayList<>();
    for (String part : PARTS) {
      int id = mask.id(part);
      int pixels = Math.max(1, count[id]);
      landmarks.add(new Landmark(part, x[id] / pixels, y[id] / pixels, count[id] > 0));
    }
    return landmarks;
  }
}
