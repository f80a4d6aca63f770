package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.Quadrature;
import dev.interp.visual.gradient.SmoothGrad;
import java.util.List;

/** The methods that follow a gradient to the input. */
final class GradientMethods {
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
                        + " riemann-middle, riemann-trapezoid")),
            GradientMethods::integratedGradients),
        new Method(
            "smoothgrad",
            "SmoothGrad",
            "The gradient averaged over noisy copies of the picture.",
            "Smilkov, Thorat, Kim, Viégas, Wattenberg: SmoothGrad, 2017",
            "samples · (F + B) + F",
            Method.PICTURE,
            false,
            "",
            GradientMethods::smoothGrad));
  }

  private static Attributor integratedGradients(MethodOptions o) {
    IntegratedGradients method =
        IntegratedGradients.withDefaults()
            .withQuadrature(o.choice("quadrature", Quadrature.class))
            .withProgress(o.progress());
    method = o.steps() == null ? method : method.withSteps(o.steps());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor smoothGrad(MethodOptions o) {
    SmoothGrad method = SmoothGrad.withDefaults().withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.noise() == null ? method : method.withNoise(o.noise());
  }
}
