package dev.interp.core.data;

import java.util.List;
import java.util.Objects;

/** Two data sets of the same classes and parts, one after the other. */
record PartDatasetJoin(PartDataset first, PartDataset second) implements PartDataset {
  static PartDataset of(PartDataset first, PartDataset second) {
    same("classes", first.classNames(), second.classNames());
    same("parts", first.partNames(), second.partNames());
    if ((long) first.size() + second.size() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A data set holds at most 2^31 - 1 pictures, but "
              + first.size()
              + " and "
              + second.size()
              + " were to be joined");
    }
    return new PartDatasetJoin(first, second);
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
  public int size() {
    return first.size() + second.size();
  }

  @Override
  public List<String> classNames() {
    return first.classNames();
  }

  @Override
  public List<String> partNames() {
    return first.partNames();
  }

  @Override
  public PartImage get(int index) {
    Objects.checkIndex(index, size());
    return index < first.size() ? first.get(index) : second.get(index - first.size());
  }
}
