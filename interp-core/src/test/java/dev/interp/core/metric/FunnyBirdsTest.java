package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class FunnyBirdsTest {
  private static final Offset<Double> FIVE_DIGITS = within(5e-6);

  private static BitSet set(int... parts) {
    BitSet set = new BitSet();
    for (int part : parts) {
      set.set(part);
    }
    return set;
  }

  @Test
  void the_published_row_sums_up_as_published() {
    FunnyBirdsScores scores =
        new FunnyBirdsScores(0.998, 0.7353, 0.602, 0.532, 0.54372, 0.99826, 0.54592, 0.806);
    assertThat(scores.completeness()).isCloseTo(0.58341, FIVE_DIGITS);
    assertThat(scores.correctness()).isCloseTo(0.54592, FIVE_DIGITS);
    assertThat(scores.contrastivity()).isCloseTo(0.806, FIVE_DIGITS);
    assertThat(scores.overall()).isCloseTo(0.64511, FIVE_DIGITS);
  }

  @Test
  void thresholds_are_eighty_from_one_to_fifty_per_cent() {
    double[] thresholds = FunnyBirds.thresholds();
    assertThat(thresholds).hasSize(80);
    assertThat(thresholds[0]).isEqualTo(0.01);
    assertThat(thresholds[79]).isCloseTo(0.5, within(1e-12));
    // The published threshold is the second one.
    assertThat(thresholds[1]).isCloseTo(0.0162, within(5e-5));
  }

  @Test
  void a_part_takes_what_lies_within_two_pixels() {
    double[] map = new double[7 * 7];
    java.util.Arrays.fill(map, 1);
    boolean[] part = new boolean[49];
    part[3 * 7 + 3] = true;
    assertThat(FunnyBirds.importance(map, part, 7)).isEqualTo(25);
    boolean[] corner = new boolean[49];
    corner[0] = true;
    assertThat(FunnyBirds.importance(map, corner, 7)).isEqualTo(9);
  }

  @Test
  void important_is_above_a_share_of_the_whole() {
    double[] importances = {5, 1, -2, 0.9};
    assertThat(FunnyBirds.important(importances, 10, 0.1)).isEqualTo(set(0));
    assertThat(FunnyBirds.important(importances, 10, 0.095)).isEqualTo(set(0, 1));
    assertThat(FunnyBirds.important(importances, -10, 0.1)).isEqualTo(set(0, 1, 3));
  }

  @Test
  void telling_sets_are_minimal() {
    // Class 0 is (0 0 0). No single part tells it; {0, 1} does by 3, {2} does not because of 1.
    List<int[]> kinds =
        List.of(new int[] {0, 0, 0}, new int[] {0, 1, 0}, new int[] {1, 0, 1}, new int[] {1, 1, 0});
    assertThat(FunnyBirds.tellingParts(kinds, 0)).containsExactly(set(0, 1), set(1, 2));
    // A kind that nobody else has tells alone.
    assertThat(FunnyBirds.tellingParts(kinds, 2)).startsWith(set(2)).contains(set(0, 1));
  }

  @Test
  void the_data_check_takes_the_best_covered_set() {
    List<BitSet> telling = List.of(set(0, 1), set(2, 3, 4));
    assertThat(FunnyBirds.csdc(set(0, 2), telling)).isEqualTo(0.5);
    assertThat(FunnyBirds.csdc(set(2, 3, 4), telling)).isEqualTo(1);
    assertThat(FunnyBirds.csdc(set(), telling)).isZero();
    assertThat(FunnyBirds.csdc(set(0), List.of())).isNaN();
  }

  @Test
  void irrelevant_is_what_changes_little_or_helps_when_gone() {
    assertThat(FunnyBirds.isIrrelevant(10, 9.6)).isTrue();
    assertThat(FunnyBirds.isIrrelevant(10, 9.5)).isFalse();
    assertThat(FunnyBirds.isIrrelevant(10, 20)).isTrue();
    assertThat(FunnyBirds.isIrrelevant(-10, -11)).isFalse();
    assertThat(FunnyBirds.distractibility(set(0, 1, 2), set(2, 3, 4, 5))).isEqualTo(0.75);
    assertThat(FunnyBirds.distractibility(set(0), set())).isNaN();
  }

  @Test
  void single_deletion_moves_the_rank_correlation() {
    double[] falls = {1, 2, 3, 4, 5};
    assertThat(FunnyBirds.singleDeletion(new double[] {10, 20, 30, 40, 50}, falls))
        .isCloseTo(1, within(1e-12));
    assertThat(FunnyBirds.singleDeletion(new double[] {5, 4, 3, 2, 1}, falls))
        .isCloseTo(0, within(1e-12));
    // ρ = 1 − 6 · 2 / (5 · 24) = 0.9
    assertThat(FunnyBirds.singleDeletion(new double[] {2, 1, 3, 4, 5}, falls))
        .isCloseTo(0.95, within(1e-12));
    assertThat(FunnyBirds.singleDeletion(new double[5], falls)).isNaN();
  }

  @Test
  void targets_are_compared_both_ways() {
    double[] forA = {3, 3, 1, 1, 0};
    double[] forB = {1, 1, 2, 2, 0};
    assertThat(FunnyBirds.targetSensitivity(set(0, 1), set(2, 3), forA, forB)).isEqualTo(1);
    assertThat(FunnyBirds.targetSensitivity(set(2, 3), set(0, 1), forA, forB)).isZero();
    assertThat(FunnyBirds.targetSensitivity(set(0, 1), set(2, 3), forA, forA)).isZero();
    assertThat(FunnyBirds.targetSensitivity(set(0, 1), set(4), forA, forB)).isEqualTo(0.5);
  }

  @Test
  void the_best_threshold_has_the_largest_completeness() {
    FunnyBirdsScores low = new FunnyBirdsScores(1, 0.9, 0.9, 0.9, 0, 1, 1, 1);
    FunnyBirdsScores high = new FunnyBirdsScores(1, 0.3, 0.3, 0.3, 0.8, 1, 0, 0);
    assertThat(FunnyBirds.best(List.of(low, high, high))).isEqualTo(1);
  }
}
