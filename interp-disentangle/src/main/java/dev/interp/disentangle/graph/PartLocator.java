package dev.interp.disentangle.graph;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds an object part in pictures from a few boxes: patterns that keep their place relative to the
 * part in the annotated pictures are chosen, and vote. Immutable.
 *
 * <p>A pattern is told from another by how consistent it is with the boxes: the variance of its
 * distance to the centre of the part, with a prior variance that counts as one picture and grows
 * with the distance, since what lies far away turns with the object. In a picture each chosen
 * pattern votes for its position plus its mean offset, with the weight of its clearness there over
 * its variance; the part is where the votes are densest.
 *
 * <p>Source: the transfer of Q. Zhang, R. Cao, F. Shi, Y. N. Wu, S.-C. Zhu, Interpreting CNN
 * knowledge via an explanatory graph (AAAI 2018), in the simple form of selecting and voting;
 * deviation: no And-Or graph is grown.
 */
public final class PartLocator {
  private static final double PRIOR = 0.05;
  private static final double REACH = 0.08;
  private static final int ROUNDS = 20;

  private final Placements placements;
  private final int[] chosen;
  private final double[] dx;
  private final double[] dy;
  private final double[] weight;

  private PartLocator(
      Placements placements, int[] chosen, double[] dx, double[] dy, double[] weight) {
    this.placements = placements;
    this.chosen = chosen;
    this.dx = dx;
    this.dy = dy;
    this.weight = weight;
  }

  /**
   * A centre of a part, in pixels of the network's input; the centre of the first pixel is 0.5.
   *
   * @param x its column
   * @param y its row
   */
  public record Centre(double x, double y) {}

  /**
   * Chooses patterns.
   *
   * @param placements of patterns: nodes of a graph, or peaks of filters
   * @param shots the annotated pictures, at least one
   * @param centres the centre of the part in each of them
   * @param patterns how many patterns to choose, at least 1
   * @return what finds the part
   * @throws IllegalArgumentException if there is no annotated picture or the numbers differ
   */
  public static PartLocator of(
      Placements placements, int[] shots, List<Centre> centres, int patterns) {
    if (shots.length == 0 || shots.length != centres.size() || patterns < 1) {
      throw new IllegalArgumentException(
          "a part needs at least one annotated picture with a centre each and one pattern, was "
              + shots.length
              + " pictures, "
              + centres.size()
              + " centres and "
              + patterns
              + " patterns");
    }
    double diagonal = Math.hypot(placements.inputWidth(), placements.inputHeight());
    int size = placements.patterns();
    double[] dx = new double[size];
    double[] dy = new double[size];
    double[] cost = new double[size];
    double[] clear = new double[size];
    for (int v = 0; v < size; v++) {
      double strength = placements.strength(v, placements.pictures());
      boolean found = strength > 0;
      for (int k = 0; k < shots.length; k++) {
        dx[v] += (centres.get(k).x() - placements.x(v, shots[k])) / shots.length;
        dy[v] += (centres.get(k).y() - placements.y(v, shots[k])) / shots.length;
        found &= placements.score(v, shots[k]) > 0;
      }
      double squares = 0;
      for (int k = 0; k < shots.length; k++) {
        squares +=
            square(centres.get(k).x() - placements.x(v, shots[k]) - dx[v])
                + square(centres.get(k).y() - placements.y(v, shots[k]) - dy[v]);
      }
      double prior = square(PRIOR * diagonal) + 0.25 * (square(dx[v]) + square(dy[v]));
      cost[v] = found ? (squares + prior) / shots.length : Double.POSITIVE_INFINITY;
      clear[v] = strength;
    }
    int[] chosen =
        IntStream.range(0, size)
            .boxed()
            .filter(v -> cost[v] < Double.POSITIVE_INFINITY)
            .sorted(Comparator.comparingDouble(v -> cost[v]))
            .limit(patterns)
            .mapToInt(v -> v)
            .toArray();
    return new PartLocator(
        placements,
        chosen,
        Arrays.stream(chosen).mapToDouble(v -> dx[v]).toArray(),
        Arrays.stream(chosen).mapToDouble(v -> dy[v]).toArray(),
        Arrays.stream(chosen).mapToDouble(v -> 1 / (cost[v] * clear[v])).toArray());
  }

  private static double square(double value) {
    return value * value;
  }

  /**
   * The chosen patterns.
   *
   * @return indices, the most consistent first
   */
  public int[] patterns() {
    return chosen.clone();
  }

  /**
   * Finds the part.
   *
   * @param picture index of a picture of the placements
   * @return where the votes are densest; the middle of the picture if no pattern was found in any
   *     annotated picture
   */
  public Centre locate(int picture) {
    double diagonal = Math.hypot(placements.inputWidth(), placements.inputHeight());
    int size = chosen.length;
    double[] x = new double[size];
    double[] y = new double[size];
    double[] w = new double[size];
    for (int k = 0; k < size; k++) {
      x[k] = placements.x(chosen[k], picture) + dx[k];
      y[k] = placements.y(chosen[k], picture) + dy[k];
      w[k] = weight[k] * placements.score(chosen[k], picture);
    }
    double total = Arrays.stream(w).sum();
    if (!(total > 0)) {
      return new Centre(placements.inputWidth() / 2.0, placements.inputHeight() / 2.0);
    }
    Centre at = mean(x, y, w, null, Double.POSITIVE_INFINITY);
    for (int round = 0; round < ROUNDS; round++) {
      // From wide to narrow, so that the start matters little.
      at = mean(x, y, w, at, diagonal * Math.max(REACH, 0.3 * Math.pow(0.8, round)));
    }
    return at;
  }

  private static Centre mean(
      double[] x,
      double[] y,
      double[] w,
      @org.jspecify.annotations.Nullable Centre around,
      double reach) {
    double sum = 0;
    double sx = 0;
    double sy = 0;
    for (int k = 0; k < x.length; k++) {
      double near =
          around == null
              ? 1
              : Math.exp(
                  -0.5 * (square(x[k] - around.x()) + square(y[k] - around.y())) / square(reach));
      sum += w[k] * near;
      sx += w[k] * near * x[k];
      sy += w[k] * near * y[k];
    }
    if (!(sum > 0)) {
      return around == null ? new Centre(0, 0) : around;
    }
    return new Centre(sx / sum, sy / sum);
  }
}
