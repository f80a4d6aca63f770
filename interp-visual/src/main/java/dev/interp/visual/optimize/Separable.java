package dev.interp.visual.optimize;

/**
 * A linear map of pictures that treats rows and columns one after the other: {@code R · m · Cᵀ}.
 * Enlarging and blurring are such maps, and so is one after the other.
 */
public final class Separable {
  private static final double REACH = 4;

  private final double[][] rows;
  private final double[][] columns;

  private Separable(double[][] rows, double[][] columns) {
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * Each place takes the value of the cell that its centre lies in.
   *
   * @param fromH rows before
   * @param fromW columns before
   * @param toH rows after
   * @param toW columns after
   * @return the map
   */
  public static Separable nearest(int fromH, int fromW, int toH, int toW) {
    return new Separable(nearest(fromH, toH), nearest(fromW, toW));
  }

  /**
   * Bilinear, centres of pixels at halves; the edge is repeated.
   *
   * @param fromH rows before
   * @param fromW columns before
   * @param toH rows after
   * @param toW columns after
   * @return the map
   */
  public static Separable bilinear(int fromH, int fromW, int toH, int toW) {
    return new Separable(bilinear(fromH, toH), bilinear(fromW, toW));
  }

  /**
   * A Gaussian blur over four standard deviations that repeats the edge.
   *
   * @param h rows
   * @param w columns
   * @param sigma standard deviation in pixels; 0 changes nothing
   * @return the map
   */
  public static Separable blur(int h, int w, double sigma) {
    return new Separable(blur(h, sigma), blur(w, sigma));
  }

  /**
   * This map and then another.
   *
   * @param next takes what this one gives
   * @return both as one map
   */
  public Separable then(Separable next) {
    return new Separable(product(next.rows, rows), product(next.columns, columns));
  }

  /**
   * How many numbers it takes.
   *
   * @return rows times columns
   */
  public int inputs() {
    return rows[0].length * columns[0].length;
  }

  /**
   * How many numbers it gives.
   *
   * @return rows times columns
   */
  public int outputs() {
    return rows.length * columns.length;
  }

  /**
   * Maps a plane.
   *
   * @param plane row by row; not modified
   * @return the new plane
   */
  public double[] apply(double[] plane) {
    return both(plane, rows, columns);
  }

  /**
   * The transposed map: ⟨apply(a), b⟩ = ⟨a, adjoint(b)⟩.
   *
   * @param plane of the size that {@link #apply} gives; not modified
   * @return a plane of the size that it takes
   */
  public double[] adjoint(double[] plane) {
    return both(plane, transposed(rows), transposed(columns));
  }

  private static double[] both(double[] plane, double[][] rows, double[][] columns) {
    int h = rows[0].length;
    int w = columns[0].length;
    int outW = columns.length;
    double[] wide = new double[h * outW];
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < outW; j++) {
        double[] line = columns[j];
        double sum = 0;
        for (int k = 0; k < w; k++) {
          sum += line[k] * plane[i * w + k];
        }
        wide[i * outW + j] = sum;
      }
    }
    double[] result = new double[rows.length * outW];
    for (int i = 0; i < rows.length; i++) {
      for (int k = 0; k < h; k++) {
        double f = rows[i][k];
        if (f != 0) {
          for (int j = 0; j < outW; j++) {
            result[i * outW + j] += f * wide[k * outW + j];
          }
        }
      }
    }
    return result;
  }

  private static double[][] nearest(int from, int to) {
    double[][] matrix = new double[to][from];
    for (int i = 0; i < to; i++) {
      matrix[i][(int) ((i + 0.5) * from / to)] = 1;
    }
    return matrix;
  }

  private static double[][] bilinear(int from, int to) {
    double[][] matrix = new double[to][from];
    for (int i = 0; i < to; i++) {
      double at = Math.min(Math.max((i + 0.5) * from / to - 0.5, 0), from - 1.0);
      int below = (int) at;
      matrix[i][below] += 1 - (at - below);
      matrix[i][Math.min(below + 1, from - 1)] += at - below;
    }
    return matrix;
  }

  private static double[][] blur(int n, double sigma) {
    double[][] matrix = new double[n][n];
    int radius = (int) Math.ceil(REACH * sigma);
    double[] kernel = new double[2 * radius + 1];
    double total = 0;
    for (int k = -radius; k <= radius; k++) {
      double d = sigma == 0 ? 0 : k / sigma;
      kernel[k + radius] = Math.exp(-d * d / 2);
      total += kernel[k + radius];
    }
    for (int i = 0; i < n; i++) {
      for (int k = -radius; k <= radius; k++) {
        matrix[i][Math.min(Math.max(i + k, 0), n - 1)] += kernel[k + radius] / total;
      }
    }
    return matrix;
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] result = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        double f = a[i][k];
        if (f != 0) {
          for (int j = 0; j < result[i].length; j++) {
            result[i][j] += f * b[k][j];
          }
        }
      }
    }
    return result;
  }

  private static double[][] transposed(double[][] a) {
    double[][] result = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[i].length; j++) {
        result[j][i] = a[i][j];
      }
    }
    return result;
  }
}
