package dev.interp.disentangle.graph;

/**
 * What the next higher layer says: how far each of its nodes that may be a neighbour has moved from
 * its mean position, in each picture, in units of the layer that learns.
 */
final class Above {
  final int pictures;

  /** Ids of the nodes in the graph. */
  final int[] ids;

  private final float[][] rows;
  private final float[][] columns;

  /** One over the squared spread of each node. */
  private final double[] precision;

  Above(int pictures, int[] ids, float[][] rows, float[][] columns, double[] precision) {
    this.pictures = pictures;
    this.ids = ids;
    this.rows = rows;
    this.columns = columns;
    this.precision = precision;
  }

  static Above nothing(int pictures) {
    return new Above(pictures, new int[0], new float[0][], new float[0][], new double[0]);
  }

  int candidates() {
    return ids.length;
  }

  /**
   * The product of the neighbours' densities is a density around the mean of their moves weighted
   * by precision.
   *
   * @param neighbours indices of candidates
   * @param out is filled with rows and columns, 2 × pictures; 0 without neighbours
   */
  void shift(int[] neighbours, double[] out) {
    java.util.Arrays.fill(out, 0);
    if (neighbours.length == 0) {
      return;
    }
    double total = 0;
    for (int u : neighbours) {
      double w = precision[u];
      total += w;
      float[] r = rows[u];
      float[] c = columns[u];
      for (int i = 0; i < pictures; i++) {
        out[i] += w * r[i];
        out[pictures + i] += w * c[i];
      }
    }
    for (int i = 0; i < 2 * pictures; i++) {
      out[i] /= total;
    }
  }

  /**
   * How much the neighbours disagree on the move: the mean squared difference from their mean, both
   * weighted by precision.
   *
   * @param neighbours indices of candidates
   * @param shift their mean, from {@link #shift}
   * @param out is filled, one per picture; 0 without neighbours
   */
  void disagreement(int[] neighbours, double[] shift, double[] out) {
    java.util.Arrays.fill(out, 0);
    double total = 0;
    for (int u : neighbours) {
      double w = precision[u];
      total += w;
      for (int i = 0; i < pictures; i++) {
        double r = rows[u][i] - shift[i];
        double c = columns[u][i] - shift[pictures + i];
        out[i] += w * (r * r + c * c);
      }
    }
    for (int i = 0; i < pictures && total > 0; i++) {
      out[i] /= total;
    }
  }

  /**
   * How badly the moves of one candidate explain the moves of a pattern: the weighted sum of
   * squared differences around their mean.
   *
   * @param u the candidate
   * @param mass weight of each picture
   * @param r weighted rows of the pattern, {@code mass · row}
   * @param c weighted columns
   * @param total sum of the weights
   * @param sumR sum of the weighted rows
   * @param sumC sum of the weighted columns
   * @return without the term that is the same for all candidates
   */
  double misfit(int u, float[] mass, float[] r, float[] c, double total, double sumR, double sumC) {
    float[] ur = rows[u];
    float[] uc = columns[u];
    float cross0 = 0;
    float cross1 = 0;
    float square0 = 0;
    float square1 = 0;
    float meanR = 0;
    float meanC = 0;
    for (int i = 0; i < pictures; i++) {
      float a = ur[i];
      float b = uc[i];
      float n = mass[i];
      cross0 += r[i] * a;
      cross1 += c[i] * b;
      square0 += n * a * a;
      square1 += n * b * b;
      meanR += n * a;
      meanC += n * b;
    }
    double dr = (sumR - meanR) / total;
    double dc = (sumC - meanC) / total;
    return (double) square0
        + square1
        - 2.0 * ((double) cross0 + cross1)
        - total * (dr * dr + dc * dc);
  }
}
