package dev.interp.visual.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuadratureTest {
  /** Tables for [−1, 1] (Abramowitz and Stegun, table 25.4), mapped to [0, 1]. */
  private static void assertTable(int n, double[] roots, double[] weights) {
    double[] nodes = Quadrature.GAUSS_LEGENDRE.nodes(n);
    double[] found = Quadrature.GAUSS_LEGENDRE.weights(n);
    assertThat(nodes).hasSize(n);
    for (int i = 0; i < n; i++) {
      assertThat(nodes[i]).as("node " + i).isCloseTo((1 + roots[i]) / 2, within(1e-15));
      assertThat(found[i]).as("weight " + i).isCloseTo(weights[i] / 2, within(1e-14));
    }
  }

  @Test
  void gauss_legendre_agrees_with_the_tables() {
    assertTable(1, new double[] {0}, new double[] {2});
    double two = 1 / Math.sqrt(3);
    assertTable(2, new double[] {-two, two}, new double[] {1, 1});
    double three = Math.sqrt(0.6);
    assertTable(3, new double[] {-three, 0, three}, new double[] {5 / 9.0, 8 / 9.0, 5 / 9.0});
    double inner = 0.538469310105683;
    double outer = 0.906179845938664;
    double a = 0.236926885056189;
    double b = 0.478628670499366;
    assertTable(
        5,
        new double[] {-outer, -inner, 0, inner, outer},
        new double[] {a, b, 0.568888888888889, b, a});
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 10, 50, 200})
  void gauss_legendre_integrates_degree_2n_minus_1_exactly(int n) {
    for (int degree = 0; degree <= 2 * n - 1; degree++) {
      assertThat(integral(Quadrature.GAUSS_LEGENDRE, n, degree))
          .as("degree " + degree)
          .isCloseTo(1.0 / (degree + 1), within(1e-13));
    }
    if (n <= 3) {
      assertThat(integral(Quadrature.GAUSS_LEGENDRE, n, 2 * n))
          .isNotCloseTo(1.0 / (2 * n + 1), within(1e-6));
    }
  }

  private static double integral(Quadrature rule, int n, int degree) {
    double[] nodes = rule.nodes(n);
    double[] weights = rule.weights(n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += weights[i] * Math.pow(nodes[i], degree);
    }
    return sum;
  }

  @Test
  void riemann_rules_are_as_defined() {
    assertThat(Quadrature.RIEMANN_LEFT.nodes(4)).containsExactly(0, 0.25, 0.5, 0.75);
    assertThat(Quadrature.RIEMANN_MIDDLE.nodes(4)).containsExactly(0.125, 0.375, 0.625, 0.875);
    assertThat(Quadrature.RIEMANN_RIGHT.nodes(4)).containsExactly(0.25, 0.5, 0.75, 1);
    assertThat(Quadrature.RIEMANN_TRAPEZOID.nodes(5)).containsExactly(0, 0.25, 0.5, 0.75, 1);
    assertThat(Quadrature.RIEMANN_LEFT.weights(4)).containsOnly(0.25);
    assertThat(Quadrature.RIEMANN_MIDDLE.weights(4)).containsOnly(0.25);
    assertThat(Quadrature.RIEMANN_RIGHT.weights(4)).containsOnly(0.25);
    assertThat(Quadrature.RIEMANN_TRAPEZOID.weights(5))
        .containsExactly(0.125, 0.25, 0.25, 0.25, 0.125);
    assertThat(Quadrature.RIEMANN_TRAPEZOID.nodes(1)).containsExactly(0.5);
    assertThat(Quadrature.RIEMANN_TRAPEZOID.weights(1)).containsExactly(1);
  }

  @ParameterizedTest
  @EnumSource
  void nodes_rise_within_the_interval_and_weights_sum_to_one(Quadrature rule) {
    for (int n : new int[] {1, 2, 7, 50, 300}) {
      double[] nodes = rule.nodes(n);
      double sum = 0;
      for (int i = 0; i < n; i++) {
        assertThat(nodes[i]).isBetween(0.0, 1.0);
        assertThat(i == 0 || nodes[i] > nodes[i - 1]).isTrue();
        sum += rule.weights(n)[i];
      }
      assertThat(sum).isCloseTo(1, within(1e-12));
    }
    assertThat(integral(rule, 1000, 2)).isCloseTo(1 / 3.0, within(1e-3));
  }
}
