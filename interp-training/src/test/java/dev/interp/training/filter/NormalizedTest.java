package dev.interp.training.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class NormalizedTest {
  /** Two pictures, one filter; the largest activations are 1 and 3, their mean is 2. */
  private static INDArray maps() {
    return Nd4j.createFromArray(0.5, 1, 0, 0.25, 2, 0.1, 3, 0.75).reshape(2, 1, 2, 2);
  }

  private static INDArray normalized(INDArray x, double usual) {
    return Normalized.of(x, 0.5, Templates.peaks(x), Nd4j.createFromArray(usual)).maps();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, 19})
  void maps_count_in_units_of_their_mean_peak(double usual) {
    assertThat(normalized(maps(), usual)).isEqualTo(maps().mul(0.5 * 4 / 2));
  }

  @Test
  void a_filter_that_is_all_but_silent_in_a_batch_is_not_blown_up() {
    assertThat(normalized(maps().mul(1e-3), 10)).isEqualTo(maps().mul(1e-3 * 0.5 * 4 / 1));
    assertThat(normalized(maps().mul(1e-9), 0)).isEqualTo(Nd4j.zeros(DataType.DOUBLE, 2, 1, 2, 2));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 19, 200})
  void gradients_are_those_of_central_differences(double usual) {
    INDArray above = Nd4j.createFromArray(1, -2, 0.5, 3, -1, 2, 4, 0.1).reshape(2, 1, 2, 2);
    INDArray below =
        Normalized.of(maps(), 0.5, Templates.peaks(maps()), Nd4j.createFromArray(usual))
            .below(above.dup(), Templates.peaks(maps()), new double[] {3});
    double h = 1e-6;
    for (int i = 0; i < above.length(); i++) {
      INDArray more = maps();
      INDArray less = maps();
      more.putScalar(i, more.getDouble(i) + h);
      less.putScalar(i, less.getDouble(i) - h);
      INDArray change = normalized(more, usual).sub(normalized(less, usual)).muli(above);
      assertThat(below.getDouble(i))
          .isCloseTo(3 * change.sumNumber().doubleValue() / (2 * h), within(1e-8));
    }
  }
}
