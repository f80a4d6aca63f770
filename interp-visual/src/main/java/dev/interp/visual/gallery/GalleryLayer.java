package dev.interp.visual.gallery;

import dev.interp.core.network.LayerInfo;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A layer as a gallery shows it.
 *
 * @param info what the network tells of it, for the size of the pictures
 * @param filters all of its filters, in order
 * @param semantics its units against random directions; empty if the pictures are of one class
 */
public record GalleryLayer(
    LayerInfo info, List<GalleryFilter> filters, Optional<UnitSemantics> semantics) {
  /** Copies the list. */
  public GalleryLayer {
    filters = List.copyOf(filters);
  }

  /**
   * How many filters neither a picture nor activation maximisation moves, as far as it was asked
   * for.
   *
   * @return 0 to the number of filters
   */
  public long dead() {
    return filters.stream()
        .filter(f -> f.silent() && f.drawing() != GalleryFilter.Drawing.DRAWN)
        .count();
  }

  /**
   * The mean empirical receptive field of the filters that were measured.
   *
   * @return side in pixels of the input; empty if none was
   */
  public OptionalDouble field() {
    return filters.stream().flatMapToDouble(f -> f.field().stream()).average();
  }
}
