package dev.interp.core.data;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Pictures that lie elsewhere: in other data sets, or in a list. */
record PartDatasetView(
    int size, List<String> classNames, List<String> partNames, IntFunction<PartImage> pictures)
    implements PartDataset {

  static PartDataset of(List<PartImage> pictures, List<String> classNames, List<String> partNames) {
    List<PartImage> held = List.copyOf(pictures);
    for (int i = 0; i < held.size(); i++) {
      if (held.get(i).label() >= classNames.size()) {
        throw new IllegalArgumentException(
            "Labels must be indices of the classes "
                + classNames
                + ", but picture "
                + i
                + " has the label "
                + held.get(i).label());
      }
    }
    return new PartDatasetView(
        held.size(), List.copyOf(classNames), List.copyOf(partNames), held::get);
  }

  static PartDataset slice(PartDataset whole, int from, int to) {
    Objects.checkFromToIndex(from, to, whole.size());
    return view(whole, to - from, index -> whole.get(from + index));
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
    return view(whole, order.length, index -> whole.get(order[index]));
  }

  static PartDataset readable(PartDataset whole, Consumer<? super UncheckedIOException> broken) {
    int[] read =
        IntStream.range(0, whole.size())
            .filter(index -> read(whole, index, broken).isPresent())
            .toArray();
    return view(whole, read.length, index -> whole.get(read[index]));
  }

  static PartDataset join(PartDataset first, PartDataset second) {
    same("classes", first.classNames(), second.classNames());
    same("parts", first.partNames(), second.partNames());
    int border = first.size();
    if ((long) border + second.size() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A data set holds at most 2^31 - 1 pictures, but "
              + border
              + " and "
              + second.size()
              + " were to be joined");
    }
    return view(
        first,
        border + second.size(),
        index -> index < border ? first.get(index) : second.get(index - border));
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

  private static PartDataset view(PartDataset names, int size, IntFunction<PartImage> pictures) {
    return new PartDatasetView(size, names.classNames(), names.partNames(), pictures);
  }

  private static void same(String what, List<String> first, List<String> second) {
    if (!first.equals(second)) {
      throw new IllegalArgumentException(
          "Data sets can be joined if they have the same "
              + what
              + " in the same order, but one has "
              + first
              + " and the other "
              + second);
    }
  }

  @Override
  public PartImage get(int index) {
    return pictures.apply(Objects.checkIndex(index, size));
  }
}
