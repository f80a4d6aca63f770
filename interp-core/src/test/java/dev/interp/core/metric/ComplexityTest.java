package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.numbers;
import static dev.interp.core.metric.Hand.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class ComplexityTest {
  private static final Offset<Double> EXACT = within(1e-12);

  private static Examples of(double... map) {
    return Hand.of(1, 4, new double[4], new double[4], map);
  }

  @Test
  void sparseness_is_the_gini_index_of_strengths() {
    // Sorted shares 0.1, 0.2, 0.3, 0.4 with weights 3.5, 2.5, 1.5, 0.5 over 4: 1 − 2 · 0.375.
    assertThat(score(Complexity.sparseness(), of(numbers(-4, 1, 3, -2)))).isCloseTo(0.25, EXACT);
    assertThat(score(Complexity.sparseness(), of(0, 0, 0, 7))).isCloseTo(0.75, EXACT);
    assertThat(score(Complexity.sparseness(), of(2, -2, 2, 2))).isCloseTo(0, EXACT);
  }

  @Test
  void entropy_is_that_of_the_shares() {
    assertThat(score(Complexity.entropy(), of(2, -2, 0, 4))).isCloseTo(1.5 * Math.log(2), EXACT);
    assertThat(score(Complexity.entropy(), of(0, 0, 0, 7))).isCloseTo(0, EXACT);
    assertThat(score(Complexity.entropy(), of(0, 0, 0, 0))).isCloseTo(Math.log(4), EXACT);
  }
}
