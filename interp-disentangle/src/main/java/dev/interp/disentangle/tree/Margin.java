package dev.interp.disentangle.tree;

import dev.interp.core.network.LogitFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The logit of a class minus the largest of the others. */
record Margin(int index) implements LogitFunction {
  @Override
  public INDArray value(INDArray logits) {
    INDArray values = Nd4j.zeros(logits.dataType(), logits.size(0));
    for (long n = 0; n < logits.size(0); n++) {
      values.putScalar(n, logits.getDouble(n, index) - logits.getDouble(n, best(logits, n)));
    }
    return values;
  }

  @Override
  public INDArray gradient(INDArray logits) {
    INDArray gradient = Nd4j.zeros(logits.dataType(), logits.shape());
    for (long n = 0; n < logits.size(0); n++) {
      gradient.putScalar(n, index, 1);
      gradient.putScalar(n, best(logits, n), -1);
    }
    return gradient;
  }

  /** The first of the largest other logits. */
  private long best(INDArray logits, long n) {
    long best = index == 0 ? 1 : 0;
    for (long k = best + 1; k < logits.size(1); k++) {
      if (k != index && logits.getDouble(n, k) > logits.getDouble(n, best)) {
        best = k;
      }
    }
    return best;
  }
}
