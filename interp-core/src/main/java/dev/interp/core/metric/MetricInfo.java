package dev.interp.core.metric;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What is known about a metric whatever its settings.
 *
 * @param id its identifier, lower case with hyphens
 * @param title its name
 * @param family what side of an explanation it judges
 * @param description what the score says, in a sentence
 * @param paper where it comes from
 * @param direction which end is better
 * @param low the least score possible; may be −∞
 * @param high the largest score possible; may be ∞
 * @param needs what must be given with the pictures
 */
public record MetricInfo(
    String id,
    String title,
    Family family,
    String description,
    String paper,
    Direction direction,
    double low,
    double high,
    Set<Need> needs) {

  /** Copies the set. */
  public MetricInfo {
    EnumSet<Need> copy = EnumSet.noneOf(Need.class);
    copy.addAll(needs);
    needs = Collections.unmodifiableSet(copy);
  }

  /** What side of an explanation a metric judges. */
  public enum Family {
    /** Whether what is called important moves the output. */
    FAITHFULNESS,
    /** Whether the explanation lies on the object. */
    LOCALISATION,
    /** Whether like pictures get like explanations. */
    ROBUSTNESS,
    /** How short the explanation is. */
    COMPLEXITY,
    /** Whether the explanation depends on the network and the class. */
    RANDOMISATION,
    /** Whether a property holds that an explanation should have. */
    AXIOM
  }

  /** Which end of a metric's range is better. */
  public enum Direction {
    /** A larger score is better. */
    HIGHER,
    /** A smaller score is better. */
    LOWER;

    /**
     * Whether one score is better than another.
     *
     * @param a a score
     * @param b a score
     * @return true if {@code a} is strictly better
     */
    public boolean better(double a, double b) {
      return this == HIGHER ? a > b : a < b;
    }
  }

  /** What a metric may need besides network, pictures and classes. */
  public enum Need {
    /** The attribution of each picture. */
    ATTRIBUTION("an attribution: withAttribution(values)"),
    /** The method, to explain changed pictures or networks. */
    ATTRIBUTOR("a method: withAttributor(attributor)"),
    /** The pixels of the object. */
    MASK("masks of the object: withMasks(masks)"),
    /** Further pictures of other classes with their attributions. */
    OTHERS("further pictures: withOthers(examples)");

    private final String remedy;

    Need(String remedy) {
      this.remedy = remedy;
    }

    String remedy() {
      return remedy;
    }
  }
}
