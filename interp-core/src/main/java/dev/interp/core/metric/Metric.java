package dev.interp.core.metric;

import java.util.Map;

/**
 * A number that judges an explanation, one per picture. Implementations are immutable values with
 * their settings in them, safe for concurrent use; equal settings, seed and input give equal
 * scores, and each picture of a batch gets what it gets alone.
 */
public interface Metric {

  /**
   * What is known about the metric whatever its settings.
   *
   * @return name, paper, direction, range and needs
   */
  MetricInfo info();

  /**
   * The settings in force.
   *
   * @return names and values in the order in which people would read them
   */
  Map<String, String> settings();

  /**
   * Judges a batch.
   *
   * @param examples pictures with what {@link MetricInfo#needs} asks for; not changed
   * @return a score for each picture; NaN where the metric has no meaning for a picture, for
   *     example where an object has no visible pixel
   * @throws IllegalArgumentException before any work if something needed is missing; the message
   *     says how to give it
   */
  double[] scores(Examples examples);
}
