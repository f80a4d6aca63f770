package dev.interp.visual.optimize;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.visual.relevance.Numbers;
import java.util.Arrays;
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
    int count = (int) plain.size(0);
    double[] largest = Numbers.of(plain.reshape('c', count, -1).normmax(1));
    if (Arrays.stream(largest).allMatch(size -> size > 0)) {
      return List.of(plain);
    }
    double[] numbers = Numbers.of(plain);
    double[] input = Numbers.of(step.input(0));
    double[] above = Numbers.of(signal);
    int row = numbers.length / count;
    for (int i = 0; i < count; i++) {
      for (int k = i * row; largest[i] == 0 && k < (i + 1) * row; k++) {
        numbers[k] = input[k] < 0 && above[k] < 0 ? 0 : above[k];
      }
    }
    INDArray redirected = plain.dup('c');
    plain.close();
    return List.of(Numbers.write(numbers, redirected));
  }
}
