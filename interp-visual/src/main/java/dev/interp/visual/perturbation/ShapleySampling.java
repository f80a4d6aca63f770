package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Shapley values by sampling: the parts appear over the baseline one after the other in random
 * orders, and what a part adds to the target's value is averaged over the orders. Every order sums
 * to the difference of the outputs at the example and at the baseline, and so do the values; the
 * gap is that of the sum over parts.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's number. Cost for M parts: {@code samples · (M − 1) +
 * 2} forward passes; no backward pass.
 *
 * <p>Castro, Gómez, Tejada: Polynomial calculation of the Shapley value based on sampling, 2009.
 * Peer: captum 0.7.0, which draws other orders.
 */
public final class ShapleySampling extends SampledMethod<ShapleySampling> {

  private ShapleySampling(Settings settings, Draws draws) {
    super(settings, draws);
  }

  /**
   * 10 orders of about fifty SLIC superpixels over zero, 16 coalitions at a time.
   *
   * @return the method
   */
  public static ShapleySampling withDefaults() {
    return new ShapleySampling(
        Settings.of(Segmentation.slic(50, 10), Baseline.zero()), new Draws(10, 0));
  }

  @Override
  ShapleySampling with(Settings other, Draws otherDraws) {
    return new ShapleySampling(other, otherDraws);
  }

  @Override
  public String id() {
    return "shapley-sampling";
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    List<Orders> orders = new ArrayList<>();
    int[] copies = new int[runs.examples()];
    for (int i = 0; i < copies.length; i++) {
      orders.add(new Orders(parts.count(i), runs.output(i)));
      copies[i] = 1 + draws.samples() * (parts.count(i) - 1);
    }
    runs.each(
        copies,
        (example, copy, row) -> parts.keep(example, orders.get(example).present(copy), row),
        (example, copy, output) -> orders.get(example).take(copy, output));
    return orders.stream().map(Orders::scores).toList();
  }

  /**
   * The orders of one example's parts. Copy 0 is the baseline; each order adds all sizes but the
   * full one.
   */
  private final class Orders {
    private final int[][] orders;
    private final double[] sums;
    private final double whole;
    private double empty;
    private double before;

    Orders(int parts, double whole) {
      SplittableRandom random = draws.random();
      this.orders = new int[draws.samples()][];
      for (int k = 0; k < orders.length; k++) {
        orders[k] = permutation(parts, random);
      }
      this.sums = new double[parts];
      this.whole = whole;
    }

    boolean[] present(int copy) {
      boolean[] present = new boolean[sums.length];
      if (copy > 0) {
        int[] order = orders[(copy - 1) / (sums.length - 1)];
        for (int i = 0; i <= (copy - 1) % (sums.length - 1); i++) {
          present[order[i]] = true;
        }
      }
      return present;
    }

    void take(int copy, double output) {
      if (copy == 0) {
        empty = output;
        return;
      }
      int steps = sums.length - 1;
      int[] order = orders[(copy - 1) / steps];
      int step = (copy - 1) % steps;
      sums[order[step]] += output - (step == 0 ? empty : before);
      before = output;
      if (step == steps - 1) {
        sums[order[steps]] += whole - output;
      }
    }

    Scores scores() {
      double total = whole - empty;
      if (sums.length == 1) {
        return new Scores(new double[] {total}, total);
      }
      double[] means = new double[sums.length];
      Arrays.setAll(means, p -> sums[p] / orders.length);
      return new Scores(means, total);
    }
  }

  static int[] permutation(int count, SplittableRandom random) {
    int[] order = IntStream.range(0, count).toArray();
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }
}
