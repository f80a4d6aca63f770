package dev.interp.core.network;

import java.util.List;

/**
 * What a network tells about one of its tensors.
 *
 * @param name the tensor's name, for hooks and for {@code --layer}
 * @param kind the op that makes it, in words
 * @param inputs the tensors that the op reads
 * @param shape of one example: {@code [C, H, W]} or {@code [F]}
 * @param receptiveField what one of its units sees
 * @param parameters how many numbers the op has learned
 */
public record LayerInfo(
    String name,
    String kind,
    List<String> inputs,
    List<Long> shape,
    ReceptiveField receptiveField,
    long parameters) {
  /** Copies the lists. */
  public LayerInfo {
    inputs = List.copyOf(inputs);
    shape = List.copyOf(shape);
  }

  /**
   * Whether the tensor is a map with more than one position.
   *
   * @return true for {@code [C, H, W]} with H · W above 1
   */
  public boolean isSpatial() {
    return shape.size() == 3 && shape.get(1) * shape.get(2) > 1;
  }
}
