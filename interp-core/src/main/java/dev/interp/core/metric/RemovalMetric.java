package dev.interp.core.metric;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.network.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Metrics that remove subsets of a picture's pixels, each from the whole picture, and compare the
 * fall of the output with what the attribution of the subset promises. They share one engine and
 * differ in the subsets and in how falls and promises are compared.
 *
 * <p>Subsets are drawn by the seed, the same for every picture of a size. A correlation in which
 * one side is constant counts as 0. Cost per picture: a forward pass for the picture and one for
 * each subset.
 *
 * <p>Immutable; {@code withX} returns a copy.
 */
public final class RemovalMetric implements Metric {
  private static final List<Double> SHARES = List.of(0.01, 0.05, 0.2, 0.5, 0.8);
  private static final String NGUYEN =
      "Nguyen, Martínez: On quantitative aspects of model interpretability, 2020";

  /** Which subsets are removed. */
  private enum Subsets {
    RANDOM,
    RANDOM_SQUARES,
    SQUARES,
    GRID
  }

  /** How falls are compared with promises. */
  private enum Comparison {
    PEARSON,
    SPEARMAN,
    INFIDELITY,
    MAGNITUDE,
    ZEROS
  }

  private final MetricInfo info;
  private final Subsets subsets;
  private final Comparison comparison;
  private final List<Double> shares;
  private final int draws;
  private final int side;
  private final boolean scaled;
  private final Imputation imputation;
  private final Output output;
  private final long seed;
  private final int batchSize;

  private RemovalMetric(
      MetricInfo info,
      Subsets subsets,
      Comparison comparison,
      List<Double> shares,
      int draws,
      int side,
      boolean scaled,
      Imputation imputation,
      Output output,
      long seed,
      int batchSize) {
    this.info = info;
    this.subsets = subsets;
    this.comparison = comparison;
    this.shares = List.copyOf(shares);
    this.draws = draws;
    this.side = side;
    this.scaled = scaled;
    this.imputation = imputation;
    this.output = output;
    this.seed = seed;
    this.batchSize = batchSize;
  }

  private static RemovalMetric of(
      MetricInfo info,
      Subsets subsets,
      Comparison comparison,
      List<Double> shares,
      int draws,
      int side) {
    return new RemovalMetric(
        info,
        subsets,
        comparison,
        shares,
        draws,
        side,
        true,
        Imputation.baseline(Baseline.zero()),
        Output.LOGIT,
        0,
        Probe.BATCH);
  }

  private static MetricInfo correlation(String id, String title, String description, String paper) {
    return new MetricInfo(
        id,
        title,
        Family.FAITHFULNESS,
        description,
        paper,
        Direction.HIGHER,
        -1,
        1,
        Set.of(Need.ATTRIBUTION));
  }

  /**
   * Sensitivity-n: for several n, the correlation over random subsets of n pixels between the sum
   * of their attributions and the fall of the logit when they are set to the baseline; then the
   * mean over n. By default n is 1, 5, 20, 50 and 80 % of the pixels, 20 subsets each.
   *
   * @return the metric; higher is better, −1 to 1
   */
  public static RemovalMetric sensitivityN() {
    return of(
        correlation(
            "sensitivity-n",
            "Sensitivity-n",
            "Correlation between the attribution of random pixels and the fall of the logit"
                + " without them, over several numbers of pixels.",
            "Ancona, Ceolini, Öztireli, Gross: Towards better understanding of gradient-based"
                + " attribution methods, 2018"),
        Subsets.RANDOM,
        Comparison.PEARSON,
        SHARES,
        20,
        1);
  }

  /**
   * Faithfulness correlation: as {@link #sensitivityN} for one number of pixels, 10 % of them by
   * default, over 50 subsets.
   *
   * @return the metric; higher is better, −1 to 1
   */
  public static RemovalMetric faithfulnessCorrelation() {
    return of(
        correlation(
            "faithfulness-correlation",
            "Faithfulness correlation",
            "Correlation between the attribution of random pixels and the fall of the logit"
                + " without them.",
            "Bhatt, Weller, Moura: Evaluating and Aggregating Feature-based Model Explanations,"
                + " 2020"),
        Subsets.RANDOM,
        Comparison.PEARSON,
        List.of(0.1),
        50,
        1);
  }

