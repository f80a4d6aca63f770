package dev.interp.core.attribution;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.counting;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class BaselineTest {
  private static final INDArray X = gaussian(DataType.DOUBLE, 1, 3, 2, 4, 5);

  @Test
  void every_baseline_has_shape_and_type_of_the_batch_and_leaves_it_alone() {
    List<Baseline> all =
        List.of(
            Baseline.zero(),
            Baseline.constant(1, 2),
            Baseline.mean(),
            Baseline.blur(1.5),
            Baseline.noise(1, 3),
            Baseline.array(Nd4j.ones(DataType.FLOAT, 1, 2, 4, 5)));
    for (Baseline baseline : all) {
      for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
        INDArray x = X.castTo(type).dup();
        byte[] before = bytes(x);
        INDArray result = baseline.of(x);
        assertThat(result.shape()).as(baseline.toString()).isEqualTo(x.shape());
        assertThat(result.dataType()).as(baseline.toString()).isEqualTo(type);
        result.addi(1); // the result is the caller's
        assertThat(bytes(x)).as(baseline.toString()).isEqualTo(before);
      }
    }
  }

  @Test
  void zero_and_constants_fill_each_channel() {
    assertThat(numbers(Baseline.zero().of(X))).containsOnly(0);
    assertThat(numbers(Baseline.constant(-2.5).of(X))).containsOnly(-2.5);
    INDArray two = Baseline.constant(1, 2).of(X);
    for (int i = 0; i < 3; i++) {
      assertThat(numbers(two.slice(i).slice(0))).containsOnly(1);
      assertThat(numbers(two.slice(i).slice(1))).containsOnly(2);
    }
    INDArray vectors = Baseline.constant(7, 8, 9).of(counting(2, 3));
    assertThat(numbers(vectors)).containsExactly(7, 8, 9, 7, 8, 9);
  }

  @Test
  void a_constant_needs_one_value_or_one_per_channel() {
    assertThatThrownBy(() -> Baseline.constant(1, 2, 3).of(X))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the baseline must have one value or one per channel (2), has 3");
    assertThatThrownBy(Baseline::constant)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the baseline must have at least one value, all finite, was []");
    assertThatThrownBy(() -> Baseline.constant(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the baseline must have at least one value, all finite, was [NaN]");
  }

  @Test
  void the_mean_is_each_examples_own_for_each_channel() {
    INDArray x = counting(2, 2, 1, 2); // 1 2 | 3 4 || 5 6 | 7 8
    assertThat(numbers(Baseline.mean().of(x)))
        .containsExactly(1.5, 1.5, 3.5, 3.5, 5.5, 5.5, 7.5, 7.5);
    assertThat(numbers(Baseline.mean().of(counting(2, 3)))).containsExactly(2, 2, 2, 5, 5, 5);
  }

  @Test
  void the_blur_is_a_normalised_gaussian_that_repeats_the_edges() {
    INDArray flat = Nd4j.valueArrayOf(new long[] {1, 1, 3, 4}, 2.5, DataType.DOUBLE);
    assertClose(Baseline.blur(2).of(flat), flat, 1e-14);
    INDArray point = Nd4j.zeros(DataType.DOUBLE, 1, 1, 11, 13);
    point.putScalar(new int[] {0, 0, 5, 6}, 1);
    INDArray blurred = Baseline.blur(1).of(point);
    double total = 0;
    for (int k = -4; k <= 4; k++) {
      total += Math.exp(-k * k / 2.0);
    }
    assertThat(blurred.getDouble(0, 0, 5, 6)).isCloseTo(1 / (total * total), within(1e-14));
    assertThat(blurred.getDouble(0, 0, 3, 7))
        .isCloseTo(Math.exp(-2) * Math.exp(-0.5) / (total * total), within(1e-14));
    // At the left edge the pixels beyond it are those at it: weights of −4 … 0 fall together.
    INDArray step = array(new long[] {1, 1, 1, 9}, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    double half = (total + 1) / 2 / total;
    assertThat(Baseline.blur(1).of(step).getDouble(0)).isCloseTo(half, within(1e-14));
  }

  @Test
  void a_blur_needs_a_width_and_pictures() {
    for (double sigma : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> Baseline.blur(sigma))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sigma must be above 0, was " + sigma);
    }
    assertThatThrownBy(() -> Baseline.blur(1).of(counting(2, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a blurred baseline needs pictures [N, C, H, W], was [2, 3]");
  }

  @Test
  void noise_is_the_same_for_every_example_and_every_call() {
    INDArray noise = Baseline.noise(2, 7).of(X);
    assertSameBits(noise.slice(1), noise.slice(0));
    assertSameBits(Baseline.noise(2, 7).of(X), noise);
    assertThat(bytes(Baseline.noise(2, 8).of(X))).isNotEqualTo(bytes(noise));
    double[] many = numbers(Baseline.noise(2, 7).of(Nd4j.zeros(DataType.DOUBLE, 1, 1, 100, 100)));
    double deviation = Math.sqrt(Arrays.stream(many).map(v -> v * v).average().orElse(0));
    assertThat(deviation).isCloseTo(2, within(0.05));
  }

  @Test
  void a_given_array_may_be_for_all_examples_or_a_colour() {
    INDArray each = gaussian(DataType.DOUBLE, 2, 3, 2, 4, 5);
    assertSameBits(Baseline.array(each).of(X), each);
    INDArray one = gaussian(DataType.DOUBLE, 3, 1, 2, 4, 5);
    assertSameBits(Baseline.array(one).of(X).slice(2), one.slice(0));
    INDArray colour = Baseline.array(array(new long[] {1, 2, 1, 1}, 4, 6)).of(X);
    assertSameBits(colour, Baseline.constant(4, 6).of(X));
  }

  @Test
  void an_array_that_does_not_fit_is_refused() {
    assertThatThrownBy(() -> Baseline.array(counting(1, 1, 4, 5)).of(X))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the baseline must be [3, 2, 4, 5] or have 1 for the batch or for height and width,"
                + " was [1, 1, 4, 5]");
    assertThatThrownBy(() -> Baseline.array(counting(2, 4, 5)).of(X))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("was [2, 4, 5]");
  }

  @Test
  void names_tell_the_settings() {
    assertThat(Baseline.zero()).hasToString("zero");
    assertThat(Baseline.constant(1, -2)).hasToString("constant [1.0, -2.0]");
    assertThat(Baseline.mean()).hasToString("mean");
    assertThat(Baseline.blur(2)).hasToString("blur 2.0");
    assertThat(Baseline.noise(0.5, 9)).hasToString("noise 0.5 seed 9");
    assertThat(Baseline.array(X)).hasToString("array [3, 2, 4, 5]");
    assertThat(Baseline.constant(1, 2)).isEqualTo(Baseline.constant(1, 2));
  }
}
