package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.visual.perturbation.FeatureAblation;
import dev.interp.visual.perturbation.FeaturePermutation;
import dev.interp.visual.perturbation.FeatureSelection;
import dev.interp.visual.perturbation.Hsic;
import dev.interp.visual.perturbation.KernelShap;
import dev.interp.visual.perturbation.Lime;
import dev.interp.visual.perturbation.Occlusion;
import dev.interp.visual.perturbation.Rise;
import dev.interp.visual.perturbation.Segmentation;
import dev.interp.visual.perturbation.ShapleyExact;
import dev.interp.visual.perturbation.ShapleySampling;
import dev.interp.visual.perturbation.Sobol;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The methods that change the picture and look at the output. */
final class PerturbationMethods {
  private static final String MAP = "[N, 1, H, W], signed";
  private static final String MATTERS = "[N, 1, H, W], not negative";
  private static final Pattern COUNTED = Pattern.compile("(slic|grid)-(\\d{1,4})");

  private PerturbationMethods() {}

  static List<Method> all() {
    return List.of(
        new Method(
            "occlusion",
            "Occlusion",
            "How far the target falls when a window hides part of the picture.",
            "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014",
            "(windows + 1) · F",
            MAP,
            false,
            "",
            PerturbationMethods::occlusion),
        new Method(
            "feature-ablation",
            "Feature ablation",
            "How far the target falls when a segment is hidden.",
            "as Captum",
            "(segments + 1) · F",
            MAP,
            false,
            "",
            List.of(segments("slic-50")),
            PerturbationMethods::ablation),
        new Method(
            "feature-permutation",
            "Feature permutation",
            "How far the target falls when a segment shows pixels from elsewhere in the picture.",
            "Breiman: Random Forests, 2001",
            "(samples · segments + 1) · F",
            MAP,
            false,
            "",
            List.of(segments("slic-50")),
            PerturbationMethods::permutation),
        new Method(
            "lime",
            "LIME",
            "The weight of each superpixel in a linear model of the target nearby.",
            "Ribeiro, Singh, Guestrin: \"Why Should I Trust You?\", 2016",
            "samples · F",
            MAP,
            false,
            "",
            List.of(
                segments("quickshift"),
                new MethodOption(
                    "kernel-width", "0.25", "how near a sample must be to count, above 0"),
                new MethodOption("ridge", "1", "penalty on squared weights, not negative"),
                new MethodOption(
                    "selection",
                    "none",
                    "how segments are chosen: none, highest-weights, forward-selection"),
                new MethodOption(
                    "features", "10", "how many segments a selection leaves, at least 1")),
            PerturbationMethods::lime),
        new Method(
            "kernel-shap",
            "Kernel SHAP",
            "Shapley values of segments by least squares; they sum to the difference of the"
                + " outputs.",
            "Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, 2017",
            "(samples + 2) · F",
            MAP,
            false,
            "",
            List.of(segments("slic-50")),
            PerturbationMethods::kernelShap),
        new Method(
            "shapley-sampling",
            "Shapley sampling",
            "Shapley values of segments by random orders; they sum to the difference of the"
                + " outputs.",
            "Castro, Gómez, Tejada: Polynomial calculation of the Shapley value based on sampling,"
                + " 2009",
            "(samples · (segments − 1) + 2) · F",
            MAP,
            false,
            "",
            List.of(segments("slic-50")),
            PerturbationMethods::shapleySampling),
        new Method(
            "shapley-exact",
            "Exact Shapley values",
            "What each segment adds to the target, over all orders; at most 16 segments.",
            "Shapley: A Value for n-Person Games, 1953",
            "2^segments · F",
            MAP,
            false,
            "",
            List.of(segments("grid-3")),
            PerturbationMethods::shapleyExact),
        new Method(
            "rise",
            "RISE",
            "How the target seen through random masks goes with whether a place is shown.",
            "Petsiuk, Das, Saenko: RISE, 2018",
            "(samples + 1) · F",
            MAP,
            false,
            "",
            List.of(
                new MethodOption("grid", "7", "cells of a mask along each side, at least 1"),
                new MethodOption("probability", "0.5", "that a cell is shown, in (0, 1)")),
            PerturbationMethods::rise),
        new Method(
            "sobol",
            "Sobol",
            "How much of the target's variance a segment has to do with when all fade at random.",
            "Fel et al.: Look at the Variance!, 2021",
            "(designs · (segments + 2) + 1) · F",
            MATTERS,
            true,
            "",
            List.of(segments("grid-8")),
            PerturbationMethods::sobol),
        new Method(
            "hsic",
            "HSIC",
            "How strongly the target depends, in whatever way, on whether a segment is shown.",
            "Novello, Fel, Vigouroux: Making Sense of Dependence, 2022",
            "(samples + 1) · F",
            MATTERS,
            true,
            "",
            List.of(segments("grid-8")),
            PerturbationMethods::hsic));
  }

