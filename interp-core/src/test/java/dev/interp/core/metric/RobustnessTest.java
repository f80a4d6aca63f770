package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attributor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

final class RobustnessTest {
  private static final Offset<Double> EXACT = within(1e-9);
  private static final Attributor ITSELF = Hand.reading((network, x) -> x.dup());

  private static Examples explained(Attributor method) {
    return Hand.explained(Hand.linear(2, 2, 1, 1, 1, 1), method, Hand.picture(2, 2, 1, 2, 3, 4), 0);
  }

  @Test
  void a_map_that_is_the_picture_has_slope_one() {
    Metric metric = Robustness.localLipschitz().withNormalisation(false);
    assertThat(score(metric, explained(ITSELF))).isCloseTo(1, EXACT);
    Attributor tripled = Hand.reading((network, x) -> x.mul(3));
    assertThat(score(metric, explained(tripled))).isCloseTo(3, EXACT);
    // Relative to the map's norm: 1 / √30.
    assertThat(score(Robustness.localLipschitz(), explained(tripled)))
        .isCloseTo(1 / Math.sqrt(30), EXACT);
  }

  @Test
  void sensitivity_is_relative_to_the_explanation_not_the_picture() {
    Attributor lifted = Hand.reading((network, x) -> x.add(100));
    double plain = score(Robustness.maxSensitivity(), explained(ITSELF));
    double norm = Math.sqrt(1 + 4 + 9 + 16);
    double large = Math.sqrt(101 * 101 + 102 * 102 + 103 * 103 + 104 * 104);
    assertThat(plain).isPositive();
    assertThat(score(Robustness.maxSensitivity(), explained(lifted)))
        .isCloseTo(plain * norm / large, EXACT);
    assertThat(score(Robustness.maxSensitivity().withNormalisation(false), explained(lifted)))
        .isCloseTo(plain * norm, EXACT);
  }

  @Test
  void noise_stays_within_the_radius() {
    // Two per cent of a range of 3 on each of four values.
    double most = 2 * 0.06;
    double max = score(Robustness.maxSensitivity().withNormalisation(false), explained(ITSELF));
    double mean =
        score(Robustness.averageSensitivity().withNormalisation(false), explained(ITSELF));
    assertThat(max).isLessThanOrEqualTo(most).isGreaterThan(mean);
    assertThat(mean).isGreaterThan(most / 4);
  }

  @Test
  void continuity_takes_the_city_distance_over_the_euclidean() {
    // Shifted, all is 1: the map changes by 0 + 1 + 2 + 3, the picture by √(0 + 1 + 4 + 9).
    assertThat(score(Robustness.continuity().withNormalisation(false), explained(ITSELF)))
        .isCloseTo(6 / Math.sqrt(14), EXACT);
    assertThat(score(Robustness.continuity(), explained(ITSELF)))
        .isCloseTo(6 / Math.sqrt(14) / 10, EXACT);
  }

  @Test
  void a_map_that_never_changes_is_perfectly_robust() {
    Attributor still = Hand.reading((network, x) -> Hand.picture(2, 2, 1, 0, 0, 2));
    for (Metric metric :
        java.util.List.of(
            Robustness.maxSensitivity(),
            Robustness.averageSensitivity(),
            Robustness.localLipschitz(),
            Robustness.continuity())) {
      assertThat(score(metric, explained(still))).isZero();
    }
  }

  @Test
  void consistency_is_the_share_of_like_explained_pictures_of_the_same_class() {
    // Class 0 where the sum is positive. The first three maps point to the left, the last right.
    INDArray x = Hand.picture(1, 2, 1, 1, 2, 2, -3, -3, 4, 4);
    INDArray maps = Hand.picture(1, 2, 9, 0, 8, 0, 7, 0, 0, 5);
    Examples all = Examples.of(Hand.linear(1, 2, 1, 1), x, 0, 0, 0, 0).withAttribution(maps);
    double[] scores = Consistency.withDefaults().withCells(2).scores(all.withOthers(all));
    // Each of the first two has one of its class and one of the other; the third has two of the
    // other; the last is alone.
    assertThat(scores).containsExactly(0.5, 0.5, 0, Double.NaN);
  }
}
