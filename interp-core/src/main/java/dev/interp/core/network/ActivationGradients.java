package dev.interp.core.network;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Derivatives of activation functions: ND4J's own, and ours where those are wrong. */
final class ActivationGradients {
  private static final double GELU_SCALE = Math.sqrt(2 / Math.PI);
  private static final double GELU_CUBIC = 0.044715 * 0.044715 * 0.044715;

  private ActivationGradients() {}

  /** The gradient with respect to {@code x}; a new array. */
  static INDArray backward(IActivation function, INDArray x, INDArray gradient) {
    if (function instanceof ActivationELU elu) {
      // ND4J's forgets alpha.
      INDArray falling = Transforms.exp(Transforms.min(x, 0, true), false).muli(elu.getAlpha());
      return choose(x.gt(0), gradient, falling.muli(gradient));
    } else if (function instanceof ActivationGELU gelu && gelu.isPrecise()) {
      return preciseGelu(x).muli(gradient);
    } else if (function instanceof ActivationRReLU random) {
      // ND4J's needs the random slopes of training; evaluated, the function is max(x, mean slope).
      return gradient.mul(x.gt((random.getL() + random.getU()) / 2).castTo(x.dataType()));
    }
    return function.backprop(x.dup(), gradient.dup()).getFirst();
  }

  /**
   * ND4J computes {@code x / 2 · (1 + tanh(s (x + (0.044715 x)³)))} with s = √(2 / π), the cube
   * taken of the factor too, but returns the derivative of something else.
   */
  private static INDArray preciseGelu(INDArray x) {
    INDArray square = x.mul(x);
    INDArray tanh = Transforms.tanh(x.mul(square.mul(GELU_CUBIC).addi(1)).muli(GELU_SCALE), false);
    INDArray inner = square.muli(3 * GELU_CUBIC).addi(1).muli(GELU_SCALE);
    INDArray steep = tanh.mul(tanh).rsubi(1).muli(inner).muli(x);
    return steep.addi(tanh).addi(1).muli(0.5);
  }

  private static INDArray choose(INDArray condition, INDArray yes, INDArray no) {
    INDArray mask = condition.castTo(yes.dataType());
    return yes.mul(mask).addi(no.muli(mask.rsub(1)));
  }
}
