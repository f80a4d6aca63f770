package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * LIME: a linear model of the presence of parts, fitted to the target's values at examples with
 * random parts hidden; a part's weight in it is the part's number. Examples count by their nearness
 * {@code exp(−d² / (2 w²))}, d being the cosine distance between what is present and all. Fitted is
 * a ridge regression with intercept (or a lasso).
 *
 * <p>{@link #explain} also gives the model itself: how well it fits and what it predicts.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's weight. Cost: {@code samples} forward passes, the
 * first of them of the example as it is; no backward pass.
 *
 * <p>Ribeiro, Singh, Guestrin: “Why Should I Trust You?”, KDD 2016, with the settings for pictures
 * of the authors' program: quickshift, mean colours, kernel width 0.25, ridge 1. Deviations: the
 * target is a logit unless a probability is asked for; the program's lasso path is a plain lasso.
 * Peers: lime 0.2.0.1 and captum 0.7.0, which draw other samples.
 */
public final class Lime extends SampledMethod<Lime> {
  private static final double SELECTION_RIDGE = 0.01;

  private final Fit fit;

  /**
   * How the model is fitted.
   *
   * @param kernel width of the kernel
   * @param lasso whether the penalty is on absolute values
   * @param penalty its strength
   * @param selection how parts are chosen
   * @param features how many
   */
  private record Fit(
      double kernel, boolean lasso, double penalty, FeatureSelection selection, int features) {}

  private Lime(Settings settings, Draws draws, Fit fit) {
    super(settings, draws);
    this.fit = fit;
  }

  /**
   * 500 samples of quickshift superpixels whose hidden parts show their mean colour, kernel width
   * 0.25, ridge 1, all parts, 16 at a time.
   *
   * @return the method
   */
  public static Lime withDefaults() {
    return new Lime(
        Settings.of(Segmentation.quickshift(), null),
        new Draws(500, 0),
        new Fit(0.25, false, 1, FeatureSelection.NONE, 0));
  }

  @Override
  Lime with(Settings other, Draws otherDraws) {
    return new Lime(other, otherDraws, fit);
  }

  /**
   * Lets hidden parts show their mean colour, the default. A part of a single value then hides
   * nothing, so vectors need a {@linkplain #withBaseline baseline}.
   *
   * @return the method with that filling
   */
  public Lime withMeanColour() {
    return new Lime(
        new Settings(settings.segments(), null, settings.batchSize(), settings.progress()),
        draws,
        fit);
  }

  /**
   * Sets how near an example must be to count.
   *
   * @param width of the kernel in cosine distance, above 0
   * @return the method with that kernel
   */
  public Lime withKernelWidth(double width) {
    if (!(width > 0)) {
      throw new IllegalArgumentException("the kernel width must be above 0, was " + width);
    }
    return new Lime(
        settings,
        draws,
        new Fit(width, fit.lasso(), fit.penalty(), fit.selection(), fit.features()));
  }

  /**
   * Fits with a penalty on squared weights.
   *
   * @param alpha its strength, not negative: {@code Σ π (y − model)² + alpha Σ weight²}
   * @return the method with that fit
   */
  public Lime withRidge(double alpha) {
    return penalised(false, alpha);
  }

  /**
   * Fits with a penalty on absolute weights, which leaves many at 0.
   *
   * @param alpha its strength, not negative: {@code Σ π (y − model)² / (2 Σ π) + alpha Σ |weight|}
   * @return the method with that fit
   */
  public Lime withLasso(double alpha) {
    return penalised(true, alpha);
  }

  private Lime penalised(boolean lasso, double alpha) {
    if (!(alpha >= 0)) {
      throw new IllegalArgumentException("alpha must not be negative, was " + alpha);
    }
    return new Lime(
        settings, draws, new Fit(fit.kernel(), lasso, alpha, fit.selection(), fit.features()));
  }

  /**
   * Sets which parts the model uses.
   *
   * @param selection how they are chosen
   * @param features how many, at least 1; all if there are fewer
   * @return the method with that selection
   */
  public Lime withSelection(FeatureSelection selection, int features) {
    if (features < 1) {
      throw new IllegalArgumentException(
          "the number of features must be at least 1, was " + features);
    }
    return new Lime(
        settings, draws, new Fit(fit.kernel(), fit.lasso(), fit.penalty(), selection, features));
  }

  @Override
  public String id() {
    return "lime";
  }

  @Override
  void describe(Map<String, String> texts) {
    super.describe(texts);
    texts.put("kernel width", Double.toString(fit.kernel()));
    texts.put("fit", (fit.lasso() ? "lasso " : "ridge ") + fit.penalty());
    String name = fit.selection().name().toLowerCase(Locale.ROOT).replace('_', '-');
    texts.put(
        "features",
        fit.selection() == FeatureSelection.NONE ? "all" : fit.features() + " by " + name);
  }

  /**
   * Explains a batch and gives the models with the maps.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @param target the number to explain
   * @return maps and models
   * @throws IllegalArgumentException as {@link #attribute}
   */
  public LimeExplanation explain(Network network, INDArray x, Target target) {
    List<Surrogate> surrogates = new ArrayList<>();
    Attribution attribution = attribute(network, x, target, surrogates);
    return new LimeExplanation(attribution, surrogates);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    return attribute(network, x, target, new ArrayList<>());
  }

  private Attribution attribute(
      Network network, INDArray x, Target target, List<Surrogate> surrogates) {
    return attribute(network, x, target, (runs, parts) -> scores(runs, parts, surrogates));
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    return scores(runs, parts, new ArrayList<>());
  }

  private List<Scores> scores(Evaluations runs, Parts parts, List<Surrogate> surrogates) {
    List<List<boolean[]>> rows = new ArrayList<>();
    List<double[]> outputs = new ArrayList<>();
    for (int i = 0; i < runs.examples(); i++) {
      rows.add(sample(parts.count(i)));
      outputs.add(new double[draws.samples()]);
      outputs.get(i)[0] = runs.output(i);
    }
    runs.each(
        draws.samples() - 1,
        (example, copy, row) -> parts.keep(example, rows.get(example).get(copy + 1), row),
        (example, copy, output) -> outputs.get(example)[copy + 1] = output);
    List<Scores> scores = new ArrayList<>();
    for (int i = 0; i < runs.examples(); i++) {
      Surrogate model = fit(parts.of(i), rows.get(i), outputs.get(i));
      surrogates.add(model);
      double[] weights = model.weights().stream().mapToDouble(Double::doubleValue).toArray();
      scores.add(new Scores(weights, null));
    }
    return scores;
  }

  /** The first has all parts. */
  private List<boolean[]> sample(int parts) {
    SplittableRandom random = draws.random();
    List<boolean[]> rows = new ArrayList<>();
    for (int k = 0; k < draws.samples(); k++) {
      boolean[] row = new boolean[parts];
      for (int p = 0; p < parts; p++) {
        row[p] = k == 0 || random.nextBoolean();
      }
      rows.add(row);
    }
    return rows;
  }

  Surrogate fit(Segments segments, List<boolean[]> rows, double[] outputs) {
    double[] nearness = rows.stream().mapToDouble(this::nearness).toArray();
    LinearFit linear = new LinearFit(rows, outputs, nearness);
    List<Integer> selected =
        fit.selection() == FeatureSelection.NONE
            ? linear.everything()
            : fit.selection() == FeatureSelection.HIGHEST_WEIGHTS
                ? linear.highest(fit.features(), SELECTION_RIDGE)
                : linear.forward(fit.features());
    double[] weights =
        fit.lasso() ? linear.lasso(selected, fit.penalty()) : linear.ridge(selected, fit.penalty());
    double intercept = linear.intercept(weights);
    return new Surrogate(
        segments,
        Arrays.stream(weights).boxed().toList(),
        intercept,
        linear.score(weights),
        intercept + Arrays.stream(weights).sum(),
        selected);
  }

  /** From the cosine distance to the example with all parts; 1 where there is none. */
  private double nearness(boolean[] row) {
    int present = 0;
    for (boolean part : row) {
      present += part ? 1 : 0;
    }
    double distance = 1 - Math.sqrt(present / (double) row.length);
    return Math.exp(-distance * distance / (2 * fit.kernel() * fit.kernel()));
  }
}
