package dev.interp.visual.render;

/**
 * A number beside a colour bar.
 *
 * @param position the place along the bar, 0 at its low end, 1 at its high end
 * @param text the number as people read it
 */
public record Tick(double position, String text) {
  /**
   * Checks the position.
   *
   * @throws IllegalArgumentException if {@code position} is outside [0, 1]
   */
  public Tick {
    if (!(position >= 0 && position <= 1)) {
      throw new IllegalArgumentException(
          "the position of a tick is a fraction of the bar in [0, 1] but was " + position);
    }
  }
}
