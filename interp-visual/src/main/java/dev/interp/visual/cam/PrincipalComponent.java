package dev.interp.visual.cam;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The rows of a matrix projected on the direction in which they vary most. Computed in float64,
 * without a random start: the Gram matrix is squared until only its largest eigenvalue is left.
 */
final class PrincipalComponent {
  /** 2³⁰ steps of a power iteration. */
  private static final int SQUARINGS = 30;

  private static final double ONE_LEFT = 1e-15;

  private PrincipalComponent() {}

  /**
   * The projections. Their sum is zero, and the one furthest from zero is positive.
   *
   * @param rows {@code [rows, columns]}; not modified
   * @return {@code [rows, 1]} in the type of {@code rows}; zero if all rows are equal
   */
  static INDArray of(INDArray rows) {
    INDArray m = rows.castTo(DataType.DOUBLE);
    m = m.subRowVector(m.mean(true, 0));
    boolean wide = m.size(1) > m.size(0);
    INDArray gram = wide ? m.mmul(m.transpose()) : m.transpose().mmul(m);
    double scale = trace(gram);
    if (!(scale > 0)) {
      return Nd4j.zeros(rows.dataType(), rows.size(0), 1);
    }
    INDArray power = gram.div(scale);
    for (int i = 0; i < SQUARINGS; i++) {
      INDArray square = power.mmul(power);
      double left = trace(square);
      power = square.divi(left);
      if (1 - left < ONE_LEFT) {
        break;
      }
    }
    INDArray diagonal = Nd4j.diag(power);
    INDArray direction = power.getColumn(diagonal.argMax(0).getLong(0), true);
    if (wide) {
      direction = m.transpose().mmul(direction);
    }
    INDArray projection = m.mmul(direction.div(direction.norm2Number().doubleValue()));
    boolean turned = -projection.minNumber().doubleValue() > projection.maxNumber().doubleValue();
    return (turned ? projection.neg() : projection).castTo(rows.dataType());
  }

  private static double trace(INDArray square) {
    return Nd4j.diag(square).sumNumber().doubleValue();
  }
}
