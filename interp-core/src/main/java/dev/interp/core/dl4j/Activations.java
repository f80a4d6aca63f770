package dev.interp.core.dl4j;

import dev.interp.core.op.Op;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;

/** Activation functions as ops. */
final class Activations {
  private Activations() {}

  static Op op(IActivation activation) {
    if (activation instanceof ActivationSoftmax) {
      return new Op.Softmax();
    } else if (activation instanceof ActivationRReLU random) {
      // In evaluation mode the random slope is its mean; the class itself keeps state per call.
      return new Op.Activation(new ActivationLReLU((random.getL() + random.getU()) / 2));
    }
    return new Op.Activation(activation);
  }
}
