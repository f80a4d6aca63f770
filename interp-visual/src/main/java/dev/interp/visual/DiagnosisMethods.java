package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.visual.diagnose.Clear;
import dev.interp.visual.diagnose.PredictionDifference;
import dev.interp.visual.diagnose.WindowSampler;
import dev.interp.visual.mask.ExtremalPerturbation;
import dev.interp.visual.mask.Game;
import dev.interp.visual.mask.MeaningfulPerturbation;
import dev.interp.visual.mask.Score;
import java.util.Arrays;
import java.util.List;

/** The methods that learn a mask, marginalise windows, or compare classes place by place. */
final class DiagnosisMethods {
  private static final String MASK = "[N, 1, H, W], in [0, 1]";
  private static final String GAMES =
      "deletion (the score falls without the masked part), preservation (it stays with nothing"
          + " else) or dual (both, two passes per step)";

  private DiagnosisMethods() {}

  static List<Method> all() {
    return List.of(
        new Method(
            "meaningful-perturbation",
            "Meaningful perturbation",
            "A small smooth mask, learned for the picture, whose blur takes the target's"
                + " probability away.",
            "Fong, Vedaldi: Interpretable Explanations of Black Boxes by Meaningful Perturbation,"
                + " 2017",
            "iterations · (F + B) + 36 F",
            MASK,
            true,
            "",
            List.of(
                new MethodOption("game", "deletion", GAMES),
                new MethodOption(
                    "score",
                    "probability",
                    "what the mask changes: probability, or value (for a class its logit)"),
                new MethodOption("iterations", "300", "steps of Adam, at least 1")),
            DiagnosisMethods::meaningful),
        new Method(
            "extremal-perturbation",
            "Extremal perturbation",
            "The smooth mask of a given area that keeps the target highest when the rest is"
                + " blurred.",
            "Fong, Patrick, Vedaldi: Understanding Deep Networks via Extremal Perturbations, 2019",
            "iterations · areas · (F + B) + F",
            MASK,
            true,
            "",
            List.of(
                new MethodOption("game", "preservation", GAMES),
                new MethodOption(
                    "areas",
                    "0.1",
                    "shares of the picture above 0 and below 1, separated by commas; the masks are"
                        + " averaged"),
                new MethodOption("iterations", "800", "steps of gradient descent, at least 1")),
            DiagnosisMethods::extremal),
        new Method(
            "prediction-difference-analysis",
            "Prediction difference analysis",
            "How many bits of evidence a window gives, compared with what else it could have shown"
                + " given its surroundings.",
            "Zintgraf, Cohen, Adel, Welling: Visualizing Deep Neural Network Decisions, 2017",
            "(windows · samples + 1) · F",
            "[N, 1, H, W], signed, in bits for classes",
            false,
            "",
            List.of(
                new MethodOption(
                    "sampler",
                    "conditional",
                    "what a window could have shown: conditional (Gaussian given its surroundings)"
                        + " or marginal (another window), both of the picture itself"),
                new MethodOption(
                    "window",
                    "0",
                    "side of the window in pixels; 0 for 10, or a third of the shorter side where"
                        + " that is less"),
                new MethodOption(
                    "stride",
                    "0",
                    "step of the window in pixels, 1 in the paper; 0 for half of it"),
                new MethodOption("samples", "10", "draws per window, at least 1"),
                new MethodOption(
                    "padding", "2", "pixels on each side that the conditional sampler looks at")),
            DiagnosisMethods::predictionDifference),
        new Method(
            "clear",
            "CLEAR",
            "How strongly the class that attends most to each place does so: positive where it is"
                + " the target's, negative where it is another.",
            "Kumar, Wong, Taylor: Explaining the Unexplained, 2017",
            "F + classes · B",
            "[N, 1, H, W], signed",
            false,
            Method.EDGES,
            List.of(
                new MethodOption(
                    "classes", "10", "how many classes are compared, by logit, at least 2")),
            o -> Clear.withDefaults().withClasses(o.integer("classes"))));
  }

  private static Attributor meaningful(MethodOptions o) {
    MeaningfulPerturbation method =
        MeaningfulPerturbation.withDefaults()
            .withGame(o.choice("game", Game.class))
            .withScore(o.choice("score", Score.class))
            .withIterations(o.integer("iterations"))
            .withProgress(o.progress());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    return o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
  }

  private static Attributor extremal(MethodOptions o) {
    ExtremalPerturbation method =
        ExtremalPerturbation.withDefaults()
            .withGame(o.choice("game", Game.class))
            .withAreas(decimals(o.text("areas")))
            .withIterations(o.integer("iterations"))
            .withProgress(o.progress());
    return o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
  }

  private static double[] decimals(String text) {
    try {
      return Arrays.stream(text.split(",")).mapToDouble(Double::parseDouble).toArray();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "option areas must be numbers separated by commas, was '" + text + "'", e);
    }
  }

  private enum Sampler {
    CONDITIONAL,
    MARGINAL
  }

  /** A window at every pixel, as in the paper, would take 75 thousand passes on a picture of 96. */
  private static Attributor predictionDifference(MethodOptions o) {
    WindowSampler sampler =
        o.choice("sampler", Sampler.class) == Sampler.MARGINAL
            ? WindowSampler.marginal()
            : WindowSampler.conditional(o.integer("padding"));
    int window = o.integer("window");
    PredictionDifference method =
        PredictionDifference.withDefaults()
            .withSampler(sampler)
            .withSamples(o.integer("samples"))
            .withStride(o.integer("stride"))
            .withProgress(o.progress());
    method = window == 0 ? method : method.withWindow(window);
    method = o.seed() == null ? method : method.withSeed(o.seed());
    return o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
  }
}
