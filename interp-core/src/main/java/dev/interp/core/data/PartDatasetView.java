package dev.interp.core.data;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Some pictures of a data set, in any order. */
final class PartDatasetView implements PartDataset {
  private final PartDataset whole;
  private final int[] indices;

  private PartDatasetView(PartDataset whole, int[] indices) {
    this.whole = whole;
    this.indices = indices;
  }

  static PartDataset shuffled(PartDataset whole, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] order = IntStream.range(0, whole.size()).toArray();
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return new PartDatasetView(whole, order);
  }

  static PartDataset readable(PartDataset whole, Consumer<? super UncheckedIOException> broken) {
    return new PartDatasetView(
        whole,
        IntStream.range(0, whole.size())
            .filter(index -> read(whole, index, broken).isPresent())
            .toArray());
  }

  static Optional<PartImage> read(
      PartDataset data, int index, Consumer<? super UncheckedIOException> broken) {
    try {
      return Optional.of(data.get(index));
    } catch (UncheckedIOException e) {
      broken.accept(e);
      return Optional.empty();
    }
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public List<String> partNames() {
    return whole.partNames();
  }

  @Override
  public PartImage get(int index) {
    return whole.get(indices[Objects.checkIndex(index, indices.length)]);
  }
}
