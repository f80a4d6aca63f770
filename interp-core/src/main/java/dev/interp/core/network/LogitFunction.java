package dev.interp.core.network;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A differentiable number made of an example's logits. Implementations are stateless. */
public interface LogitFunction {
  /**
   * The value for each example.
   *
   * @param logits {@code [N, classes]}; not to be modified
   * @return {@code [N]}
   */
  INDArray value(INDArray logits);

  /**
   * The derivative of each example's value with respect to its logits.
   *
   * @param logits {@code [N, classes]}; not to be modified
   * @return {@code [N, classes]}
   */
  INDArray gradient(INDArray logits);
}
