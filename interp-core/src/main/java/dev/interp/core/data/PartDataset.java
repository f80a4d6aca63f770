package dev.interp.core.data;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Pictures of objects with known parts, by index. Safe for concurrent use, and equal at every call:
 * {@code get(i)} returns equal pictures whenever and from whichever thread it is called.
 */
public interface PartDataset {
  /** Returns the number of pictures. */
  int size();

  /** Returns the names of the classes; a label is an index into this list. */
  List<String> classNames();

  /**
   * Returns the names of the parts, in the order of landmarks and of mask values (which start with
   * 1).
   */
  List<String> partNames();

  /**
   * Returns a picture.
   *
   * @param index 0 to {@code size() - 1}
   * @throws IndexOutOfBoundsException if the index is outside of that range
   * @throws java.io.UncheckedIOException if the picture is read from a file and that fails
   */
  PartImage get(int index);

  /**
   * Returns all pictures in order, each made when it is asked for; the stream may be made parallel.
   */
  default Stream<PartImage> stream() {
    return IntStream.range(0, size()).mapToObj(this::get);
  }

  /**
   * Returns a view of the pictures from one index to another, for example to keep some for testing.
   *
   * @param from index of the first picture, at least 0
   * @param to index behind the last picture, {@code from} to {@code size()}
   * @throws IndexOutOfBoundsException if the range does not lie inside of this data set
   */
  default PartDataset slice(int from, int to) {
    return PartDatasetSlice.of(this, from, to);
  }
}
