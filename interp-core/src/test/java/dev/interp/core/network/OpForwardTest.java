package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.counting;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Values of ops against numbers worked out by hand and against plain loops. */
class OpForwardTest {
  private static final INDArray NINE = counting(1, 1, 3, 3);

  @Test
  void convolution_correlates_and_does_not_flip() {
    Op op =
        new Op.Convolution(
            array(new long[] {1, 1, 2, 2}, 1, 0, 0, 10),
            array(new long[] {1}, 100),
            Window.of(2, 1, 0),
            1);
    assertThat(run(op, NINE)).containsExactly(151, 162, 184, 195);
  }

  @Test
  void padded_convolution_of_three_by_three() {
    Op op = new Op.Convolution(ones(1, 1, 3, 3), null, Window.of(3, 1, 1), 1);
    assertThat(run(op, NINE)).containsExactly(12, 21, 16, 27, 45, 33, 24, 39, 28);
  }

  @Test
  void dilated_convolution_reads_the_corners() {
    Op op =
        new Op.Convolution(
            array(new long[] {1, 1, 2, 2}, 1, 2, 3, 4), null, OpCases.window(2, 1, 0, 2, false), 1);
    assertThat(run(op, NINE)).containsExactly(1 + 6 + 21 + 36);
  }

  @Test
  void grouped_convolution_keeps_groups_apart() {
    INDArray weights = array(new long[] {2, 2, 1, 1}, 1, 2, 3, 4);
    Op op = new Op.Convolution(weights, null, Window.of(1, 1, 0), 2);
    INDArray x = array(new long[] {1, 4, 1, 1}, 1, 10, 100, 1000);
    assertThat(run(op, x)).containsExactly(21, 4300);
  }

  @Test
  void depthwise_convolution_puts_the_outputs_of_a_channel_together() {
    INDArray weights = array(new long[] {4, 1, 1, 1}, 1, 2, 3, 4);
    Op op = new Op.Convolution(weights, null, Window.of(1, 1, 0), 2);
    assertThat(run(op, array(new long[] {1, 2, 1, 1}, 1, 10))).containsExactly(1, 2, 30, 40);
  }

  @Test
  void transposed_convolution_spreads_each_number() {
    Op op =
        new Op.TransposedConvolution(
            array(new long[] {1, 1, 2, 2}, 1, 2, 3, 4),
            array(new long[] {1}, 0.5),
            Window.of(2, 2, 0));
    assertThat(run(op, array(new long[] {1, 1, 1, 2}, 1, 10)))
        .containsExactly(1.5, 2.5, 10.5, 20.5, 3.5, 4.5, 30.5, 40.5);
  }

  @Test
  void overlapping_transposed_convolution_adds_up() {
    Op op =
        new Op.TransposedConvolution(
            array(new long[] {1, 1, 1, 2}, 1, 2),
            null,
            new Window(new Window.Axis(1, 1, 0, 1, false), new Window.Axis(2, 1, 0, 1, false)));
    assertThat(run(op, array(new long[] {1, 1, 1, 2}, 1, 10))).containsExactly(1, 12, 20);
  }

  @Test
  void pools_with_padding() {
    Window window = Window.of(2, 2, 1);
    INDArray x = NINE.neg();
    assertThat(run(new Op.Pool(Op.Reduction.MAX, window, 0), x)).containsExactly(-1, -2, -4, -5);
    assertThat(run(new Op.Pool(Op.Reduction.AVERAGE, window, 0), x))
        .containsExactly(-1, -2.5, -5.5, -7);
    assertThat(run(new Op.Pool(Op.Reduction.AVERAGE_WITH_PADDING, window, 0), x))
        .containsExactly(-0.25, -1.25, -2.75, -7);
    assertThat(run(new Op.Pool(Op.Reduction.P_NORM, window, 1), x)).containsExactly(1, 5, 11, 28);
  }

