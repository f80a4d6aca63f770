package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;

import dev.interp.core.testkit.Tensors;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What holds for every op. */
class OpTest {

  static Stream<OpCases.Case> cases() {
    return OpCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradient_is_the_finite_difference(OpCases.Case c) {
    check(c.network(true).withPrecision(DataType.DOUBLE), 1);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradient_is_the_finite_difference_between_other_ops(OpCases.Case c) {
    check(c.network(false).withPrecision(DataType.DOUBLE), 2);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void float32_agrees_with_float64(OpCases.Case c) {
    Network exact = c.network(false).withPrecision(DataType.DOUBLE);
    Network quick = exact.withPrecision(DataType.FLOAT);
    INDArray x = input(exact, 3).castTo(DataType.FLOAT);
    INDArray y = exact.logits(x);
    assertClose(quick.logits(x), y, 1e-5);
    INDArray weights = gaussian(DataType.DOUBLE, 5, y.shape());
    assertClose(gradient(quick, x, weights), gradient(exact, x, weights), 1e-5);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void examples_of_a_batch_do_not_see_each_other(OpCases.Case c) {
    Network network = c.network(false).withPrecision(DataType.DOUBLE);
    INDArray x = input(network, 3);
    INDArray y = network.logits(x);
    INDArray weights = gaussian(DataType.DOUBLE, 5, y.shape());
    INDArray gradient = gradient(network, x, weights);
    for (int i = 0; i < 3; i++) {
      INDArray one = x.get(NDArrayIndex.interval(i, i + 1), NDArrayIndex.all());
      assertClose(network.logits(one), y.get(NDArrayIndex.interval(i, i + 1)), 1e-13);
      assertClose(
          gradient(network, one, weights.get(NDArrayIndex.interval(i, i + 1))),
          gradient.get(NDArrayIndex.interval(i, i + 1)),
          1e-13);
    }
  }

  private static void check(Network network, int examples) {
    INDArray x = input(network, examples);
    long[] shape = network.logits(x).shape();
    INDArray weights = gaussian(DataType.DOUBLE, 5, shape);
    INDArray gradient = gradient(network, x, weights);
    for (int i = 0; i < examples; i++) {
      INDArray weight = weights.get(NDArrayIndex.interval(i, i + 1)).reshape(-1, 1);
      assertClose(
          gradient.get(NDArrayIndex.interval(i, i + 1)),
          Tensors.slope(
              batch -> network.logits(batch).reshape(batch.size(0), -1).mmul(weight),
              x.get(NDArrayIndex.interval(i, i + 1))),
          1e-6);
    }
  }

  private static INDArray input(Network network, int examples) {
    long[] shape = network.inputShape();
    long[] batch = new long[shape.length + 1];
    batch[0] = examples;
    System.arraycopy(shape, 0, batch, 1, shape.length);
    return gaussian(DataType.DOUBLE, 3, batch);
  }

  private static INDArray gradient(Network network, INDArray x, INDArray weights) {
    int n = (int) x.size(0);
    Target.Resolved target =
        new Target.Resolved(
            network.logits(),
            Collections.nCopies(n, -1),
            gaussian(DataType.DOUBLE, 1, n),
            weights.castTo(network.precision()));
    try (Trace trace = network.run(x, Hooks.none())) {
      return trace.gradients(target, List.of(Network.INPUT)).get(0);
    }
  }
}
