package dev.interp.core.metric;

import dev.interp.core.data.BirdScene;
import dev.interp.core.data.Birds;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rendered birds of which parts and background objects are removed by rendering the scene without
 * them. The body stays, as it tells nothing about the class. Immutable; safe for concurrent use.
 */
public final class BirdInterventions implements PartInterventions {
  private final Birds birds;
  private final int first;
  private final int size;
  private final Preprocessor preprocessor;
  private final List<String> parts;
  private final List<int[]> kinds;

  private BirdInterventions(Birds birds, int first, int size, Preprocessor preprocessor) {
    this.birds = birds;
    this.first = first;
    this.size = size;
    this.preprocessor = preprocessor;
    this.parts = List.copyOf(birds.classKinds(0).keySet());
    this.kinds = new ArrayList<>();
    for (int label = 0; label < birds.classNames().size(); label++) {
      Map<String, String> own = birds.classKinds(label);
      kinds.add(
          parts.stream()
              .mapToInt(
                  part ->
                      Objects.requireNonNull(birds.bodyPlan().kinds().get(part))
                          .indexOf(String.valueOf(own.get(part))))
              .toArray());
    }
  }

  /**
   * Birds in a row.
   *
   * @param birds the birds
   * @param first index of the first
   * @param count how many
   * @param preprocessor from a picture to the network's input; must not move pixels
   * @return their interventions; the parts are in the order of {@link Birds#classKinds}
   * @throws IndexOutOfBoundsException if there are not as many
   */
  public static BirdInterventions of(Birds birds, int first, int count, Preprocessor preprocessor) {
    Objects.checkFromIndexSize(first, count, birds.size());
    return new BirdInterventions(birds, first, count, preprocessor);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public List<int[]> kinds() {
    return kinds;
  }

  @Override
  public int label(int index) {
    return scene(index).label();
  }

  @Override
  public int backgroundObjects(int index) {
    return scene(index).objects().size();
  }

  @Override
  public INDArray without(int index, BitSet removed) {
    Set<String> gone = new HashSet<>();
    Set<Integer> objects = new HashSet<>();
    removed.stream()
        .forEach(
            thing -> {
              if (thing < parts.size()) {
                gone.add(parts.get(thing));
              } else {
                objects.add(thing - parts.size());
              }
            });
    PartImage picture = birds.render(scene(index).without(gone).withoutObjects(objects));
    return preprocessor.apply(
        Image.of(3, picture.image().height(), picture.image().width(), picture.image().toPlanar()));
  }

  @Override
  public boolean[] mask(int index, int thing) {
    BirdScene scene = scene(index);
    if (thing >= parts.size()) {
      return birds.objectMasks(scene).get(thing - parts.size());
    }
    PartMask mask = birds.render(scene).mask().orElseThrow();
    byte[] owners = mask.toArray();
    int id = mask.id(parts.get(thing));
    boolean[] seen = new boolean[owners.length];
    for (int p = 0; p < seen.length; p++) {
      seen[p] = owners[p] == id;
    }
    return seen;
  }

  private BirdScene scene(int index) {
    return birds.scene(first + Objects.checkIndex(index, size));
  }
}
