package dev.interp.core.network;

import java.util.IdentityHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The weights with which the adjoint of a convolution with stride 1 is a convolution itself: inputs
 * and outputs exchanged, rows and columns turned round. Made once per network, since a plan for
 * every shape would need them again.
 */
final class AdjointWeights implements AutoCloseable {
  private final IdentityHashMap<INDArray, INDArray> made = new IdentityHashMap<>();

  synchronized INDArray of(INDArray weights) {
    return made.computeIfAbsent(weights, AdjointWeights::turn);
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

  private static INDArray turn(INDArray weights) {
    long height = weights.size(2);
    long width = weights.size(3);
    INDArray turned =
        Nd4j.createUninitialized(
            weights.dataType(), new long[] {weights.size(1), weights.size(0), height, width}, 'c');
    for (long i = 0; i < height; i++) {
      for (long j = 0; j < width; j++) {
        at(turned, i, j).assign(at(weights, height - 1 - i, width - 1 - j).transpose());
      }
    }
    return turned;
  }

  private static INDArray at(INDArray weights, long row, long column) {
    return weights.get(
        NDArrayIndex.all(),
        NDArrayIndex.all(),
        NDArrayIndex.point(row),
        NDArrayIndex.point(column));
  }
}
