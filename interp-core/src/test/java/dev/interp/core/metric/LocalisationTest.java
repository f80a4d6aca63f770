package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.numbers;
import static dev.interp.core.metric.Hand.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class LocalisationTest {
  private static final Offset<Double> EXACT = within(1e-12);

  /** A picture of 2 × 3 whose object is given by ones. */
  private static Examples of(double[] map, int... object) {
    boolean[] mask = new boolean[6];
    for (int p = 0; p < 6; p++) {
      mask[p] = object[p] == 1;
    }
    return Hand.of(2, 3, new double[6], new double[6], map).withMasks(List.of(mask));
  }

  private static final double[] MAP = {6, 5, 1, -3, 2, 4};

  @Test
  void pointing_asks_for_the_largest_value() {
    assertThat(score(Localisation.pointingGame(), of(MAP, 1, 0, 0, 0, 0, 0))).isEqualTo(1);
    assertThat(score(Localisation.pointingGame(), of(MAP, 0, 1, 1, 1, 1, 1))).isZero();
    double[] tie = {6, 5, 1, -3, 2, 6};
    assertThat(score(Localisation.pointingGame(), of(tie, 1, 1, 0, 0, 0, 0))).isEqualTo(0.5);
  }

  @Test
  void pointing_forgives_within_its_tolerance() {
    // The object is at (1, 1), the largest value at (0, 0): √2 away.
    Examples diagonal = of(MAP, 0, 0, 0, 0, 1, 0);
    assertThat(score(Localisation.pointingGame().withTolerance(1), diagonal)).isZero();
    assertThat(score(Localisation.pointingGame().withTolerance(1.5), diagonal)).isEqualTo(1);
  }

  @Test
  void mass_is_the_share_of_the_positive_part() {
    Examples diagonal = of(MAP, 1, 0, 0, 0, 1, 0);
    assertThat(score(Localisation.relevanceMass(), diagonal)).isCloseTo(8.0 / 18, EXACT);
    // The box around the diagonal holds 6, 5, −3 (nothing) and 2.
    assertThat(score(Localisation.energyPointing(), diagonal)).isCloseTo(13.0 / 18, EXACT);
  }

  @Test
  void rank_takes_as_many_values_as_the_object_has_pixels() {
    // The three largest are 6, 5 and 4.
    assertThat(score(Localisation.relevanceRank(), of(MAP, 1, 1, 1, 0, 0, 0)))
        .isCloseTo(2.0 / 3, EXACT);
    assertThat(score(Localisation.topK().withShare(1.0 / 6), of(MAP, 1, 1, 1, 0, 0, 0)))
        .isEqualTo(1);
    assertThat(score(Localisation.topK().withShare(1), of(MAP, 1, 1, 1, 0, 0, 0))).isEqualTo(0.5);
  }

  @Test
  void iou_is_taken_above_half_of_the_largest() {
    // At least 3: the first, second and last. Of four pixels in either, two are in both.
    assertThat(score(Localisation.iou(), of(MAP, 1, 1, 1, 0, 0, 0))).isEqualTo(0.5);
    assertThat(score(Localisation.iou().withThreshold(1), of(MAP, 1, 1, 1, 0, 0, 0)))
        .isCloseTo(1.0 / 3, EXACT);
  }

  @Test
  void auc_counts_pairs() {
    // 6, 5, 1 against −3, 2, 4: 3 + 3 + 1 of 9 pairs.
    assertThat(score(Localisation.auc(), of(MAP, 1, 1, 1, 0, 0, 0))).isCloseTo(7.0 / 9, EXACT);
    assertThat(score(Localisation.auc(), of(numbers(2, 2, 2, 2, 2, 2), 1, 1, 0, 0, 0, 0)))
        .isEqualTo(0.5);
  }

  @Test
  void a_picture_without_object_has_no_score() {
    for (Metric metric :
        List.of(
            Localisation.pointingGame(),
            Localisation.relevanceMass(),
            Localisation.relevanceRank(),
            Localisation.iou(),
            Localisation.auc())) {
      assertThat(score(metric, of(MAP, 0, 0, 0, 0, 0, 0))).isNaN();
    }
  }

  @Test
  void masks_of_another_size_are_refused() {
    assertThatThrownBy(() -> of(MAP, 1, 0, 0, 0, 0, 0).withMasks(List.of(new boolean[4])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 x 3")
        .hasMessageContaining("was [4]");
    assertThatThrownBy(() -> Localisation.iou().withTolerance(3)).hasMessageContaining("iou");
  }

  @Test
  void a_grid_is_right_by_the_share_in_its_cell() {
    // Maps are the pictures: 3 everywhere in the class's cell, 1 in the other three.
    var network =
        dev.interp.core.network.Network.builder(1, 4, 4)
            .add(
                "mean",
                new dev.interp.core.op.Op.GlobalPool(
                    dev.interp.core.op.Op.Reduction.AVERAGE, 0, true))
            .add(
                "logits",
                new dev.interp.core.op.Op.Dense(
                    org.nd4j.linalg.factory.Nd4j.ones(
                        org.nd4j.linalg.api.buffer.DataType.DOUBLE, 1, 4),
                    null))
            .build();
    var ones = org.nd4j.linalg.factory.Nd4j.ones(3, 1, 4, 4);
    Examples others = Examples.of(network, ones, 1, 2, 3);
    Examples own =
        Examples.of(network, org.nd4j.linalg.factory.Nd4j.ones(1, 1, 4, 4).mul(3), 0)
            .withAttributor(Hand.reading((net, x) -> x.dup()))
            .withOthers(others);
    assertThat(score(GridPointing.withDefaults(), own)).isCloseTo(0.5, EXACT);
    assertThatThrownBy(() -> GridPointing.withDefaults().withSide(3).scores(own))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("8 classes besides class 0");
  }
}
