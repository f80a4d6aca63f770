package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ScoresTest {
  @Test
  void parts_merge_in_any_order() {
    Scores a = Scores.of(0, 1, 2);
    Scores b = Scores.of(2, Double.NaN, 6);
    Scores c = Scores.of(4, 0.1);
    Scores left = a.merge(b).merge(c);
    Scores right = c.merge(b.merge(a)).merge(Scores.none());
    assertThat(left.values()).containsExactly(1, 2, Double.NaN, 6, 0.1);
    assertThat(right.values()).isEqualTo(left.values());
    assertThat(right.mean()).isEqualTo(left.mean()).isCloseTo(9.1 / 4, within(1e-12));
    assertThat(right.interval(0.95, 1)).isEqualTo(left.interval(0.95, 1));
    assertThat(left.count()).isEqualTo(4);
    assertThat(left.skipped()).isEqualTo(1);
  }

  @Test
  void a_picture_cannot_count_twice() {
    assertThatThrownBy(() -> Scores.of(0, 1, 2).merge(Scores.of(1, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("picture 1");
  }

  @Test
  void an_interval_covers_as_often_as_it_says() {
    // Of 200 samples of 40 normal numbers about 190 must have the true mean in their interval.
    Random random = new Random(7);
    long covered =
        IntStream.range(0, 200)
            .filter(
                i -> {
                  double[] sample =
                      IntStream.range(0, 40).mapToDouble(j -> 3 + random.nextGaussian()).toArray();
                  Scores.Interval interval = Scores.of(0, sample).interval(0.95, i);
                  return interval.low() <= 3 && interval.high() >= 3;
                })
            .count();
    assertThat(covered).isBetween(178L, 199L);
  }

  @Test
  void the_interval_of_equal_scores_is_a_point_and_of_none_is_none() {
    assertThat(Scores.of(0, 2, 2, 2).interval(0.95, 0)).isEqualTo(new Scores.Interval(2, 2));
    assertThat(Scores.none().interval(0.95, 0))
        .isEqualTo(new Scores.Interval(Double.NaN, Double.NaN));
    assertThat(Scores.none().mean()).isNaN();
    assertThatThrownBy(() -> Scores.none().interval(95, 0)).hasMessageContaining("(0, 1)");
  }
}
