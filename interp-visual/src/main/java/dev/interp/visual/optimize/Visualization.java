package dev.interp.visual.optimize;

import dev.interp.core.image.Image;
import java.util.List;

/**
 * A picture that was optimised.
 *
 * @param objective what for, in words
 * @param copy which of the pictures for the same objective, from 0 on
 * @param picture the picture, its values cut to [0, 1]
 * @param history the value of the objective in each step, on the picture as it was looked at
 * @param value the value on the picture itself, before it was cut
 * @param penalty what the picture costs by the penalties
 * @param dead whether nothing that was done to the picture moved the objective: no gradient ever
 *     came back, so that the picture shows noise and means nothing
 */
public record Visualization(
    String objective,
    int copy,
    Image picture,
    List<Double> history,
    double value,
    double penalty,
    boolean dead) {
  /** Copies the list. */
  public Visualization {
    history = List.copyOf(history);
  }
}
