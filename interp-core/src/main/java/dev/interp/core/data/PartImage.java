package dev.interp.core.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A picture with all that is known about it. Immutable.
 *
 * @param image the pixels
 * @param label the class, an index into {@link PartDataset#classNames()}
 * @param box the smallest box around the visible object; empty if nothing of it is visible
 * @param landmarks one for each of {@link PartDataset#partNames()}, in that order
 * @param mask the owner of every pixel, in the size of the picture; empty if the data set has no
 *     masks
 * @param attributes the kind of each part, by the name of the part; empty if the data set has none
 */
public record PartImage(
    RgbImage image,
    int label,
    Box box,
    List<Landmark> landmarks,
    Optional<PartMask> mask,
    Map<String, String> attributes) {
  /**
   * Copies the collections and checks that everything fits the picture.
   *
   * @throws IllegalArgumentException if the label is negative, the box leaves the picture or the
   *     mask has another size
   */
  public PartImage {
    if (label < 0) {
      throw new IllegalArgumentException(
          "A label must be an index >= 0 into the class names, but was " + label);
    }
    if (box.left() < 0
        || box.top() < 0
        || box.right() > image.width()
        || box.bottom() > image.height()) {
      throw new IllegalArgumentException(
          "The box must lie inside of the picture of "
              + image.width()
              + " x "
              + image.height()
              + ", but was "
              + box
              + "; was the picture resized without its box?");
    }
    if (mask.isPresent()
        && (mask.get().width() != image.width() || mask.get().height() != image.height())) {
      throw new IllegalArgumentException(
          "The mask must have the size of " + image + ", but was " + mask.get());
    }
    landmarks = List.copyOf(landmarks);
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /**
   * Returns the landmark of a part.
   *
   * @param part one of {@link PartDataset#partNames()}
   * @throws IllegalArgumentException if there is no such part
   */
  public Landmark landmark(String part) {
    for (Landmark landmark : landmarks) {
      if (landmark.part().equals(part)) {
        return landmark;
      }
    }
    throw new IllegalArgumentException(
        "No part is named '"
            + part
            + "'; the parts are "
            + landmarks.stream().map(Landmark::part).toList());
  }
}