  /**
   * Faithfulness estimate: each square is removed alone; the correlation between its attribution
   * and the fall of the logit. Deviation: squares of pixels take the place of single features.
   *
   * @return the metric; higher is better, −1 to 1
   */
  public static RemovalMetric faithfulnessEstimate() {
    return of(
        correlation(
            "faithfulness-estimate",
            "Faithfulness estimate",
            "Correlation between the attribution of each square and the fall of the logit"
                + " without it.",
            "Alvarez-Melis, Jaakkola: Towards Robust Interpretability with Self-Explaining Neural"
                + " Networks, 2018"),
        Subsets.SQUARES,
        Comparison.PEARSON,
        List.of(),
        1,
        12);
  }

  /**
   * Single deletion of 4 × 4 cells: rank correlation between the attribution of each cell and the
   * fall of the logit without it (IDSDS). Only of a network that was trained with cells removed, so
   * that such pictures are nothing new to it, are the falls a ground truth.
   *
   * @return the metric; higher is better, −1 to 1
   */
  public static RemovalMetric idsds() {
    return of(
        correlation(
            "idsds",
            "In-domain single deletion score",
            "Rank correlation between the attribution of 4 × 4 cells and the fall of the logit"
                + " without each.",
            "Hesse, Schaub-Meyer, Roth: Benchmarking the Attribution Quality of Vision Models,"
                + " 2024"),
        Subsets.GRID,
        Comparison.SPEARMAN,
        List.of(),
        1,
        4);
  }

  /**
   * Monotonicity as a correlation: rank correlation between the |attribution| of each square and
   * the mean squared change of the logit when the square is replaced, by default once by zero; with
   * uniform noise and several draws it is the paper's expectation.
   *
   * @return the metric; higher is better, −1 to 1
   */
  public static RemovalMetric monotonicityCorrelation() {
    return of(
        correlation(
            "monotonicity-correlation",
            "Monotonicity correlation",
            "Rank correlation between the strength of each square's attribution and how much"
                + " the logit depends on it.",
            NGUYEN),
        Subsets.SQUARES,
        Comparison.MAGNITUDE,
        List.of(),
        1,
        12);
  }

  /**
   * Infidelity: the mean over random squares of (attribution of the square − fall of the logit when
   * it is set to the baseline)². The attribution is read as a contribution, as that of integrated
   * gradients is: it is summed over the square, not multiplied with the difference to the baseline.
   * By default the map is first multiplied by the one factor that fits best, so that methods of any
   * scale can be compared (section 3 of the paper); then the score cannot exceed the mean squared
   * fall.
   *
   * @return the metric; lower is better, from 0
   */
  public static RemovalMetric infidelity() {
    return of(
        new MetricInfo(
            "infidelity",
            "Infidelity",
            Family.FAITHFULNESS,
            "Mean squared error of the attribution of random squares as a prediction of how the"
                + " logit falls without them.",
            "Yeh, Hsieh, Suggala, Inouye, Ravikumar: On the (In)fidelity and Sensitivity of"
                + " Explanations, 2019",
            Direction.LOWER,
            0,
            Double.POSITIVE_INFINITY,
            Set.of(Need.ATTRIBUTION)),
        Subsets.RANDOM_SQUARES,
        Comparison.INFIDELITY,
        List.of(),
        50,
        24);
  }

  /**
   * Non-sensitivity: the share of squares that either have no attribution although the logit
   * depends on them or have one although it does not (the symmetric difference of both sets, as in
   * definition 4 of the paper). A square has no attribution if all its values are 0 (to 10⁻⁶ of the
   * map's largest); the logit depends on it if it changes by more than 10⁻⁵ of its size when the
   * square is filled with noise.
   *
   * @return the metric; lower is better, 0 to 1
   */
  public static RemovalMetric nonSensitivity() {
    return of(
            new MetricInfo(
                "non-sensitivity",
                "Non-sensitivity",
                Family.AXIOM,
                "Share of squares whose attribution is zero although the logit depends on them,"
                    + " or the reverse.",
                NGUYEN,
                Direction.LOWER,
                0,
                1,
                Set.of(Need.ATTRIBUTION)),
            Subsets.SQUARES,
            Comparison.ZEROS,
            List.of(),
            2,
            12)
        .withImputation(Imputation.uniform(0));
  }

  /**
   * Other subset sizes, for metrics that draw pixels.
   *
   * @param newShares of the pixels, each above 0 and below 1
   * @return a copy
   */
  public RemovalMetric withShares(double... newShares) {
    if (newShares.length == 0 || !Arrays.stream(newShares).allMatch(s -> s > 0 && s < 1)) {
      throw new IllegalArgumentException(
          "the shares must be above 0 and below 1, was " + Arrays.toString(newShares));
    }
    return with(
        Arrays.stream(newShares).boxed().toList(),
        draws,
        side,
        scaled,
        imputation,
        output,
        seed,
        batchSize);
  }

