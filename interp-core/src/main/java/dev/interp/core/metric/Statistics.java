package dev.interp.core.metric;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Sorting and comparing numbers. */
final class Statistics {
  private static final int DIGIT = 11;
  private static final int MASK = (1 << DIGIT) - 1;

  private Statistics() {}

  /** The index of each value in rising order; equal values stand in a fixed random order. */
  static int[] order(double[] values) {
    int n = values.length;
    long[] keys = new long[n];
    for (int i = 0; i < n; i++) {
      // Adding 0 makes −0 the same number as 0. The key's order as an unsigned number is the
      // value's.
      long bits = Double.doubleToLongBits(values[i] + 0.0);
      keys[i] = bits ^ ((bits >> 63) | Long.MIN_VALUE);
    }
    int[] order = shuffled(n, 0);
    int[] room = new int[n];
    for (int shift = 0; shift < Long.SIZE; shift += DIGIT) {
      int[] starts = new int[(1 << DIGIT) + 1];
      for (long key : keys) {
        starts[(int) (key >>> shift & MASK) + 1]++;
      }
      if (n == 0 || starts[(int) (keys[0] >>> shift & MASK) + 1] == n) {
        continue;
      }
      for (int d = 0; d < MASK; d++) {
        starts[d + 1] += starts[d];
      }
      for (int i : order) {
        room[starts[(int) (keys[i] >>> shift & MASK)]++] = i;
      }
      int[] swap = order;
      order = room;
      room = swap;
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
    int[] order = order(values);
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to + 1) / 2.0;
      }
      from = to;
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
}
