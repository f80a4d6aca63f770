package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.visual.cam.AblationCam;
import dev.interp.visual.cam.Cam;
import dev.interp.visual.cam.FinerCam;
import dev.interp.visual.cam.GuidedGradCam;
import dev.interp.visual.cam.ScoreCam;
import dev.interp.visual.cam.ShapleyCam;
import dev.interp.visual.render.Interpolation;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The class activation maps. */
final class CamMethods {
  private static final String ONE_RUN = "F + B down to the layer";
  private static final String MAP = "[N, 1, h, w] at the layer's resolution, signed";
  private static final String NO_TARGET =
      "It does not look at the target: every class gets this map.";

  private CamMethods() {}

  static List<Method> all() {
    return List.of(
        map(
            "cam",
            "CAM",
            "Which places speak for the class, by the weights of a classifier that reads channel"
                + " means; for networks that end in a global average pooling.",
            "Zhou et al.: Learning Deep Features for Discriminative Localization, 2016",
            ONE_RUN,
            "",
            o -> at(Cam.cam(), o)),
        map(
            "grad-cam",
            "Grad-CAM",
            "Which places of a layer speak for the target, by its channels and their weight.",
            "Selvaraju et al.: Grad-CAM, 2017",
            ONE_RUN,
            "",
            o -> at(Cam.gradCam(), o)),
        map(
            "grad-cam-plus-plus",
            "Grad-CAM++",
            "Grad-CAM with weights that let several instances of a class count alike.",
            "Chattopadhyay et al.: Grad-CAM++, 2018",
            ONE_RUN,
            "",
            o -> at(Cam.gradCamPlusPlus(), o)),
        map(
            "hires-cam",
            "HiResCAM",
            "Gradient times activation of a layer, place by place.",
            "Draelos, Carin: Use HiResCAM instead of Grad-CAM, 2020",
            ONE_RUN,
            "",
            o -> at(Cam.hiResCam(), o)),
        map(
            "xgrad-cam",
            "XGrad-CAM",
            "Grad-CAM with the gradient averaged where the channel is active.",
            "Fu et al.: Axiom-based Grad-CAM, 2020",
            ONE_RUN,
            "",
            o -> at(Cam.xGradCam(), o)),
        map(
            "layer-cam",
            "LayerCAM",
            "Activation times positive gradient, place by place; for lower layers too.",
            "Jiang et al.: LayerCAM, 2021",
            ONE_RUN,
            "",
            o -> at(Cam.layerCam(), o)),
        new Method(
            "grad-cam-element-wise",
            "Element-wise Grad-CAM",
            "The positive products of gradient and activation, place by place.",
            "pytorch-grad-cam, GradCAMElementWise",
            ONE_RUN,
            "[N, 1, h, w] at the layer's resolution, not negative",
            true,
            "",
            o -> at(Cam.gradCamElementWise(), o)),
        map(
            "eigen-cam",
            "Eigen-CAM",
            "The pattern in which a layer's channels vary most over the picture.",
            "Muhammad, Yeasin: Eigen-CAM, 2020",
            "F",
            NO_TARGET,
            o -> at(Cam.eigenCam(), o)),
        map(
            "eigen-grad-cam",
            "Eigen-Grad-CAM",
            "The pattern in which gradient times activation varies most over the picture.",
            "pytorch-grad-cam, EigenGradCAM, after Muhammad, Yeasin 2020",
            ONE_RUN,
            "The sign is a convention and does not say what speaks for or against the target.",
            o -> at(Cam.eigenGradCam(), o)),
        map(
            "score-cam",
            "Score-CAM",
            "A layer's channels, weighted by the target's value when each masks the picture.",
            "Wang et al.: Score-CAM, 2020",
            "(channels + 1) · F",
            "",
            CamMethods::scoreCam),
        map(
            "ablation-cam",
            "Ablation-CAM",
            "A layer's channels, weighted by how far the target falls without each.",
            "Desai, Ramaswamy: Ablation-CAM, 2020",
            "F + channels · F from the layer on",
            "",
            CamMethods::ablationCam),
        new Method(
            "shapley-cam",
            "Shapley-CAM",
            "Grad-CAM with the second order of what each channel contributes.",
            "Cai: CAMs as Shapley Value-based Explainers, 2025",
            "3 F + 2 B for a class in a network of rectifiers",
            MAP,
            false,
            "",
            List.of(
                new MethodOption(
                    "utility",
                    "residual-softmax",
                    "what is shared among the channels: residual-softmax (logit plus log-softmax),"
                        + " target (for a logit the same as grad-cam)")),
            CamMethods::shapleyCam),
        new Method(
            "finer-cam",
            "Finer-CAM",
            "Which places tell the class from the classes most like it.",
            "Zhang et al.: Finer-CAM, 2025",
            ONE_RUN,
            MAP,
            false,
            "",
            List.of(
                new MethodOption(
                    "strength", "1", "how much the other classes count; 0 for nothing"),
                new MethodOption("rivals", "3", "with how many of the nearest classes, from 1")),
            CamMethods::finerCam),
        map(
            "fem",
            "FEM",
            "A layer's channels, weighted by the share of places where each is unusually strong.",
            "Ahmed Asif Fuad et al.: Features Understanding in 3D CNNs, 2020",
            "F",
            NO_TARGET,
            o -> at(Cam.fem(), o)),
        new Method(
            "guided-grad-cam",
            "Guided Grad-CAM",
            "Guided backpropagation where Grad-CAM speaks for the target.",
            "Selvaraju et al.: Grad-CAM, 2017",
            "2 F + 2 B",
            Method.PICTURE,
            false,
            Method.EDGES,
            List.of(
                new MethodOption(
                    "interpolation",
                    "nearest",
                    "how the map is brought to the picture's size: nearest, bilinear")),
            CamMethods::guidedGradCam));
  }

