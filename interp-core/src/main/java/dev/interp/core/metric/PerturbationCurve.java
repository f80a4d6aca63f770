package dev.interp.core.metric;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;

/**
 * Metrics that remove a picture's pixels step by step, in the order of their attribution, and look
 * at the curve of outputs. They share one engine and differ in the order, in what is removed at a
 * time, in what takes its place, in the output looked at and in what is made of the curve.
 *
 * <p>The curve has {@code steps + 1} points, the first being the picture itself (or, where pixels
 * are inserted, the empty picture); after step k the share {@code upTo · k / steps} of the pieces
 * is gone, rounded. Pixels of equal attribution go in a fixed random order, so that a constant map
 * scores as a random one. Cost per picture: {@code steps + 1} forward passes, twice that for gaps.
 *
 * <p>Immutable; {@code withX} returns a copy.
 */
public final class PerturbationCurve implements Metric {
  private static final int STEPS = 24;
  private static final double BLUR = 5;
  private static final double ROUNDING = 1e-6;
  private static final double ROAD_NOISE = 0.01;
  private static final String RISE = "Petsiuk, Das, Saenko: RISE, 2018";
  private static final String SRG =
      "Blücher, Vielhaben, Strodthoff: Decoupling Pixel Flipping and Occlusion Strategy, 2024";
  private static final String ROAD =
      "Rong, Leemann, Borisov, Kasneci, Kasneci: A Consistent and Efficient Evaluation Strategy"
          + " for Attribution Methods, 2022";

  /** Which pixels go first. */
  private enum Order {
    MOST,
    LEAST,
    GAP
  }

  /** What is removed at a time. */
  private enum Piece {
    PIXEL,
    SQUARE,
    SEGMENT
  }

  /** What becomes of a curve f(0) … f(steps). */
  private enum Summary {
    AREA,
    AREA_OVER_SHARE,
    MEAN_DROP,
    MEAN,
    RISING,
    FIRST_CLOSE
  }

  private final MetricInfo info;
  private final Order order;
  private final boolean insert;
  private final boolean absolute;
  private final Piece piece;
  private final int pieceSize;
  private final int steps;
  private final double upTo;
  private final Imputation imputation;
  private final Output output;
  private final Summary summary;
  private final double tolerance;
  private final int batchSize;

  private PerturbationCurve(
      MetricInfo info,
      Order order,
      boolean insert,
      boolean absolute,
      Piece piece,
      int pieceSize,
      int steps,
      double upTo,
      Imputation imputation,
      Output output,
      Summary summary,
      double tolerance,
      int batchSize) {
    this.info = info;
    this.order = order;
    this.insert = insert;
    this.absolute = absolute;
    this.piece = piece;
    this.pieceSize = pieceSize;
    this.steps = steps;
    this.upTo = upTo;
    this.imputation = imputation;
    this.output = output;
    this.summary = summary;
    this.tolerance = tolerance;
    this.batchSize = batchSize;
  }

  private static PerturbationCurve area(
      String id,
      String title,
      String description,
      String paper,
      Direction direction,
      double low,
      Order order,
      boolean insert) {
    return new PerturbationCurve(
        info(id, title, description, paper, direction, low, 1),
        order,
        insert,
        false,
        Piece.PIXEL,
        1,
        STEPS,
        1,
        Imputation.baseline(insert ? Baseline.blur(BLUR) : Baseline.zero()),
        Output.PROBABILITY,
        Summary.AREA,
        0,
        Probe.BATCH);
  }

  private static MetricInfo info(
      String id,
      String title,
      String description,
      String paper,
      Direction direction,
      double low,
      double high) {
    return new MetricInfo(
        id,
        title,
        Family.FAITHFULNESS,
        description,
        paper,
        direction,
        low,
        high,
        Set.of(Need.ATTRIBUTION));
  }

  /**
   * Area under the probability as the most relevant pixels are set to zero first.
   *
   * @return the metric; lower is better, 0 to 1
   */
  public static PerturbationCurve deletion() {
    return area(
        "deletion",
        "Deletion",
        "Area under the class's probability as the most relevant pixels are deleted first.",
        RISE,
        Direction.LOWER,
        0,
        Order.MOST,
        false);
  }

