package dev.interp.disentangle.dissect;

import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Concepts that data sets with parts know of. */
public final class Concepts {
  /** What {@link #colours} tells apart, the eleven basic colour words of English. */
  private static final List<String> COLOURS =
      List.of(
          "black", "grey", "white", "red", "orange", "brown", "yellow", "green", "blue", "purple",
          "pink");

  private static final int STEPS = 32;

  private Concepts() {}

  private record Source(List<Concept> concepts, Function<PartImage, List<short[]>> planes)
      implements ConceptSource {
    @Override
    public List<short[]> label(PartImage picture) {
      return planes.apply(picture);
    }
  }

  /**
   * The parts of the masks.
   *
   * @param parts their names, as in the masks
   * @return concepts of the part category; pictures without a mask show none
   * @throws IllegalArgumentException if there are no parts
   */
  public static ConceptSource parts(List<String> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(
          "the data set must have parts with masks for part concepts, has none; take colours or"
              + " classes");
    }
    List<Concept> concepts = parts.stream().map(name -> new Concept(name, "part")).toList();
    return new Source(
        concepts,
        picture ->
            owned(picture, owner -> owner > 0 && owner <= parts.size() ? owner - 1 : NONE_INT));
  }

  /**
   * The object, all of its parts together, and whatever else stands around.
   *
   * @param object what the object is called
   * @return concepts of the object category; pictures without a mask show none
   */
  public static ConceptSource objects(String object) {
    return new Source(
        List.of(new Concept(object, "object"), new Concept("other thing", "object")),
        picture ->
            owned(
                picture,
                owner ->
                    owner == PartMask.BACKGROUND
                        ? NONE_INT
                        : owner == picture.mask().orElseThrow().otherId() ? 1 : 0));
  }

  /**
   * The kinds of parts, from the attributes of pictures and their masks.
   *
   * @param kinds of each part the names of its kinds
   * @return concepts of the kind category, such as {@code folded wing}
   */
  public static ConceptSource kinds(Map<String, List<String>> kinds) {
    List<Concept> concepts = new ArrayList<>();
    kinds.forEach(
        (part, names) -> names.forEach(n -> concepts.add(new Concept(n + " " + part, "kind"))));
    List<Concept> all = List.copyOf(concepts);
    return new Source(
        all,
        picture -> {
          if (picture.mask().isEmpty()) {
            return List.of();
          }
          List<String> parts = picture.mask().get().parts();
          int[] byOwner = new int[parts.size() + 2];
          Arrays.fill(byOwner, NONE_INT);
          for (int k = 0; k < parts.size(); k++) {
            String kind = picture.attributes().get(parts.get(k));
            byOwner[k + 1] = kind == null ? NONE_INT : indexOf(all, kind + " " + parts.get(k));
          }
          return owned(picture, owner -> byOwner[owner]);
        });
  }

  /**
   * Whatever pictures have masks of besides parts, such as textures and materials.
   *
   * @param names of each category the names of its concepts, as in {@link PartImage#concepts()}
   * @return concepts of these categories; pictures without a mask of a category show none of it
   */
  public static ConceptSource masks(Map<String, List<String>> names) {
    List<Concept> all =
        names.entrySet().stream()
            .flatMap(e -> e.getValue().stream().map(name -> new Concept(name, e.getKey())))
            .toList();
    return new Source(
        all,
        picture -> {
          List<short[]> planes = new ArrayList<>();
          for (String category : names.keySet()) {
            PartMask mask = picture.concepts().get(category);
            if (mask != null) {
              List<Integer> byPart =
                  mask.parts().stream()
                      .map(name -> all.indexOf(new Concept(name, category)))
                      .toList();
              planes.add(
                  owned(
                      mask,
                      owner ->
                          owner >= 1 && owner <= byPart.size() ? byPart.get(owner - 1) : NONE_INT));
            }
          }
          return planes;
        });
  }

  /**
   * The classes of pictures; a picture shows its class with every pixel.
   *
   * @param classNames the names, by label
   * @return concepts of the class category
   */
  public static ConceptSource classes(List<String> classNames) {
    List<Concept> concepts = classNames.stream().map(name -> new Concept(name, "class")).toList();
    return new Source(
        concepts,
        picture -> {
          short[] plane = new short[picture.image().width() * picture.image().height()];
          Arrays.fill(
              plane, (short) (picture.label() < concepts.size() ? picture.label() : NONE_INT));
          return List.of(plane);
        });
  }

  /**
   * Eleven colours: black, grey, white, red, orange, brown, yellow, green, blue, purple, pink. By
   * hue, saturation and value, rounded to 5 bits per channel.
   *
   * @return concepts of the colour category
   */
  public static ConceptSource colours() {
    byte[] names = new byte[STEPS * STEPS * STEPS];
    for (int i = 0; i < names.length; i++) {
      float[] hsv =
          java.awt.Color.RGBtoHSB(
              (i >> 10) * 255 / 31, (i >> 5 & 31) * 255 / 31, (i & 31) * 255 / 31, null);
      names[i] = (byte) COLOURS.indexOf(colour(360 * hsv[0], hsv[1], hsv[2]));
    }
    return new Source(
        COLOURS.stream().map(name -> new Concept(name, "colour")).toList(),
        picture -> {
          int[] rgb = picture.image().toArray();
          short[] plane = new short[rgb.length];
          for (int i = 0; i < rgb.length; i++) {
            plane[i] = names[(rgb[i] >> 9 & 0x7c00) | (rgb[i] >> 6 & 0x3e0) | (rgb[i] >> 3 & 31)];
          }
          return List.of(plane);
        });
  }

  private static String colour(double hue, double saturation, double value) {
    if (value < 0.2) {
      return "black";
    } else if (saturation < 0.15) {
      return value > 0.85 ? "white" : "grey";
    } else if (hue < 15 || hue >= 345) {
      return saturation < 0.5 && value > 0.7 ? "pink" : "red";
    } else if (hue < 45) {
      return value < 0.65 ? "brown" : "orange";
    } else if (hue < 70) {
      return value < 0.4 ? "brown" : "yellow";
    } else if (hue < 170) {
      return "green";
    } else if (hue < 255) {
      return "blue";
    } else if (hue < 300) {
      return "purple";
    }
    return "pink";
  }

  private static final int NONE_INT = ConceptSource.NONE;

  private interface Owner {
    int concept(int owner);
  }

  private static List<short[]> owned(PartImage picture, Owner concept) {
    if (picture.mask().isEmpty()) {
      return List.of();
    }
    return List.of(owned(picture.mask().get(), concept));
  }

  private static short[] owned(PartMask mask, Owner concept) {
    byte[] owners = mask.toArray();
    short[] byOwner = new short[mask.otherId() + 1];
    for (int i = 0; i < byOwner.length; i++) {
      byOwner[i] = (short) concept.concept(i);
    }
    short[] plane = new short[owners.length];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = byOwner[owners[i]];
    }
    return plane;
  }

  private static int indexOf(List<Concept> concepts, String name) {
    for (int i = 0; i < concepts.size(); i++) {
      if (concepts.get(i).name().equals(name)) {
        return i;
      }
    }
    return NONE_INT;
  }
}
