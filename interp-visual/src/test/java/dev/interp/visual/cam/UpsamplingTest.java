package dev.interp.visual.cam;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class UpsamplingTest {

  @Test
  void a_row_of_two_solved_by_hand() {
    INDArray row = array(new long[] {1, 1, 1, 2}, 0, 1);
    assertRow(Upsampling.NEAREST, row, 0, 0, 1, 1);
    assertRow(Upsampling.BILINEAR, row, 0, 0.25, 0.75, 1);
    assertRow(Upsampling.BILINEAR_CORNERS, row, 0, 1.0 / 3, 2.0 / 3, 1);
  }

  private static void assertRow(Upsampling how, INDArray row, double... expected) {
    assertClose(how.apply(row, 1, 4), array(new long[] {1, 1, 1, 4}, expected), 1e-15);
    INDArray column = row.reshape(1, 1, 2, 1);
    assertClose(how.apply(column, 4, 1), array(new long[] {1, 1, 4, 1}, expected), 1e-15);
  }

  @ParameterizedTest
  @EnumSource
  void the_same_size_changes_nothing_and_one_cell_fills_all(Upsampling how) {
    INDArray maps = gaussian(DataType.DOUBLE, 1, 2, 3, 4, 5);
    assertClose(how.apply(maps, 4, 5), maps, 1e-15);
    INDArray one = gaussian(DataType.DOUBLE, 1, 2, 3, 1, 1);
    assertClose(how.apply(one, 3, 2), one.broadcast(2, 3, 3, 2), 1e-15);
  }
}
