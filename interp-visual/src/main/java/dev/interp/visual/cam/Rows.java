package dev.interp.visual.cam;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sums over the rows and columns of a matrix in C order. For matrices of the size of a layer the
 * call of an op or of BLAS takes longer than the numbers.
 */
final class Rows {
  private Rows() {}

  /** The sum of the rows times a factor, {@code [1, columns]}. */
  static INDArray sum(INDArray matrix, double factor) {
    int columns = (int) matrix.size(1);
    if (matrix.dataType() == DataType.FLOAT) {
      FloatBuffer numbers = inOrder(matrix).data().asNioFloat();
      float[] row = new float[columns];
      float[] sum = new float[columns];
      for (long i = matrix.size(0); i > 0; i--) {
        numbers.get(row);
        for (int k = 0; k < columns; k++) {
          sum[k] += row[k];
        }
      }
      for (int k = 0; k < columns; k++) {
        sum[k] *= (float) factor;
      }
      return Nd4j.createFromArray(new float[][] {sum});
    }
    DoubleBuffer numbers = inOrder(matrix).data().asNioDouble();
    double[] row = new double[columns];
    double[] sum = new double[columns];
    for (long i = matrix.size(0); i > 0; i--) {
      numbers.get(row);
      for (int k = 0; k < columns; k++) {
        sum[k] += row[k];
      }
    }
    for (int k = 0; k < columns; k++) {
      sum[k] *= factor;
    }
    return Nd4j.createFromArray(new double[][] {sum});
  }

  /** Each row's sum with weights, {@code [rows, 1]}. */
  static INDArray weigh(INDArray matrix, INDArray weights) {
    int rows = (int) matrix.size(0);
    int columns = (int) matrix.size(1);
    if (matrix.dataType() == DataType.FLOAT) {
      FloatBuffer numbers = inOrder(matrix).data().asNioFloat();
      float[] weight = weights.toFloatVector();
      float[] row = new float[columns];
      float[] sums = new float[rows];
      for (int i = 0; i < rows; i++) {
        numbers.get(row);
        sums[i] = dot(row, weight);
      }
      return Nd4j.createFromArray(sums).reshape(rows, 1);
    }
    DoubleBuffer numbers = inOrder(matrix).data().asNioDouble();
    double[] weight = weights.toDoubleVector();
    double[] row = new double[columns];
    double[] sums = new double[rows];
    for (int i = 0; i < rows; i++) {
      numbers.get(row);
      for (int k = 0; k < columns; k++) {
        sums[i] += row[k] * weight[k];
      }
    }
    return Nd4j.createFromArray(sums).reshape(rows, 1);
  }

  private static INDArray inOrder(INDArray matrix) {
    return Shape.hasDefaultStridesForShape(matrix) ? matrix : matrix.dup('c');
  }

  /** Four sums side by side, which the processor need not take one after the other. */
  private static float dot(float[] a, float[] b) {
    float s = 0;
    float t = 0;
    float u = 0;
    float v = 0;
    int k = 0;
    for (; k + 3 < a.length; k += 4) {
      s += a[k] * b[k];
      t += a[k + 1] * b[k + 1];
      u += a[k + 2] * b[k + 2];
      v += a[k + 3] * b[k + 3];
    }
    for (; k < a.length; k++) {
      s += a[k] * b[k];
    }
    return (s + t) + (u + v);
  }
}