  @Test
  void global_pools() {
    INDArray x = array(new long[] {1, 2, 1, 2}, 3, -4, 6, 8);
    assertThat(run(new Op.GlobalPool(Op.Reduction.MAX, 0, true), x)).containsExactly(3, 8);
    assertThat(run(new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true), x)).containsExactly(-0.5, 7);
    assertThat(run(new Op.GlobalPool(Op.Reduction.SUM, 0, true), x)).containsExactly(-1, 14);
    assertThat(run(new Op.GlobalPool(Op.Reduction.P_NORM, 2, false), x)).containsExactly(5, 10);
  }

  @Test
  void response_normalization_sums_over_neighbours() {
    Op op = new Op.LocalResponseNormalization(1, 1, 1, 1);
    INDArray x = array(new long[] {1, 4, 1, 1}, 1, 2, 3, 4);
    assertThat(run(op, x))
        .containsExactly(rounded(1 / 6.0), rounded(2 / 15.0), 0.1, rounded(4 / 26.0));
  }

  @Test
  void space_to_depth_puts_the_place_in_the_block_before_the_channel() {
    INDArray x = array(new long[] {1, 2, 2, 2}, 1, 2, 3, 4, 10, 20, 30, 40);
    assertThat(run(new Op.SpaceToDepth(2), x)).containsExactly(1, 10, 2, 20, 3, 30, 4, 40);
  }

  @Test
  void reshape_reads_and_writes_in_the_given_orders() {
    INDArray maps = counting(1, 2, 1, 3);
    INDArray vector = counting(1, 6);
    Op.Order first = Op.Order.CHANNELS_FIRST;
    Op.Order last = Op.Order.CHANNELS_LAST;
    assertThat(run(new Op.Reshape(List.of(-1L), first, first), maps))
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(run(new Op.Reshape(List.of(-1L), last, first), maps))
        .containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(run(new Op.Reshape(List.of(2L, 1L, 3L), first, first), vector))
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(run(new Op.Reshape(List.of(2L, 1L, 3L), first, last), vector))
        .containsExactly(1, 3, 5, 2, 4, 6);
    assertThat(run(new Op.Reshape(List.of(3L, 1L, 2L), first, first), maps))
        .containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void upsampling_repeats_rows_and_columns() {
    assertThat(run(new Op.Upsample(2, 3), counting(1, 1, 1, 2)))
        .containsExactly(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
  }

  @Test
  void padding_and_cropping() {
    assertThat(run(new Op.Pad(1, 0, 0, 1), counting(1, 1, 1, 2))).containsExactly(0, 0, 0, 1, 2, 0);
    assertThat(run(new Op.Pad(-1, 0, -1, 1), NINE)).containsExactly(5, 6, 0, 8, 9, 0);
  }

  @Test
  void average_of_three_and_products() {
    Network network =
        Network.builder(2)
            .add("a", new Op.Scale(3, 0))
            .add("b", new Op.Scale(1, 1), Network.INPUT)
            .add("mean", new Op.Elementwise(Op.Combination.AVERAGE), "a", "b", Network.INPUT)
            .build();
    assertThat(numbers(network.logits(array(new long[] {1, 2}, 1, 4)))).containsExactly(2, 7);
  }

  @Test
  void a_tensor_combined_with_itself() {
    INDArray x = array(new long[] {1, 3}, 1, -2, 3);
    for (Op.Combination combination : Op.Combination.values()) {
      if (combination == Op.Combination.SUBTRACT) {
        continue;
      }
      Network network =
          Network.builder(3)
              .add("x", new Op.Scale(1, 0))
              .add("op", new Op.Elementwise(combination), "x", "x", "x")
              .build();
      double[] expected =
          switch (combination) {
            case ADD -> new double[] {3, 3, 3};
            case MULTIPLY -> new double[] {3, 12, 27};
            default -> new double[] {1, 1, 1};
          };
      assertThat(gradient(network, x, DataType.DOUBLE))
          .as(combination.name())
          .usingComparatorWithPrecision(1e-12)
          .containsExactly(expected);
    }
  }

  @Test
  void a_tensor_minus_itself_has_no_gradient() {
    Network network =
        Network.builder(3)
            .add("x", new Op.Scale(1, 0))
            .add("op", new Op.Elementwise(Op.Combination.SUBTRACT), "x", "x")
            .build();
    INDArray x = array(new long[] {1, 3}, 1, -2, 3);
    assertThat(gradient(network, x, DataType.DOUBLE)).containsExactly(0, 0, 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void of_equal_maxima_the_first_in_row_order_gets_the_gradient(DataType type) {
    Op op = new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0);
    Network network = Network.builder(17, 2, 4).add("pool", op).build();
    INDArray x = Nd4j.create(type, 2, 17, 2, 4).assign(5);
    double[] gradient = gradient(network, x, type);
    for (int i = 0; i < gradient.length; i++) {
      assertThat(gradient[i]).as("at %d", i).isEqualTo(i % 8 == 0 || i % 8 == 2 ? 1 : 0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void overlapping_windows_each_choose_their_first_maximum(DataType type) {
    Op op = new Op.Pool(Op.Reduction.MAX, Window.of(3, 1, 1), 0);
    Network network = Network.builder(1, 2, 3).add("pool", op).build();
    double[] gradient = gradient(network, Nd4j.create(type, 1, 1, 2, 3), type);
    assertThat(gradient).containsExactly(4, 2, 0, 0, 0, 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void a_global_maximum_that_is_tied_is_the_first(DataType type) {
    Op op = new Op.GlobalPool(Op.Reduction.MAX, 0, true);
    Network network = Network.builder(1, 2, 2).add("pool", op).build();
    INDArray x = array(new long[] {1, 1, 2, 2}, 1, 7, 7, 7);
    assertThat(gradient(network, x, type)).containsExactly(0, 1, 0, 0);
  }

  static Stream<OpCases.Case> windowed() {
    return OpCases.all().filter(c -> c.op() instanceof Op.Convolution || c.op() instanceof Op.Pool);
  }

  @ParameterizedTest
  @MethodSource("windowed")
  void windows_slide_as_in_a_plain_loop(OpCases.Case c) {
    Network network = c.network(true).withPrecision(DataType.DOUBLE);
    long[] in = network.inputShape();
    INDArray x = gaussian(DataType.DOUBLE, 9, 2, in[0], in[1], in[2]);
    INDArray y = network.logits(x);
    INDArray expected = y.ulike();
    for (long n = 0; n < y.size(0); n++) {
      for (long k = 0; k < y.size(1); k++) {
        for (long i = 0; i < y.size(2); i++) {
          for (long j = 0; j < y.size(3); j++) {
            expected.putScalar(n, k, i, j, unit(c.op(), x, n, k, i, j));
          }
        }
      }
    }
    assertClose(y, expected, 1e-12);
  }

  /** One unit of a convolution or pool, straight from its definition. */
  private static double unit(Op op, INDArray x, long n, long k, long i, long j) {
    Op.Convolution convolution = op instanceof Op.Convolution c ? c : null;
    Op.Pool pool = op instanceof Op.Pool p ? p : null;
    Window w = convolution != null ? convolution.window() : ((Op.Pool) op).window();
    List<Double> taps = new ArrayList<>();
    double sum = 0;
    for (int a = 0; a < w.height().kernel(); a++) {
      for (int b = 0; b < w.width().kernel(); b++) {
        long row = place(w.height(), x.size(2), i, a);
        long column = place(w.width(), x.size(3), j, b);
        if (row < 0 || row >= x.size(2) || column < 0 || column >= x.size(3)) {
          continue;
        }
        if (convolution == null) {
          taps.add(x.getDouble(n, k, row, column));
          continue;
        }
        INDArray weights = convolution.weights();
        long perGroup = weights.size(0) / convolution.groups();
        for (long channel = 0; channel < weights.size(1); channel++) {
          long source = k / perGroup * weights.size(1) + channel;
          sum += weights.getDouble(k, channel, a, b) * x.getDouble(n, source, row, column);
        }
      }
    }
    if (pool == null) {
      INDArray bias = convolution == null ? null : convolution.bias();
      return bias == null ? sum : sum + bias.getDouble(k);
    }
    double total = taps.stream().mapToDouble(Double::doubleValue).sum();
    return switch (pool.reduction()) {
      case MAX -> Collections.max(taps);
      case AVERAGE -> total / taps.size();
      case AVERAGE_WITH_PADDING -> total / (w.height().kernel() * w.width().kernel());
      case P_NORM ->
          Math.pow(
              taps.stream().mapToDouble(t -> Math.pow(Math.abs(t), pool.p())).sum(),
              1.0 / pool.p());
      case SUM -> throw new AssertionError("sum pooling is global only");
    };
  }

  private static long place(Window.Axis axis, long inputs, long unit, int tap) {
    int before = axis.padding();
    if (axis.same()) {
      long outputs = (inputs + axis.stride() - 1) / axis.stride();
      long missing =
          (outputs - 1) * axis.stride() + (axis.kernel() - 1L) * axis.dilation() + 1 - inputs;
      before = (int) (Math.max(0, missing) / 2);
    }
    return unit * axis.stride() + (long) tap * axis.dilation() - before;
  }

  private static double[] run(Op op, INDArray x) {
    long[] shape = java.util.Arrays.copyOfRange(x.shape(), 1, x.rank());
    Network network = Network.builder(shape).add("op", op).build().withPrecision(DataType.DOUBLE);
    double[] values = numbers(network.logits(x));
    // Native roots and powers are off by a last bit.
    return java.util.Arrays.stream(values).map(OpForwardTest::rounded).toArray();
  }

  private static double rounded(double value) {
    return Math.round(value * 1e12) / 1e12;
  }

  private static double[] gradient(Network network, INDArray x, DataType type) {
    Network typed = network.withPrecision(type);
    String last = typed.output();
    INDArray value = typed.logits(x);
    Target.Resolved sum =
        new Target.Resolved(last, List.of(-1), Nd4j.zeros(type, 1), Nd4j.ones(type, value.shape()));
    try (Trace trace = typed.run(x, Hooks.none())) {
      return Tensors.numbers(trace.gradient(sum, Network.INPUT));
    }
  }

  private static INDArray ones(long... shape) {
    return Nd4j.ones(DataType.DOUBLE, shape);
  }
}
