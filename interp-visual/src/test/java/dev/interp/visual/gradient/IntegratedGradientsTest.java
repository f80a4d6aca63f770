package dev.interp.visual.gradient;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class IntegratedGradientsTest {
  private static final IntegratedGradients METHOD = IntegratedGradients.withDefaults();

  @ParameterizedTest
  @EnumSource
  void a_linear_network_gives_weight_times_path_with_every_rule(Quadrature rule) {
    INDArray weights = gaussian(DataType.DOUBLE, 1, 12, 3);
    Network network = SmallNets.linear(weights, gaussian(DataType.DOUBLE, 2, 3), 2, 3, 2);
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 2, 3, 2);
    INDArray baseline = gaussian(DataType.DOUBLE, 4, 2, 2, 3, 2);
    Attribution result =
        METHOD
            .withSteps(3)
            .withQuadrature(rule)
            .withBaseline(Baseline.array(baseline))
            .attribute(network, x, Target.ofClass(2));
    INDArray w = weights.getColumn(2).reshape(1, 2, 3, 2).broadcast(x.shape());
    assertClose(result.values(), x.sub(baseline).mul(w), 1e-14);
    assertThat(result.completenessGaps())
        .allSatisfy(g -> assertThat(g).isCloseTo(0, within(1e-13)));
  }

  @Test
  void the_gap_is_the_sum_minus_the_difference_of_outputs() {
    Network network = SmallNets.smooth();
    INDArray x = gaussian(DataType.DOUBLE, 5, 3, 1, 2, 3);
    Baseline baseline = Baseline.constant(0.7);
    Attribution result =
        METHOD.withSteps(2).withBaseline(baseline).attribute(network, x, Target.ofClasses(1, 0, 1));
    INDArray here = network.logits(x);
    INDArray there = network.logits(baseline.of(x));
    for (int i = 0; i < 3; i++) {
      int c = result.classes().get(i);
      double sum = result.values().slice(i).sumNumber().doubleValue();
      double gap = sum - (here.getDouble(i, c) - there.getDouble(i, c));
      assertThat(result.completenessGaps().get(i)).isCloseTo(gap, within(1e-12));
      assertThat(Math.abs(gap)).isGreaterThan(1e-6);
    }
  }

  @Test
  void the_gap_shrinks_with_the_steps() {
    INDArray x = gaussian(DataType.DOUBLE, 5, 1, 1, 2, 3);
    double last = Double.POSITIVE_INFINITY;
    for (int steps : new int[] {1, 4, 8, 16}) {
      Attribution result =
          METHOD.withSteps(steps).attribute(SmallNets.smooth(), x, Target.ofClass(0));
      double gap = Math.abs(result.completenessGaps().get(0));
      assertThat(gap).as(steps + " steps").isLessThan(last);
      last = gap;
    }
    Attribution fine = METHOD.withSteps(100).attribute(SmallNets.smooth(), x, Target.ofClass(0));
    assertThat(fine.completenessGaps().get(0)).isCloseTo(0, within(1e-10));
  }

  @Test
  void the_predicted_class_is_that_of_the_input_all_along_the_path() {
    Network network = SmallNets.smooth();
    INDArray x = gaussian(DataType.DOUBLE, 9, 4, 1, 2, 3);
    Attribution predicted = METHOD.attribute(network, x, Target.predicted());
    int[] classes = predicted.classes().stream().mapToInt(Integer::intValue).toArray();
    Attribution given = METHOD.attribute(network, x, Target.ofClasses(classes));
    assertClose(predicted.values(), given.values(), 1e-14);
  }

  @Test
  void the_batch_size_does_not_matter() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 6, 3, 2, 7, 5);
    INDArray expected = METHOD.attribute(network, x, Target.predicted()).values();
    for (int size : new int[] {1, 7, 1000}) {
      assertClose(
          METHOD.withBatchSize(size).attribute(network, x, Target.predicted()).values(),
          expected,
          1e-12);
    }
  }

  @Test
  void settings_are_checked_and_told() {
    assertThatThrownBy(() -> METHOD.withSteps(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("steps must be at least 1, was 0");
    assertThatThrownBy(() -> METHOD.withBatchSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was 0");
    assertThat(METHOD.withQuadrature(Quadrature.RIEMANN_RIGHT).settings())
        .containsExactly(
            java.util.Map.entry("steps", "50"),
            java.util.Map.entry("quadrature", "riemann-right"),
            java.util.Map.entry("baseline", "zero"));
  }

  @Test
  void a_baseline_that_does_not_fit_is_refused() {
    INDArray x = gaussian(DataType.DOUBLE, 6, 1, 2, 7, 5);
    assertThatThrownBy(
            () ->
                METHOD
                    .withBaseline(Baseline.constant(1, 2, 3))
                    .attribute(SmallNets.convolutional(), x, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the baseline must have one value or one per channel (2), has 3");
  }
}