  /**
   * Another number of draws: subsets per size, squares, or fillings of each square.
   *
   * @param count at least 1
   * @return a copy
   */
  public RemovalMetric withDraws(int count) {
    return with(
        shares,
        Checks.atLeast("number of draws", count, 1),
        side,
        scaled,
        imputation,
        output,
        seed,
        batchSize);
  }

  /**
   * Another side of the squares, or for {@link #idsds} another number of cells per side.
   *
   * @param pixels at least 1
   * @return a copy
   */
  public RemovalMetric withSide(int pixels) {
    return with(
        shares,
        draws,
        Checks.atLeast("side", pixels, 1),
        scaled,
        imputation,
        output,
        seed,
        batchSize);
  }

  /**
   * Whether {@link #infidelity} may multiply the map by the factor that fits best.
   *
   * @param allowed false for the definition without scaling
   * @return a copy
   */
  public RemovalMetric withScaling(boolean allowed) {
    return with(shares, draws, side, allowed, imputation, output, seed, batchSize);
  }

  /**
   * Something else in the place of what is removed. Metrics that fill a square several times take a
   * seed of their own for each time if it is uniform noise.
   *
   * @param other the imputation
   * @return a copy
   */
  public RemovalMetric withImputation(Imputation other) {
    return with(shares, draws, side, scaled, other, output, seed, batchSize);
  }

  /**
   * Another output to look at.
   *
   * @param other logit or probability
   * @return a copy
   */
  public RemovalMetric withOutput(Output other) {
    return with(shares, draws, side, scaled, imputation, other, seed, batchSize);
  }

  /**
   * Another seed of the subsets.
   *
   * @param newSeed any number
   * @return a copy
   */
  public RemovalMetric withSeed(long newSeed) {
    return with(shares, draws, side, scaled, imputation, output, newSeed, batchSize);
  }

  /**
   * Another number of pictures evaluated at a time.
   *
   * @param size at least 1
   * @return a copy
   */
  public RemovalMetric withBatchSize(int size) {
    return with(
        shares,
        draws,
        side,
        scaled,
        imputation,
        output,
        seed,
        Checks.atLeast("batch size", size, 1));
  }

  private RemovalMetric with(
      List<Double> newShares,
      int newDraws,
      int newSide,
      boolean newScaled,
      Imputation newImputation,
      Output newOutput,
      long newSeed,
      int newBatchSize) {
    return new RemovalMetric(
        info,
        subsets,
        comparison,
        newShares,
        newDraws,
        newSide,
        newScaled,
        newImputation,
        newOutput,
        newSeed,
        newBatchSize);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    if (subsets == Subsets.RANDOM) {
      settings.put("shares", shares.toString());
    } else {
      settings.put(subsets == Subsets.GRID ? "cells per side" : "side", Integer.toString(side));
    }
    if (isRandom() || isRefilled()) {
      settings.put("draws", Integer.toString(draws));
    }
    if (comparison == Comparison.INFIDELITY) {
      settings.put("scaled", Boolean.toString(scaled));
    }
    settings.put("imputation", imputation.toString());
    settings.put("output", output.name().toLowerCase(java.util.Locale.ROOT));
    if (isRandom()) {
      settings.put("seed", Long.toString(seed));
    }
    settings.put("batch size", Integer.toString(batchSize));
    return settings;
  }

  private boolean isRandom() {
    return subsets == Subsets.RANDOM || subsets == Subsets.RANDOM_SQUARES;
  }

  private boolean isRefilled() {
    return comparison == Comparison.MAGNITUDE || comparison == Comparison.ZEROS;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    List<int[]> removed = removed(examples.height(), examples.width());
    List<Fill> fills = fills(examples);
    List<Rectangle> boxes =
        removed.stream().map(p -> Probe.around(p, 0, p.length, examples.width())).toList();
    int refills = fills.size();
    Probe.RowWriter writer =
        (example, row, rows, offset) -> {
          if (row > 0) {
            int[] pixels = removed.get((row - 1) / refills);
            fills.get((row - 1) % refills).apply(example, pixels, 0, pixels.length, rows, offset);
          }
        };
    int copies = 1 + removed.size() * refills;
    double[][] outputs =
        subsets == Subsets.RANDOM
            ? Probe.outputs(examples, output, copies, batchSize, writer)
            : Probe.outputsWithin(
                examples,
                output,
                copies,
                batchSize,
                (example, row) -> row == 0 ? null : boxes.get((row - 1) / refills),
                writer);
    double[] scores = new double[examples.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = score(examples.maps()[i], removed, outputs[i], refills);
    }
    return scores;
  }

