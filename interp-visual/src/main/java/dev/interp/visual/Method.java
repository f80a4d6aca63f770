package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.visual.cam.GradCam;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.SmoothGrad;
import dev.interp.visual.perturbation.Occlusion;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An attribution method as the catalogue lists it.
 *
 * @param id its identifier
 * @param title its name
 * @param description what its map says, in a sentence
 * @param paper where it comes from
 * @param cost in forward (F) and backward (B) passes
 * @param returns shape and sign of what it gives
 * @param unsigned whether its values are never negative
 * @param caution what is known against it; empty if nothing is
 * @param make makes it with given settings
 */
public record Method(
    String id,
    String title,
    String description,
    String paper,
    String cost,
    String returns,
    boolean unsigned,
    String caution,
    Function<MethodOptions, Attributor> make) {

  private static final String PICTURE = "[N, C, H, W], signed";
  private static final String EDGES =
      "Changes little when the network's weights are randomised (Adebayo et al. 2018): it shows"
          + " edges of the picture more than reasons of the network.";

  private static final List<Method> ALL =
      List.of(
          new Method(
              "gradient",
              "Gradient",
              "How the target changes with each input value.",
              "Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2014",
              "F + B",
              PICTURE,
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
              PICTURE,
              false,
              "",
              o -> Gradient.inputTimesGradient()),
          new Method(
              "guided-backprop",
              "Guided backpropagation",
              "The gradient along paths that rectifiers let through with a positive sign.",
              "Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity, 2015",
              "F + B",
              PICTURE,
              false,
              EDGES,
              o -> Gradient.guidedBackprop()),
          new Method(
              "deconvnet",
              "Deconvnet",
              "The picture structure that the target's strongest paths come from.",
              "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014",
              "F + B",
              PICTURE,
              false,
              EDGES,
              o -> Gradient.deconvnet()),
          new Method(
              "integrated-gradients",
              "Integrated gradients",
              "What each input value adds on the way from the baseline to the picture; the values"
                  + " sum to the difference of the outputs.",
              "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, 2017",
              "steps · (F + B) + 2 F",
              PICTURE,
              false,
              "",
              Method::integratedGradients),
          new Method(
              "smoothgrad",
              "SmoothGrad",
              "The gradient averaged over noisy copies of the picture.",
              "Smilkov, Thorat, Kim, Viégas, Wattenberg: SmoothGrad, 2017",
              "samples · (F + B) + F",
              PICTURE,
              false,
              "",
              Method::smoothGrad),
          new Method(
              "grad-cam",
              "Grad-CAM",
              "Which places of a layer speak for the target, by its channels and their weight.",
              "Selvaraju et al.: Grad-CAM, 2017",
              "F + B down to the layer",
              "[N, 1, h, w] at the layer's resolution, signed",
              false,
              "",
              o ->
                  o.layer() == null
                      ? GradCam.withDefaults()
                      : GradCam.withDefaults().withLayer(o.layer())),
          new Method(
              "occlusion",
              "Occlusion",
              "How far the target falls when a window hides part of the picture.",
              "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014",
              "(windows + 1) · F",
              "[N, 1, H, W], signed",
              false,
              "",
              Method::occlusion));

  /**
   * Every method, in the order in which people would read them.
   *
   * @return the catalogue
   */
  public static List<Method> all() {
    return ALL;
  }

  /**
   * A method by its identifier.
   *
   * @param id lower case with hyphens
   * @return the method
   * @throws IllegalArgumentException if there is none; the message lists all
   */
  public static Method of(String id) {
    return ALL.stream()
        .filter(m -> m.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no method is named '"
                        + id
                        + "'; the methods are "
                        + ALL.stream().map(Method::id).collect(Collectors.joining(", "))));
  }

  private static Attributor integratedGradients(MethodOptions o) {
    IntegratedGradients method = IntegratedGradients.withDefaults().withProgress(o.progress());
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
}
