package dev.interp.training.filter;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A filter layer at work in a net. */
interface FilterLayer {
  /** What masks the filters and knows of them. */
  FilterUnit unit();

  /**
   * Labels of a batch and what of them counts.
   *
   * @param labels {@code [N, columns]}, or null if there are none
   * @param mask {@code [N, 1]} or {@code [N]}, 0 for examples that do not count; or null
   */
  record Labels(@Nullable INDArray labels, @Nullable INDArray mask) {}

  default void bind(Supplier<Labels> labels) {
    unit().bind(labels);
  }
}
