package dev.interp.disentangle.graph;

import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.ReceptiveField;

/**
 * The maps of a layer and where their units look. A unit has whole coordinates (row, column),
 * counted from 0; between units coordinates are fractions.
 *
 * @param name of the tensor
 * @param filters how many maps, at least 1
 * @param height rows of a map, at least 1
 * @param width columns of a map, at least 1
 * @param field the receptive field of a unit
 * @param inputHeight rows of the picture as the network takes it
 * @param inputWidth columns of it
 */
public record GraphLayer(
    String name,
    int filters,
    int height,
    int width,
    ReceptiveField field,
    int inputHeight,
    int inputWidth) {
  /**
   * Checks that a map has an extent.
   *
   * @throws IllegalArgumentException if there is no map, or only one unit, or all units see the
   *     same
   */
  public GraphLayer {
    if (filters < 1 || height < 1 || width < 1 || height * width < 2) {
      throw new IllegalArgumentException(
          "an explanatory graph needs maps [C, h, w] with more than one unit, but '"
              + name
              + "' is ["
              + filters
              + ", "
              + height
              + ", "
              + width
              + "]; choose a layer below the global pooling");
    }
    if (!(field.height().stride() > 0) || !(field.width().stride() > 0)) {
      throw new IllegalArgumentException(
          "every unit of '"
              + name
              + "' sees the same pixels, so that it has no position; choose a convolutional layer");
    }
  }

  static GraphLayer of(LayerInfo info, long[] input) {
    if (info.shape().size() != 3 || input.length != 3) {
      throw new IllegalArgumentException(
          "an explanatory graph needs maps [C, h, w], but '"
              + info.name()
              + "' is "
              + info.shape()
              + "; choose a convolutional layer");
    }
    return new GraphLayer(
        info.name(),
        info.shape().get(0).intValue(),
        info.shape().get(1).intValue(),
        info.shape().get(2).intValue(),
        info.receptiveField(),
        (int) input[1],
        (int) input[2]);
  }

  /** How many units a map has. */
  int cells() {
    return height * width;
  }

  /** The geometric mean of both strides: pixels from unit to unit. */
  double stride() {
    return Math.sqrt(field.height().stride() * field.width().stride());
  }

  /**
   * The middle of what a unit sees.
   *
   * @param column of the unit, may be a fraction
   * @return in pixels of the network's input; the centre of the first pixel is 0.5
   */
  public double x(double column) {
    return field.width().center() + column * field.width().stride() + 0.5;
  }

  /**
   * The middle of what a unit sees.
   *
   * @param row of the unit, may be a fraction
   * @return in pixels of the network's input; the centre of the first pixel is 0.5
   */
  public double y(double row) {
    return field.height().center() + row * field.height().stride() + 0.5;
  }
}
