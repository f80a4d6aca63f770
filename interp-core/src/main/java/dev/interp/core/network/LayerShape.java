package dev.interp.core.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The shape of a tensor, for checks and messages.
 *
 * @param sizes of one example; −1 for a height or width that depends on the input
 */
record LayerShape(List<Long> sizes) {

  /** What is known before a run. */
  static LayerShape of(Network network, String tensor) {
    List<Long> sizes = new ArrayList<>(network.layer(tensor).shape());
    boolean anySize = Arrays.stream(network.inputShape()).anyMatch(n -> n < 0);
    if (anySize && sizes.size() == 3) {
      sizes.set(1, -1L);
      sizes.set(2, -1L);
    }
    return new LayerShape(sizes);
  }

  /** The shape of a tensor of a batch. */
  static LayerShape ofBatch(INDArray value) {
    return new LayerShape(Arrays.stream(value.shape()).skip(1).boxed().toList());
  }

  /** Refuses a neuron or channel that the tensor does not have. */
  void check(Target target, String tensor) {
    if (target instanceof Target.Neuron n
        && (n.index().size() != sizes.size() || !holds(n.index()))) {
      throw new IllegalArgumentException(
          "the neuron's index must lie in " + this + " of '" + tensor + "', was " + n.index());
    }
    if (target instanceof Target.Channel c
        && (sizes.size() != 3 || !holds(List.of(c.channel(), 0L, 0L)))) {
      throw new IllegalArgumentException(
          "the channel must be one of the maps "
              + this
              + " of '"
              + tensor
              + "', was "
              + c.channel());
    }
  }

  private boolean holds(List<Long> index) {
    for (int i = 0; i < index.size(); i++) {
      boolean tooLarge = sizes.get(i) >= 0 && index.get(i) >= sizes.get(i);
      if (index.get(i) < 0 || tooLarge) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return sizes.stream()
        .map(n -> n < 0 ? "any" : n.toString())
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