  /**
   * Area under the probability as the least relevant pixels are set to zero first.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static PerturbationCurve deletionLeastFirst() {
    return area(
        "deletion-least-first",
        "Deletion, least relevant first",
        "Area under the class's probability as the least relevant pixels are deleted first.",
        SRG,
        Direction.HIGHER,
        0,
        Order.LEAST,
        false);
  }

  /**
   * The gap between both orders of deletion: least relevant first minus most relevant first
   * (symmetric relevance gain). What depends on the imputation rather than on the map cancels.
   *
   * @return the metric; higher is better, −1 to 1, 0 for a random map
   */
  public static PerturbationCurve deletionGap() {
    return area(
        "deletion-gap",
        "Deletion gap",
        "How much more area is left when the least relevant pixels are deleted first than when"
            + " the most relevant are.",
        SRG,
        Direction.HIGHER,
        -1,
        Order.GAP,
        false);
  }

  /**
   * Area under the probability as the most relevant pixels appear first on a blurred picture.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static PerturbationCurve insertion() {
    return area(
        "insertion",
        "Insertion",
        "Area under the class's probability as the most relevant pixels appear first.",
        RISE,
        Direction.HIGHER,
        0,
        Order.MOST,
        true);
  }

  /**
   * Area under the probability as the least relevant pixels appear first on a blurred picture.
   *
   * @return the metric; lower is better, 0 to 1
   */
  public static PerturbationCurve insertionLeastFirst() {
    return area(
        "insertion-least-first",
        "Insertion, least relevant first",
        "Area under the class's probability as the least relevant pixels appear first.",
        SRG,
        Direction.LOWER,
        0,
        Order.LEAST,
        true);
  }

  /**
   * The gap between both orders of insertion: most relevant first minus least relevant first.
   *
   * @return the metric; higher is better, −1 to 1, 0 for a random map
   */
  public static PerturbationCurve insertionGap() {
    return area(
        "insertion-gap",
        "Insertion gap",
        "How much more area there is when the most relevant pixels appear first than when the"
            + " least relevant do.",
        SRG,
        Direction.HIGHER,
        -1,
        Order.GAP,
        true);
  }

  /**
   * Pixel flipping: the mean logit as the most relevant pixels turn their sign. Deviation: the
   * paper shows the curve; the score is the area under it over all pixels.
   *
   * @return the metric; lower is better
   */
  public static PerturbationCurve pixelFlipping() {
    return new PerturbationCurve(
        info(
            "pixel-flipping",
            "Pixel flipping",
            "Area under the class's logit as the most relevant pixels are flipped first.",
            "Bach et al.: On Pixel-Wise Explanations, 2015",
            Direction.LOWER,
            Double.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY),
        Order.MOST,
        false,
        false,
        Piece.PIXEL,
        1,
        STEPS,
        1,
        Imputation.flip(),
        Output.LOGIT,
        Summary.AREA,
        0,
        Probe.BATCH);
  }

  /**
   * Region perturbation: the area over the perturbation curve, {@code 1 / (L + 1) · Σ (f(x) −
   * f(x_k))} for k from 0 to L, as squares with the largest sums are filled with uniform noise.
   * Deviations: one draw of noise; L reaches the share {@code upTo} of the squares, 0.3 by default
   * (in the paper 100 of about 600).
   *
   * @return the metric; higher is better
   */
  public static PerturbationCurve regionPerturbation() {
    return new PerturbationCurve(
        info(
            "region-perturbation",
            "Region perturbation (AOPC)",
            "Mean fall of the class's logit as the most relevant squares are filled with noise.",
            "Samek, Binder, Montavon, Lapuschkin, Müller: Evaluating the Visualization of What a"
                + " Deep Neural Network Has Learned, 2017",
            Direction.HIGHER,
            Double.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY),
        Order.MOST,
        false,
        false,
        Piece.SQUARE,
        8,
        STEPS,
        0.3,
        Imputation.uniform(0),
        Output.LOGIT,
        Summary.MEAN_DROP,
        0,
        Probe.BATCH);
  }

