package dev.interp.visual.optimize;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.visual.relevance.Numbers;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradient of rectifiers that lets an optimisation begin where a rectifier is closed: if
 * nothing of a picture's signal passes one, all of it passes, but for what would close a closed
 * unit further.
 *
 * <p>Source: lucid's {@code redirected_relu_grad}.
 */
final class DeadRelu {
  static final Composite RULES = Composite.named("dead relu").on(DeadRelu::isOne, DeadRelu::pass);

  private DeadRelu() {}

  private static boolean isOne(Node node) {
    return node.op() instanceof Op.Activation activation && activation.isRectifier();
  }

  private static List<INDArray> pass(BackwardRule.Step step, INDArray signal) {
    INDArray plain = step.gradient(signal).get(0);
    double[] numbers = Numbers.of(plain);
    int row = numbers.length / (int) plain.size(0);
    double[] input = new double[0];
    double[] above = new double[0];
    for (int from = 0; from < numbers.length; from += row) {
      if (isZero(numbers, from, row)) {
        if (input.length == 0) {
          input = Numbers.of(step.input(0));
          above = Numbers.of(signal);
        }
        for (int k = from; k < from + row; k++) {
          numbers[k] = input[k] < 0 && above[k] < 0 ? 0 : above[k];
        }
      }
    }
    if (input.length == 0) {
      return List.of(plain);
    }
    INDArray redirected = plain.dup('c');
    plain.close();
    return List.of(Numbers.write(numbers, redirected));
  }

  private static boolean isZero(double[] numbers, int from, int length) {
    for (int k = from; k < from + length; k++) {
      if (numbers[k] != 0) {
        return false;
      }
    }
    return true;
  }
}
