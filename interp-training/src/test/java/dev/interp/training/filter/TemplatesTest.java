package dev.interp.training.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class TemplatesTest {
  private static final double TOLERANCE = 1e-15;

  @Test
  void templates_of_three_by_three_are_as_solved_by_hand() {
    Templates templates = Templates.of(3, 3, DataType.DOUBLE);
    double tau = 0.5 / 9;
    assertThat(templates.count()).isEqualTo(10);
    // One step away 1 − 4/3, two or more steps −1.
    double near = -tau / 3;
    assertThat(templates.all().getRow(0).toDoubleVector())
        .containsExactly(
            new double[] {tau, near, -tau, near, -tau, -tau, -tau, -tau, -tau}, within(TOLERANCE));
    assertThat(templates.all().getRow(4).toDoubleVector())
        .containsExactly(
            new double[] {-tau, near, -tau, near, tau, near, -tau, near, -tau}, within(TOLERANCE));
    assertThat(templates.all().getRow(9).toDoubleVector()).containsOnly(-tau);
  }

  @Test
  void templates_of_five_by_five_fall_by_four_fifths_a_step() {
    Templates templates = Templates.of(5, 5, DataType.DOUBLE);
    double tau = 0.5 / 25;
    INDArray center = templates.all().getRow(12).reshape(5, 5);
    assertThat(center.getDouble(2, 2)).isCloseTo(tau, within(TOLERANCE));
    assertThat(center.getDouble(1, 2)).isCloseTo(0.2 * tau, within(TOLERANCE));
    assertThat(center.getDouble(1, 1)).isCloseTo(-0.6 * tau, within(TOLERANCE));
    assertThat(center.getDouble(0, 2)).isCloseTo(-0.6 * tau, within(TOLERANCE));
    assertThat(center.getDouble(0, 1)).isCloseTo(-tau, within(TOLERANCE));
  }

  @Test
  void each_axis_of_a_map_that_is_not_square_has_its_own_length() {
    Templates templates = Templates.of(2, 4, DataType.DOUBLE);
    assertThat(templates.distances().getRow(0).toDoubleVector())
        .containsExactly(0, 0.25, 0.5, 0.75, 0.5, 0.75, 1, 1.25);
    assertThat(templates.all().shape()).containsExactly(9, 8);
    assertThat(templates.all().getRow(0).toDoubleVector())
        .containsExactly(
            new double[] {1 / 16., 0, -1 / 16., -1 / 16., -1 / 16., -1 / 16., -1 / 16., -1 / 16.},
            within(TOLERANCE));
  }

  @Test
  void a_map_of_one_cell_has_a_positive_and_a_negative_template() {
    Templates templates = Templates.of(1, 1, DataType.DOUBLE);
    assertThat(templates.all().toDoubleVector()).containsExactly(0.5, -0.5);
  }

  private static INDArray masks(int side, int[] positions, INDArray slopes) {
    INDArray ones = Nd4j.ones(DataType.DOUBLE, 1, positions.length, side, side);
    return Templates.of(side, side, DataType.DOUBLE)
        .masked(ones, positions, slopes)
        .reshape('c', positions.length, (long) side * side);
  }

  @Test
  void masks_of_three_by_three_and_five_by_five_are_as_solved_by_hand() {
    INDArray slopes = Nd4j.createFromArray(4.0, 1.5);
    assertThat(masks(3, new int[] {4, 0}, slopes).toDoubleMatrix())
        .isDeepEqualTo(
            new double[][] {{0, 0, 0, 0, 1, 0, 0, 0, 0}, {1, 0.5, 0, 0.5, 0, 0, 0, 0, 0}});
    INDArray five = masks(5, new int[] {6, 24}, slopes);
    double[] first = new double[25];
    first[6] = 1;
    for (int near : new int[] {1, 5, 7, 11}) {
      first[near] = 0.2;
    }
    assertThat(five.getRow(0).toDoubleVector()).containsExactly(first, within(TOLERANCE));
    assertThat(five.getDouble(1, 24)).isEqualTo(1);
    assertThat(five.getDouble(1, 23)).isCloseTo(0.7, within(TOLERANCE));
    assertThat(five.getDouble(1, 13)).isCloseTo(0.1, within(TOLERANCE));
    assertThat(five.getDouble(1, 12)).isZero();
  }

  @Test
  void positions_are_the_first_maximum_or_the_rounded_center_of_mass() {
    INDArray maps =
        Nd4j.createFromArray(
                new double[][] {
                  {0, 0, 0, 0, 3, 0, 3, 0, 0},
                  {0, 0, 0, 0, 0, 0, 0, 0, 0},
                  {2, 0, 0, 0, 0, 0, 0, 1.9, 1.9}
                })
            .reshape('c', 1, 3, 3, 3);
    Templates templates = Templates.of(3, 3, DataType.DOUBLE);
    assertThat(templates.positions(maps, MaskPosition.ARGMAX)).containsExactly(4, 0, 0);
    // Rows (1+2)/2 = 1.5 -> 2, columns 0.5 -> 1; nothing; rows 7.6/5.8 = 1.3 -> 1, columns 5.7/5.8
    // -> 1.
    assertThat(templates.positions(maps, MaskPosition.CENTROID)).containsExactly(7, 0, 4);
  }

  @Test
  void wrong_sizes_and_types_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Templates.of(0, 3, DataType.FLOAT))
        .withMessage("the maps must have at least 1 row and 1 column, but have 0 x 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Templates.of(3, 3, DataType.INT32))
        .withMessage("templates are FLOAT or DOUBLE, was INT");
  }
}
