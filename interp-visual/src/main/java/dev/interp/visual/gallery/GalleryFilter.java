package dev.interp.visual.gallery;

import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A filter as a gallery shows it.
 *
 * @param channel its index in the layer
 * @param label what it is called or detects, in words; may be empty
 * @param shots the pictures in which it is strongest, best first
 * @param silent whether no picture excites it
 * @param drawing how far activation maximisation came
 * @param value the mean activation in the drawn picture; empty if none was drawn
 * @param field side of the empirical receptive field in pixels of the input; empty if it was not
 *     measured
 * @param thumbnail what stands for it among others; null if it is dead
 * @param figures what there is to see of it, in the order shown
 */
public record GalleryFilter(
    int channel,
    String label,
    List<TopPictures.Shot> shots,
    boolean silent,
    Drawing drawing,
    OptionalDouble value,
    OptionalDouble field,
    @Nullable Figure thumbnail,
    List<Figure> figures) {
  /** Copies the lists. */
  public GalleryFilter {
    shots = List.copyOf(shots);
    figures = List.copyOf(figures);
  }

  /** How far activation maximisation came. */
  public enum Drawing {
    /** There is a picture. */
    DRAWN,
    /** Nothing that was done to a picture moved the filter, so that none is shown. */
    DEAD,
    /** It was not asked for. */
    NOT_DRAWN
  }

  /**
   * A picture of a filter.
   *
   * @param address {@code data:} and the picture itself
   * @param width in pixels
   * @param height in pixels
   * @param caption what is read beneath it
   * @param alt what it shows, for who cannot see it
   */
  public record Figure(String address, int width, int height, String caption, String alt) {}
}
