package dev.interp.visual;

import dev.interp.visual.relevance.DeepLift;
import dev.interp.visual.relevance.FullGrad;
import java.util.List;

/** The methods that share a difference, or the output itself, out exactly. */
final class DeepLiftMethods {
  private static final String DEEP_LIFT =
      "Shrikumar, Greenside, Kundaje: Learning Important Features, 2017";

  private DeepLiftMethods() {}

  static List<Method> all() {
    return List.of(
        new Method(
            "deep-lift",
            "DeepLIFT",
            "What each input value's difference from the baseline makes of the difference of the"
                + " outputs, by quotients of differences.",
            DEEP_LIFT,
            "2 F + B",
            Method.PICTURE,
            false,
            "",
            o -> based(DeepLift.rescale(), o)),
        new Method(
            "deep-lift-reveal-cancel",
            "DeepLIFT reveal-cancel",
            "DeepLIFT with multipliers of their own for what raises a unit and what lowers it.",
            DEEP_LIFT,
            "2 F + B, linear ops four times more",
            Method.PICTURE,
            false,
            "",
            o -> based(DeepLift.revealCancel(), o)),
        new Method(
            "deep-lift-shap",
            "DeepLIFT SHAP",
            "The mean of DeepLIFT over several baselines.",
            "Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, 2017",
            "baselines · (F + B) + F",
            Method.PICTURE,
            false,
            "",
            List.of(
                new MethodOption("samples", "8", "baselines: the baseline with noise, at least 1"),
                new MethodOption(
                    "deviation",
                    "0.25",
                    "standard deviation of the noise in network input values, at least 0")),
            o ->
                based(DeepLift.shap(), o)
                    .withNoise(
                        o.integer("samples"),
                        o.decimal("deviation"),
                        o.seed() == null ? 0 : o.seed())
                    .withProgress(o.progress())),
        new Method(
            "full-grad",
            "FullGrad",
            "Where the input and all biases have their shares of the output, by size.",
            "Srinivas, Fleuret: Full-Gradient Representation for Neural Network Visualization,"
                + " 2019",
            "F + B",
            "[N, 1, H, W], not negative",
            true,
            "",
            o -> FullGrad.withDefaults()));
  }

  private static DeepLift based(DeepLift method, MethodOptions o) {
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }
}
