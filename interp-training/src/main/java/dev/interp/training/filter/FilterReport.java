package dev.interp.training.filter;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a {@link FilterMonitor} found in one layer after an epoch.
 *
 * @param epoch counted from 0
 * @param layer the name of the filter layer
 * @param instability the location instability, mean over filters, in lengths of the picture's
 *     diagonal; NaN if no picture has landmarks
 * @param partInterpretability the mean over filters, 0 to 1; empty if the pictures have no masks
 * @param interCategory the mean entropy of "does the part appear?", in nats
 * @param spatial the mean entropy of "where?", in nats
 * @param categories the category of each filter; −1 where there is none
 * @param reassigned how many filters have another category than after the epoch before
 * @param strongest the pictures in which each filter is strongest, the strongest first
 */
public record FilterReport(
    int epoch,
    String layer,
    double instability,
    OptionalDouble partInterpretability,
    double interCategory,
    double spatial,
    List<Integer> categories,
    int reassigned,
    List<List<Shot>> strongest) {

  /**
   * A filter in a picture.
   *
   * @param picture index into the monitor's pictures
   * @param activation of the strongest unit
   * @param x where it looks, as a share of the width
   * @param y where it looks, as a share of the height
   */
  public record Shot(int picture, double activation, double x, double y) {}

  /** Copies the lists. */
  public FilterReport {
    categories = List.copyOf(categories);
    strongest = strongest.stream().map(List::copyOf).toList();
  }
}
