package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.numbers;
import static dev.interp.core.metric.Hand.score;
import static dev.interp.core.metric.Hand.sigmoid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class MaskedConfidenceTest {
  private static final Offset<Double> EXACT = within(1e-12);

  @Test
  void average_drop_is_relative_and_never_negative() {
    // The map is scaled to 1 and ½: logit 2 + 1.
    Examples falls = Hand.of(1, 2, numbers(1, 1), numbers(2, 2), numbers(8, 4));
    assertThat(score(MaskedConfidence.averageDrop(), falls))
        .isCloseTo((sigmoid(4) - sigmoid(3)) / sigmoid(4), EXACT);
    assertThat(score(MaskedConfidence.increase(), falls)).isZero();
    assertThat(score(MaskedConfidence.averageGain(), falls)).isZero();
  }

  @Test
  void gain_is_relative_to_what_is_lacking() {
    // Hiding the second pixel (negative counts as nothing) takes the logit from 0 to 2.
    Examples rises = Hand.of(1, 2, numbers(1, -1), numbers(2, 2), numbers(3, -9));
    assertThat(score(MaskedConfidence.averageDrop(), rises)).isZero();
    assertThat(score(MaskedConfidence.increase(), rises)).isEqualTo(1);
    assertThat(score(MaskedConfidence.averageGain(), rises))
        .isCloseTo((sigmoid(2) - 0.5) / 0.5, EXACT);
  }

  @Test
  void adcc_is_a_harmonic_mean() {
    Examples examples =
        Hand.explained(
            Hand.linear(1, 2, 1, 1),
            Hand.reading((network, x) -> Hand.picture(1, 2, 8, 4)),
            Hand.picture(1, 2, 2, 2),
            0);
    // The same map again: coherency 1. Complexity ¾.
    double kept = sigmoid(3) / sigmoid(4);
    assertThat(score(MaskedConfidence.adcc(), examples))
        .isCloseTo(3 / (1 + 1 / 0.25 + 1 / kept), EXACT);
  }
}
