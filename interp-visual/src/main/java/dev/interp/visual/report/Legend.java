package dev.interp.visual.report;

import dev.interp.visual.render.Heatmap;
import dev.interp.visual.render.Tick;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * A colour bar whose numbers are text of the page, so that they follow its font and theme.
 *
 * @param bar the colours from low to high, kept by reference: they must not change until the page
 *     is written
 * @param ticks the numbers along the bar
 * @param label what the numbers are and how the ends were chosen; not blank
 */
public record Legend(BufferedImage bar, List<Tick> ticks, String label) {
  /**
   * Copies the list and checks the label.
   *
   * @throws IllegalArgumentException if {@code label} is blank
   */
  public Legend {
    ticks = List.copyOf(ticks);
    if (label.isBlank()) {
      throw new IllegalArgumentException(
          "a legend needs a label: what the numbers along the colour bar are");
    }
  }

  /**
   * The legend of a heat map: its colours, its limits, and how they were found.
   *
   * @param map the map
   * @param unit what its values are, for example "attribution to logit"; not blank
   * @return the legend
   * @throws IllegalArgumentException if {@code unit} is blank
   */
  public static Legend of(Heatmap map, String unit) {
    if (unit.isBlank()) {
      throw new IllegalArgumentException(
          "a legend needs a unit: what the values of the map are, for example 'attribution'");
    }
    return new Legend(
        map.colorBar(512, 1), map.ticks(), unit + " · limit: " + map.scale().origin());
  }
}
