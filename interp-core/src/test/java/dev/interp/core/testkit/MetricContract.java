package dev.interp.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.metric.Examples;
import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What every metric must do: a score in its range for each picture, the same whether a picture
 * comes alone or in a batch; finite for maps that say nothing; misuse refused before work starts;
 * and where truth is known, truth before chance before its reverse.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class MetricContract {
  private static final int PICTURES = 16;
  private static final double ROUNDING = 1e-9;

  /** Returns the metrics under test, with settings that suit pictures of 8 × 8. */
  protected abstract Stream<Metric> metrics();

  /** Whether the metric can tell a true attribution from a random and a reversed one. */
  protected boolean tells(Metric metric) {
    return true;
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void says_what_it_is(Metric metric) {
    MetricInfo info = metric.info();
    assertThat(info.id()).matches("[a-z][a-z0-9]*(-[a-z0-9]+)*");
    assertThat(info.low()).isLessThan(info.high());
    assertThat(List.of(info.title(), info.paper(), info.description())).noneMatch(String::isBlank);
    assertThat(metric.settings().toString()).doesNotContain("@");
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void gives_a_score_in_range_for_each_picture(Metric metric) {
    for (Attributor method :
        List.of(BlobWorld.oracle(), BlobWorld.random(), BlobWorld.reversed())) {
      double[] scores = metric.scores(BlobWorld.explained(method, PICTURES));
      assertThat(scores).hasSize(PICTURES);
      for (double score : scores) {
        if (!Double.isNaN(score)) {
          assertThat(score)
              .isBetween(metric.info().low() - ROUNDING, metric.info().high() + ROUNDING);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void each_picture_of_a_batch_gets_what_it_gets_alone(Metric metric) {
    Examples examples = BlobWorld.explained(BlobWorld.random(), 5);
    double[] together = metric.scores(examples);
    for (int i = 0; i < together.length; i++) {
      assertThat(metric.scores(examples.slice(i, i + 1))[0])
          .isCloseTo(together[i], within(ROUNDING));
    }
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void equal_seeds_give_equal_bytes_on_any_number_of_threads(Metric metric) {
    Examples examples = BlobWorld.explained(BlobWorld.random(), 3);
    double[] expected = metric.scores(examples);
    IntStream.range(0, 4)
        .parallel()
        .mapToObj(i -> metric.scores(examples))
        .forEach(scores -> assertThat(scores).isEqualTo(expected));
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void maps_that_say_nothing_get_finite_scores(Metric metric) {
    for (double value : new double[] {0, 1, -2}) {
      double[] scores = metric.scores(BlobWorld.explained(BlobWorld.constant(value), 4));
      assertThat(Arrays.stream(scores).allMatch(Double::isFinite))
          .as("constant %s gives %s", value, Arrays.toString(scores))
          .isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void leaves_what_it_is_given(Metric metric) {
    Examples examples = BlobWorld.explained(BlobWorld.random(), 2);
    byte[] x = Tensors.bytes(examples.x());
    double[] map = examples.map(1);
    metric.scores(examples);
    assertThat(Tensors.bytes(examples.x())).isEqualTo(x);
    assertThat(examples.map(1)).isEqualTo(map);
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void runs_in_float32_too(Metric metric) {
    Examples wide = BlobWorld.explained(BlobWorld.oracle(), 2);
    Examples narrow =
        Examples.of(wide.network().withPrecision(DataType.FLOAT), wide.x(), wide.classes());
    double[] scores = metric.scores(BlobWorld.inPrecisionOf(narrow));
    double[] expected = metric.scores(wide);
    for (int i = 0; i < scores.length; i++) {
      assertThat(scores[i]).isCloseTo(expected[i], within(0.02 * (1 + Math.abs(expected[i]))));
    }
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void nothing_given_is_refused_with_what_to_do(Metric metric) {
    assertThatThrownBy(() -> metric.scores(BlobWorld.bare(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(metric.info().id())
        .hasMessageContaining("with");
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void numbers_that_are_none_are_refused(Metric metric) {
    assertThatThrownBy(() -> metric.scores(BlobWorld.explained(BlobWorld.constant(Double.NaN), 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("finite");
    INDArray infinite = Nd4j.valueArrayOf(new long[] {2, 1, 8, 8}, Double.POSITIVE_INFINITY);
    assertThatThrownBy(() -> metric.scores(BlobWorld.bare(2).withAttribution(infinite)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void truth_beats_chance_beats_its_reverse(Metric metric) {
    if (!tells(metric)) {
      return;
    }
    double truth = mean(metric, BlobWorld.oracle());
    double chance = mean(metric, BlobWorld.random());
    double reverse = mean(metric, BlobWorld.reversed());
    MetricInfo.Direction direction = metric.info().direction();
    double worst =
        direction == MetricInfo.Direction.HIGHER ? metric.info().low() : metric.info().high();
    assertThat(
            direction.better(truth, chance)
                && (direction.better(chance, reverse) || (chance == worst && reverse == worst)))
        .as("%s: truth %s, chance %s, reverse %s", metric.info().id(), truth, chance, reverse)
        .isTrue();
  }

  private static double mean(Metric metric, Attributor method) {
    return Arrays.stream(metric.scores(BlobWorld.explained(method, PICTURES)))
        .filter(s -> !Double.isNaN(s))
        .average()
        .orElseThrow();
  }
}
