package dev.interp.core.rule;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How a signal at an op's output becomes signals at its inputs. The gradient is one such rule;
 * guided backpropagation, the deconvnet and relevance rules are others. Rules are stateless values,
 * safe for concurrent use.
 *
 * <p>Inside a rule all arrays have their channels last: {@code [N, H, W, C]} for maps, {@code [N,
 * F]} for vectors, so that a vector over channels broadcasts the same way on both.
 */
@FunctionalInterface
public interface BackwardRule {

  /**
   * Moves a signal down through one op.
   *
   * @param step the op with the tensors of this run
   * @param signal at the op's output, in its shape; not to be modified
   * @return one signal per input of the op, each in the input's shape; ownership passes to the
   *     caller
   */
  List<INDArray> backward(Step step, INDArray signal);

  /**
   * Whether the rule can be followed at an op; asked before any work.
   *
   * @param op the op
   * @return true by default
   */
  default boolean fits(Op op) {
    return true;
  }

  /**
   * The chain rule, exact.
   *
   * @return the rule that {@link Composite#gradient} uses everywhere
   */
  static BackwardRule gradient() {
    return Gradient.RULE;
  }

  /**
   * The signal as it is, whatever the op does; for ops with one input that keep its shape.
   *
   * @return the rule
   */
  static BackwardRule pass() {
    return Pass.RULE;
  }

  /**
   * Deconvnet at a rectifier: the positive part of the signal, whatever the input was (Zeiler and
   * Fergus, ECCV 2014, section 2.1).
   *
   * @return the rule; meant for rectifiers only
   */
  static BackwardRule positiveSignal() {
    return (step, signal) -> List.of(positive(signal));
  }

  /**
   * Guided backpropagation at a rectifier: the gradient of the positive part of the signal
   * (Springenberg et al., ICLR 2015 workshop, section 3.4).
   *
   * @return the rule; meant for rectifiers only
   */
  static BackwardRule positiveGradient() {
    return (step, signal) -> {
      INDArray positive = positive(signal);
      List<INDArray> below = step.gradient(positive);
      positive.close();
      return below;
    };
  }

  private static INDArray positive(INDArray signal) {
    return org.nd4j.linalg.ops.transforms.Transforms.relu(signal, true);
  }

  /** An op with the tensors of one run. */
  interface Step {
    /**
     * The op in its place.
     *
     * @return the node
     */
    Node node();

    /**
     * An input tensor.
     *
     * @param index which input of the op, zero-based
     * @return the tensor, channels last; not to be modified
     */
    INDArray input(int index);

    /**
     * The output tensor.
     *
     * @return the tensor, channels last; not to be modified
     */
    INDArray output();

    /**
     * The product of a signal with the op's Jacobian.
     *
     * @param signal at the output, in its shape; not modified
     * @return one array per input, owned by the caller
     */
    List<INDArray> gradient(INDArray signal);

    /**
     * The relevance that a rule hands to the inputs, for rules that go on from there.
     *
     * @param rule runs the op with changed parameters, which are kept for the next run
     * @param signal relevance at the output, in its shape; not modified
     * @return one array per input, owned by the caller
     */
    List<INDArray> relevance(RelevanceRule rule, INDArray signal);

    /**
     * The product of a signal with the Jacobian of another op in this one's place: the same op with
     * other weights.
     *
     * @param op takes and gives arrays of the same shapes
     * @param signal at the output, in its shape; not modified
     * @return one array per input, owned by the caller
     */
    List<INDArray> gradient(Op op, INDArray signal);

    /**
     * What another op in this one's place makes of given inputs.
     *
     * @param op takes and gives arrays of the same shapes
     * @param in its inputs, channels last; not modified
     * @return its output, channels last, owned by the caller
     */
    INDArray forward(Op op, List<INDArray> in);

    /**
     * The same op in the run that this one is compared with.
     *
     * @return the op with the tensors of the reference run
     * @throws IllegalStateException if the pass was started without a reference
     */
    Step reference();
  }
}
