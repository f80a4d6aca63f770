package dev.interp.core.metric;

import dev.interp.core.network.Network;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** What of a network's answer a metric looks at, for the class that is explained. */
public enum Output {
  /** The value before the final softmax or sigmoid. */
  LOGIT,
  /**
   * The value after the network's final softmax or sigmoid; after a softmax over the logits if the
   * network ends in neither.
   */
  PROBABILITY,
  /** 1 if the class has the largest logit, else 0. */
  CORRECT;

  double[] of(Network network, INDArray logits, int[] classes) {
    int count = (int) logits.size(1);
    INDArray table =
        this != PROBABILITY
            ? logits
            : network.logits().equals(network.output())
                ? Transforms.softmax(logits, true)
                : network.probabilities(logits);
    double[] values = table.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double[] result = new double[classes.length];
    for (int row = 0; row < result.length; row++) {
      int at = row * count;
      double own = values[at + classes[row]];
      result[row] = own;
      if (this == CORRECT) {
        result[row] = 1;
        for (int k = 0; k < count; k++) {
          result[row] = values[at + k] > own ? 0 : result[row];
        }
      }
    }
    return result;
  }
}
