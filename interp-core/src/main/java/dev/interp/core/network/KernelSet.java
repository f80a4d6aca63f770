package dev.interp.core.network;

import dev.interp.core.op.Op;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Ways to compute ops, forward and backward, on arrays with the channels last. A kernel is bound to
 * its arrays once and then run many times.
 */
interface KernelSet {
  /**
   * Binds an op.
   *
   * @param out may be the same array as {@code in[0]} where {@link Kernels#runsInPlace} says so
   * @param careful whether a backward pass may follow, in which the side of zero of a sum decides
   * @return what runs it; null if this set cannot
   */
  @Nullable Runnable forward(Op op, INDArray[] in, INDArray out, boolean careful);

  /**
   * Binds the gradient of an op at its input {@code index}.
   *
   * @param in its inputs; {@code in[0]} may be the same array as {@code out} where {@link
   *     Kernels#runsInPlace} says so
   * @param into may be the same array as {@code gradient} likewise
   * @return what runs it; null if this set cannot
   */
  @Nullable Runnable backward(
      Op op, INDArray[] in, INDArray out, INDArray gradient, int index, INDArray into);
}
