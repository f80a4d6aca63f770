package dev.interp.visual.diagnose;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import dev.interp.visual.perturbation.Occlusion;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PredictionDifferenceTest {
  private static final PredictionDifference METHOD =
      PredictionDifference.withDefaults().withWindow(2).withStride(2).withSamples(3);
  private static final INDArray X = gaussian(DataType.DOUBLE, 6, 2, 2, 7, 5);

  /** Windows of a constant: nothing is left to chance. */
  private record Filled(double value) implements WindowSampler {
    @Override
    public String name() {
      return "filled with " + value;
    }

    @Override
    public Draws of(INDArray example, int side) {
      return (top, left, count, random) -> {
        double[][] draws = new double[count][(int) example.size(0) * side * side];
        for (double[] draw : draws) {
          Arrays.fill(draw, value);
        }
        return draws;
      };
    }
  }

  private static INDArray values(PredictionDifference method, Target target) {
    return method.attribute(SmallNets.convolutional(), X, target).values();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "5, 1"})
  void for_values_a_sampler_of_zeros_is_occlusion(int window, int stride) {
    PredictionDifference method =
        METHOD.withSampler(new Filled(0)).withWindow(window).withStride(stride);
    Target target = Target.contrast(2, 0);
    INDArray occluded =
        Occlusion.withDefaults()
            .withWindow(window, stride)
            .attribute(SmallNets.convolutional(), X, target)
            .values();
    assertClose(values(method, target), occluded, 1e-12);
    Target channel = Target.channel("relu2", 3);
    assertClose(
        values(method, channel),
        Occlusion.withDefaults()
            .withWindow(window, stride)
            .attribute(SmallNets.convolutional(), X, channel)
            .values(),
        1e-12);
  }

  /** y₀ = x and y₁ = 0, so p = sigmoid(x); for one pixel, hidden by zeros, p is a half. */
  @Test
  void evidence_solved_by_hand() {
    Network network =
        Network.builder(1, 1, 1)
            .add(
                "flat",
                new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
            .add("y", new Op.Dense(array(new long[] {1, 2}, 1, 0), null))
            .add("p", new Op.Softmax())
            .build();
    INDArray x = array(new long[] {2, 1, 1, 1}, 3, 800);
    PredictionDifference method =
        METHOD.withSampler(new Filled(0)).withWindow(1).withStride(1).withSamples(2);
    double p = 1 / (1 + Math.exp(-3));
    double kept = (p * 100000 + 1) / 100002;
    for (Target target : List.of(Target.predicted(), Target.ofClass(0), Target.probability(0))) {
      INDArray map = method.attribute(network, x, target).values();
      assertThat(map.getDouble(0))
          .isCloseTo(Math.log(kept / (1 - kept)) / Math.log(2), within(1e-9));
      assertThat(map.getDouble(1)).isCloseTo(Math.log(100001) / Math.log(2), within(1e-9));
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void evidence_lies_where_the_network_looks(boolean conditional) {
    int side = 18;
    INDArray weights = Nd4j.zeros(DataType.DOUBLE, (long) side * side, 2);
    for (int i = 4; i < 9; i++) {
      for (int j = 11; j < 16; j++) {
        weights.putScalar(i * side + j, 0, 0.3);
      }
    }
    Network network =
        Network.builder(1, side, side)
            .add(
                "flat",
                new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
            .add("y", new Op.Dense(weights, null))
            .add("p", new Op.Softmax())
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 8, 1, 1, side, side).muli(0.1);
    for (int i = 5; i < 8; i++) {
      for (int j = 12; j < 15; j++) {
        x.putScalar(new int[] {0, 0, i, j}, 2 + (i + j) % 2);
      }
    }
    WindowSampler sampler = conditional ? WindowSampler.conditional(2) : WindowSampler.marginal();
    INDArray map =
        METHOD
            .withSampler(sampler)
            .withWindow(4)
            .withStride(1)
            .withSamples(5)
            .attribute(network, x, Target.ofClass(0))
            .values();
    long best = map.reshape((long) side * side).argMax().getLong(0);
    assertThat(best / side).isBetween(4L, 8L);
    assertThat(best % side).isBetween(11L, 15L);
    assertThat(map.maxNumber().doubleValue()).isGreaterThan(1);
    assertThat(map.getDouble(0, 0, 15, 3)).isCloseTo(0, within(1e-9));
  }

  /** A convolution that changes nothing: hiding its output is hiding the picture. */
  @Test
  void a_hidden_tensor_is_drawn_like_the_input() {
    Network network =
        Network.builder(1, 6, 5)
            .add(
                "same",
                new Op.Convolution(array(new long[] {1, 1, 1, 1}, 1), null, Window.of(1, 1, 0), 1))
            .add("relu", new Op.Activation(Activation.RELU.getActivationFunction()))
            .add(
                "flat",
                new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
            .add("y", new Op.Dense(gaussian(DataType.DOUBLE, 1, 30, 3), null))
            .add("p", new Op.Softmax())
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 2, 2, 1, 6, 5);
    Attribution hidden = METHOD.withTensor("same").attribute(network, x, Target.predicted());
    assertThat(hidden.tensor()).isEqualTo("same");
    assertClose(hidden.values(), METHOD.attribute(network, x, Target.predicted()).values(), 1e-12);
    Target neuron = Target.neuron("relu", 0, 2, 2);
    assertClose(
        METHOD.withTensor("same").attribute(network, x, neuron).values(),
        METHOD.attribute(network, x, neuron).values(),
        1e-12);
  }

  @Test
  void hidden_maps_have_the_size_of_their_tensor() {
    Attribution result =
        METHOD.withTensor("pool1").attribute(SmallNets.convolutional(), X, Target.ofClass(1));
    List<Long> shape = SmallNets.convolutional().layer("pool1").shape();
    assertThat(result.values().shape()).containsExactly(2, 1, shape.get(1), shape.get(2));
    assertThat(result.values().amaxNumber().doubleValue()).isPositive();
  }

  @Test
  void seeds_decide_and_batches_do_not() {
    INDArray first = values(METHOD.withSeed(3), Target.ofClass(1));
    assertSameBits(values(METHOD.withSeed(3), Target.ofClass(1)), first);
    assertThat(bytes(values(METHOD.withSeed(4), Target.ofClass(1)))).isNotEqualTo(bytes(first));
    for (int size : new int[] {1, 5, 1000}) {
      assertClose(values(METHOD.withSeed(3).withBatchSize(size), Target.ofClass(1)), first, 1e-12);
    }
  }

  /** Windows of two by two on seven by five: rows 0 2 4 5, columns 0 2 3. */
  @Test
  void every_place_is_covered_and_every_draw_is_a_pass() {
    Attribution result = METHOD.attribute(SmallNets.convolutional(), X, Target.ofClass(1));
    assertThat(result.provenance().forwards()).isEqualTo(4 * 3 * 3 + 1);
    assertThat(result.provenance().backwards()).isZero();
    assertThat(result.provenance().settings())
        .containsEntry("sampler", "conditional, padding 2, patches of the picture itself");
    double[] numbers = result.values().dup().data().asDouble();
    assertThat(Arrays.stream(numbers).allMatch(Double::isFinite)).isTrue();
  }

  @Test
  void statistics_of_a_data_set_are_used() {
    PatchStatistics statistics = PatchStatistics.perChannel(2, 4, 4);
    statistics.add(gaussian(DataType.DOUBLE, 9, 30, 2, 7, 5), 1);
    INDArray known =
        values(METHOD.withSampler(WindowSampler.conditional(statistics, 1)), Target.ofClass(1));
    assertThat(bytes(known)).isNotEqualTo(bytes(values(METHOD, Target.ofClass(1))));
  }

  @Test
  void misuse_is_refused_before_work() {
    assertRefused(METHOD.withWindow(6), "the window must fit into 'input' of 7×5, was 6");
    assertRefused(
        METHOD.withStride(3),
        "the stride must be at most the window of 2, or places would be left out, was 3");
    assertRefused(
        METHOD.withTensor("flat"),
        "prediction-difference-analysis needs a tensor of maps [C, H, W], but 'flat' is [60]");
    PatchStatistics other = PatchStatistics.perChannel(2, 3, 3);
    other.add(X, 1);
    assertRefused(
        METHOD.withSampler(WindowSampler.conditional(other, 1)),
        "for windows of 2 and padding 1 on [2, 7, 5] the statistics must be of patches [2, 4, 4],"
            + " were of 30 patches [2, 3, 3] per channel");
    assertRefused(
        METHOD.withSampler(WindowSampler.marginal(Nd4j.zeros(DataType.DOUBLE, 4, 2, 5, 7))),
        "the pictures of a marginal sampler must be [M, 2, 7, 5] like what is explained, were"
            + " [4, 2, 5, 7]");
    assertThatThrownBy(() -> METHOD.withSamples(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("samples must be at least 1, was 0");
    assertThatThrownBy(() -> METHOD.withStride(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the stride must be at least 1, or 0 for half the window, was -1");
  }

  private static void assertRefused(PredictionDifference method, String message) {
    PassCounter passes = new PassCounter();
    assertThatThrownBy(
            () ->
                method.attribute(SmallNets.convolutional().counting(passes), X, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(passes.forwards()).isZero();
  }
}
