package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.testkit.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ImputationTest {
  private static double[] filled(
      Imputation imputation, int height, int width, double[] x, int... removed) {
    Examples examples =
        Examples.of(
            Hand.linear(height, width, new double[x.length]), Hand.picture(height, width, x), 0);
    Canvas canvas = Canvas.of(examples.x());
    Fill.of(imputation, examples).apply(0, removed, 0, removed.length, canvas, 0);
    return Tensors.numbers(canvas.array(x.length));
  }

  @Test
  void linear_is_the_weighted_mean_of_eight_neighbours() {
    double[] x = {5, 1, 6, 2, 99, 3, 7, 4, 8};
    // (1 + 2 + 3 + 4) / 6 + (5 + 6 + 7 + 8) / 12
    assertThat(filled(Imputation.linear(0, 0), 3, 3, x, 4)[4])
        .isCloseTo(10.0 / 6 + 26.0 / 12, within(0.01));
  }

  @Test
  void neighbours_outside_leave_their_weight_to_the_others() {
    double[] x = {99, 1, 6, 2, 5, 3, 7, 4, 8};
    // (2 · 1 + 2 · 2 + 5) / 5
    assertThat(filled(Imputation.linear(0, 0), 3, 3, x, 0)[0]).isCloseTo(11.0 / 5, within(0.01));
  }

  @Test
  void removed_neighbours_are_solved_together() {
    double[] x = {0, 99, -99, 3};
    double[] row = filled(Imputation.linear(0, 0), 1, 4, x, 1, 2);
    assertThat(row).containsExactly(new double[] {0, 1, 2, 3}, within(0.01));
    double[] column = filled(Imputation.linear(0, 0), 4, 1, x, 1, 2);
    assertThat(column).containsExactly(new double[] {0, 1, 2, 3}, within(0.01));
  }

  @Test
  void equations_hold_for_any_holes() {
    int side = 20;
    double[] x = new double[side * side];
    Arrays.setAll(x, p -> Math.sin(p * 0.7) + p % side);
    int[] removed = Arrays.copyOf(Statistics.shuffled(x.length, 4), 320);
    double[] y = filled(Imputation.linear(0, 0), side, side, x, removed);
    double squares = 0;
    for (int p : removed) {
      double sum = 0;
      double weights = 0;
      for (int k = 0; k < 9; k++) {
        int i = p / side + k / 3 - 1;
        int j = p % side + k % 3 - 1;
        if (k != 4 && i >= 0 && j >= 0 && i < side && j < side) {
          double w = k % 2 == 1 ? 2 : 1;
          sum += w * y[i * side + j];
          weights += w;
        }
      }
      squares += Math.pow(y[p] - sum / weights, 2);
    }
    assertThat(Math.sqrt(squares / removed.length)).isLessThan(0.003 * 20);
    boolean[] gone = new boolean[x.length];
    Arrays.stream(removed).forEach(p -> gone[p] = true);
    IntStream.range(0, x.length)
        .filter(p -> !gone[p])
        .forEach(p -> assertThat(y[p]).isEqualTo(x[p]));
  }

  @Test
  void a_picture_without_known_pixels_becomes_its_mean() {
    double[] y = filled(Imputation.linear(0, 0), 2, 2, new double[] {1, 2, 3, 6}, 0, 1, 2, 3);
    assertThat(y).containsExactly(new double[] {3, 3, 3, 3}, within(1e-6));
  }

  @Test
  void noise_is_added_to_removed_pixels_only() {
    double[] y = filled(Imputation.linear(0.1, 3), 1, 4, new double[] {0, 9, 9, 3}, 1, 2);
    assertThat(y[0]).isZero();
    assertThat(y[3]).isEqualTo(3);
    assertThat(y[1]).isNotCloseTo(1, within(1e-3)).isCloseTo(1, within(0.6));
  }

  @Test
  void uniform_noise_stays_in_the_range_of_the_picture() {
    double[] x = {-1, 0, 0, 3};
    double[] y = filled(Imputation.uniform(1), 2, 2, x, 0, 1, 2);
    assertThat(y[3]).isEqualTo(3);
    assertThat(Arrays.stream(y).allMatch(v -> v >= -1 && v <= 3)).isTrue();
    assertThat(y[0]).isNotEqualTo(y[1]);
  }

  @Test
  void a_baseline_gives_its_own_pixels() {
    double[] y =
        filled(Imputation.baseline(Baseline.mean()), 2, 2, new double[] {1, 2, 3, 6}, 1, 3);
    assertThat(y).containsExactly(1, 3, 3, 3);
  }
}
