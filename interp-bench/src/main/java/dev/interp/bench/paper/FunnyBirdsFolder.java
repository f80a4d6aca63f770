package dev.interp.bench.paper;

import dev.interp.bench.quality.Gallery;
import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.metric.PartInterventions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The test pictures of a folder of FunnyBirds. Where the folder has pictures without single parts
 * only, those without several are put together from them: a pixel is taken from the pictures in
 * which it differs from the whole bird, from the last of them if several do. That is exact except
 * where one removed part lies in front of another. The same holds for background objects besides
 * anything else; a folder without {@code test_interventions} has none.
 */
final class FunnyBirdsFolder implements PartInterventions {
  static final List<String> PARTS = List.of("beak", "eye", "foot", "tail", "wing");

  private final PartDataset whole;
  private final Map<String, PartDataset> without;
  private final List<PartDataset> withoutObject;
  private final Preprocessor preprocessor;
  private final List<Map<String, String>> classes;
  private final List<int[]> kinds;

  private FunnyBirdsFolder(
      PartDataset whole,
      Map<String, PartDataset> without,
      List<PartDataset> withoutObject,
      Preprocessor preprocessor) {
    this.whole = whole;
    this.without = without;
    this.withoutObject = withoutObject;
    this.preprocessor = preprocessor;
    this.classes = new ArrayList<>();
    for (int label = 0; label < whole.classNames().size(); label++) {
      int wanted = label;
      classes.add(
          whole.stream()
              .filter(picture -> picture.label() == wanted)
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("no picture of class " + wanted))
              .attributes());
    }
    List<List<String>> names =
        PARTS.stream().map(p -> classes.stream().map(c -> c.get(p)).distinct().toList()).toList();
    this.kinds =
        classes.stream()
            .map(
                c ->
                    java.util.stream.IntStream.range(0, PARTS.size())
                        .map(p -> names.get(p).indexOf(c.get(PARTS.get(p))))
                        .toArray())
            .toList();
  }

  static FunnyBirdsFolder open(Path folder, Preprocessor preprocessor) throws IOException {
    DatasetFormat.Split test = DatasetFormat.Split.TEST;
    Map<String, PartDataset> without = new LinkedHashMap<>();
    boolean published = Files.isDirectory(folder.resolve("test_interventions"));
    for (int bits = 1; bits < 1 << PARTS.size(); bits++) {
      Set<String> removed = names(BitSet.valueOf(new long[] {bits}));
      if (published || removed.size() == 1) {
        without.put(removed.toString(), new DatasetFormat.FunnyBirds(test, removed).open(folder));
      }
    }
    DatasetFormat.FunnyBirds format = new DatasetFormat.FunnyBirds(test);
    PartDataset whole = format.open(folder);
    List<PartDataset> withoutObject = new ArrayList<>();
    int objects = published ? whole.stream().mapToInt(p -> objects(p)).max().orElse(0) : 0;
    for (int number = 0; number < objects; number++) {
      withoutObject.add(format.withoutObject(number).open(folder));
    }
    return new FunnyBirdsFolder(whole, without, withoutObject, preprocessor);
  }

  private static Set<String> names(BitSet removed) {
    return removed.stream()
        .filter(thing -> thing < PARTS.size())
        .mapToObj(PARTS::get)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The kind of each part of each class, by the name of the part. */
  List<Map<String, String>> classes() {
    return classes;
  }

  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public List<int[]> kinds() {
    return kinds;
  }

  @Override
  public int label(int index) {
    return whole.get(index).label();
  }

  @Override
  public int backgroundObjects(int index) {
    return withoutObject.isEmpty() ? 0 : objects(whole.get(index));
  }

  private static int objects(PartImage picture) {
    PartMask mask = picture.concepts().get(DatasetFormat.FunnyBirds.BACKGROUND_OBJECT);
    return mask == null ? 0 : mask.parts().size();
  }

  @Override
  public INDArray without(int index, BitSet removed) {
    List<PartDataset> pieces = pieces(removed);
    if (pieces.size() == 1) {
      return preprocessor.apply(image(pieces.get(0).get(index)));
    }
    Image full = image(whole.get(index));
    float[] values = values(full);
    float[] mixed = values.clone();
    int plane = full.height() * full.width();
    for (PartDataset piece : pieces) {
      float[] other = values(image(piece.get(index)));
      for (int p = 0; p < plane; p++) {
        boolean differs = false;
        for (int c = 0; c < 3; c++) {
          differs |= other[c * plane + p] != values[c * plane + p];
        }
        for (int c = 0; differs && c < 3; c++) {
          mixed[c * plane + p] = other[c * plane + p];
        }
      }
    }
    return preprocessor.apply(Image.of(3, full.height(), full.width(), mixed));
  }

  /** Pictures that together lack what is to be removed. */
  private List<PartDataset> pieces(BitSet removed) {
    List<PartDataset> pieces = new ArrayList<>();
    Set<String> names = names(removed);
    PartDataset parts = without.get(names.toString());
    if (parts != null) {
      pieces.add(parts);
    } else {
      for (String part : names) {
        pieces.add(Objects.requireNonNull(without.get(Set.of(part).toString())));
      }
    }
    removed.stream()
        .filter(thing -> thing >= PARTS.size())
        .forEach(thing -> pieces.add(withoutObject.get(thing - PARTS.size())));
    return pieces.isEmpty() ? List.of(whole) : pieces;
  }

  static Image image(PartImage picture) {
    return Image.of(
        3, picture.image().height(), picture.image().width(), picture.image().toPlanar());
  }

  private static float[] values(Image image) {
    int plane = image.height() * image.width();
    float[] values = new float[3 * plane];
    for (int c = 0; c < 3; c++) {
      System.arraycopy(image.plane(c), 0, values, c * plane, plane);
    }
    return values;
  }

  @Override
  public boolean[] mask(int index, int thing) {
    PartImage picture = whole.get(index);
    int object = thing - PARTS.size();
    PartMask mask =
        object < 0
            ? picture.mask().orElseThrow()
            : Objects.requireNonNull(
                picture.concepts().get(DatasetFormat.FunnyBirds.BACKGROUND_OBJECT));
    byte[] owners = mask.toArray();
    int id = object < 0 ? mask.id(PARTS.get(thing)) : object + 1;
    boolean[] seen = new boolean[owners.length];
    for (int p = 0; p < seen.length; p++) {
      seen[p] = owners[p] == id;
    }
    return Gallery.moved(seen, mask.width(), preprocessor);
  }
}