  /**
   * ROAD: the share of pictures still classified as the class, averaged over removing 10, 30, 50,
   * 70 and 90 % of the pixels, most relevant first, with noisy linear imputation.
   *
   * @return the metric; lower is better, 0 to 1
   */
  public static PerturbationCurve road() {
    return road(
        "road",
        "ROAD",
        "Accuracy left when the most relevant pixels are imputed from their neighbours.",
        Direction.LOWER,
        0,
        Order.MOST);
  }

  /**
   * ROAD in both orders: accuracy with the least relevant pixels removed minus accuracy with the
   * most relevant removed.
   *
   * @return the metric; higher is better, −1 to 1
   */
  public static PerturbationCurve roadGap() {
    return road(
        "road-gap",
        "ROAD gap",
        "How much more accuracy is left when the least relevant pixels are imputed than when the"
            + " most relevant are.",
        Direction.HIGHER,
        -1,
        Order.GAP);
  }

  private static PerturbationCurve road(
      String id, String title, String description, Direction direction, double low, Order order) {
    return new PerturbationCurve(
        info(id, title, description, ROAD, direction, low, 1),
        order,
        false,
        false,
        Piece.PIXEL,
        1,
        5,
        0.9,
        Imputation.linear(ROAD_NOISE, 0),
        Output.CORRECT,
        Summary.MEAN,
        0,
        Probe.BATCH);
  }

  /**
   * Iterative removal of features: segments of like colour are set to the mean colour in the order
   * of their mean attribution; the score is the area over the curve of p(x_k) / p(x).
   *
   * @return the metric; higher is better, at most 1
   */
  public static PerturbationCurve irof() {
    return new PerturbationCurve(
        info(
            "irof",
            "IROF",
            "Area over the class's relative probability as the most relevant segments are set to"
                + " the mean colour.",
            "Rieger, Hansen: IROF, a low resource evaluation metric for explanation methods, 2020",
            Direction.HIGHER,
            Double.NEGATIVE_INFINITY,
            1),
        Order.MOST,
        false,
        false,
        Piece.SEGMENT,
        48,
        STEPS,
        1,
        Imputation.baseline(Baseline.mean()),
        Output.PROBABILITY,
        Summary.AREA_OVER_SHARE,
        0,
        Probe.BATCH);
  }

  /**
   * Selectivity: area under the logit as the squares with the largest sums are set to zero.
   *
   * @return the metric; lower is better
   */
  public static PerturbationCurve selectivity() {
    return new PerturbationCurve(
        info(
            "selectivity",
            "Selectivity",
            "Area under the class's logit as the most relevant squares are deleted first.",
            "Montavon, Samek, Müller: Methods for interpreting and understanding deep neural"
                + " networks, 2018, section 6.2",
            Direction.LOWER,
            Double.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY),
        Order.MOST,
        false,
        false,
        Piece.SQUARE,
        4,
        STEPS,
        1,
        Imputation.baseline(Baseline.zero()),
        Output.LOGIT,
        Summary.AREA,
        0,
        Probe.BATCH);
  }

  /**
   * Monotonicity: pixels appear in the order of rising attribution, and each step should add to the
   * probability. Deviation: the share of steps that do not lower it, where the paper says only
   * whether all do.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static PerturbationCurve monotonicity() {
    return new PerturbationCurve(
        info(
            "monotonicity",
            "Monotonicity",
            "Share of steps that do not lower the class's probability as pixels appear in the"
                + " order of rising attribution.",
            "Luss et al.: Generating Contrastive Explanations with Monotonic Attribute Functions,"
                + " 2019; Arya et al.: One Explanation Does Not Fit All, 2019",
            Direction.HIGHER,
            0,
            1),
        Order.LEAST,
        true,
        false,
        Piece.PIXEL,
        1,
        STEPS,
        1,
        Imputation.baseline(Baseline.zero()),
        Output.PROBABILITY,
        Summary.RISING,
        0,
        Probe.BATCH);
  }

  /**
   * Effective complexity: the least share of pixels, largest |attribution| first, that must be kept
   * for the probability to stay within 0.1 of what it was. The network decides, as in the paper
   * (definition 5); counting large attributions would be another metric.
   *
   * @return the metric; lower is better, 0 to 1
   */
  public static PerturbationCurve effectiveComplexity() {
    return new PerturbationCurve(
        new MetricInfo(
            "effective-complexity",
            "Effective complexity",
            Family.COMPLEXITY,
            "Least share of pixels, the strongest first, that keeps the class's probability.",
            "Nguyen, Martínez: On quantitative aspects of model interpretability, 2020",
            Direction.LOWER,
            0,
            1,
            Set.of(Need.ATTRIBUTION)),
        Order.MOST,
        true,
        true,
        Piece.PIXEL,
        1,
        STEPS,
        1,
        Imputation.baseline(Baseline.zero()),
        Output.PROBABILITY,
        Summary.FIRST_CLOSE,
        0.1,
        Probe.BATCH);
  }

