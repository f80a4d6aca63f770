package dev.interp.visual.perturbation;

import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.counting;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LimeTest {
  private static final Lime METHOD =
      Lime.withDefaults()
          .withSegments(Segmentation.grid(2, 3))
          .withBaseline(Baseline.zero())
          .withSamples(100)
          .withKernelWidth(1);

  /** {@code y = 100 + Σ i x_i} on four by three pixels that are all 1: six pairs, 5 to 19. */
  private static final double[] PARTS = {1 + 4, 2 + 5, 3 + 6, 7 + 10, 8 + 11, 9 + 12};

  private static Network linear() {
    return SmallNets.linear(
        counting(12, 1), Nd4j.valueArrayOf(new long[] {1}, 100.0, DataType.DOUBLE), 1, 4, 3);
  }

  private static final INDArray ONES = Nd4j.ones(DataType.DOUBLE, 1, 1, 4, 3);

  private static Surrogate model(Lime method) {
    LimeExplanation found = method.explain(linear(), ONES, Target.ofClass(0));
    return found.surrogates().get(0);
  }

  private static double[] weights(Surrogate model) {
    return model.weights().stream().mapToDouble(Double::doubleValue).toArray();
  }

  @Test
  void a_linear_net_is_its_own_surrogate() {
    Surrogate model = model(METHOD.withRidge(0));
    assertThat(weights(model)).containsExactly(PARTS, within(1e-8));
    assertThat(model.intercept()).isCloseTo(100, within(1e-8));
    assertThat(model.score()).isCloseTo(1, within(1e-10));
    assertThat(model.localPrediction()).isCloseTo(178, within(1e-8));
    assertThat(model.selected()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(model.segments().count()).isEqualTo(6);
    INDArray map = METHOD.withRidge(0).attribute(linear(), ONES, Target.ofClass(0)).values();
    assertThat(map.getDouble(0, 0, 3, 2)).isCloseTo(21, within(1e-8));
    assertThat(weights(model(METHOD.withLasso(0)))).containsExactly(PARTS, within(1e-6));
  }

  @Test
  void penalties_shrink() {
    Surrogate ridge = model(METHOD.withRidge(5));
    for (int p = 0; p < 6; p++) {
      assertThat(ridge.weights().get(p)).isPositive().isLessThan(PARTS[p]);
    }
    assertThat(ridge.score()).isLessThan(1).isGreaterThan(0.9);
    assertThat(weights(model(METHOD.withLasso(1e6)))).containsOnly(0);
    Surrogate none = model(METHOD.withLasso(1e6));
    assertThat(none.score()).isCloseTo(0, within(1e-12));
    assertThat(none.localPrediction()).isEqualTo(none.intercept());
  }

  /** One part, seen in two samples of weight one: the fit can be done by hand. */
  @Test
  void a_fit_by_hand() {
    List<boolean[]> rows = List.of(new boolean[] {true}, new boolean[] {false});
    LinearFit fit = new LinearFit(rows, new double[] {3, 1}, new double[] {1, 1});
    // Centred: z = ±1/2, y = ±1; Σ z y = 1, Σ z² = 1/2.
    assertThat(fit.ridge(List.of(0), 0)).containsExactly(new double[] {2}, within(1e-12));
    assertThat(fit.ridge(List.of(0), 0.5)).containsExactly(new double[] {1}, within(1e-12));
    assertThat(fit.intercept(new double[] {1})).isEqualTo(1.5);
    assertThat(fit.score(new double[] {1})).isEqualTo(0.75);
    // Half of Σ z y less alpha over half of Σ z².
    assertThat(fit.lasso(List.of(0), 0.25)).containsExactly(new double[] {1}, within(1e-12));
    LinearFit weighted = new LinearFit(rows, new double[] {3, 1}, new double[] {3, 1});
    assertThat(weighted.intercept(new double[] {0})).isEqualTo(2.5);
  }

  @Test
  void the_largest_parts_are_selected() {
    for (FeatureSelection selection :
        List.of(FeatureSelection.HIGHEST_WEIGHTS, FeatureSelection.FORWARD_SELECTION)) {
      Surrogate model = model(METHOD.withSamples(400).withSelection(selection, 3));
      assertThat(model.selected()).as(selection.name()).containsExactlyInAnyOrder(5, 4, 3);
      assertThat(model.weights().subList(0, 3)).containsOnly(0.0);
      Surrogate all = model(METHOD.withSelection(selection, 99));
      assertThat(all.selected()).hasSize(6);
    }
    assertThat(METHOD.withSelection(FeatureSelection.FORWARD_SELECTION, 3).settings())
        .containsEntry("features", "3 by forward-selection");
  }

  @Test
  void forward_selection_takes_what_raises_the_score_most() {
    List<boolean[]> rows = new ArrayList<>();
    double[] outputs = new double[8];
    double[] weights = new double[8];
    for (int k = 0; k < 8; k++) {
      boolean[] row = {(k & 1) > 0, (k & 2) > 0, (k & 4) > 0};
      rows.add(row);
      outputs[k] = (row[1] ? 5 : 0) + (row[0] ? -2 : 0) + (row[2] ? 1 : 0);
      weights[k] = 1;
    }
    LinearFit fit = new LinearFit(rows, outputs, weights);
    assertThat(fit.forward(3)).containsExactly(1, 0, 2);
    assertThat(fit.highest(2, 0.01)).containsExactly(1, 0);
  }

  /** A hidden part shows its mean: on a sum that changes nothing, on a weighted sum it does. */
  @Test
  void hidden_parts_show_their_mean_colour() {
    Network sum =
        SmallNets.linear(
            Nd4j.ones(DataType.DOUBLE, 24, 1), Nd4j.zeros(DataType.DOUBLE, 1), 2, 4, 3);
    INDArray x = gaussian(DataType.DOUBLE, 2, 1, 2, 4, 3);
    Lime mean = METHOD.withMeanColour();
    Surrogate flat = mean.explain(sum, x, Target.ofClass(0)).surrogates().get(0);
    for (double weight : weights(flat)) {
      assertThat(weight).isCloseTo(0, within(1e-12));
    }
    assertThat(mean.settings()).containsEntry("baseline", "mean colour of the segment");
    Segments segments = Segmentation.grid(1, 2).of(counting(1, 2, 1, 4)).get(0);
    assertThat(segments.means(new double[] {1, 3, 5, 7, 10, 20, 30, 40}))
        .containsExactly(2, 2, 6, 6, 15, 15, 35, 35);
  }

  @Test
  void equal_outputs_give_a_score_of_zero() {
    Network constant =
        SmallNets.linear(
            Nd4j.zeros(DataType.DOUBLE, 12, 1), Nd4j.ones(DataType.DOUBLE, 1), 1, 4, 3);
    Surrogate model = METHOD.explain(constant, ONES, Target.ofClass(0)).surrogates().get(0);
    assertThat(weights(model)).containsOnly(0);
    assertThat(model.score()).isZero();
    assertThat(model.localPrediction()).isEqualTo(1);
  }

  @Test
  void seed_and_cost() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 2, 1, 2, 7, 5);
    var one = METHOD.attribute(network, x, Target.ofClass(0));
    assertThat(one.provenance().forwards()).isEqualTo(100);
    byte[] other = bytes(METHOD.withSeed(5).attribute(network, x, Target.ofClass(0)).values());
    assertThat(other).isNotEqualTo(bytes(one.values()));
  }

  @Test
  void settings_are_checked() {
    assertThatThrownBy(() -> METHOD.withKernelWidth(0))
        .hasMessage("the kernel width must be above 0, was 0.0");
    assertThatThrownBy(() -> METHOD.withRidge(-1))
        .hasMessage("alpha must not be negative, was -1.0");
    assertThatThrownBy(() -> METHOD.withSelection(FeatureSelection.NONE, 0))
        .hasMessage("the number of features must be at least 1, was 0");
  }

  private static Surrogate explanation(double... weights) {
    Segments segments = Segmentation.grid(1, weights.length).of(counting(1, 1, 1, 4)).get(0);
    List<Double> list = java.util.Arrays.stream(weights).boxed().toList();
    return new Surrogate(segments, list, 0, 1, 0, List.of());
  }

  /** Importances √(1+1), √9, √4, √1: the second shows 5, the first 1.41 more than the third. */
  @Test
  void the_pick_shows_what_matters_without_showing_it_twice() {
    List<Surrogate> all =
        List.of(
            explanation(1, -3, 0, 0),
            explanation(0, 3, -4, 0),
            explanation(0, 3, 0, 0),
            explanation(0, 0, 0, 1));
    assertThat(SubmodularPick.pick(all, 3)).containsExactly(1, 0, 3);
    assertThat(SubmodularPick.pick(all, 9)).containsExactly(1, 0, 3, 2);
    assertThatThrownBy(() -> SubmodularPick.pick(List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "submodular pick needs at least 1 explanation and a number of at least 1, was 0 and"
                + " 1");
    assertThatThrownBy(() -> SubmodularPick.pick(List.of(explanation(1), explanation(1, 2)), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "the explanations must have equally many parts, but one has 1 and another 2");
  }
}
