package dev.interp.core.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Receptive fields against what a unit really sees: where its gradient is not zero. */
class ReceptiveFieldProperties {
  private static final int H = 17;
  private static final int W = 14;

  @Property(tries = 60, seed = "11")
  void plain_stacks_see_all_of_their_field(@ForAll @IntRange(min = 0, max = 100000) int seed) {
    check(stack(new Random(seed), false), true);
  }

  @Property(tries = 120, seed = "12")
  void no_stack_sees_beyond_its_field(@ForAll @IntRange(min = 0, max = 100000) int seed) {
    check(stack(new Random(seed), true), false);
  }

  @Property(tries = 40, seed = "13")
  void branches_see_the_union(@ForAll @IntRange(min = 0, max = 100000) int seed) {
    Random random = new Random(seed);
    Network.Builder builder = Network.builder(1, H, W);
    builder.add("left", convolution(1 + 2 * random.nextInt(3), 1, -1));
    builder.add("right", convolution(1 + 2 * random.nextInt(3), 1, -1), Network.INPUT);
    builder.add("sum", new Op.Elementwise(Op.Combination.ADD), "left", "right");
    check(builder.build(), true);
  }

  @Example
  void a_broadcast_global_pool_sees_everything() {
    Network network =
        Network.builder(1, H, W)
            .add("local", convolution(3, 2, 1))
            .add("pool", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, false))
            .add("gated", new Op.Elementwise(Op.Combination.MULTIPLY), "local", "pool")
            .build();
    check(network, true);
    assertThat(network.layer("gated").receptiveField().height())
        .isEqualTo(new ReceptiveField.Axis(H, 0, (H - 1) / 2.0));
  }

  /** Windows without gaps, or anything at all. */
  private static Network stack(Random random, boolean wild) {
    Network.Builder builder = Network.builder(1, H, W);
    int depth = 1 + random.nextInt(4);
    for (int i = 0; i < depth; i++) {
      Op op = wild ? anything(random) : gapless(random);
      Network.Builder longer = builder;
      try {
        Network.Builder trial = Network.builder(1, H, W);
        builder.build().nodes().stream()
            .skip(1)
            .forEach(n -> trial.add(n.name(), n.op(), n.inputs().toArray(String[]::new)));
        trial.add("op" + i, op).build();
        longer = trial;
      } catch (IllegalArgumentException tooSmall) {
        break;
      } finally {
        builder = longer;
      }
    }
    return builder.build();
  }

  private static Op gapless(Random random) {
    int kernel = 1 + random.nextInt(3);
    int stride = 1 + random.nextInt(kernel);
    if (random.nextBoolean()) {
      return convolution(kernel, stride, random.nextInt(4) - 1);
    }
    Window window = OpCases.window(kernel, stride, random.nextInt(kernel), 1, false);
    return new Op.Pool(Op.Reduction.AVERAGE, window, 0);
  }

  private static Op anything(Random random) {
    int kernel = 1 + random.nextInt(3);
    int stride = 1 + random.nextInt(3);
    return switch (random.nextInt(7)) {
      case 0 -> new Op.Upsample(1 + random.nextInt(3), 1 + random.nextInt(3));
      case 1 ->
          new Op.TransposedConvolution(
              ones(kernel), null, OpCases.window(kernel, stride, 0, 1, random.nextBoolean()));
      case 2 -> new Op.Pad(random.nextInt(4) - 2, random.nextInt(4) - 2, 1, -random.nextInt(3));
      case 3 ->
          new Op.Convolution(
              ones(kernel),
              null,
              OpCases.window(kernel, stride, random.nextInt(2), 2, random.nextBoolean()),
              1);
      case 4 ->
          new Op.TransposedConvolution(
              ones(3), null, OpCases.window(3, stride, random.nextInt(2), 1, false));
      default -> gapless(random);
    };
  }

  /** A convolution with SAME padding if {@code padding} is negative. */
  private static Op convolution(int kernel, int stride, int padding) {
    Window window = OpCases.window(kernel, stride, Math.max(0, padding), 1, padding < 0);
    return new Op.Convolution(ones(kernel), null, window, 1);
  }

  private static INDArray ones(int kernel) {
    return Nd4j.ones(DataType.DOUBLE, 1, 1, kernel, kernel);
  }

  private static void check(Network network, boolean all) {
    String last = network.output();
    LayerInfo layer = network.layer(last);
    ReceptiveField field = layer.receptiveField();
    int height = layer.shape().get(1).intValue();
    int width = layer.shape().get(2).intValue();
    INDArray x = Nd4j.ones(DataType.DOUBLE, 1, 1, H, W);
    Network exact = network.withPrecision(DataType.DOUBLE);
    try (Trace trace = exact.run(x, Hooks.none())) {
      for (int k = 0; k < 4; k++) {
        int i = k * (height - 1) / 3;
        int j = (3 - k) * (width - 1) / 3;
        INDArray gradient = trace.gradient(Target.neuron(last, 0, i, j), Network.INPUT);
        compare(seen(gradient, 2), field.height(), i, H, all, network);
        compare(seen(gradient, 3), field.width(), j, W, all, network);
      }
    }
  }

  private static List<Integer> seen(INDArray gradient, int axis) {
    List<Integer> seen = new ArrayList<>();
    for (int i = 0; i < gradient.size(axis); i++) {
      INDArray line =
          axis == 2
              ? gradient.get(
                  NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(i), NDArrayIndex.all())
              : gradient.get(
                  NDArrayIndex.all(),
                  NDArrayIndex.all(),
                  NDArrayIndex.all(),
                  NDArrayIndex.point(i));
      if (line.sumNumber().doubleValue() != 0) {
        seen.add(i);
      }
    }
    return seen;
  }

  private static void compare(
      List<Integer> seen,
      ReceptiveField.Axis axis,
      int unit,
      int pixels,
      boolean all,
      Network network) {
    double center = axis.center() + unit * axis.stride();
    double first = center - (axis.size() - 1) / 2;
    double last = center + (axis.size() - 1) / 2;
    String what = "unit " + unit + " of " + network.nodes() + " with field " + axis;
    if (!seen.isEmpty()) {
      assertThat((double) seen.get(0)).as(what).isGreaterThanOrEqualTo(first - 1e-9);
      assertThat((double) seen.get(seen.size() - 1)).as(what).isLessThanOrEqualTo(last + 1e-9);
    }
    if (all && first >= 0 && last < pixels) {
      assertThat(seen)
          .as(what)
          .isEqualTo(
              IntStream.rangeClosed((int) Math.round(first), (int) Math.round(last))
                  .boxed()
                  .toList());
    }
  }
}
