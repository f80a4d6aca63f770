package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.numbers;
import static dev.interp.core.metric.Hand.score;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

final class RemovalMetricTest {
  private static final Offset<Double> EXACT = within(1e-9);
  private static final double[] ONES = {1, 1, 1, 1};

  @Test
  void sensitivity_n_is_one_where_sums_foretell_falls() {
    Examples truth = Hand.of(2, 2, numbers(4, 3, -2, 1), ONES, numbers(4, 3, -2, 1));
    assertThat(score(RemovalMetric.sensitivityN().withShares(0.25, 0.5), truth))
        .isCloseTo(1, EXACT);
    // A constant more in every pixel changes no correlation between subsets of one size.
    Examples moved = Hand.of(2, 2, numbers(4, 3, -2, 1), ONES, numbers(8, 6, -4, 2));
    assertThat(score(RemovalMetric.sensitivityN(), moved)).isCloseTo(1, EXACT);
  }

  @Test
  void sensitivity_n_averages_over_sizes() {
    // Subsets of one of two pixels: falls 3 and 1, promises 1 and 5: −1. All draws of both pixels
    // are equal: 0. The mean is −½.
    Examples examples = Hand.of(1, 2, numbers(3, 1), numbers(1, 1), numbers(1, 5));
    assertThat(score(RemovalMetric.sensitivityN().withShares(0.5, 0.99), examples))
        .isCloseTo(-0.5, EXACT);
    assertThat(score(RemovalMetric.faithfulnessCorrelation().withShares(0.5), examples))
        .isCloseTo(-1, EXACT);
  }

  @Test
  void faithfulness_estimate_correlates_single_removals() {
    Examples examples = Hand.of(2, 2, numbers(1, 2, 3, 4), ONES, numbers(1, 2, 3, 5));
    // deviations (−1.75 −.75 .25 2.25) and (−1.5 −.5 .5 1.5): 6.5 / √(8.75 · 5)
    assertThat(score(RemovalMetric.faithfulnessEstimate().withSide(1), examples))
        .isCloseTo(6.5 / Math.sqrt(43.75), EXACT);
  }

  @Test
  void single_deletion_of_cells_correlates_ranks() {
    Examples examples = Hand.of(2, 2, numbers(1, 2, 3, 4), ONES, numbers(1, 2, 40, 3));
    // one neighbouring pair of ranks exchanged: 1 − 6 · 2 / (4 · 15)
    assertThat(score(RemovalMetric.idsds().withSide(2), examples)).isCloseTo(0.8, EXACT);
  }

  /** Squares of 4 × 4 reach 6 × 6 of 24 × 24 sums, and what is removed in whole pictures all. */
  @Test
  void only_what_squares_reach_is_computed_again() {
    Network network =
        Network.builder(1, 24, 24)
            .add(
                "sums",
                new Op.Convolution(
                    gaussian(DataType.DOUBLE, 1, 8, 1, 3, 3), null, Window.of(3, 1, 1), 1))
            .add("pool", new Op.GlobalPool(Op.Reduction.MAX, 0, true))
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 1, 24, 24);
    PassCounter passes = new PassCounter();
    Examples examples = Examples.of(network.counting(passes), x, 0, 5).withAttribution(x);
    double[] scores = RemovalMetric.faithfulnessEstimate().withSide(4).scores(examples);
    assertThat(passes.forwards()).isEqualTo(2 * 37);
    assertThat(passes.incremental().full()).isEqualTo(2 * 36 * 24 * 24 * 72);
    assertThat(passes.incremental().share()).isLessThanOrEqualTo(36 / 576.0);
    double[][] outputs =
        Probe.outputs(
            examples,
            Output.LOGIT,
            37,
            7,
            (example, row, rows, offset) -> {
              for (int p : row == 0 ? new int[0] : Units.squares(24, 24, 4).pixels(row - 1)) {
                rows.set(offset + p, 0);
              }
            });
    for (int i = 0; i < 2; i++) {
      double[] f = outputs[i];
      double[] falls = IntStream.range(1, 37).mapToDouble(k -> f[0] - f[k]).toArray();
      double[] sums = Units.squares(24, 24, 4).sums(examples.map(i));
      assertThat(scores[i]).isCloseTo(Statistics.pearson(sums, falls), EXACT);
    }
    assertThat(passes.incremental().full()).isEqualTo(2 * 36 * 24 * 24 * 72);
    PerturbationCurve.selectivity().withSteps(36).scores(examples);
    assertThat(passes.forwards()).isEqualTo(4 * 37 + 2 * 37);
  }

  @Test
  void monotonicity_correlation_compares_strengths() {
    // Squared falls 1, 4, 9, 16 and strengths 1, 2, 4, 3, whatever the signs.
    Examples examples = Hand.of(2, 2, numbers(-1, 2, -3, 4), ONES, numbers(1, -2, 4, 3));
    assertThat(score(RemovalMetric.monotonicityCorrelation().withSide(1), examples))
        .isCloseTo(0.8, EXACT);
  }

  @Test
  void infidelity_is_the_mean_squared_error() {
    // One square over all: 11 promised, 10 fallen.
    Examples examples = Hand.of(2, 2, numbers(4, 3, 2, 1), ONES, numbers(5, 3, 2, 1));
    assertThat(score(RemovalMetric.infidelity().withSide(2).withScaling(false), examples))
        .isCloseTo(1, EXACT);
    // Off by +2 at one pixel and by −2 at the other: whichever are drawn, 4.
    Examples two = Hand.of(1, 2, numbers(3, 1), numbers(1, 1), numbers(5, -1));
    assertThat(score(RemovalMetric.infidelity().withSide(1).withScaling(false), two))
        .isCloseTo(4, EXACT);
  }

  @Test
  void infidelity_may_scale_the_map() {
    Examples examples = Hand.of(2, 2, numbers(4, 3, 2, 1), ONES, numbers(40, 30, 20, 10));
    assertThat(score(RemovalMetric.infidelity().withSide(1), examples)).isCloseTo(0, EXACT);
    assertThat(score(RemovalMetric.infidelity().withSide(1).withScaling(false), examples))
        .isGreaterThan(1);
  }

  @Test
  void non_sensitivity_is_the_symmetric_difference() {
    // Right: the first (both) and the last (neither). Wrong: attribution without dependence, and
    // dependence without attribution.
    Examples examples =
        Hand.of(2, 2, numbers(1, 0, 2, 0), numbers(1, 5, 3, 2), numbers(1, 1, 0, 0));
    assertThat(score(RemovalMetric.nonSensitivity().withSide(1), examples)).isEqualTo(0.5);
    Examples truth = Hand.of(2, 2, numbers(1, 0, 2, 0), numbers(1, 5, 3, 2), numbers(1, 0, 6, 0));
    assertThat(score(RemovalMetric.nonSensitivity().withSide(1), truth)).isZero();
    Examples turned = Hand.of(2, 2, numbers(1, 0, 2, 0), numbers(1, 5, 3, 2), numbers(0, 1, 0, 6));
    assertThat(score(RemovalMetric.nonSensitivity().withSide(1), turned)).isEqualTo(1);
  }

  @Test
  void shares_must_leave_something() {
    assertThatThrownBy(() -> RemovalMetric.sensitivityN().withShares(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("below 1, was [1.0]");
  }
}
