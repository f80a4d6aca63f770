package dev.interp.core.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a rendered animal is made of. The body tells nothing about the class; a class is a choice of
 * one of four kinds of each of the five other parts.
 */
// Maps and lists that nobody can change.
@SuppressWarnings("ImmutableEnumChecker")
public enum BodyPlan {
  /** Birds: body, beak, eye, wing, foot, tail. */
  BIRD(
      List.of("tail", "foot", "body", "beak", "eye", "wing"),
      List.of("beak", "wing", "foot", "tail"),
      kinds(
          "body", List.of("cream", "grey", "tan", "sky"),
          "beak", List.of("cone", "needle", "hook", "spoon"),
          "eye", List.of("ring", "gold", "ruby", "lidded"),
          "wing", List.of("folded", "raised", "round", "barred"),
          "foot", List.of("toes", "webbed", "stilts", "talons"),
          "tail", List.of("fork", "fan", "plume", "stub"))),

  /** Fish: body, eye, back fin, side fin, mark, tail. */
  FISH(
      List.of("tail", "back fin", "body", "mark", "eye", "side fin"),
      List.of("", "side fin", "", "tail"),
      kinds(
          "body", List.of("silver", "sand", "rose", "lagoon"),
          "eye", List.of("ring", "gold", "ruby", "lidded"),
          "back fin", List.of("sail", "spines", "hook", "ridge"),
          "side fin", List.of("paddle", "blade", "fringe", "drop"),
          "mark", List.of("band", "spots", "stripe", "patch"),
          "tail", List.of("moon", "split", "round", "veil")));

  private final List<String> paintOrder;
  private final List<String> turning;
  private final Map<String, List<String>> kinds;

  BodyPlan(List<String> paintOrder, List<String> turning, Map<String, List<String>> kinds) {
    this.paintOrder = paintOrder;
    this.turning = turning;
    this.kinds = kinds;
  }

  private static Map<String, List<String>> kinds(Object... pairs) {
    Map<String, List<String>> kinds = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      kinds.put(
          (String) pairs[i], ((List<?>) pairs[i + 1]).stream().map(String.class::cast).toList());
    }
    return Collections.unmodifiableMap(kinds);
  }

  /** Returns the names of all kinds of each part, by the name of the part, in a fixed order. */
  public Map<String, List<String>> kinds() {
    return kinds;
  }

  /** Returns the names of the parts in the order of mask values; the body is the first. */
  public List<String> parts() {
    return List.copyOf(kinds.keySet());
  }

  /** The parts that make a class. */
  List<String> classParts() {
    return parts().subList(1, kinds.size());
  }

  /** From back to front. */
  List<String> paintOrder() {
    return paintOrder;
  }

  /** The parts that the angles beak, wing, foot and tail of a pose turn; empty for none. */
  List<String> turning() {
    return turning;
  }

  /** The name of one animal. */
  String animal() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The plan that has just these parts. */
  static BodyPlan of(Map<String, String> kinds) {
    for (BodyPlan plan : values()) {
      if (plan.kinds.keySet().equals(kinds.keySet())) {
        return plan;
      }
    }
    throw new IllegalArgumentException(
        "A scene needs the kind of each of the parts "
            + BIRD.parts()
            + " of a bird or "
            + FISH.parts()
            + " of a fish, but has kinds of "
            + kinds.keySet()
            + "; to leave a part out, name it in 'absent'");
  }

  String checkPart(String part) {
    if (!kinds.containsKey(part)) {
      throw new IllegalArgumentException(
          "No part of a " + animal() + " is named '" + part + "'; the parts are " + parts());
    }
    return part;
  }

  String checkKind(String part, String kind) {
    List<String> known = kinds.getOrDefault(checkPart(part), List.of());
    if (!known.contains(kind)) {
      throw new IllegalArgumentException(
          "No kind of "
              + part
              + " is named '"
              + kind
              + "'; the kinds of "
              + part
              + " are "
              + known);
    }
    return kind;
  }
}
