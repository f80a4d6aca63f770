package dev.interp.training.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class FilterLossesTest {
  private static final double STEP = 1e-4;

  static INDArray maps(long seed, double scale, int... shape) {
    Random random = new Random(seed);
    INDArray x = Nd4j.create(DataType.DOUBLE, shape[0], shape[1], shape[2], shape[3]);
    for (long i = 0; i < x.length(); i++) {
      x.putScalar(i, scale * Math.max(0, random.nextDouble() * 1.5 - 0.5));
    }
    return x;
  }

  static Stream<Arguments> shapes() {
    return Stream.of(
        Arguments.of(new int[] {7, 2, 5, 5}, 30.0),
        Arguments.of(new int[] {4, 3, 3, 3}, 1.0),
        Arguments.of(new int[] {3, 2, 2, 4}, 200.0),
        Arguments.of(new int[] {5, 2, 1, 1}, 5.0),
        Arguments.of(new int[] {1, 2, 3, 2}, 10.0));
  }

  /** The loss as it is written in the paper, with loops. */
  private static double[] byDefinition(INDArray x, Templates templates) {
    int n = (int) x.size(0);
    int count = templates.count();
    double[] losses = new double[(int) x.size(1)];
    for (int f = 0; f < losses.length; f++) {
      double[][] p = new double[n][count];
      for (int t = 0; t < count; t++) {
        double z = 0;
        for (int k = 0; k < n; k++) {
          double s = 0;
          for (int cell = 0; cell < templates.cells(); cell++) {
            s +=
                x.getDouble(k, f, cell / templates.width(), cell % templates.width())
                    * templates.all().getDouble(t, cell);
          }
          p[k][t] = Math.exp(s);
          z += p[k][t];
        }
        for (int k = 0; k < n; k++) {
          p[k][t] /= z;
        }
      }
      for (int k = 0; k < n; k++) {
        double px = 0;
        for (int t = 0; t < count; t++) {
          px += p[k][t] / count;
        }
        for (int t = 0; t < count; t++) {
          losses[f] -= p[k][t] / count * Math.log(p[k][t] / px);
        }
      }
    }
    return losses;
  }

  private static void checkGradient(
      INDArray x, INDArray gradient, Function<INDArray, INDArray> loss) {
    double scale = Math.max(1e-4, gradient.amaxNumber().doubleValue());
    for (long i = 0; i < x.length(); i++) {
      INDArray up = x.dup('c');
      INDArray down = x.dup('c');
      up.putScalar(i, x.getDouble(i) + STEP);
      down.putScalar(i, x.getDouble(i) - STEP);
      double difference =
          (loss.apply(up).sumNumber().doubleValue() - loss.apply(down).sumNumber().doubleValue())
              / (2 * STEP);
      assertThat(gradient.getDouble(i))
          .as("element %d", i)
          .isCloseTo(difference, within(1e-6 * scale));
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void mutual_information_is_the_papers_and_its_gradient_that_of_central_differences(
      int[] shape, double scale) {
    INDArray x = maps(3, scale, shape);
    Templates templates = Templates.of(shape[2], shape[3], DataType.DOUBLE);
    FilterLosses.Result result = FilterLosses.mutualInformation(x, templates);
    assertThat(result.loss().toDoubleVector())
        .containsExactly(byDefinition(x, templates), within(1e-12));
    checkGradient(x, result.gradient(), at -> FilterLosses.mutualInformation(at, templates).loss());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void constant_normalizers_give_the_gradient_of_central_differences(int[] shape, double scale) {
    INDArray x = maps(4, scale, shape);
    Templates templates = Templates.of(shape[2], shape[3], DataType.DOUBLE);
    double[][] log = FilterLosses.logNormalizers(maps(5, scale, shape), templates);
    FilterLosses.Result result = FilterLosses.constantNormalizer(x, templates, log);
    checkGradient(
        x, result.gradient(), at -> FilterLosses.constantNormalizer(at, templates, log).loss());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void with_the_normalizers_of_the_batch_both_losses_are_equal(int[] shape, double scale) {
    INDArray x = maps(4, scale, shape);
    Templates templates = Templates.of(shape[2], shape[3], DataType.DOUBLE);
    double[][] log = FilterLosses.logNormalizers(x, templates);
    assertThat(FilterLosses.constantNormalizer(x, templates, log).loss().toDoubleVector())
        .containsExactly(
            FilterLosses.mutualInformation(x, templates).loss().toDoubleVector(), within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void a_single_template_gives_the_gradient_of_central_differences(int[] shape, double scale) {
    INDArray x = maps(6, scale, shape);
    Templates templates = Templates.of(shape[2], shape[3], DataType.DOUBLE);
    int[] positions = templates.positions(x, MaskPosition.ARGMAX);
    int[] chosen = positions.clone();
    chosen[0] = templates.cells();
    double[] log =
        FilterLosses.perMap(
            FilterLosses.singleTemplateNormalizers(x, templates, positions), templates, chosen);
    double[] weights = Nd4j.linspace(DataType.DOUBLE, 0.5, 0.1, chosen.length).toDoubleVector();
    FilterLosses.Result result = FilterLosses.singleTemplate(x, templates, chosen, log, weights);
    checkGradient(
        x,
        result.gradient(),
        at -> FilterLosses.singleTemplate(at, templates, chosen, log, weights).loss());
  }

  /** The two formulas of the survey's notes, 2.5.1, written with loops. */
  @Test
  void gradients_are_those_of_both_oracles() {
    INDArray x = maps(7, 30, 7, 1, 5, 5);
    Templates templates = Templates.of(5, 5, DataType.DOUBLE);
    int n = 7;
    int count = templates.count();
    double[][] s = x.reshape('c', n, 25).mmul(templates.all().transpose()).toDoubleMatrix();
    double[] z = new double[count];
    double[] px = new double[n];
    for (int t = 0; t < count; t++) {
      for (int k = 0; k < n; k++) {
        z[t] += Math.exp(s[k][t]);
      }
      for (int k = 0; k < n; k++) {
        px[k] += Math.exp(s[k][t]) / z[t] / count;
      }
    }
    double[][] constant = new double[n][count];
    double[][] exact = new double[n][count];
    for (int t = 0; t < count; t++) {
      double mean = 0;
      for (int k = 0; k < n; k++) {
        double p = Math.exp(s[k][t]) / z[t];
        constant[k][t] = -p / count * (s[k][t] - Math.log(z[t]) - Math.log(px[k]));
        mean += p * Math.log(p / px[k]);
      }
      for (int k = 0; k < n; k++) {
        double p = Math.exp(s[k][t]) / z[t];
        exact[k][t] = -p / count * (Math.log(p / px[k]) - mean);
      }
    }
    double[][] log = FilterLosses.logNormalizers(x, templates);
    assertThat(
            FilterLosses.constantNormalizer(x, templates, log)
                .gradient()
                .reshape('c', n, 25)
                .toDoubleMatrix())
        .satisfies(g -> close(g, Nd4j.createFromArray(constant).mmul(templates.all())));
    assertThat(
            FilterLosses.mutualInformation(x, templates)
                .gradient()
                .reshape('c', n, 25)
                .toDoubleMatrix())
        .satisfies(g -> close(g, Nd4j.createFromArray(exact).mmul(templates.all())));
  }

  private static void close(double[][] actual, INDArray expected) {
    assertThat(Nd4j.createFromArray(actual).sub(expected).amaxNumber().doubleValue())
        .isLessThan(1e-15);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void the_loss_is_the_sum_of_its_entropies(int[] shape, double scale) {
    INDArray x = maps(8, scale, shape);
    Templates templates = Templates.of(shape[2], shape[3], DataType.DOUBLE);
    FilterLosses.Entropies terms = FilterLosses.entropies(x, templates);
    assertThat(
            terms
                .interCategory()
                .add(terms.spatial())
                .subi(Math.log(templates.count()))
                .toDoubleVector())
        .containsExactly(
            FilterLosses.mutualInformation(x, templates).loss().toDoubleVector(), within(1e-12));
  }

  @Test
  void maps_that_each_match_one_template_have_all_the_information_there_is() {
    Templates templates = Templates.of(3, 3, DataType.DOUBLE);
    INDArray x = Nd4j.zeros(DataType.DOUBLE, 10, 1, 3, 3);
    for (int k = 0; k < 9; k++) {
      x.putScalar(new int[] {k, 0, k / 3, k % 3}, 1e4);
    }
    double loss = FilterLosses.mutualInformation(x, templates).loss().getDouble(0);
    assertThat(loss).isCloseTo(-Math.log(10), within(1e-3));
  }

  @Test
  void a_batch_of_one_has_neither_loss_nor_gradient() {
    FilterLosses.Result result =
        FilterLosses.mutualInformation(
            maps(9, 20, 1, 3, 4, 4), Templates.of(4, 4, DataType.DOUBLE));
    assertThat(result.loss().toDoubleVector()).containsExactly(new double[3], within(1e-14));
    assertThat(result.gradient().amaxNumber().doubleValue()).isLessThan(1e-15);
  }

  @Test
  void arguments_are_left_alone() {
    INDArray x = maps(10, 20, 3, 2, 4, 4);
    INDArray before = x.dup('c');
    Templates templates = Templates.of(4, 4, DataType.DOUBLE);
    double[][] log = FilterLosses.logNormalizers(x, templates);
    double[][] logBefore = Arrays.stream(log).map(double[]::clone).toArray(double[][]::new);
    FilterLosses.mutualInformation(x, templates);
    FilterLosses.constantNormalizer(x, templates, log);
    FilterLosses.entropies(x, templates);
    assertThat(x).isEqualTo(before);
    assertThat(log).isDeepEqualTo(logBefore);
  }

  @Test
  void float_and_double_agree() {
    INDArray x = maps(11, 20, 6, 4, 7, 7);
    INDArray exact =
        FilterLosses.mutualInformation(x, Templates.of(7, 7, DataType.DOUBLE)).gradient();
    INDArray single =
        FilterLosses.mutualInformation(x.castTo(DataType.FLOAT), Templates.of(7, 7, DataType.FLOAT))
            .gradient();
    assertThat(single.castTo(DataType.DOUBLE).sub(exact).amaxNumber().doubleValue())
        .isLessThan(1e-4 * exact.amaxNumber().doubleValue());
  }

  @Test
  void maps_of_another_size_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FilterLosses.mutualInformation(
                    maps(1, 1, 2, 2, 3, 4), Templates.of(3, 3, DataType.DOUBLE)))
        .withMessage(
            "the maps must be [examples, filters, 3, 3] of DOUBLE as the templates are, was"
                + " [2, 2, 3, 4] of DOUBLE");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                FilterLosses.constantNormalizer(
                    maps(1, 1, 2, 2, 3, 3), Templates.of(3, 3, DataType.DOUBLE), new double[2][9]))
        .withMessage("the normalisers must be [2, 10] (filters, templates), was [2, 9]");
  }
}
