package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.visual.gradient.BlurIntegratedGradients;
import dev.interp.visual.gradient.Conductance;
import dev.interp.visual.gradient.ExpectedGradients;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.GuidedIntegratedGradients;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.InternalInfluence;
import dev.interp.visual.gradient.Quadrature;
import dev.interp.visual.gradient.SmoothGrad;
import dev.interp.visual.gradient.Xrai;
import java.util.List;

/** The methods that follow a gradient to the input. */
final class GradientMethods {
  private static final String UNITS = "[N, channels, h, w] of the layer, signed";

  private GradientMethods() {}

  static List<Method> all() {
    return List.of(
        new Method(
            "gradient",
            "Gradient",
            "How the target changes with each input value.",
            "Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2014",
            "F + B",
            Method.PICTURE,
            false,
            "",
            o -> Gradient.plain()),
        new Method(
            "saliency",
            "Saliency",
            "How strongly the target reacts to each input value, whichever way.",
            "Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2014",
            "F + B",
            "[N, C, H, W], not negative",
            true,
            "",
            o -> Gradient.saliency()),
        new Method(
            "input-x-gradient",
            "Input × gradient",
            "Each input value times how the target changes with it.",
            "Shrikumar, Greenside, Shcherbina, Kundaje: Not Just a Black Box, 2016",
            "F + B",
            Method.PICTURE,
            false,
            "",
            o -> Gradient.inputTimesGradient()),
        new Method(
            "guided-backprop",
            "Guided backpropagation",
            "The gradient along paths that rectifiers let through with a positive sign.",
            "Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity, 2015",
            "F + B",
            Method.PICTURE,
            false,
            Method.EDGES,
            o -> Gradient.guidedBackprop()),
        new Method(
            "deconvnet",
            "Deconvnet",
            "The picture structure that the target's strongest paths come from.",
            "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014",
            "F + B",
            Method.PICTURE,
            false,
            Method.EDGES,
            o -> Gradient.deconvnet()),
        new Method(
            "integrated-gradients",
            "Integrated gradients",
            "What each input value adds on the way from the baseline to the picture; the values"
                + " sum to the difference of the outputs.",
            "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, 2017",
            "steps · (F + B) + 2 F",
            Method.PICTURE,
            false,
            "",
            List.of(
                new MethodOption(
                    "quadrature",
                    "gauss-legendre",
                    "where the gradient is taken: gauss-legendre, riemann-left, riemann-right,"
                        + " riemann-middle, riemann-trapezoid"),
                new MethodOption(
                    "times-inputs",
                    "true",
                    "whether the mean gradient is multiplied by the way from the baseline: true,"
                        + " false")),
            GradientMethods::integratedGradients),
        new Method(
            "expected-gradients",
            "Expected gradients",
            "Integrated gradients averaged over many references instead of one baseline; also known"
                + " as gradient SHAP.",
            "Erion, Janizek, Sturmfels, Lundberg, Lee: Expected Gradients, 2021",
            "samples · (F + B) + (references + 1) · F",
            Method.PICTURE,
            false,
            "",
            GradientMethods::expectedGradients),
        new Method(
            "blur-integrated-gradients",
            "Blur integrated gradients",
            "What each input value adds while the picture gets sharp; the values sum to the"
                + " difference of the outputs.",
            "Xu, Venugopalan, Sundararajan: Attribution in Scale and Space, 2020",
            "(steps + 1) · (F + B) + F",
            Method.PICTURE,
            false,
            "",
            List.of(
                new MethodOption("max-sigma", "50", "widest blur in pixels, above 0"),
                new MethodOption(
                    "sqrt", "false", "whether the widths of the blur are rooted: true, false")),
            GradientMethods::blurIntegratedGradients),
        new Method(
            "guided-integrated-gradients",
            "Guided integrated gradients",
            "Integrated gradients along a path that first moves what the network reacts to least.",
            "Kapishnikov, Venugopalan, Avci et al.: Guided Integrated Gradients, 2021",
            "(steps + 1) · (F + B) + 2 F",
            Method.PICTURE,
            false,
            "",
            List.of(
                new MethodOption(
                    "fraction", "0.25", "share of the values that move together, in (0, 1]"),
                new MethodOption(
                    "max-distance", "0.02", "how far from the straight path, in [0, 1]")),
            GradientMethods::guidedIntegratedGradients),
        new Method(
            "xrai",
            "XRAI",
            "The regions of the picture by how much integrated gradients they hold.",
            "Kapishnikov, Bolukbasi, Viégas, Terry: XRAI, 2019",
            "2 · steps · (F + B) + 4 F",
            "[N, 1, H, W], signed",
            false,
            "",
            List.of(new MethodOption("form", "full", "how regions are ordered: full, fast")),
            GradientMethods::xrai),
        noisy(
            "smoothgrad",
            "SmoothGrad",
            "The gradient averaged over noisy copies of the picture.",
            "Smilkov, Thorat, Kim, Viégas, Wattenberg: SmoothGrad, 2017",
            SmoothGrad.Statistic.MEAN),
        noisy(
            "smoothgrad-squared",
            "SmoothGrad-squared",
            "The square of the gradient averaged over noisy copies of the picture.",
            "Hooker, Erhan, Kindermans, Kim: A Benchmark for Interpretability Methods, 2019",
            SmoothGrad.Statistic.MEAN_OF_SQUARES),
        noisy(
            "vargrad",
            "VarGrad",
            "How much the gradient varies over noisy copies of the picture.",
            "Adebayo, Gilmer, Goodfellow, Kim: Local Explanation Methods, 2018",
            SmoothGrad.Statistic.VARIANCE),
        new Method(
            "conductance",
            "Conductance",
            "What of integrated gradients flows through each unit of a layer.",
            "Dhamdhere, Sundararajan, Yan: How Important Is a Neuron?, 2019",
            "(steps + 1) · (F + B) + 2 F",
            UNITS,
            false,
            "",
            List.of(
                new MethodOption(
                    "quadrature",
                    "riemann-trapezoid",
                    "which points of the path: riemann-left, riemann-right, riemann-trapezoid,"
                        + " gauss-legendre")),
            GradientMethods::conductance),
        new Method(
            "internal-influence",
            "Internal influence",
            "How the target changes with each unit of a layer, averaged over the way from the"
                + " baseline to the picture.",
            "Leino, Sen, Datta, Fredrikson, Li: Influence-Directed Explanations, 2018",
            "steps · (F + B) + F",
            UNITS,
            false,
            "",
            GradientMethods::internalInfluence));
  }

