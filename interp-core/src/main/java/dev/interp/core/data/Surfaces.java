package dev.interp.core.data;

import dev.interp.core.data.BirdScene.Pattern;
import dev.interp.core.data.BirdScene.Thing;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the surface of everything drawn is like: its texture and the material that it looks like.
 */
final class Surfaces {
  static final String TEXTURE = "texture";
  static final String MATERIAL = "material";

  private static final String PLAIN = "plain";

  /** The names of all textures and materials. */
  static final Map<String, List<String>> NAMES =
      ordered(
          TEXTURE,
          List.of(PLAIN, "spotted", "barred", "striped", "lined", "ringed", "mottled"),
          MATERIAL,
          List.of(
              "plumage", "scales", "fin", "horn", "eye", "rubber", "foliage", "wood", "cloud",
              "stone", "wall", "sky", "cloth", "haze", "land"));

  /** Kinds of parts that are not plain. */
  private static final Map<String, String> KIND_TEXTURES =
      Map.ofEntries(
          Map.entry("eye ring", "ringed"),
          Map.entry("eye gold", "ringed"),
          Map.entry("wing folded", "lined"),
          Map.entry("wing round", "spotted"),
          Map.entry("wing barred", "barred"),
          Map.entry("tail fan", "barred"),
          Map.entry("tail plume", "ringed"),
          Map.entry("back fin sail", "lined"),
          Map.entry("side fin paddle", "lined"),
          Map.entry("mark band", "barred"),
          Map.entry("mark spots", "spotted"),
          Map.entry("mark stripe", "striped"),
          Map.entry("mark patch", "ringed"),
          Map.entry("tail split", "lined"),
          Map.entry("tail veil", "lined"));

  private static final Map<BodyPlan, Map<String, String>> PART_MATERIALS =
      Map.of(
          BodyPlan.BIRD,
          Map.of(
              "body", "plumage", "beak", "horn", "eye", "eye", "wing", "plumage", "foot", "horn",
              "tail", "plumage"),
          BodyPlan.FISH,
          Map.of(
              "body",
              "scales",
              "eye",
              "eye",
              "back fin",
              "fin",
              "side fin",
              "fin",
              "mark",
              "scales",
              "tail",
              "fin"));

  private static final Map<Thing, Surface> THINGS =
      Map.of(
          Thing.BALL, new Surface(PLAIN, "rubber"),
          Thing.LEAF, new Surface("lined", "foliage"),
          Thing.STICK, new Surface(PLAIN, "wood"),
          Thing.CLOUD, new Surface(PLAIN, "cloud"),
          Thing.STONE, new Surface(PLAIN, "stone"),
          Thing.GRASS, new Surface(PLAIN, "foliage"));

  private static final Map<Pattern, Surface> BACKDROPS =
      Map.of(
          Pattern.PLAIN, new Surface(PLAIN, "wall"),
          Pattern.GRADIENT, new Surface(PLAIN, "sky"),
          Pattern.STRIPES, new Surface("striped", "cloth"),
          Pattern.MOTTLED, new Surface("mottled", "haze"),
          Pattern.HILLS, new Surface(PLAIN, "land"));

  private Surfaces() {}

  /** Names of a texture and of a material. */
  record Surface(String texture, String material) {
    String of(String category) {
      return category.equals(TEXTURE) ? texture : material;
    }
  }

  static Surface of(BodyPlan plan, String part, String kind) {
    return new Surface(
        KIND_TEXTURES.getOrDefault(part + " " + kind, PLAIN),
        Objects.requireNonNull(Objects.requireNonNull(PART_MATERIALS.get(plan)).get(part)));
  }

  static Surface of(Thing thing) {
    return Objects.requireNonNull(THINGS.get(thing));
  }

  static Surface of(Pattern backdrop) {
    return Objects.requireNonNull(BACKDROPS.get(backdrop));
  }

  private static Map<String, List<String>> ordered(
      String first, List<String> one, String second, List<String> other) {
    Map<String, List<String>> map = new LinkedHashMap<>();
    map.put(first, one);
    map.put(second, other);
    return Collections.unmodifiableMap(map);
  }
}
