package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class BatchNormFoldingTest {
  private static Op convolution(int in, int out, int padding, int groups, boolean biased) {
    return new Op.Convolution(
        g(1, out, in / groups, 3, 3), biased ? g(2, out) : null, Window.of(3, 1, padding), groups);
  }

  private static Op norm(int seed, int channels) {
    return new Op.Affine(g(seed, channels), g(seed + 1, channels));
  }

  private static INDArray g(int seed, long... shape) {
    return gaussian(DataType.DOUBLE, seed, shape);
  }

  private static Op relu() {
    return new Op.Activation(new ActivationReLU());
  }

  private static Op flat() {
    return new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST);
  }

  private static long norms(Network network) {
    return network.nodes().stream().filter(n -> n.op() instanceof Op.Affine).count();
  }

  private static Network folded(Network network, long left) {
    Network folded = network.withFoldedBatchNorms();
    assertThat(norms(folded)).as("batch norms left").isEqualTo(left);
    assertThat(folded.nodes())
        .extracting(n -> n.name())
        .isEqualTo(network.nodes().stream().map(n -> n.name()).toList());
    long[] shape = network.inputShape();
    INDArray x = shape.length == 3 ? g(9, 2, shape[0], shape[1], shape[2]) : g(9, 2, shape[0]);
    assertClose(folded.logits(x), network.logits(x), 1e-12);
    return folded;
  }

  @Property(tries = 30)
  void a_norm_after_a_layer_goes_into_it(
      @ForAll boolean biased,
      @ForAll @IntRange(max = 1) int padding,
      @ForAll @IntRange(min = 1, max = 2) int groups) {
    folded(
        Network.builder(2, 6, 5)
            .add("conv", convolution(2, 4, padding, groups, biased))
            .add("norm", norm(5, 4))
            .add("relu", relu())
            .add("flat", flat())
            .add("y", dense(4L * (4 + 2 * padding) * (3 + 2 * padding), biased ? g(6, 3) : null))
            .add("last", norm(7, 3))
            .add("relu2", relu())
            .build(),
        0);
  }

  private static Op dense(long in, @Nullable INDArray bias) {
    return new Op.Dense(g(8, in, 3), bias);
  }

  @Property(tries = 20)
  void a_norm_before_layers_goes_into_them_if_no_padding_comes_between(
      @ForAll boolean biased, @ForAll @IntRange(max = 1) int padding) {
    folded(
        Network.builder(2, 6, 5)
            .add("relu", relu())
            .add("norm", norm(5, 2))
            .add("conv", convolution(2, 3, padding, 1, biased))
            .add("beside", convolution(2, 3, padding, 1, !biased), "norm")
            .add("sum", new Op.Elementwise(Op.Combination.ADD), "conv", "beside")
            .build(),
        padding);
  }

  @Test
  void transposed_convolutions_and_dense_layers_take_norms_too() {
    folded(
        Network.builder(2, 3, 4)
            .add("up", new Op.TransposedConvolution(g(1, 2, 3, 2, 2), g(2, 3), Window.of(2, 2, 0)))
            .add("norm", norm(3, 3))
            .build(),
        0);
    folded(Network.builder(4).add("norm", norm(3, 4)).add("y", dense(4, null)).build(), 0);
  }

  @Test
  void what_others_read_is_left_alone() {
    folded(
        Network.builder(2, 6, 5)
            .add("conv", convolution(2, 2, 1, 1, true))
            .add("norm", norm(3, 2))
            .add("sum", new Op.Elementwise(Op.Combination.ADD), "conv", "norm")
            .build(),
        1);
    folded(
        Network.builder(4).add("y", dense(4, null)).add("norm", norm(3, 3)).logits("y").build(), 1);
  }

  @Test
  void a_residual_net_of_deeplearning4j_folds() {
    Network network = Dl4j.network(Nets.residual(DataType.DOUBLE));
    assertThat(norms(network)).isPositive();
    Network folded = network.withFoldedBatchNorms();
    assertThat(norms(folded)).isZero();
    INDArray x = g(4, 3, 2, 7, 5);
    assertClose(folded.logits(x), network.logits(x), 1e-12);
  }

  @Test
  void folding_is_done_once_and_counted_by_the_same_counters() {
    Network network = Dl4j.network(Nets.residual(DataType.DOUBLE));
    PassCounter passes = new PassCounter();
    INDArray x = g(4, 3, 2, 7, 5);
    network.counting(passes).withFoldedBatchNorms().logits(x);
    network.withFoldedBatchNorms().logits(x);
    assertThat(passes.forwards()).isEqualTo(3);
    assertThat(network.withFoldedBatchNorms().nodes().get(1).op())
        .isSameAs(network.counting(passes).withFoldedBatchNorms().nodes().get(1).op());
    assertThat(network.withFoldedBatchNorms().withFoldedBatchNorms().nodes())
        .isEqualTo(network.withFoldedBatchNorms().nodes());
    Network plain = SmallNets.convolutional();
    assertThat(plain.withFoldedBatchNorms()).isSameAs(plain);
    INDArray y = g(4, 1, 2, 7, 5);
    assertSameBits(plain.withFoldedBatchNorms().logits(y), plain.logits(y));
  }
}
