package dev.interp.core.rule;

import dev.interp.core.op.Op;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds the one rule that changes nothing, so that an executor can leave the signal in place. */
final class Pass implements BackwardRule {
  static final BackwardRule RULE = new Pass();

  private Pass() {}

  @Override
  public boolean fits(Op op) {
    return op instanceof Op.Activation
        || op instanceof Op.ParametricRelu
        || op instanceof Op.Affine
        || op instanceof Op.Scale
        || op instanceof Op.Softmax
        || op instanceof Op.LocalResponseNormalization
        || op instanceof Op.L2Normalize;
  }

  @Override
  public List<INDArray> backward(Step step, INDArray signal) {
    return List.of(signal.dup());
  }

  @Override
  public String toString() {
    return "pass";
  }
}
