package dev.interp.core.metric;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Sorting and comparing numbers. */
final class Statistics {
  private Statistics() {}

  /** The index of each value in rising order; equal values stand in a fixed random order. */
  static int[] order(double[] values) {
    double[] plain = plain(values);
    double[] sorted = plain.clone();
    Arrays.sort(sorted);
    int[] used = new int[values.length];
    int[] order = new int[values.length];
    for (int i : shuffled(values.length, 0)) {
      int first = lower(sorted, plain[i]);
      order[first + used[first]++] = i;
    }
    return order;
  }

  static int[] reversed(int[] order) {
    int[] reversed = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      reversed[i] = order[order.length - 1 - i];
    }
    return reversed;
  }

  /** Ranks from 1; equal values share the mean of their ranks. */
  static double[] ranks(double[] values) {
    double[] plain = plain(values);
    double[] sorted = plain.clone();
    Arrays.sort(sorted);
    double[] ranks = new double[values.length];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] = (lower(sorted, plain[i]) + upper(sorted, plain[i]) + 1) / 2.0;
    }
    return ranks;
  }

  /** Rank correlation; 0 where one side is constant. */
  static double spearman(double[] a, double[] b) {
    return pearson(ranks(a), ranks(b));
  }

  /** Linear correlation; 0 where one side is constant. */
  static double pearson(double[] a, double[] b) {
    double meanA = mean(a);
    double meanB = mean(b);
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (int i = 0; i < a.length; i++) {
      double da = a[i] - meanA;
      double db = b[i] - meanB;
      aa += da * da;
      bb += db * db;
      ab += da * db;
    }
    if (isNothing(aa, a) || isNothing(bb, b)) {
      return 0;
    }
    return Math.max(-1, Math.min(1, ab / Math.sqrt(aa) / Math.sqrt(bb)));
  }

  /** Whether a sum of squared deviations is rounding only. */
  private static boolean isNothing(double squares, double[] values) {
    double scale = maxAbsolute(values);
    return squares <= values.length * 1e-24 * scale * scale;
  }

  /** How alike two maps are: rank correlation, and 1 if neither says anything. */
  static double similarity(double[] a, double[] b) {
    return isConstant(a) && isConstant(b) ? 1 : spearman(a, b);
  }

  static boolean isConstant(double[] values) {
    return Arrays.stream(values).allMatch(v -> v == values[0]);
  }

  static double mean(double[] values) {
    return sum(values) / values.length;
  }

  static double sum(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v;
    }
    return sum;
  }

  static double maxAbsolute(double[] values) {
    double max = 0;
    for (double v : values) {
      max = Math.max(max, Math.abs(v));
    }
    return max;
  }

  static double max(double[] values) {
    return Arrays.stream(values).max().orElse(Double.NaN);
  }

  static double norm(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v * v;
    }
    return Math.sqrt(sum);
  }

  static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  static double[] absolute(double[] values) {
    return Arrays.stream(values).map(Math::abs).toArray();
  }

  static double[] positive(double[] values) {
    return Arrays.stream(values).map(v -> Math.max(v, 0)).toArray();
  }

  /** The positive part over its largest value: 0 to 1; all zero if nothing is positive. */
  static double[] normalised(double[] map) {
    double max = Math.max(0, max(map));
    return Arrays.stream(map).map(v -> max == 0 ? 0 : Math.max(v, 0) / max).toArray();
  }

  /** The numbers 0 to n − 1 in a random order. */
  static int[] shuffled(int n, long seed) {
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int t = order[i];
      order[i] = order[j];
      order[j] = t;
    }
    return order;
  }

  /** Sorting tells −0 from 0; they are the same number here. */
  private static double[] plain(double[] values) {
    return Arrays.stream(values).map(v -> v + 0.0).toArray();
  }

  /** How many of the sorted values are smaller. */
  static int lower(double[] sorted, double value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** How many of the sorted values are not larger. */
  static int upper(double[] sorted, double value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
