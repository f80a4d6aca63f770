package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.testkit.BlobWorld;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

final class MetricsTest {
  @Test
  void identifiers_are_unique_and_found() {
    assertThat(Metrics.all()).extracting(m -> m.info().id()).doesNotHaveDuplicates().hasSize(47);
    for (Metric metric : Metrics.all()) {
      assertThat(Metrics.of(metric.info().id())).isSameAs(metric);
    }
    assertThatThrownBy(() -> Metrics.of("deltion"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'deltion'")
        .hasMessageContaining("deletion, ");
  }

  @Test
  void examples_refuse_what_does_not_fit() {
    Examples examples = BlobWorld.examples(2, 1);
    assertThatThrownBy(() -> Examples.of(BlobWorld.network(), examples.x(), 0))
        .hasMessage("there must be one class per picture (2), was 1");
    assertThatThrownBy(() -> Examples.of(BlobWorld.network(), examples.x(), 0, 4))
        .hasMessageContaining("[0, 4)");
    assertThatThrownBy(() -> examples.withAttribution(Nd4j.ones(1, 1, 8, 8)))
        .hasMessageContaining("was [1, 1, 8, 8]");
    assertThatThrownBy(() -> examples.slice(1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void channels_are_summed_and_coarse_maps_interpolated() {
    Examples examples = BlobWorld.examples(1, 1);
    double[] summed = examples.withAttribution(Nd4j.ones(1, 4, 8, 8).mul(-0.5)).map(0);
    assertThat(summed).hasSize(64).containsOnly(-2.0);
    double[] coarse =
        examples.withAttribution(Nd4j.createFromArray(0.0, 8.0).reshape(1, 1, 1, 2)).map(0);
    // Centres of the two cells lie between columns 1 and 2, and between 5 and 6.
    assertThat(java.util.Arrays.copyOf(coarse, 8)).containsExactly(0, 0, 1, 3, 5, 7, 8, 8);
  }
}
