package dev.interp.visual.diagnose;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class GaussianTest {
  /** Always one standard deviation up. */
  private static final RandomGenerator ONE =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public double nextGaussian() {
          return 1;
        }
      };

  private static void assertNumbers(double[] actual, double... expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("number " + i).isCloseTo(expected[i], within(1e-12));
    }
  }

  /** x₁ given x₂ = 5: mean 1 + 2/3 · 3, variance 4 − 2 · 2/3. */
  @Test
  void two_variables_solved_by_hand() {
    double[] mean = {1, 2};
    double[][] covariance = {{4, 2}, {2, 3}};
    Conditional first = new Conditional(mean, covariance, new int[] {0});
    assertNumbers(first.mean(new double[] {99, 5}), 3);
    assertNumbers(first.deviation(ONE), Math.sqrt(8.0 / 3));
    Conditional second = new Conditional(mean, covariance, new int[] {1});
    assertNumbers(second.mean(new double[] {5, 99}), 4);
    assertNumbers(second.deviation(ONE), Math.sqrt(2));
    Conditional both = new Conditional(mean, covariance, new int[] {1, 0});
    assertNumbers(both.mean(new double[] {7, 7}), 2, 1);
    // L of ((3, 2), (2, 4)): √3; 2/√3, √(8/3).
    assertNumbers(both.deviation(ONE), Math.sqrt(3), 2 / Math.sqrt(3) + Math.sqrt(8.0 / 3));
  }

  @Test
  void cholesky_solves_and_multiplies() {
    double[][] matrix = {{4, 2, 0.6}, {2, 5, 1}, {0.6, 1, 3}};
    Cholesky cholesky = new Cholesky(matrix);
    double[] x = {1, -2, 3};
    double[] b = new double[3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        b[i] += matrix[i][j] * x[j];
      }
    }
    assertNumbers(cholesky.solve(b), x);
    double[] column = cholesky.times(new double[] {1, 0, 0});
    assertNumbers(column, 2, 1, 0.3);
  }

  /** The second variable is the first, the third does not vary. */
  @Test
  void directions_without_variance_are_left_at_the_mean() {
    double[][] matrix = {{4, 4, 0}, {4, 4, 0}, {0, 0, 0}};
    Cholesky cholesky = new Cholesky(matrix);
    assertNumbers(cholesky.times(new double[] {1, 1, 1}), 2, 2, 0);
    assertNumbers(cholesky.solve(new double[] {8, 8, 0}), 2, 0, 0);
    Conditional rest = new Conditional(new double[] {1, 1, 7}, matrix, new int[] {0, 2});
    assertNumbers(rest.mean(new double[] {0, 4, 0}), 4, 7);
    assertNumbers(rest.deviation(ONE), 0, 0);
  }

  /** Rows (1, 2, 4) have the patches (1, 2) and (2, 4): means 1.5 and 3, deviations ½ and 1. */
  @Test
  void statistics_solved_by_hand() {
    PatchStatistics statistics = PatchStatistics.perChannel(1, 1, 2);
    statistics.add(array(new long[] {1, 1, 1, 3}, 1, 2, 4), 1);
    assertThat(statistics.count()).isEqualTo(2);
    assertNumbers(statistics.mean(0), 1.5, 3);
    // Scatter ½, 1, 2 over three, and a third of the pixels' variance: (0.25 + 1)/2 + 0.75².
    double one = (0.625 + 0.5625) / 3;
    assertNumbers(statistics.covariance(0)[0], 0.5 / 3 + one, 1.0 / 3);
    assertNumbers(statistics.covariance(0)[1], 1.0 / 3, 2.0 / 3 + one);
    assertThat(statistics.least(0)).isEqualTo(1);
    assertThat(statistics.most(0)).isEqualTo(4);
  }

  @Test
  void parts_merge_to_the_whole_and_a_large_offset_does_not_matter() {
    INDArray pictures = gaussian(DataType.DOUBLE, 1, 7, 3, 8, 9);
    PatchStatistics whole = PatchStatistics.joint(3, 2, 3);
    whole.add(pictures, 2);
    PatchStatistics parts = PatchStatistics.joint(3, 2, 3);
    PatchStatistics second = PatchStatistics.joint(3, 2, 3);
    parts.add(part(pictures, 0, 3), 2);
    second.add(part(pictures, 3, 7), 2);
    parts.merge(second);
    parts.merge(PatchStatistics.joint(3, 2, 3));
    PatchStatistics high = PatchStatistics.joint(3, 2, 3);
    high.add(pictures.add(1e6), 2);
    assertThat(whole.count()).isEqualTo(7 * 4 * 4).isEqualTo(parts.count());
    for (int i = 0; i < 18; i++) {
      for (int j = 0; j < 18; j++) {
        double expected = whole.covariance(0)[i][j];
        assertThat(parts.covariance(0)[i][j]).isCloseTo(expected, within(1e-12));
        assertThat(high.covariance(0)[i][j]).isCloseTo(expected, within(1e-8));
      }
    }
    assertNumbers(parts.mean(0), whole.mean(0));
  }

  private static INDArray part(INDArray pictures, int from, int to) {
    return pictures.get(
        NDArrayIndex.interval(from, to),
        NDArrayIndex.all(),
        NDArrayIndex.all(),
        NDArrayIndex.all());
  }

  /** Columns repeat their neighbours, so that a window is known from what is beside it. */
  @Test
  void a_window_follows_from_its_surroundings_wherever_it_lies() {
    Random random = new Random(2);
    INDArray pictures = Nd4j.zeros(DataType.DOUBLE, 400, 2, 6, 6);
    for (int n = 0; n < 400; n++) {
      double[] level = {random.nextGaussian(), 5 + random.nextGaussian()};
      for (int k = 0; k < 72; k++) {
        pictures.putScalar(72L * n + k, level[k / 36]);
      }
    }
    PatchStatistics statistics = PatchStatistics.perChannel(2, 4, 4);
    statistics.add(pictures, 2);
    WindowSampler sampler = WindowSampler.conditional(statistics, 1);
    INDArray example = pictures.slice(0).dup();
    double[] level = {example.getDouble(0, 0, 0), example.getDouble(1, 0, 0)};
    for (int corner : new int[] {0, 2, 4}) {
      INDArray hidden = example.dup();
      hidden
          .get(
              NDArrayIndex.all(),
              NDArrayIndex.interval(corner, corner + 2),
              NDArrayIndex.interval(corner, corner + 2))
          .assign(99);
      double[][] draws = sampler.of(hidden, 2).draw(corner, corner, 3, new Random(1));
      for (double[] draw : draws) {
        assertThat(draw).hasSize(8);
        for (int k = 0; k < 8; k++) {
          assertThat(draw[k]).isCloseTo(level[k / 4], within(0.2));
        }
      }
    }
  }

  @Test
  void draws_stay_in_the_range_of_their_channel() {
    INDArray example = gaussian(DataType.DOUBLE, 3, 1, 2, 9, 9).slice(0);
    double[][] draws = WindowSampler.conditional(1).of(example, 3).draw(2, 4, 50, new Random(1));
    for (double[] draw : draws) {
      for (int k = 0; k < draw.length; k++) {
        INDArray channel = example.slice(k / 9);
        assertThat(draw[k])
            .isBetween(channel.minNumber().doubleValue(), channel.maxNumber().doubleValue());
      }
    }
  }

  @Test
  void marginal_windows_exist_elsewhere() {
    INDArray pictures = array(new long[] {2, 1, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8);
    double[][] same =
        WindowSampler.marginal(pictures).of(pictures.slice(0), 1).draw(1, 0, 40, new Random(1));
    assertThat(Arrays.stream(same).map(draw -> draw[0])).containsOnly(3.0, 7.0);
    double[][] own =
        WindowSampler.marginal().of(pictures.slice(0), 1).draw(1, 0, 40, new Random(1));
    assertThat(Arrays.stream(own).map(draw -> draw[0])).containsOnly(1.0, 2.0, 3.0, 4.0);
    assertThat(numbers(pictures)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void what_does_not_fit_is_refused() {
    PatchStatistics statistics = PatchStatistics.perChannel(1, 3, 3);
    assertThatThrownBy(() -> statistics.add(Nd4j.zeros(DataType.DOUBLE, 1, 1, 2, 9), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "pictures must be [N, 1, H, W] with H at least 3 and W at least 3, were [1, 1, 2, 9]");
    assertThatThrownBy(() -> statistics.add(Nd4j.zeros(DataType.DOUBLE, 1, 1, 9, 9), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the stride must be at least 1, was 0");
    assertThatThrownBy(() -> statistics.merge(PatchStatistics.joint(2, 3, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "statistics to be merged must describe the same patches, were 0 patches [1, 3, 3] per"
                + " channel and 0 patches [2, 3, 3] of all channels together");
    assertThatThrownBy(() -> WindowSampler.conditional(statistics, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the statistics must have seen a patch; add pictures to them first");
    assertThatThrownBy(() -> WindowSampler.conditional(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the padding must be at least 1, was 0");
    assertThatThrownBy(() -> PatchStatistics.perChannel(0, 3, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a patch must have at least one channel, row and column, had [0, 3, 3]");
  }
}
