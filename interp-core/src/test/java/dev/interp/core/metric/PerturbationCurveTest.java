package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.numbers;
import static dev.interp.core.metric.Hand.score;
import static dev.interp.core.metric.Hand.sigmoid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.PassCounter;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class PerturbationCurveTest {
  private static final Offset<Double> EXACT = within(1e-12);
  private static final double[] ONES = {1, 1, 1, 1};
  private static final Imputation ZERO = Imputation.baseline(Baseline.zero());

  /** Logit 10, of which the pixels bring 4, 3, 2 and 1; the map says so. */
  private static Examples ten() {
    return Hand.of(2, 2, numbers(4, 3, 2, 1), ONES, numbers(4, 3, 2, 1));
  }

  private static PerturbationCurve logits(PerturbationCurve metric) {
    return metric.withSteps(4).withOutput(Output.LOGIT).withImputation(ZERO);
  }

  @Test
  void deletion_is_the_area_under_the_curve() {
    PerturbationCurve metric = logits(PerturbationCurve.deletion());
    assertThat(metric.curves(ten())[0]).containsExactly(new double[] {10, 6, 3, 1, 0}, EXACT);
    // ((10 + 0) / 2 + 6 + 3 + 1) / 4
    assertThat(score(metric, ten())).isCloseTo(3.75, EXACT);
    // ((10 + 0) / 2 + 9 + 7 + 4) / 4
    assertThat(score(logits(PerturbationCurve.deletionLeastFirst()), ten())).isCloseTo(6.25, EXACT);
    assertThat(score(logits(PerturbationCurve.deletionGap()), ten())).isCloseTo(2.5, EXACT);
  }

  @Test
  void deletion_reads_probabilities() {
    double expected = ((sigmoid(10) + sigmoid(0)) / 2 + sigmoid(6) + sigmoid(3) + sigmoid(1)) / 4;
    assertThat(score(PerturbationCurve.deletion().withSteps(4), ten())).isCloseTo(expected, EXACT);
  }

  @Test
  void insertion_starts_from_the_empty_picture() {
    PerturbationCurve metric = logits(PerturbationCurve.insertion());
    assertThat(metric.curves(ten())[0]).containsExactly(new double[] {0, 4, 7, 9, 10}, EXACT);
    assertThat(score(metric, ten())).isCloseTo(6.25, EXACT);
    assertThat(score(logits(PerturbationCurve.insertionLeastFirst()), ten()))
        .isCloseTo(3.75, EXACT);
    assertThat(score(logits(PerturbationCurve.insertionGap()), ten())).isCloseTo(2.5, EXACT);
  }

  @Test
  void steps_may_take_several_pixels() {
    PerturbationCurve metric = logits(PerturbationCurve.deletion()).withSteps(2);
    assertThat(metric.curves(ten())[0]).containsExactly(new double[] {10, 3, 0}, EXACT);
  }

  @Test
  void flipped_pixels_turn_their_sign() {
    PerturbationCurve metric = PerturbationCurve.pixelFlipping().withSteps(4);
    assertThat(metric.curves(ten())[0]).containsExactly(new double[] {10, 2, -4, -8, -10}, EXACT);
    assertThat(score(metric, ten())).isCloseTo(-2.5, EXACT);
  }

  @Test
  void region_perturbation_divides_by_the_steps_and_one() {
    PerturbationCurve metric =
        PerturbationCurve.regionPerturbation()
            .withPieceSize(1)
            .withSteps(2)
            .withUpTo(0.5)
            .withImputation(ZERO);
    // falls 0, 4 and 7
    assertThat(score(metric, ten())).isCloseTo(11.0 / 3, EXACT);
  }

  @Test
  void squares_go_by_their_sums() {
    // Squares of side 2: sums 5 and 6, although the largest pixel is in the first.
    Examples examples =
        Hand.of(
            2,
            4,
            numbers(1, 1, 10, 10, 1, 1, 10, 10),
            numbers(1, 1, 1, 1, 1, 1, 1, 1),
            numbers(5, 0, 2, 2, 0, 0, 1, 1));
    PerturbationCurve metric = PerturbationCurve.selectivity().withPieceSize(2).withSteps(2);
    assertThat(metric.curves(examples)[0]).containsExactly(new double[] {44, 4, 0}, EXACT);
    // (44 / 2 + 4) / 2
    assertThat(score(metric, examples)).isCloseTo(13, EXACT);
  }

  @Test
  void road_averages_over_the_shares_removed() {
    // Logits without the first half and without all: 3 and 0; with a bias at the class's cost −1.
    Examples examples = Hand.of(2, 2, numbers(4, 3, 2, -8), ONES, numbers(4, 3, 2, 1));
    PerturbationCurve metric =
        PerturbationCurve.road().withSteps(4).withUpTo(1).withImputation(ZERO);
    // logits 1, −3, −6, −8, 0: right (a tie counts) only when all is gone
    assertThat(metric.curves(examples)[0]).containsExactly(1, 0, 0, 0, 1);
    assertThat(score(metric, examples)).isCloseTo(0.25, EXACT);
    // least first: −8 goes, then 2, then 3: 9, 7, 4, 0
    PerturbationCurve gap =
        PerturbationCurve.roadGap().withSteps(4).withUpTo(1).withImputation(ZERO);
    assertThat(score(gap, examples)).isCloseTo(0.75, EXACT);
  }

  @Test
  void irof_is_the_area_over_the_relative_curve_of_segments() {
    // Left half black, right half white; the mean is a half.
    double[] x = {0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1};
    double[] w = new double[16];
    java.util.Arrays.fill(w, 0.5);
    Examples examples = Hand.of(4, 4, w, x, x);
    PerturbationCurve metric = PerturbationCurve.irof().withPieceSize(4).withSteps(2);
    // logits: 4; right half grey 2; all grey 4
    double[] curve = {sigmoid(4), sigmoid(2), sigmoid(4)};
    assertThat(metric.curves(examples)[0]).containsExactly(curve, EXACT);
    double area = ((curve[0] + curve[2]) / 2 + curve[1]) / 2;
    assertThat(score(metric, examples)).isCloseTo(1 - area / curve[0], EXACT);
  }

  @Test
  void monotonicity_counts_the_steps_that_do_not_fall() {
    // In the order of the map: +1, −2 (falls), +3, +4.
    Examples examples = Hand.of(2, 2, numbers(4, 3, -2, 1), ONES, numbers(4, 3, 2, 1));
    assertThat(score(PerturbationCurve.monotonicity().withSteps(4), examples))
        .isCloseTo(0.75, EXACT);
  }

  @Test
  void effective_complexity_asks_the_network() {
    // Only the first pixel matters; four values are far from zero, so counting them would say 1.
    Examples one = Hand.of(2, 2, numbers(6, 0, 0, 0), ONES, numbers(-9, 7, 6, 5));
    assertThat(score(PerturbationCurve.effectiveComplexity().withSteps(4), one))
        .isCloseTo(0.25, EXACT);
    // The pixel that matters is called the weakest.
    Examples last = Hand.of(2, 2, numbers(6, 0, 0, 0), ONES, numbers(1, 7, 6, 5));
    assertThat(score(PerturbationCurve.effectiveComplexity().withSteps(4), last))
        .isCloseTo(1, EXACT);
    // Nothing matters.
    Examples none = Hand.of(2, 2, numbers(0, 0, 0, 0), ONES, numbers(1, 7, 6, 5));
    assertThat(score(PerturbationCurve.effectiveComplexity().withSteps(4), none)).isZero();
  }

  @Test
  void a_curve_costs_a_forward_pass_per_point() {
    PassCounter passes = new PassCounter();
    Examples examples =
        Examples.of(ten().network().counting(passes), ten().x(), 0)
            .withAttribution(Hand.picture(2, 2, 4, 3, 2, 1));
    PerturbationCurve.deletion().withSteps(4).scores(examples);
    assertThat(passes.forwards()).isEqualTo(5);
  }

  @Test
  void settings_outside_their_range_are_refused() {
    assertThatThrownBy(() -> PerturbationCurve.deletion().withSteps(0))
        .hasMessage("the steps must be at least 1, was 0");
    assertThatThrownBy(() -> PerturbationCurve.deletion().withUpTo(1.5))
        .hasMessageContaining("(0, 1]");
    assertThatThrownBy(() -> Imputation.linear(-1, 0)).hasMessageContaining("at least 0");
  }
}
