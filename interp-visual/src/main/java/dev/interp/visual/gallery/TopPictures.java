package dev.interp.visual.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The pictures in which each filter is strongest, by its largest activation; of equal ones the
 * first. Parts can be merged in any order to the same result. Not safe for concurrent use, but
 * threads may offer for different filters.
 */
public final class TopPictures {
  private final int kept;
  private final float[][] values;
  private final int[][] pictures;
  private final int[][] units;
  private final int[] sizes;

  /**
   * A filter in a picture.
   *
   * @param picture index of the picture
   * @param activation the largest of the filter in it
   * @param unit where it is, {@code row * columns + column} of the map
   */
  public record Shot(int picture, float activation, int unit) {}

  /**
   * An empty accumulator.
   *
   * @param filters the number of filters, at least 1
   * @param kept how many pictures of each filter are kept, at least 1
   * @throws IllegalArgumentException if one of them is less
   */
  public TopPictures(int filters, int kept) {
    if (filters < 1 || kept < 1) {
      throw new IllegalArgumentException(
          "at least 1 filter and 1 picture to keep are needed, was " + filters + " and " + kept);
    }
    this.kept = kept;
    values = new float[filters][kept];
    pictures = new int[filters][kept];
    units = new int[filters][kept];
    sizes = new int[filters];
  }

  /**
   * Offers a picture.
   *
   * @param filter from 0
   * @param picture index of the picture; each is to be offered once
   * @param activation the filter's largest in it
   * @param unit where it is
   */
  public void offer(int filter, int picture, float activation, int unit) {
    int size = sizes[filter];
    if (size == kept && !isBefore(activation, picture, filter, kept - 1)) {
      return;
    }
    int at = Math.min(size, kept - 1);
    while (at > 0 && isBefore(activation, picture, filter, at - 1)) {
      values[filter][at] = values[filter][at - 1];
      pictures[filter][at] = pictures[filter][at - 1];
      units[filter][at] = units[filter][at - 1];
      at--;
    }
    values[filter][at] = activation;
    pictures[filter][at] = picture;
    units[filter][at] = unit;
    sizes[filter] = Math.min(kept, size + 1);
  }

  private boolean isBefore(float activation, int picture, int filter, int at) {
    return activation > values[filter][at]
        || (activation == values[filter][at] && picture < pictures[filter][at]);
  }

  /**
   * The pictures of a filter, the strongest first.
   *
   * @param filter from 0
   * @return at most as many as are kept
   */
  public List<Shot> of(int filter) {
    List<Shot> shots = new ArrayList<>();
    for (int i = 0; i < sizes[filter]; i++) {
      shots.add(new Shot(pictures[filter][i], values[filter][i], units[filter][i]));
    }
    return List.copyOf(shots);
  }

  /**
   * Puts two parts together.
   *
   * @param other of as many filters and pictures, with other pictures offered; not modified
   * @return a new accumulator
   * @throws IllegalArgumentException if the numbers differ
   */
  public TopPictures merge(TopPictures other) {
    if (sizes.length != other.sizes.length || kept != other.kept) {
      throw new IllegalArgumentException(
          "only top pictures of equally many filters and pictures can be merged, was "
              + Arrays.asList(sizes.length, kept)
              + " and "
              + Arrays.asList(other.sizes.length, other.kept));
    }
    TopPictures both = new TopPictures(sizes.length, kept);
    for (TopPictures part : List.of(this, other)) {
      for (int f = 0; f < sizes.length; f++) {
        for (Shot shot : part.of(f)) {
          both.offer(f, shot.picture(), shot.activation(), shot.unit());
        }
      }
    }
    return both;
  }
}