  private List<Fill> fills(Examples examples) {
    List<Fill> fills = new ArrayList<>();
    for (int d = 0; d < (isRefilled() ? draws : 1); d++) {
      fills.add(
          Fill.of(
              imputation instanceof Imputation.Uniform u
                  ? Imputation.uniform(u.seed() + d)
                  : imputation,
              examples));
    }
    return fills;
  }

  private List<int[]> removed(int height, int width) {
    List<int[]> all = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(seed);
    int plane = height * width;
    switch (subsets) {
      case RANDOM -> {
        for (double share : shares) {
          int n = Math.max(1, (int) Math.round(share * plane));
          for (int d = 0; d < draws; d++) {
            all.add(Arrays.copyOf(Statistics.shuffled(plane, random.nextLong()), n));
          }
        }
      }
      case RANDOM_SQUARES -> {
        int h = Math.min(side, height);
        int w = Math.min(side, width);
        for (int d = 0; d < draws; d++) {
          int top = random.nextInt(height - h + 1);
          int left = random.nextInt(width - w + 1);
          int[] pixels = new int[h * w];
          Arrays.setAll(pixels, p -> (top + p / w) * width + left + p % w);
          all.add(pixels);
        }
      }
      case SQUARES, GRID -> {
        Units units =
            subsets == Subsets.SQUARES
                ? Units.squares(height, width, side)
                : Units.grid(height, width, side);
        for (int u = 0; u < units.count(); u++) {
          all.add(units.pixels(u));
        }
      }
    }
    return all;
  }

  private double score(double[] map, List<int[]> removed, double[] f, int refills) {
    double[] promised = new double[removed.size()];
    double[] fallen = new double[removed.size()];
    double[] change = new double[removed.size()];
    for (int s = 0; s < promised.length; s++) {
      for (int p : removed.get(s)) {
        promised[s] += map[p];
      }
      for (int d = 0; d < refills; d++) {
        double fall = f[0] - f[1 + s * refills + d];
        fallen[s] += fall / refills;
        change[s] += fall * fall / refills;
      }
    }
    return switch (comparison) {
      case PEARSON -> correlations(promised, fallen);
      case SPEARMAN -> Statistics.spearman(promised, fallen);
      case MAGNITUDE -> Statistics.spearman(Statistics.absolute(promised), change);
      case INFIDELITY -> infidelity(promised, fallen);
      case ZEROS -> zeros(map, removed, change, f[0]);
    };
  }

  /** The mean over subset sizes. */
  private double correlations(double[] promised, double[] fallen) {
    int groups = subsets == Subsets.RANDOM ? shares.size() : 1;
    int each = promised.length / groups;
    double sum = 0;
    for (int g = 0; g < groups; g++) {
      sum +=
          Statistics.pearson(
              Arrays.copyOfRange(promised, g * each, (g + 1) * each),
              Arrays.copyOfRange(fallen, g * each, (g + 1) * each));
    }
    return sum / groups;
  }

  private double infidelity(double[] promised, double[] fallen) {
    double factor = 1;
    if (scaled) {
      double cross = 0;
      double squares = 0;
      for (int s = 0; s < promised.length; s++) {
        cross += promised[s] * fallen[s];
        squares += promised[s] * promised[s];
      }
      factor = squares == 0 ? 0 : cross / squares;
    }
    double sum = 0;
    for (int s = 0; s < promised.length; s++) {
      double error = factor * promised[s] - fallen[s];
      sum += error * error;
    }
    return sum / promised.length;
  }

  private static double zeros(double[] map, List<int[]> removed, double[] change, double output) {
    double none = 1e-6 * Statistics.maxAbsolute(map);
    double still = 1e-5 * Math.max(1e-3, Math.abs(output));
    int wrong = 0;
    for (int s = 0; s < change.length; s++) {
      boolean silent = true;
      for (int p : removed.get(s)) {
        silent &= Math.abs(map[p]) <= none;
      }
      boolean independent = Math.sqrt(change[s]) <= still;
      wrong += silent == independent ? 0 : 1;
    }
    return (double) wrong / change.length;
  }
}
