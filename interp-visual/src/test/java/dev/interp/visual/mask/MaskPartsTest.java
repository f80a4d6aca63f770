package dev.interp.visual.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.optimize.Adam;
import dev.interp.visual.optimize.Separable;
import dev.interp.visual.optimize.TotalVariation;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every piece of the losses against central differences, every linear map against its adjoint. */
class MaskPartsTest {
  private static final double STEP = 1e-6;

  private static double[] random(long seed, int length) {
    return new Random(seed).doubles(length, 0.05, 0.95).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void assertSlope(
      ToDoubleFunction<double[]> function, double[] at, double[] gradient, double tolerance) {
    for (int i = 0; i < at.length; i++) {
      double[] up = at.clone();
      double[] down = at.clone();
      up[i] += STEP;
      down[i] -= STEP;
      double slope = (function.applyAsDouble(up) - function.applyAsDouble(down)) / (2 * STEP);
      assertThat(gradient[i]).as("number " + i).isCloseTo(slope, within(tolerance));
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 3, 7, 9, 0.8", "5, 5, 5, 5, 0", "28, 28, 30, 41, 2.5", "1, 2, 6, 2, 4"})
  void adjoints_are_transposes(int fromH, int fromW, int toH, int toW, double sigma) {
    Separable blur = Separable.blur(toH, toW, sigma);
    for (Separable map :
        new Separable[] {
          Separable.nearest(fromH, fromW, toH, toW),
          Separable.bilinear(fromH, fromW, toH, toW),
          Separable.nearest(fromH, fromW, toH, toW).then(blur)
        }) {
      double[] a = random(1, fromH * fromW);
      double[] b = random(2, toH * toW);
      assertThat(map.inputs()).isEqualTo(a.length);
      assertThat(map.outputs()).isEqualTo(b.length);
      assertThat(dot(map.apply(a), b)).isCloseTo(dot(a, map.adjoint(b)), within(1e-11));
    }
  }

  @Test
  void enlarging_solved_by_hand() {
    assertThat(Separable.nearest(1, 2, 2, 3).apply(new double[] {1, 5}))
        .containsExactly(1, 5, 5, 1, 5, 5);
    assertThat(Separable.bilinear(1, 2, 1, 4).apply(new double[] {1, 5}))
        .containsExactly(1, 2, 4, 5);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 1, 4})
  void the_blur_is_the_blur_of_baselines(double sigma) {
    INDArray x = Tensors.gaussian(DataType.DOUBLE, 3, 1, 1, 6, 9);
    double[] expected = Tensors.numbers(Baseline.blur(sigma).of(x));
    double[] blurred = Separable.blur(6, 9, sigma).apply(Tensors.numbers(x));
    for (int i = 0; i < blurred.length; i++) {
      assertThat(blurred[i]).isCloseTo(expected[i], within(1e-13));
    }
  }

  @Test
  void no_blur_changes_nothing() {
    double[] plane = random(4, 12);
    assertThat(Separable.blur(3, 4, 0).apply(plane)).containsExactly(plane);
  }

  /** Differences: (3, 1), (-1, 0) at the right rim, (0, -3) below, none in the corner. */
  @Test
  void total_variation_solved_by_hand() {
    double[] m = {1, 2, 4, 1};
    assertThat(TotalVariation.of(m, 0, 2, 2, 2)).isCloseTo(10 + 1 + 9, within(1e-13));
    assertThat(TotalVariation.of(m, 0, 2, 2, 3))
        .isCloseTo(10 * Math.sqrt(10) + 1 + 27, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(doubles = {2, 3})
  void the_slope_of_the_masks_cost(double beta) {
    double[] m = random(5, 4 * 5);
    double[] gradient = new double[m.length];
    MaskCost.addGradient(m, 4, 5, 0.3, 0.7, beta, gradient);
    assertSlope(e -> MaskCost.of(e, 4, 5, 0.3, 0.7, beta), m, gradient, 1e-8);
  }

  @Test
  void a_flat_mask_has_no_slope() {
    double[] gradient = new double[6];
    MaskCost.addGradient(new double[6], 2, 3, 0.3, 0.7, 3, gradient);
    assertThat(gradient).containsOnly(0);
  }

  /** Half of four: the lower two should be 0 and the upper two 1. */
  @Test
  void the_area_solved_by_hand() {
    double[] mask = {0.9, 0.2, 0.6, 0.1};
    assertThat(AreaCost.of(mask, 0.5)).isCloseTo((0.01 + 0.04 + 0.16 + 0.01) / 4, within(1e-14));
    double[] gradient = new double[4];
    AreaCost.addGradient(mask, 0.5, 2, gradient);
    double[] expected = {-0.1, 0.2, -0.4, 0.1};
    for (int i = 0; i < 4; i++) {
      assertThat(gradient[i]).isCloseTo(expected[i], within(1e-14));
    }
    double[] shared = new double[4];
    AreaCost.addGradient(new double[] {1, 1, 1, 1}, 0.25, 2, shared);
    assertThat(shared).containsOnly(0.75);
  }

  @Test
  void the_slope_of_the_area() {
    double[] mask = random(6, 40);
    double[] gradient = new double[40];
    AreaCost.addGradient(mask, 0.3, 5, gradient);
    assertSlope(m -> 5 * AreaCost.of(m, 0.3), mask, gradient, 1e-8);
  }

  @Test
  void a_smooth_mask_is_a_smooth_maximum_over_cells() {
    int h = 7;
    int w = 10;
    int step = 3;
    double sigma = 4;
    double[] cells = random(7, 3 * 4);
    cells[2] = 0;
    cells[5] = 1;
    double[] mask = new SmoothMask(h, w, step, sigma).of(cells);
    int radius = 3;
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        double sum = 0;
        double norm = 0;
        for (int i = y / step - radius; i <= y / step + radius; i++) {
          for (int j = x / step - radius; j <= x / step + radius; j++) {
            double p = i < 0 || i > 2 || j < 0 || j > 3 ? 0 : cells[i * 4 + j];
            double far = Math.max(0, Math.hypot(y - i * step, x - j * step) / sigma - 0.5);
            double v = p * Math.exp(-2 * far * far);
            sum += v * Math.exp(20 * v);
            norm += Math.exp(20 * v);
          }
        }
        assertThat(mask[y * w + x]).isCloseTo(sum / norm, within(1e-12)).isBetween(0.0, 1.0);
      }
    }
  }

  @Test
  void the_slope_of_a_smooth_mask() {
    SmoothMask shape = new SmoothMask(7, 10, 3, 4);
    double[] cells = random(8, shape.cells());
    double[] weights = random(9, 70);
    assertSlope(c -> dot(shape.of(c), weights), cells, shape.gradient(cells, weights), 1e-7);
  }

  @Test
  void adam_goes_down_by_its_rate_at_first() {
    double[] values = {1, 1, 1};
    Adam adam = new Adam(3);
    adam.step(values, new double[] {5, -1e-3, 0}, 0.1);
    assertThat(values[0]).isCloseTo(0.9, within(1e-8));
    assertThat(values[1]).isCloseTo(1.1, within(1e-5));
    assertThat(values[2]).isEqualTo(1);
    adam.step(values, new double[] {-5, 0, 0}, 0.1);
    // Means 0.9 · 0.5 − 0.5 over 1 − 0.81, squares 25.
    assertThat(values[0]).isCloseTo(0.9 + 0.1 * (0.05 / 0.19) / 5, within(1e-8));
  }

  @Test
  void pictures_are_blended_cropped_and_mirrored() {
    Planes planes = new Planes(2, 1, 3);
    double[] nothing = {0, 0, 0, 10, 10, 10};
    double[] difference = {1, 2, 3, 4, 5, 6};
    double[] mask = {0, 0.5, 1};
    assertThat(planes.blend(nothing, difference, mask, 1)).containsExactly(0, 1, 3, 10, 12.5, 16);
    assertThat(planes.blend(nothing, difference, mask, -1)).containsExactly(1, 1, 0, 14, 12.5, 10);
    assertThat(planes.mirrored(difference)).containsExactly(3, 2, 1, 6, 5, 4);
    assertThat(planes.crop(difference, 0, 1, new Planes(2, 1, 2))).containsExactly(2, 3, 5, 6);
    double[] sums = {1, 0, 0};
    planes.addProduct(difference, difference, 2, sums);
    assertThat(sums).containsExactly(1 + 2 * 17, 2 * 29, 2 * 45);
  }

  /** The score of a blended picture, through enlargement, blur and network. */
  @ParameterizedTest
  @CsvSource({"PROBABILITY, 1", "PROBABILITY, -1", "VALUE, 1", "VALUE, -1"})
  void the_slope_of_the_score_for_the_cells(Score score, int sign) {
    Network network = SmallNets.convolutional();
    INDArray x = Tensors.gaussian(DataType.DOUBLE, 10, 2, 2, 7, 5);
    double[] nothing = random(11, 70);
    double[] difference = random(12, 70);
    Planes planes = new Planes(2, 7, 5);
    Separable enlarge = Separable.nearest(3, 2, 7, 5).then(Separable.blur(7, 5, 0.7));
    double[] cells = random(13, 6);
    try (AttributionRun run =
        AttributionRun.start(Gradient.plain(), network, x, Target.ofClasses(2, 1))) {
      Scored scored = new Scored(run, run.resolve(), score);
      int[] second = {1};
      ToDoubleFunction<double[]> value =
          e -> {
            double[] seen = planes.blend(nothing, difference, enlarge.apply(e), sign);
            return scored.values(new double[][] {seen}, second)[0];
          };
      double[] seen = planes.blend(nothing, difference, enlarge.apply(cells), sign);
      Scored.Slopes slopes = scored.slopes(new double[][] {seen}, second);
      assertThat(slopes.values()[0]).isCloseTo(value.applyAsDouble(cells), within(1e-12));
      INDArray logits = network.logits(Tensors.array(new long[] {1, 2, 7, 5}, seen));
      INDArray expected = score == Score.VALUE ? logits : network.probabilities(logits);
      assertThat(slopes.values()[0]).isCloseTo(expected.getDouble(0, 1), within(1e-12));
      double[] plane = new double[35];
      planes.addProduct(slopes.gradients()[0], difference, sign, plane);
      assertSlope(value, cells, enlarge.adjoint(plane), 1e-7);
    }
  }

  @Test
  void games_show_what_they_reward() {
    assertThat(Game.DELETION.signs()).containsExactly(-1);
    assertThat(Game.PRESERVATION.signs()).containsExactly(1);
    assertThat(Game.DUAL.signs()).containsExactly(1, -1);
    assertThat(Arrays.toString(Game.values())).isEqualTo("[deletion, preservation, dual]");
  }
}
