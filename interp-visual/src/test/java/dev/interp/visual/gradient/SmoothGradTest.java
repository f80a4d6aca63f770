package dev.interp.visual.gradient;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SmoothGradTest {
  private static final SmoothGrad METHOD = SmoothGrad.withDefaults().withSamples(4);
  private static final INDArray X = gaussian(DataType.DOUBLE, 6, 2, 2, 7, 5);

  private static INDArray values(SmoothGrad method) {
    return method.attribute(SmallNets.convolutional(), X, Target.ofClass(1)).values();
  }

  private static INDArray gradient(INDArray x) {
    return Gradient.plain().attribute(SmallNets.convolutional(), x, Target.ofClass(1)).values();
  }

  @Test
  void without_noise_it_is_the_gradient() {
    INDArray none = Nd4j.zeros(DataType.DOUBLE, 4, 2, 7, 5);
    assertClose(values(METHOD.withNoise(none)), gradient(X), 1e-14);
    assertClose(values(METHOD.withDeviation(0)), gradient(X), 1e-14);
  }

  @Test
  void given_noise_is_added_as_it_is() {
    INDArray noise = gaussian(DataType.FLOAT, 7, 2, 2, 7, 5);
    INDArray expected = Nd4j.zeros(DataType.DOUBLE, X.shape());
    for (int i = 0; i < 2; i++) {
      INDArray one = Nd4j.stack(0, noise.slice(i), noise.slice(i)).castTo(DataType.DOUBLE);
      expected.addi(gradient(X.add(one)).divi(2));
    }
    SmoothGrad method = METHOD.withNoise(noise);
    assertClose(values(method), expected, 1e-13);
    assertThat(method.settings())
        .containsEntry("samples", "2")
        .containsEntry("noise", "given [2, 2, 7, 5]")
        .doesNotContainKey("seed");
  }

  @Test
  void the_seed_decides_the_noise() {
    INDArray first = values(METHOD.withSeed(3));
    assertSameBits(values(METHOD.withSeed(3)), first);
    assertThat(bytes(values(METHOD.withSeed(4)))).isNotEqualTo(bytes(first));
    assertSameBits(values(METHOD.withSeed(0)), values(METHOD));
  }

  @Test
  void the_batch_size_does_not_matter() {
    for (int size : new int[] {1, 3, 100}) {
      assertClose(values(METHOD.withBatchSize(size)), values(METHOD), 1e-13);
    }
  }

  /** On y = Σ x, input × gradient of one noisy copy is that copy. */
  @Test
  void the_deviation_is_a_share_of_each_examples_range() {
    Network sum =
        SmallNets.linear(
            Nd4j.ones(DataType.DOUBLE, 2500, 1), Nd4j.zeros(DataType.DOUBLE, 1), 1, 50, 50);
    INDArray x = Nd4j.zeros(DataType.DOUBLE, 2, 1, 50, 50);
    x.putScalar(new int[] {0, 0, 3, 4}, 2); // range 2
    x.putScalar(new int[] {1, 0, 3, 4}, -10); // range 10
    SmoothGrad method =
        SmoothGrad.of(Gradient.inputTimesGradient()).withSamples(1).withDeviation(0.1);
    INDArray copies = method.attribute(sum, x, Target.ofClass(0)).values();
    assertThat(deviation(copies.slice(0).sub(x.slice(0)))).isCloseTo(0.2, within(0.01));
    assertThat(deviation(copies.slice(1).sub(x.slice(1)))).isCloseTo(1, within(0.05));
    assertThat(method.id()).isEqualTo("smoothgrad-input-x-gradient");
  }

  private static double deviation(INDArray noise) {
    return Math.sqrt(Arrays.stream(numbers(noise)).map(v -> v * v).average().orElse(0));
  }

  @ParameterizedTest
  @EnumSource
  void the_statistic_is_taken_place_by_place(SmoothGrad.Statistic statistic) {
    INDArray noise = gaussian(DataType.DOUBLE, 7, 5, 2, 7, 5);
    List<double[]> maps = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      INDArray one = Nd4j.stack(0, noise.slice(i), noise.slice(i));
      maps.add(numbers(gradient(X.add(one))));
    }
    double[] expected = new double[maps.get(0).length];
    for (int j = 0; j < expected.length; j++) {
      int at = j;
      double mean = maps.stream().mapToDouble(m -> m[at]).average().orElseThrow();
      expected[j] =
          switch (statistic) {
            case MEAN -> mean;
            case MEAN_OF_SQUARES ->
                maps.stream().mapToDouble(m -> m[at] * m[at]).average().orElseThrow();
            case VARIANCE ->
                maps.stream()
                    .mapToDouble(m -> (m[at] - mean) * (m[at] - mean))
                    .average()
                    .orElseThrow();
          };
    }
    INDArray actual = values(METHOD.withNoise(noise).withStatistic(statistic));
    assertClose(actual, Nd4j.createFromArray(expected).reshape(X.shape()), 1e-13);
  }

  /** On y = Σ x, input × gradient of a noisy copy is that copy: 10⁹ and a little. */
  @Test
  void the_variance_keeps_its_digits_where_the_maps_are_large() {
    Network sum =
        SmallNets.linear(Nd4j.ones(DataType.DOUBLE, 3, 1), Nd4j.zeros(DataType.DOUBLE, 1), 1, 1, 3);
    INDArray noise = Nd4j.createFromArray(-1.0, 0, 0.5, 1, 0, 0.5, 0, 0, 2).reshape(3, 1, 1, 3);
    SmoothGrad method =
        SmoothGrad.of(Gradient.inputTimesGradient())
            .withNoise(noise)
            .withStatistic(SmoothGrad.Statistic.VARIANCE);
    INDArray x = Nd4j.valueArrayOf(new long[] {1, 1, 1, 3}, 1e9, DataType.DOUBLE);
    assertThat(numbers(method.attribute(sum, x, Target.ofClass(0)).values()))
        .containsExactly(new double[] {2 / 3.0, 0, 0.5}, within(1e-6));
    assertThat(method.id()).isEqualTo("vargrad-input-x-gradient");
  }

  @Test
  void settings_are_checked() {
    assertThatThrownBy(() -> METHOD.withSamples(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("samples must be at least 1, was 0");
    assertThatThrownBy(() -> METHOD.withDeviation(-0.1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the deviation must be at least 0, was -0.1");
    assertThatThrownBy(() -> METHOD.withDeviation(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the deviation must be at least 0, was NaN");
    assertThatThrownBy(() -> METHOD.withBatchSize(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was -1");
    assertThatThrownBy(() -> values(METHOD.withNoise(Nd4j.zeros(DataType.FLOAT, 4, 2, 5, 7))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the noise must be [n, …] with the input's shape after it, [2, 7, 5], was"
                + " [4, 2, 5, 7]");
  }
}