  private static Method map(
      String id,
      String title,
      String description,
      String paper,
      String cost,
      String caution,
      Function<MethodOptions, Attributor> make) {
    return new Method(id, title, description, paper, cost, MAP, false, caution, make);
  }

  private static Cam at(Cam method, MethodOptions o) {
    String[] layers = layers(o);
    return layers == null ? method : method.withLayers(layers);
  }

  private static Attributor scoreCam(MethodOptions o) {
    ScoreCam method = ScoreCam.withDefaults().withProgress(o.progress());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    String[] layers = layers(o);
    return layers == null ? method : method.withLayers(layers);
  }

  private static Attributor ablationCam(MethodOptions o) {
    AblationCam method = AblationCam.withDefaults().withProgress(o.progress());
    method = o.batchSize() == null ? method : method.withBatchSize(o.batchSize());
    String[] layers = layers(o);
    return layers == null ? method : method.withLayers(layers);
  }

  private static Attributor shapleyCam(MethodOptions o) {
    ShapleyCam method =
        ShapleyCam.withDefaults().withUtility(o.choice("utility", ShapleyCam.Utility.class));
    String[] layers = layers(o);
    return layers == null ? method : method.withLayers(layers);
  }

  private static Attributor finerCam(MethodOptions o) {
    FinerCam method =
        FinerCam.withDefaults().withStrength(o.decimal("strength")).withRivals(o.integer("rivals"));
    String[] layers = layers(o);
    return layers == null ? method : method.withLayers(layers);
  }

  private static Attributor guidedGradCam(MethodOptions o) {
    GuidedGradCam method =
        GuidedGradCam.withDefaults()
            .withInterpolation(o.choice("interpolation", Interpolation.class));
    String[] layers = layers(o);
    if (layers != null && layers.length > 1) {
      throw new NotApplicableException(
          "guided-grad-cam takes one layer, was given " + Arrays.toString(layers));
    }
    return layers == null ? method : method.withLayer(layers[0]);
  }

  private static String @Nullable [] layers(MethodOptions o) {
    String layer = o.layer();
    return layer == null ? null : layer.strip().split("\\s*,\\s*");
  }
}
