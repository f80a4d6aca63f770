package dev.interp.core.op;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A differentiable function that the op set does not know: the way a layer of the user's own gets
 * into a network. Implementations must give every example of a batch the same result as alone, and
 * must be safe for concurrent use.
 */
public interface OpaqueFunction {

  /**
   * The shape of the result.
   *
   * @param input shape of one example in public layout, {@code [C, H, W]} or {@code [F]}
   * @return shape of one example's result in public layout
   */
  long[] outputShape(long[] input);

  /**
   * The function itself.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}, row-major; not modified
   * @return the result in public layout, owned by the caller
   */
  INDArray forward(INDArray x);

  /**
   * The product of a gradient with the function's Jacobian.
   *
   * @param x as for {@link #forward}; not modified
   * @param gradient with respect to the result, in its shape; not modified
   * @return the gradient with respect to {@code x}, owned by the caller
   */
  INDArray backward(INDArray x, INDArray gradient);

  /**
   * Whether unit (i, j) of the result belongs to position (i, j) of the input, though it may look
   * at others to know what it does there. Receptive fields then pass the function; otherwise a unit
   * is taken to see the whole picture.
   *
   * @return false unless overridden
   */
  default boolean keepsPositions() {
    return false;
  }

  /**
   * What the function has learned.
   *
   * @return the arrays themselves, in a fixed order; not to be modified
   */
  default List<INDArray> parameters() {
    return List.of();
  }
}
