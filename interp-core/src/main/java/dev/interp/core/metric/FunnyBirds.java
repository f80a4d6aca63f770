package dev.interp.core.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The FunnyBirds protocol, score by score, for one picture (Hesse, Schaub-Meyer, Roth: FunnyBirds,
 * 2023, as in the authors' code). Parts are numbered from 0; sets of parts are {@link BitSet}s.
 * Pictures for which a score has no meaning get NaN and are left out of means.
 */
public final class FunnyBirds {
  private static final int THRESHOLDS = 80;
  private static final double FIRST = 0.01;
  private static final double LAST = 0.5;
  private static final int REACH = 2;
  private static final double SMALL = 0.05;

  private FunnyBirds() {}

  /**
   * The shares of the whole attribution above which a part counts as important, of which the best
   * is chosen for each method.
   *
   * @return 80 thresholds from 0.01 to 0.5, evenly spaced
   */
  public static double[] thresholds() {
    return IntStream.range(0, THRESHOLDS)
        .mapToDouble(i -> FIRST + i * (LAST - FIRST) / (THRESHOLDS - 1))
        .toArray();
  }

  /**
   * How important an attribution calls a part: its sum over the part's pixels and those within two
   * rows and columns of them.
   *
   * @param map {@code height · width} values in row order
   * @param part true where the part is seen
   * @param width columns
   * @return the sum
   * @throws IllegalArgumentException if the sizes do not fit
   */
  public static double importance(double[] map, boolean[] part, int width) {
    if (map.length != part.length || width < 1 || map.length % width != 0) {
      throw new IllegalArgumentException(
          "map and mask must have the same size and whole rows of "
              + width
              + ", was "
              + map.length
              + " and "
              + part.length);
    }
    int height = map.length / width;
    boolean[] grown = new boolean[part.length];
    for (int p = 0; p < part.length; p++) {
      if (part[p]) {
        int y = p / width;
        int x = p % width;
        for (int i = Math.max(0, y - REACH); i <= Math.min(height - 1, y + REACH); i++) {
          Arrays.fill(
              grown,
              i * width + Math.max(0, x - REACH),
              i * width + Math.min(width - 1, x + REACH) + 1,
              true);
        }
      }
    }
    double sum = 0;
    for (int p = 0; p < map.length; p++) {
      sum += grown[p] ? map[p] : 0;
    }
    return sum;
  }

  /**
   * The important parts: those whose importance exceeds a share of the whole attribution. If that
   * is negative, so is the bound, and nearly all parts pass.
   *
   * @param importances one per part
   * @param whole the sum of the attribution over the picture
   * @param threshold one of {@link #thresholds}
   * @return the parts
   */
  public static BitSet important(double[] importances, double whole, double threshold) {
    BitSet parts = new BitSet();
    for (int i = 0; i < importances.length; i++) {
      parts.set(i, importances[i] > threshold * whole);
    }
    return parts;
  }

  /**
   * The smallest sets of parts that tell a class from all others: sets whose kinds no other class
   * has together, and none of whose subsets do that.
   *
   * @param kinds for each class the kind of each part
   * @param label the class
   * @return at least one set, unless another class has all the same kinds
   */
  public static List<BitSet> tellingParts(List<int[]> kinds, int label) {
    int[] own = kinds.get(label);
    List<BitSet> telling = new ArrayList<>();
    List<BitSet> subsets =
        IntStream.range(1, 1 << own.length)
            .mapToObj(bits -> BitSet.valueOf(new long[] {bits}))
            .sorted(Comparator.comparingInt(BitSet::cardinality))
            .toList();
    for (BitSet subset : subsets) {
      boolean minimal = telling.stream().noneMatch(t -> contains(subset, t));
      if (minimal && isTelling(subset, kinds, label)) {
        telling.add(subset);
      }
    }
    return telling;
  }

  private static boolean isTelling(BitSet subset, List<int[]> kinds, int label) {
    for (int other = 0; other < kinds.size(); other++) {
      int[] theirs = kinds.get(other);
      if (other != label
          && subset.stream().allMatch(part -> theirs[part] == kinds.get(label)[part])) {
        return false;
      }
    }
    return true;
  }

  private static boolean contains(BitSet large, BitSet small) {
    BitSet rest = (BitSet) small.clone();
    rest.andNot(large);
    return rest.isEmpty();
  }

  /**
   * Controlled synthetic data check: the best cover of a set that tells the class. Only for
   * pictures that are classified correctly.
   *
   * @param important the important parts
   * @param telling the sets from {@link #tellingParts}
   * @return 0 to 1; NaN if there is no such set
   */
  public static double csdc(BitSet important, List<BitSet> telling) {
    double best = Double.NaN;
    for (BitSet set : telling) {
      BitSet covered = (BitSet) set.clone();
      covered.and(important);
      double share = (double) covered.cardinality() / set.cardinality();
      best = Double.isNaN(best) ? share : Math.max(best, share);
    }
    return best;
  }

  /**
   * Whether a part is irrelevant: without it the logit of the true class changes by less than 5 %
   * of what it was, or rises.
   *
   * @param logit of the true class for the picture
   * @param without of the true class for the picture without the part
   * @return true if the part does not matter
   */
  public static boolean isIrrelevant(double logit, double without) {
    return without > logit || Math.abs(logit - without) < SMALL * Math.abs(logit);
  }

  /**
   * Distractibility of a picture.
   *
   * @param important the important parts and background objects
   * @param irrelevant those that do not matter
   * @return one minus the share of the irrelevant ones called important; NaN if there are none
   */
  public static double distractibility(BitSet important, BitSet irrelevant) {
    if (irrelevant.isEmpty()) {
      return Double.NaN;
    }
    BitSet both = (BitSet) irrelevant.clone();
    both.and(important);
    return 1 - (double) both.cardinality() / irrelevant.cardinality();
  }

  /**
   * Single deletion score: rank correlation between importances and falls of the logit.
   *
   * @param importances one per part
   * @param falls logit of the picture minus logit without the part, one per part
   * @return ρ / 2 + 1 / 2; NaN if one side is constant
   */
  public static double singleDeletion(double[] importances, double[] falls) {
    if (Statistics.isConstant(importances) || Statistics.isConstant(falls)) {
      return Double.NaN;
    }
    return Statistics.spearman(importances, falls) / 2 + 0.5;
  }

  /**
   * Target sensitivity of a picture whose class shares two parts with class A and two others with
   * class B: A's parts must be more important for A than for B, and B's for B than for A.
   *
   * @param ofA parts shared with A
   * @param ofB parts shared with B
   * @param forA importance of each part when class A is explained
   * @param forB importance of each part when class B is explained
   * @return 0, ½ or 1
   */
  public static double targetSensitivity(BitSet ofA, BitSet ofB, double[] forA, double[] forB) {
    double a = sum(ofA, forA) > sum(ofA, forB) ? 0.5 : 0;
    double b = sum(ofB, forB) > sum(ofB, forA) ? 0.5 : 0;
    return a + b;
  }

  private static double sum(BitSet parts, double[] importances) {
    return parts.stream().mapToDouble(p -> importances[p]).sum();
  }

  /**
   * The best threshold of a method: the one with the largest (CSDC + PC + DC) / 3 + D, the first of
   * equal ones.
   *
   * @param byThreshold the scores at each of {@link #thresholds}
   * @return index of the best
   * @throws IllegalArgumentException if there are none
   */
  public static int best(List<FunnyBirdsScores> byThreshold) {
    if (byThreshold.isEmpty()) {
      throw new IllegalArgumentException("there must be scores for at least one threshold");
    }
    int best = 0;
    for (int i = 1; i < byThreshold.size(); i++) {
      if (byThreshold.get(i).completeness() > byThreshold.get(best).completeness()) {
        best = i;
      }
    }
    return best;
  }
}