  private static Method noisy(
      String id, String title, String description, String paper, SmoothGrad.Statistic statistic) {
    boolean signed = statistic == SmoothGrad.Statistic.MEAN;
    return new Method(
        id,
        title,
        description,
        paper,
        "samples · (F + B) + F",
        signed ? Method.PICTURE : "[N, C, H, W], not negative",
        !signed,
        "",
        List.of(
            new MethodOption("method", "gradient", "whose maps are averaged: any method's name"),
            new MethodOption(
                "deviation",
                "0.15",
                "standard deviation of the noise as a share of the input's range, at least 0")),
        o -> smoothGrad(o, statistic));
  }

  private static Attributor integratedGradients(MethodOptions o) {
    IntegratedGradients method =
        IntegratedGradients.withDefaults()
            .withQuadrature(o.choice("quadrature", Quadrature.class))
            .withProgress(o.progress());
    method = o.flag("times-inputs") ? method : method.withoutInputs();
    method = o.steps() == null ? method : method.withSteps(o.steps());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  /** A baseline of several rows is several references. */
  private static Attributor expectedGradients(MethodOptions o) {
    ExpectedGradients method = ExpectedGradients.withDefaults().withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    if (o.baseline() instanceof Baseline.Given given) {
      return method.withReferences(given.array());
    }
    return o.baseline() == null ? method : method.withReferences(List.of(o.baseline()));
  }

  private static Attributor blurIntegratedGradients(MethodOptions o) {
    BlurIntegratedGradients method =
        BlurIntegratedGradients.withDefaults()
            .withMaxSigma(o.decimal("max-sigma"))
            .withProgress(o.progress());
    method = o.flag("sqrt") ? method.withRootedSigmas() : method;
    method = o.steps() == null ? method : method.withSteps(o.steps());
    return o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
  }

  private static Attributor guidedIntegratedGradients(MethodOptions o) {
    GuidedIntegratedGradients method =
        GuidedIntegratedGradients.withDefaults()
            .withFraction(o.decimal("fraction"))
            .withMaxDistance(o.decimal("max-distance"))
            .withProgress(o.progress());
    method = o.steps() == null ? method : method.withSteps(o.steps());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor xrai(MethodOptions o) {
    Xrai method = Xrai.withDefaults().withProgress(o.progress());
    method = o.choice("form", XraiForm.class) == XraiForm.FAST ? method.fast() : method;
    method = o.steps() == null ? method : method.withSteps(o.steps());
    return o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
  }

  private enum XraiForm {
    FULL,
    FAST
  }

  private static Attributor smoothGrad(MethodOptions o, SmoothGrad.Statistic statistic) {
    SmoothGrad method =
        SmoothGrad.of(Method.of(o.text("method")).with(o.forInner()))
            .withStatistic(statistic)
            .withDeviation(o.decimal("deviation"))
            .withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.noise() == null ? method : method.withNoise(o.noise());
  }

  private static Attributor conductance(MethodOptions o) {
    Conductance method =
        Conductance.withDefaults()
            .withQuadrature(o.choice("quadrature", Quadrature.class))
            .withProgress(o.progress());
    method = o.layer() == null ? method : method.withTensor(o.layer());
    method = o.steps() == null ? method : method.withSteps(o.steps());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor internalInfluence(MethodOptions o) {
    InternalInfluence method = InternalInfluence.withDefaults().withProgress(o.progress());
    method = o.layer() == null ? method : method.withTensor(o.layer());
    method = o.steps() == null ? method : method.withSteps(o.steps());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }
}
