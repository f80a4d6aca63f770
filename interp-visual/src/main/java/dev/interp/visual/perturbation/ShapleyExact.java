package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Exact Shapley values of the parts of an example: what a part adds to the target's value, averaged
 * over all orders in which the parts can appear over the baseline. They sum to the difference of
 * the outputs at the example and at the baseline; the gap is that of the sum over parts.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's number. Cost: {@code 2^M} forward passes for M parts;
 * no backward pass.
 *
 * <p>Shapley: A Value for n-Person Games, 1953. The tests agree with captum 0.7.0 in float64.
 */
public final class ShapleyExact extends CoveredMethod<ShapleyExact> {
  private static final int MOST = 16;

  private ShapleyExact(Settings settings) {
    super(settings);
  }

  /**
   * A grid of 3 by 3 over zero, 16 coalitions at a time.
   *
   * @return the method
   */
  public static ShapleyExact withDefaults() {
    return new ShapleyExact(Settings.of(Segmentation.grid(3, 3), Baseline.zero()));
  }

  @Override
  ShapleyExact with(Settings other) {
    return new ShapleyExact(other);
  }

  @Override
  public String id() {
    return "shapley-exact";
  }

  @Override
  void check(INDArray x, List<Segments> segments) {
    for (Segments one : segments) {
      if (one.count() > MOST) {
        throw new IllegalArgumentException(
            "exact Shapley values take at most "
                + MOST
                + " segments (2^"
                + MOST
                + " forward passes), but "
                + settings.segments()
                + " gives "
                + one.count()
                + "; use fewer segments, kernel-shap or shapley-sampling");
      }
    }
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    List<double[]> outputs = new ArrayList<>();
    int[] counts = parts.counts();
    int[] copies = new int[counts.length];
    for (int i = 0; i < counts.length; i++) {
      double[] all = new double[1 << counts[i]];
      all[all.length - 1] = runs.output(i);
      copies[i] = all.length - 1;
      outputs.add(all);
    }
    runs.each(
        copies,
        (example, coalition, row) -> {
          boolean[] present = new boolean[counts[example]];
          for (int p = 0; p < present.length; p++) {
            present[p] = (coalition >> p & 1) == 1;
          }
          parts.keep(example, present, row);
        },
        (example, coalition, output) -> outputs.get(example)[coalition] = output);
    List<Scores> scores = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      double[] all = outputs.get(i);
      scores.add(new Scores(shapley(all, counts[i]), all[all.length - 1] - all[0]));
    }
    return scores;
  }

  /** Shapley values of a game, given by its value for every set of players as bits. */
  static double[] shapley(double[] game, int players) {
    // The share of orders in which exactly a given set of some size comes before a player.
    double[] share = new double[players];
    double choices = 1;
    for (int size = 0; size < players; size++) {
      share[size] = 1 / (choices * players);
      choices = choices * (players - 1 - size) / (size + 1);
    }
    double[] values = new double[players];
    for (int p = 0; p < players; p++) {
      for (int set = 0; set < game.length; set++) {
        if ((set >> p & 1) == 0) {
          values[p] += share[Integer.bitCount(set)] * (game[set | 1 << p] - game[set]);
        }
      }
    }
    return values;
  }
}