  private static MethodOption segments(String initial) {
    return new MethodOption(
        "segments",
        initial,
        "the parts: slic-N (about N superpixels), quickshift, grid-N (N by N), pixels, channels");
  }

  private static Segmentation segmentation(MethodOptions o) {
    String text = o.text("segments");
    Matcher counted = COUNTED.matcher(text);
    if (counted.matches()) {
      int number = Integer.parseInt(counted.group(2));
      return counted.group(1).equals("slic")
          ? Segmentation.slic(number, 10)
          : Segmentation.grid(number, number);
    }
    return switch (text) {
      case "quickshift" -> Segmentation.quickshift();
      case "pixels" -> Segmentation.pixels();
      case "channels" -> Segmentation.channels();
      default ->
          throw new IllegalArgumentException(
              "option segments must be slic-N, quickshift, grid-N, pixels or channels, was '"
                  + text
                  + "'");
    };
  }

  private static Attributor occlusion(MethodOptions o) {
    Occlusion method = Occlusion.withDefaults().withProgress(o.progress());
    Integer window = o.window();
    Integer stride = o.stride();
    if (window != null) {
      method = method.withWindow(window, stride == null ? Math.max(1, window / 2) : stride);
    } else if (stride != null) {
      throw new IllegalArgumentException("a stride needs a window; give both");
    }
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor ablation(MethodOptions o) {
    FeatureAblation method =
        FeatureAblation.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor permutation(MethodOptions o) {
    FeaturePermutation method =
        FeaturePermutation.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    return o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
  }

  private static Attributor lime(MethodOptions o) {
    FeatureSelection selection = o.choice("selection", FeatureSelection.class);
    Lime method =
        Lime.withDefaults()
            .withSegments(segmentation(o))
            .withKernelWidth(o.decimal("kernel-width"))
            .withRidge(o.decimal("ridge"))
            .withSelection(selection, o.integer("features"))
            .withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor kernelShap(MethodOptions o) {
    KernelShap method =
        KernelShap.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor shapleySampling(MethodOptions o) {
    ShapleySampling method =
        ShapleySampling.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor shapleyExact(MethodOptions o) {
    ShapleyExact method =
        ShapleyExact.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor rise(MethodOptions o) {
    Rise method =
        Rise.withDefaults()
            .withMasks(o.integer("grid"), o.decimal("probability"))
            .withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor sobol(MethodOptions o) {
    Sobol method = Sobol.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.steps() == null ? method : method.withDesigns(o.steps());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }

  private static Attributor hsic(MethodOptions o) {
    Hsic method = Hsic.withDefaults().withSegments(segmentation(o)).withProgress(o.progress());
    method = o.steps() == null ? method : method.withSamples(o.steps());
    method = o.seed() == null ? method : method.withSeed(o.seed());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    return o.baseline() == null ? method : method.withBaseline(o.baseline());
  }
}
