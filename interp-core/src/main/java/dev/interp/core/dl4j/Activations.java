package dev.interp.core.dl4j;

import dev.interp.core.op.Op;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;

/** Activation functions as ops. */
final class Activations {
  private Activations() {}

  static Op op(IActivation activation) {
    if (activation instanceof ActivationSoftmax) {
      return new Op.Softmax();
    }
    return new Op.Activation(activation);
  }
}
