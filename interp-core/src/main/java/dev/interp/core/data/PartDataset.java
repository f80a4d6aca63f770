package dev.interp.core.data;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Pictures of objects with known parts, by index. Safe for concurrent use, and equal at every call:
 * {@code get(i)} returns equal pictures whenever and from whichever thread it is called.
 */
public interface PartDataset {
  /**
   * Returns a data set of pictures that lie in memory.
   *
   * @param pictures in the order of the indices; the list is copied
   * @param classNames names of the classes, which labels are indices of
   * @param partNames names of the parts; empty if none are known
   * @throws IllegalArgumentException if a label is no index of a class
   */
  static PartDataset of(List<PartImage> pictures, List<String> classNames, List<String> partNames) {
    return PartDatasetView.of(pictures, classNames, partNames);
  }

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
    return PartDatasetView.slice(this, from, to);
  }

  /**
   * Returns a view of the same pictures in an order drawn at random.
   *
   * @param seed equal seeds give equal orders for data sets of equal size
   */
  default PartDataset shuffled(long seed) {
    return PartDatasetView.shuffled(this, seed);
  }

  /**
   * Returns a view of these pictures followed by others, for example to merge the splits of a data
   * set.
   *
   * @param other pictures of the same classes and parts
   * @throws IllegalArgumentException if the names of classes or of parts differ, or there would be
   *     more than 2^31 - 1 pictures
   */
  default PartDataset plus(PartDataset other) {
    return PartDatasetView.join(this, other);
  }

  /**
   * Returns the pictures that can be read, in order, each read when it is asked for.
   *
   * @param broken told of each picture that cannot be read and is skipped, when its turn comes; the
   *     message names the file
   */
  default Stream<PartImage> stream(Consumer<? super UncheckedIOException> broken) {
    return IntStream.range(0, size())
        .mapToObj(index -> PartDatasetView.read(this, index, broken))
        .flatMap(Optional::stream);
  }

  /**
   * Reads every picture once and returns a view of those that can be read.
   *
   * @param broken told of each picture that cannot be read and is left out; the message names the
   *     file
   */
  default PartDataset readable(Consumer<? super UncheckedIOException> broken) {
    return PartDatasetView.readable(this, broken);
  }
}
