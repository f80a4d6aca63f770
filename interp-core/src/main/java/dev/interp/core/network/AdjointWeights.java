package dev.interp.core.network;

import java.util.IdentityHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The weights with which the adjoint of a convolution with stride 1 is a convolution itself: inputs
 * and outputs exchanged, rows and columns turned round. Made once per network, since a plan for
 * every shape would need them again.
 */
final class AdjointWeights implements AutoCloseable {
  private final IdentityHashMap<INDArray, INDArray> made = new IdentityHashMap<>();

  synchronized INDArray of(INDArray weights) {
    return made.computeIfAbsent(weights, Phases::turned);
  }

  /** How many numbers it holds. */
  synchronized long length() {
    return made.values().stream().mapToLong(INDArray::length).sum();
  }

  @Override
  public synchronized void close() {
    made.values().forEach(INDArray::close);
    made.clear();
  }
}
