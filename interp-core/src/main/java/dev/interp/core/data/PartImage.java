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
 * @param concepts masks of what is no part, by category such as {@code texture}: their owners are
 *     what a pixel shows of the category; empty if the data set has none
 */
public record PartImage(
    RgbImage image,
    int label,
    Box box,
    List<Landmark> landmarks,
    Optional<PartMask> mask,
    Map<String, String> attributes,
    Map<String, PartMask> concepts) {
  /**
   * Copies the collections and checks that everything fits the picture.
   *
   * @throws IllegalArgumentException if the label is negative, the box leaves the picture or a mask
   *     has another size
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
    mask.ifPresent(parts -> checkSize(image, parts));
    concepts.values().forEach(category -> checkSize(image, category));
    landmarks = List.copyOf(landmarks);
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    concepts = Collections.unmodifiableMap(new LinkedHashMap<>(concepts));
  }

  /**
   * A picture without masks of concepts.
   *
   * @param image the pixels
   * @param label the class
   * @param box the smallest box around the visible object
   * @param landmarks one for each part
   * @param mask the owner of every pixel
   * @param attributes the kind of each part
   * @throws IllegalArgumentException as for the other
   */
  public PartImage(
      RgbImage image,
      int label,
      Box box,
      List<Landmark> landmarks,
      Optional<PartMask> mask,
      Map<String, String> attributes) {
    this(image, label, box, landmarks, mask, attributes, Map.of());
  }

  private static void checkSize(RgbImage image, PartMask mask) {
    if (mask.width() != image.width() || mask.height() != image.height()) {
      throw new IllegalArgumentException(
          "The mask must have the size of " + image + ", but was " + mask);
    }
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
