package dev.interp.core.data;

import java.util.List;
import java.util.Objects;

/** The pictures of a data set from one index on. */
record PartDatasetSlice(PartDataset whole, int from, int size) implements PartDataset {
  static PartDatasetSlice of(PartDataset whole, int from, int to) {
    Objects.checkFromToIndex(from, to, whole.size());
    return new PartDatasetSlice(whole, from, to - from);
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
    return whole.get(from + Objects.checkIndex(index, size));
  }
}
