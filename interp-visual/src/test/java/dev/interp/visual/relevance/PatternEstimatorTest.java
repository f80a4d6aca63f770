package dev.interp.visual.relevance;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PatternEstimatorTest {
  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }

  /**
   * y = x₁ − x₂ is 2, −1, 2, −2 with a mean of 1/4. Of the two positive ones E₊[xy] = (5, 1) and
   * E₊[x] = (5, 1)/2, so a ∝ (35, 7)/8, and wᵀa = 1 makes (5, 1)/4 of it. Of all four, E[xy] = (8,
   * −5)/4 and E[x] = (6, 5)/4, so a ∝ (26, −25)/16, scaled by 16/51.
   */
  @Test
  void one_unit_solved_by_hand() {
    INDArray x = array(new long[] {4, 2}, 2, 0, 0, 1, 3, 1, 1, 3);
    Op dense = new Op.Dense(array(new long[] {2, 1}, 1, -1), null);
    Network rectified = Network.builder(2).add("y", dense).add("relu", relu()).build();
    assertClose(pattern(rectified, x, "y"), array(new long[] {2, 1}, 1.25, 0.25), 1e-14);
    Network linear = Network.builder(2).add("y", dense).build();
    assertClose(pattern(linear, x, "y"), array(new long[] {2, 1}, 26 / 51.0, -25 / 51.0), 1e-14);
  }

  /** x = z (1, 2) + e (3, 1) and w ⊥ (3, 1): the pattern is (1, 2) / wᵀ(1, 2), not w. */
  @Test
  void a_distractor_is_seen_through() {
    INDArray z = gaussian(DataType.DOUBLE, 1, 20_000, 1);
    INDArray e = gaussian(DataType.DOUBLE, 2, 20_000, 1);
    INDArray x = z.mmul(array(new long[] {1, 2}, 1, 2)).add(e.mmul(array(new long[] {1, 2}, 3, 1)));
    Network network =
        Network.builder(2)
            .add("y", new Op.Dense(array(new long[] {2, 1}, -1, 3), null))
            .add("relu", relu())
            .build();
    double[] found = numbers(pattern(network, x, "y"));
    assertThat(found[0]).isCloseTo(0.2, within(0.03));
    assertThat(found[1]).isCloseTo(0.4, within(0.03));
  }

  @ParameterizedTest
  @CsvSource({
    // kernel, stride, padding, dilation, same, groups
    "3, 1, 1, 1, false, 1",
    "3, 2, 0, 1, false, 1",
    "2, 1, 1, 2, false, 2",
    "3, 2, 0, 1, true, 1",
    "1, 1, 0, 1, false, 4",
    "4, 3, 2, 1, false, 4"
  })
  void patches_are_those_that_the_convolution_sees(
      int kernel, int stride, int padding, int dilation, boolean same, int groups) {
    Window.Axis axis = new Window.Axis(kernel, stride, padding, dilation, same);
    Op convolution =
        new Op.Convolution(
            gaussian(DataType.DOUBLE, 1, 8, 4 / groups, kernel, kernel),
            gaussian(DataType.DOUBLE, 2, 8),
            new Window(axis, axis),
            groups);
    INDArray scale = gaussian(DataType.DOUBLE, 3, 8);
    INDArray shift = gaussian(DataType.DOUBLE, 4, 8);
    Network network =
        Network.builder(4, 7, 6)
            .add("conv", convolution)
            .add("norm", new Op.Affine(scale, shift))
            .add("relu", relu())
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 5, 3, 4, 7, 6);
    INDArray pattern = pattern(network, x, "conv");
    INDArray weights = ((Op.Convolution) convolution).weights();
    INDArray y;
    try (Trace trace = network.run(x, Hooks.none().keep("norm"))) {
      y = trace.activation("norm");
    }
    for (int o = 0; o < 8; o++) {
      // Slow and plain: every place's patch, read number by number.
      List<double[]> patches = new ArrayList<>();
      List<Double> values = new ArrayList<>();
      for (int n = 0; n < 3; n++) {
        for (int r = 0; r < y.size(2); r++) {
          for (int c = 0; c < y.size(3); c++) {
            patches.add(patch(x.slice(n), axis, r, c, o / (8 / groups), 4 / groups, kernel));
            values.add(y.getDouble(n, o, r, c));
          }
        }
      }
      double[] w = numbers(weights.slice(o).mul(scale.getDouble(o)));
      assertClose(
          pattern.slice(o).dup('c').reshape(w.length),
          array(new long[] {w.length}, expected(patches, values, w)),
          1e-10);
    }
  }

  private static double[] patch(
      INDArray x, Window.Axis axis, int row, int column, int group, int channels, int kernel) {
    double[] patch = new double[channels * kernel * kernel];
    int at = 0;
    for (int channel = 0; channel < channels; channel++) {
      for (int i = 0; i < kernel; i++) {
        for (int j = 0; j < kernel; j++) {
          long r = (long) row * axis.stride() + (long) i * axis.dilation() - axis.before(x.size(1));
          long c =
              (long) column * axis.stride() + (long) j * axis.dilation() - axis.before(x.size(2));
          boolean inside = r >= 0 && c >= 0 && r < x.size(1) && c < x.size(2);
          patch[at++] = inside ? x.getDouble((long) group * channels + channel, r, c) : 0;
        }
      }
    }
    return patch;
  }

  private static double[] expected(List<double[]> patches, List<Double> values, double[] w) {
    double[] a = new double[w.length];
    double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
    long active = Math.max(1, values.stream().filter(v -> v > 0).count());
    double length = 0;
    for (int d = 0; d < w.length; d++) {
      for (int i = 0; i < values.size(); i++) {
        if (values.get(i) > 0) {
          a[d] += patches.get(i)[d] * (values.get(i) - mean) / active;
        }
      }
      length += w[d] * a[d];
    }
    for (int d = 0; d < w.length; d++) {
      a[d] /= length == 0 ? 1 : length;
    }
    return a;
  }

  @Test
  void merged_halves_are_the_whole() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 1, 6, 2, 7, 5);
    PatternEstimator whole = PatternEstimator.of(network);
    whole.add(x);
    PatternEstimator first = PatternEstimator.of(network);
    PatternEstimator second = PatternEstimator.of(network);
    for (int i = 0; i < 6; i++) {
      (i % 3 == 0 ? first : second).add(Nd4j.stack(0, x.slice(i)));
    }
    first.merge(second);
    assertThat(first.patterns().byTensor().keySet()).containsExactly("conv1", "conv2", "logits");
    whole
        .patterns()
        .byTensor()
        .forEach((name, a) -> assertClose(of(first.patterns(), name), a, 1e-10));
  }

  @Test
  void a_unit_that_never_wakes_has_no_pattern() {
    Network network =
        Network.builder(2)
            .add(
                "y",
                new Op.Dense(array(new long[] {2, 2}, 1, 1, 1, 1), array(new long[] {2}, 0, -99)))
            .add("relu", relu())
            .build();
    INDArray pattern = pattern(network, gaussian(DataType.DOUBLE, 1, 50, 2), "y");
    assertThat(numbers(pattern.getColumn(1))).containsExactly(0, 0);
    assertThat(pattern.getColumn(0).sumNumber().doubleValue()).isCloseTo(1, within(1e-12));
  }

  @Test
  void misuse_is_refused() {
    Network network = SmallNets.convolutional();
    PatternEstimator estimator = PatternEstimator.of(network);
    assertThatThrownBy(estimator::patterns)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("patterns need data; add a batch first");
    assertThatThrownBy(() -> estimator.merge(PatternEstimator.of(SmallNets.smooth())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("only estimators of one network can be merged, were of ");
    Network plain = Network.builder(2).add("relu", relu()).build();
    assertThatThrownBy(() -> PatternEstimator.of(plain))
        .hasMessage(
            "patterns are estimated for convolutions and dense ops, but the network has none");
    Network spread =
        Network.builder(1, 2, 2)
            .add(
                "up",
                new Op.TransposedConvolution(
                    Nd4j.ones(DataType.DOUBLE, 1, 1, 2, 2), null, Window.of(2, 2, 0)))
            .build();
    assertThatThrownBy(() -> PatternEstimator.of(spread))
        .hasMessage(
            "patterns are estimated for convolutions and dense ops, but 'up' is a transposed"
                + " convolution");
  }

  private static INDArray pattern(Network network, INDArray x, String tensor) {
    PatternEstimator estimator = PatternEstimator.of(network);
    estimator.add(x);
    return of(estimator.patterns(), tensor);
  }

  private static INDArray of(Patterns patterns, String tensor) {
    return java.util.Objects.requireNonNull(patterns.byTensor().get(tensor), tensor);
  }
}
