package dev.interp.disentangle.graph;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Which pictures of a category show their object from the other side, so that they are better seen
 * in a mirror: a part that is on the left in half of the pictures and on the right in the others
 * has no place of its own.
 *
 * <p>Each picture differs from its mirror image by the difference of their maps, E. Pictures are
 * turned such that these differences add up to the largest sum: {@code argmax ‖Σ s E‖²} over signs
 * s, from the signs of the first principal component on, one picture after the other until none
 * wants to turn. Nothing is known of where parts are.
 *
 * <p>Source: the program of the authors of Q. Zhang, R. Cao, F. Shi, Y. N. Wu, S.-C. Zhu,
 * Interpreting CNN knowledge via an explanatory graph (AAAI 2018), which mirrors a picture if that
 * fits the patterns of the highest layer better (but hands the same maps over for both); deviation:
 * sides are found before learning, of all layers, each with the same weight.
 */
public final class Facing {
  private static final int MOST_ROUNDS = 200;

  private Facing() {}

  /**
   * Finds the pictures to be turned. Equal maps are never turned, and the first picture is not, so
   * that the result is one of two that are as good.
   *
   * @param pictures maps of some layers
   * @param mirrored maps of the same layers and pictures, each seen in a mirror
   * @return for each picture whether its mirror image goes better with the others
   * @throws IllegalArgumentException if there is no layer, or layers or numbers of pictures differ
   */
  public static boolean[] turned(List<FeatureMaps> pictures, List<FeatureMaps> mirrored) {
    boolean fits = !pictures.isEmpty() && pictures.size() == mirrored.size();
    for (int l = 0; fits && l < pictures.size(); l++) {
      fits =
          pictures.get(l).layer().equals(mirrored.get(l).layer())
              && pictures.get(l).pictures() == pictures.get(0).pictures()
              && mirrored.get(l).pictures() == pictures.get(0).pictures();
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "pictures and their mirror images need maps of the same layers, at least one, was "
              + pictures.stream().map(m -> m.layer().name() + " of " + m.pictures()).toList()
              + " and "
              + mirrored.stream().map(m -> m.layer().name() + " of " + m.pictures()).toList());
    }
    int count = pictures.get(0).pictures();
    double[][] products = new double[count][count];
    for (int l = 0; l < pictures.size(); l++) {
      add(pictures.get(l), mirrored.get(l), products);
    }
    double[] sides = component(products);
    boolean[] turned = new boolean[count];
    for (int i = 0; i < count; i++) {
      turned[i] = sides[i] * sides[0] < 0;
    }
    settle(products, turned);
    if (turned[0]) {
      for (int i = 0; i < count; i++) {
        turned[i] = !turned[i] && products[i][i] > 0;
      }
    }
    return turned;
  }

  /** Adds the inner products of the differences, each pair of maps being of length 1 together. */
  private static void add(FeatureMaps own, FeatureMaps other, double[][] products) {
    int count = products.length;
    int cells = own.layer().cells();
    double[] squares = new double[count];
    double[][] sums = new double[count][count];
    float[][] difference = new float[count][cells];
    // Filter by filter, so that no more than one map of each picture lies in memory.
    for (int f = 0; f < own.layer().filters(); f++) {
      int filter = f;
      IntStream.range(0, count)
          .parallel()
          .forEach(i -> squares[i] += subtract(own, other, filter, i, difference[i]));
      IntStream.range(0, count)
          .parallel()
          .forEach(
              i -> {
                for (int j = 0; j <= i; j++) {
                  sums[i][j] += product(difference[i], difference[j]);
                }
              });
    }
    for (int i = 0; i < count; i++) {
      for (int j = 0; j <= i; j++) {
        double length = Math.sqrt(squares[i] * squares[j]);
        double share = length > 0 ? sums[i][j] / length : 0;
        products[i][j] += share;
        products[j][i] += i == j ? 0 : share;
      }
    }
  }

  /** Fills in the difference of a map and that of the mirror image, and tells their squares. */
  private static double subtract(
      FeatureMaps own, FeatureMaps other, int filter, int picture, float[] difference) {
    float[] map = new float[difference.length];
    own.read(picture, filter, difference);
    other.read(picture, filter, map);
    double squares = 0;
    for (int c = 0; c < map.length; c++) {
      squares += (double) difference[c] * difference[c] + (double) map[c] * map[c];
      difference[c] -= map[c];
    }
    return squares;
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int c = 0; c < a.length; c++) {
      sum += a[c] * b[c];
    }
    return sum;
  }

  /** The first eigenvector of a matrix that has no negative eigenvalue, by its powers. */
  private static double[] component(double[][] matrix) {
    int count = matrix.length;
    double[] vector = new double[count];
    for (int i = 0; i < count; i++) {
      // Any start will do that is not orthogonal to what is looked for.
      vector[i] = 1 + 0.01 * i;
    }
    for (int round = 0; round < MOST_ROUNDS; round++) {
      double[] next = new double[count];
      double squares = 0;
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
          next[i] += matrix[i][j] * vector[j];
        }
        squares += next[i] * next[i];
      }
      if (!(squares > 0)) {
        return vector;
      }
      for (int i = 0; i < count; i++) {
        vector[i] = next[i] / Math.sqrt(squares);
      }
    }
    return vector;
  }

  /** Turns whatever picture goes better with the others so; each turn makes the sum larger. */
  private static void settle(double[][] products, boolean[] turned) {
    boolean changed = true;
    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
      changed = false;
      for (int i = 0; i < turned.length; i++) {
        double sum = 0;
        for (int j = 0; j < turned.length; j++) {
          sum += j == i ? 0 : turned[j] ? -products[i][j] : products[i][j];
        }
        boolean better = sum < 0;
        if (sum != 0 && better != turned[i]) {
          turned[i] = better;
          changed = true;
        }
      }
    }
  }
}
