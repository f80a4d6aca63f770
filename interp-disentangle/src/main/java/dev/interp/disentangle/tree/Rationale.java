package dev.interp.disentangle.tree;

/**
 * A network's score of one picture as a linear function of its filters: {@code score = weights · x
 * + bias}, exactly. All is divided by the length of the gradient, so that the weights have length
 * 1.
 *
 * @param picture index of the picture
 * @param weights g, one per filter, of length 1; owned by the record and not to be modified
 * @param x the sum of each filter's map, divided by the filter's mean activation; owned by the
 *     record and not to be modified
 * @param score y, the network's score divided by {@code norm}
 * @param norm length of the gradient before it was made 1
 */
// Nobody compares two of them, so equality by identity of the arrays does no harm.
@SuppressWarnings("ArrayRecordComponent")
public record Rationale(int picture, double[] weights, double[] x, double score, double norm) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the arrays differ in length, or a number is not finite
   */
  public Rationale {
    if (weights.length != x.length || weights.length == 0) {
      throw new IllegalArgumentException(
          "a rationale needs as many weights as filters, was "
              + weights.length
              + " and "
              + x.length);
    }
    double sum = score + norm;
    for (int d = 0; d < x.length; d++) {
      sum += weights[d] + x[d];
    }
    if (!Double.isFinite(sum)) {
      throw new IllegalArgumentException(
          "a rationale needs finite numbers; those of picture " + picture + " are not");
    }
  }

  /**
   * What the filters do not explain.
   *
   * @return {@code score - weights · x}
   */
  public double bias() {
    return score - Vectors.dot(weights, x);
  }
}