  /**
   * Another number of steps.
   *
   * @param count at least 1
   * @return a copy
   */
  public PerturbationCurve withSteps(int count) {
    return with(pieceSize, Checks.atLeast("steps", count, 1), upTo, imputation, output, batchSize);
  }

  /**
   * Another end of the curve.
   *
   * @param share of the pieces that is removed in the end, above 0, at most 1
   * @return a copy
   */
  public PerturbationCurve withUpTo(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("the share removed must be in (0, 1], was " + share);
    }
    return with(pieceSize, steps, share, imputation, output, batchSize);
  }

  /**
   * Another size of the pieces.
   *
   * @param size side of a square in pixels, or number of segments; ignored by metrics that remove
   *     single pixels
   * @return a copy
   */
  public PerturbationCurve withPieceSize(int size) {
    return with(Checks.atLeast("piece size", size, 1), steps, upTo, imputation, output, batchSize);
  }

  /**
   * Something else in the place of what is removed.
   *
   * @param other the imputation
   * @return a copy
   */
  public PerturbationCurve withImputation(Imputation other) {
    return with(pieceSize, steps, upTo, other, output, batchSize);
  }

  /**
   * Another output to look at.
   *
   * @param other logit, probability or whether the class is the predicted one
   * @return a copy
   */
  public PerturbationCurve withOutput(Output other) {
    return with(pieceSize, steps, upTo, imputation, other, batchSize);
  }

  /**
   * Another number of pictures evaluated at a time.
   *
   * @param size at least 1
   * @return a copy
   */
  public PerturbationCurve withBatchSize(int size) {
    return with(pieceSize, steps, upTo, imputation, output, Checks.atLeast("batch size", size, 1));
  }

  private PerturbationCurve with(
      int newPieceSize,
      int newSteps,
      double newUpTo,
      Imputation newImputation,
      Output newOutput,
      int newBatchSize) {
    return new PerturbationCurve(
        info,
        order,
        insert,
        absolute,
        piece,
        newPieceSize,
        newSteps,
        newUpTo,
        newImputation,
        newOutput,
        summary,
        tolerance,
        newBatchSize);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("steps", Integer.toString(steps));
    settings.put("up to", Double.toString(upTo));
    if (piece != Piece.PIXEL) {
      settings.put(piece == Piece.SQUARE ? "side" : "segments", Integer.toString(pieceSize));
    }
    settings.put("imputation", imputation.toString());
    settings.put("output", output.name().toLowerCase(java.util.Locale.ROOT));
    if (summary == Summary.FIRST_CLOSE) {
      settings.put("tolerance", Double.toString(tolerance));
    }
    settings.put("batch size", Integer.toString(batchSize));
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    if (order != Order.GAP) {
      return summaries(curves(examples, order == Order.LEAST));
    }
    double[] most = summaries(curves(examples, false));
    double[] least = summaries(curves(examples, true));
    double[] gaps = new double[most.length];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = insert ? most[i] - least[i] : least[i] - most[i];
    }
    return gaps;
  }

  /**
   * The curves behind the scores.
   *
   * @param examples pictures with their attributions
   * @return for each picture {@code steps + 1} outputs; for gaps the curve of the most relevant
   *     first
   * @throws IllegalArgumentException if there are no attributions
   */
  public double[][] curves(Examples examples) {
    examples.check(info);
    return curves(examples, order == Order.LEAST);
  }

  private double[][] curves(Examples examples, boolean leastFirst) {
    int n = examples.size();
    Canvas pictures = Examples.outside(() -> Canvas.of(examples.x()));
    int[][] orders = new int[n][];
    int[][] counts = new int[n][];
    IntStream.range(0, n)
        .parallel()
        .forEach(i -> sequence(examples, pictures, i, leastFirst, orders, counts));
    Fill fill = Fill.of(imputation, examples);
    IntBinaryOperator first = (example, step) -> insert ? counts[example][step] : 0;
    IntBinaryOperator end =
        (example, step) -> insert ? orders[example].length : counts[example][step];
    Probe.RowWriter writer =
        (example, step, rows, offset) -> {
          int from = first.applyAsInt(example, step);
          int to = end.applyAsInt(example, step);
          if (from < to) {
            fill.apply(example, orders[example], from, to, rows, offset);
          }
        };
    // Single pixels soon lie all over the picture.
    return piece == Piece.PIXEL
        ? Probe.outputs(examples, output, steps + 1, batchSize, writer)
        : Probe.outputsWithin(
            examples,
            output,
            steps + 1,
            batchSize,
            (example, step) ->
                Probe.around(
                    orders[example],
                    first.applyAsInt(example, step),
                    end.applyAsInt(example, step),
                    examples.width()),
            writer);
  }

  /** The order of a picture's pixels, and how many of them are done after each step. */
  private void sequence(
      Examples examples,
      Canvas pictures,
      int i,
      boolean leastFirst,
      int[][] orders,
      int[][] counts) {
    double[] map = absolute ? Statistics.absolute(examples.maps()[i]) : examples.maps()[i];
    int[] done = new int[steps + 1];
    if (piece == Piece.PIXEL) {
      int[] rising = Statistics.order(map);
      orders[i] = leastFirst ? rising : Statistics.reversed(rising);
      for (int k = 0; k <= steps; k++) {
        done[k] = (int) Math.round(upTo * map.length * k / steps);
      }
    } else {
      int channels = examples.channels();
      Units units =
          piece == Piece.SQUARE
              ? Units.squares(examples.height(), examples.width(), pieceSize)
              : Slic.units(
                  pictures,
                  i * channels * map.length,
                  channels,
                  examples.height(),
                  examples.width(),
                  pieceSize);
      int[] rising = Statistics.order(piece == Piece.SQUARE ? units.sums(map) : units.means(map));
      int[] sequence = leastFirst ? rising : Statistics.reversed(rising);
      int[] pixels = new int[map.length];
      int[] after = new int[units.count() + 1];
      for (int u = 0; u < sequence.length; u++) {
        int[] own = units.pixels(sequence[u]);
        System.arraycopy(own, 0, pixels, after[u], own.length);
        after[u + 1] = after[u] + own.length;
      }
      for (int k = 0; k <= steps; k++) {
        done[k] = after[(int) Math.round(upTo * units.count() * k / steps)];
      }
      orders[i] = pixels;
    }
    counts[i] = done;
  }

  private double[] summaries(double[][] curves) {
    double[] scores = new double[curves.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = summary(curves[i]);
    }
    return scores;
  }

  private double summary(double[] f) {
    double first = f[0];
    double last = f[steps];
    return switch (summary) {
      case AREA -> area(f);
      case AREA_OVER_SHARE -> first == 0 ? 0 : 1 - area(f) / first;
      case MEAN_DROP -> first - Statistics.mean(f);
      case MEAN -> (Statistics.sum(f) - first) / steps;
      case RISING ->
          IntStream.range(0, steps).filter(k -> f[k + 1] >= f[k] - ROUNDING).count()
              / (double) steps;
      case FIRST_CLOSE -> {
        int close = 0;
        while (Math.abs(f[close] - last) >= tolerance) {
          close++;
        }
        yield upTo * close / steps;
      }
    };
  }

  private double area(double[] f) {
    return (Statistics.sum(f) - (f[0] + f[steps]) / 2) / steps;
  }
}
