package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Kernel SHAP: Shapley values as the solution of a weighted least-squares problem over coalitions
 * of parts. They sum to the difference of the outputs at the example and at the baseline, since the
 * problem is solved under that condition; the gap is that of the sum over parts.
 *
 * <p>Where all coalitions fit into the samples, they are all used and the values are exact.
 * Otherwise sizes are taken from the outside in (one part and all but one, two and all but two, …)
 * as long as they fit as a whole, and the rest is drawn in pairs of a coalition and its complement.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's number. Cost: at most {@code samples + 2} forward
 * passes (fewer where a coalition is drawn twice); no backward pass.
 *
 * <p>Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, NIPS 2017. The tests
 * agree with captum 0.7.0's exact Shapley values in float64 where all coalitions fit.
 */
public final class KernelShap extends SampledMethod<KernelShap> {

  private KernelShap(Settings settings, Draws draws) {
    super(settings, draws);
  }

  /**
   * 500 coalitions of about fifty SLIC superpixels over zero, 16 at a time.
   *
   * @return the method
   */
  public static KernelShap withDefaults() {
    return new KernelShap(
        Settings.of(Segmentation.slic(50, 10), Baseline.zero()), new Draws(500, 0));
  }

  @Override
  KernelShap with(Settings other, Draws otherDraws) {
    return new KernelShap(other, otherDraws);
  }

  @Override
  public String id() {
    return "kernel-shap";
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    List<Problem> problems = new ArrayList<>();
    int[] copies = new int[runs.examples()];
    for (int i = 0; i < copies.length; i++) {
      int count = parts.count(i);
      problems.add(new Problem(coalitions(count, draws), count, runs.output(i)));
      copies[i] = problems.get(i).coalitions.size() + 1;
    }
    runs.each(
        copies,
        (example, copy, row) -> parts.keep(example, problems.get(example).present(copy), row),
        (example, copy, output) -> problems.get(example).take(copy, output));
    return problems.stream().map(Problem::solve).toList();
  }

  /**
   * Coalitions with their weights, neither empty nor full.
   *
   * @param parts how many players there are
   * @param draws how many coalitions at most, and the seed
   */
  static Map<BitSet, Double> coalitions(int parts, Draws draws) {
    Map<BitSet, Double> coalitions = new LinkedHashMap<>();
    double[] weights = new double[parts];
    for (int size = 1; size < parts; size++) {
      weights[size] = (parts - 1.0) / ((double) size * (parts - size));
    }
    double scale = Arrays.stream(weights).sum();
    int left = draws.samples();
    int size = 1;
    for (; size <= parts / 2; size++) {
      boolean middle = 2 * size == parts;
      double number = choose(parts, size) * (middle ? 1 : 2);
      if (number > left) {
        break;
      }
      left -= (int) number;
      double each = weights[size] / scale / choose(parts, size);
      for (BitSet set : subsets(parts, size)) {
        coalitions.put(set, each);
        if (!middle) {
          coalitions.put(complement(set, parts), each);
        }
      }
    }
    if (size <= parts / 2 && left > 0) {
      sample(coalitions, parts, size, weights, scale, new Draws(left, draws.seed()));
    }
    return coalitions;
  }

  /** Draws the sizes from one on inwards, with the weight that they have together. */
  private static void sample(
      Map<BitSet, Double> coalitions,
      int parts,
      int from,
      double[] weights,
      double scale,
      Draws draws) {
    SplittableRandom random = draws.random();
    double rest = Arrays.stream(weights, from, parts - from + 1).sum();
    double each = rest / scale / draws.samples();
    for (int k = 0; k < draws.samples(); k += 2) {
      double at = random.nextDouble() * rest;
      int size = from;
      while (size < parts - from && at >= weights[size]) {
        at -= weights[size++];
      }
      int[] order = ShapleySampling.permutation(parts, random);
      BitSet set = new BitSet(parts);
      Arrays.stream(order, 0, size).forEach(set::set);
      coalitions.merge(set, each, Double::sum);
      if (k + 1 < draws.samples()) {
        coalitions.merge(complement(set, parts), each, Double::sum);
      }
    }
  }

  private static double choose(int n, int k) {
    double ways = 1;
    for (int i = 1; i <= k; i++) {
      ways = ways * (n - k + i) / i;
    }
    return Math.rint(ways);
  }

  private static List<BitSet> subsets(int n, int size) {
    List<BitSet> all = new ArrayList<>();
    int[] chosen = new int[size];
    Arrays.setAll(chosen, i -> i);
    while (true) {
      BitSet set = new BitSet(n);
      Arrays.stream(chosen).forEach(set::set);
      all.add(set);
      int last = size - 1;
      while (last >= 0 && chosen[last] == n - size + last) {
        last--;
      }
      if (last < 0) {
        return all;
      }
      chosen[last]++;
      for (int i = last + 1; i < size; i++) {
        chosen[i] = chosen[i - 1] + 1;
      }
    }
  }

  private static BitSet complement(BitSet set, int n) {
    BitSet other = (BitSet) set.clone();
    other.flip(0, n);
    return other;
  }

  /** The least-squares problem of one example. Copy 0 is the baseline. */
  private static final class Problem {
    private final List<Map.Entry<BitSet, Double>> coalitions;
    private final int parts;
    private final double whole;
    private final double[][] gram;
    private final double[] product;
    private double empty;

    Problem(Map<BitSet, Double> coalitions, int parts, double whole) {
      this.coalitions = List.copyOf(coalitions.entrySet());
      this.parts = parts;
      this.whole = whole;
      this.gram = new double[parts][parts];
      this.product = new double[parts];
    }

    boolean[] present(int copy) {
      boolean[] present = new boolean[parts];
      if (copy > 0) {
        coalitions.get(copy - 1).getKey().stream().forEach(p -> present[p] = true);
      }
      return present;
    }

    void take(int copy, double output) {
      if (copy == 0) {
        empty = output;
        return;
      }
      int[] set = coalitions.get(copy - 1).getKey().stream().toArray();
      double weight = coalitions.get(copy - 1).getValue();
      for (int i : set) {
        product[i] += weight * (output - empty);
        for (int j : set) {
          gram[i][j] += weight;
        }
      }
    }

    /** The last part's value follows from the sum, which leaves a problem without condition. */
    Scores solve() {
      double total = whole - empty;
      int n = parts - 1;
      double[][] a = new double[n][n];
      double[] b = new double[n];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          a[i][j] = gram[i][j] - gram[i][n] - gram[n][j] + gram[n][n];
        }
        b[i] = product[i] - product[n] - total * (gram[i][n] - gram[n][n]);
      }
      double[] values = Arrays.copyOf(n == 0 ? b : LeastSquares.solve(a, b), parts);
      values[n] = total - Arrays.stream(values, 0, n).sum();
      return new Scores(values, total);
    }
  }
}
