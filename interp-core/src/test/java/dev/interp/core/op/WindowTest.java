package dev.interp.core.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

class WindowTest {
  private static Window.Axis axis(int kernel, int stride, int padding, int dilation) {
    return new Window.Axis(kernel, stride, padding, dilation, false);
  }

  @Test
  void positions_that_fit() {
    assertThat(axis(3, 2, 0, 1).outputs(7)).isEqualTo(3);
    assertThat(axis(3, 2, 0, 1).outputs(8)).isEqualTo(3);
    assertThat(axis(3, 2, 1, 1).outputs(8)).isEqualTo(4);
    assertThat(axis(3, 1, 0, 2).extent()).isEqualTo(5);
    assertThat(axis(3, 1, 0, 2).outputs(5)).isEqualTo(1);
    assertThat(axis(3, 1, 0, 2).outputs(4)).isZero();
  }

  @Test
  void same_padding_puts_the_smaller_half_first() {
    Window.Axis even = new Window.Axis(2, 1, 0, 1, true);
    assertThat(even.outputs(5)).isEqualTo(5);
    assertThat(even.before(5)).isZero();
    Window.Axis strided = new Window.Axis(3, 2, 0, 1, true);
    assertThat(strided.outputs(5)).isEqualTo(3);
    assertThat(strided.before(5)).isEqualTo(1);
    assertThat(strided.before(6)).isZero();
    assertThat(new Window.Axis(1, 3, 0, 1, true).before(7)).isZero();
  }

  @Test
  void transposed_sizes() {
    assertThat(axis(3, 2, 0, 1).transposedOutputs(4)).isEqualTo(9);
    assertThat(axis(3, 2, 1, 1).transposedOutputs(4)).isEqualTo(7);
    assertThat(new Window.Axis(3, 2, 0, 1, true).transposedOutputs(4)).isEqualTo(8);
  }

  @Test
  void points_are_told() {
    assertThat(Window.of(1, 1, 0).isPointwise()).isTrue();
    assertThat(Window.of(1, 2, 0).isPointwise()).isFalse();
    assertThat(Window.of(3, 1, 1).isPointwise()).isFalse();
  }

  @Test
  void impossible_windows_are_refused() {
    assertThatThrownBy(() -> Window.of(0, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "kernel, stride and dilation must be at least 1 and padding at least 0, was kernel 0,"
                + " stride 1, dilation 1, padding 0");
  }

  @Test
  void shapes_that_do_not_fit_are_told() {
    Op pool = new Op.Pool(Op.Reduction.MAX, Window.of(3, 1, 0), 0);
    refused(
        pool,
        "max pooling: the window 3×3 does not fit into [2, 2, 5] (is the input picture too"
            + " small?)",
        new long[] {2, 2, 5});
    refused(
        pool, "max pooling: the input must be [channels, height, width], was [7]", new long[] {7});
    refused(
        new Op.Dense(Nd4j.zeros(3, 2), null),
        "dense: the input must be [3], was [4] (is the input size of the network another one?)",
        new long[] {4});
    refused(
        new Op.Concat(),
        "concat: all axes but the channels must be equal, was [1, 2, 2], [1, 2, 3]",
        new long[] {1, 2, 2},
        new long[] {1, 2, 3});
    refused(
        new Op.Elementwise(Op.Combination.ADD),
        "element-wise add: the shapes must be equal or 1 on an axis, was [2, 3, 3], [3, 1, 1]",
        new long[] {2, 3, 3},
        new long[] {3, 1, 1});
    refused(new Op.Subset(1, 4), "subset: the range [1, 4) must lie in [0, 3)", new long[] {3});
    refused(
        new Op.SpaceToDepth(2),
        "space to depth: height and width must be multiples of 2, was [1, 4, 3]",
        new long[] {1, 4, 3});
    refused(
        new Op.Pad(-1, -1, 0, 0),
        "cropping: nothing is left of the input [1, 2, 3]",
        new long[] {1, 2, 3});
    refused(
        new Op.Reshape(List.of(4L, -1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST),
        "reshape: [6] does not hold as many numbers as [4, -1] (is the input size of the network"
            + " another one?)",
        new long[] {6});
    refused(
        new Op.ParametricRelu(Nd4j.zeros(2, 1, 1)),
        "prelu: alpha is [2, 1, 1] and does not fit the input [3, 4, 4]",
        new long[] {3, 4, 4});
  }

  private static void refused(Op op, String message, long[]... inputs) {
    assertThatThrownBy(() -> op.outputShape(List.of(inputs)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
