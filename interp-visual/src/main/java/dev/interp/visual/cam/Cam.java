package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Class activation maps that follow from one run: from the activation A of a layer and the gradient
 * G of the target there. Aₖ and Gₖ are the maps of channel k. The result has the layer's height and
 * width, one channel, and is the raw signed map unless {@link #rectified} asks for {@code max(L,
 * 0)}, which most of the papers end with.
 *
 * <p>Without a layer the last tensor with spatial extent is taken. With {@linkplain #withLayers
 * several} one forward and one backward pass give all maps, which are then fused.
 *
 * <p>Cost: one forward pass, and one backward pass that stops at the lowest layer; {@link
 * #eigenCam} and {@link #fem} have no backward pass.
 *
 * <p>The tests agree with pytorch-grad-cam 084273b, before its rectification, scaling and
 * up-sampling.
 */
public final class Cam implements Attributor {
  private final String id;
  private final Weighting weighting;
  private final CamLayers layers;

  private Cam(String id, Weighting weighting, CamLayers layers) {
    this.id = id;
    this.weighting = weighting;
    this.layers = layers;
  }

  private static Cam of(String id, Weighting weighting) {
    return new Cam(id, weighting, CamLayers.LAST);
  }

  /**
   * CAM: {@code L = Σₖ wₖ Aₖ} with the weights of the classifier that reads the channels' means.
   * The network must end in a global average pooling of the layer, and at most one dense layer
   * after it; any function of the logits can be the target. The layer is the one that is pooled.
   *
   * <p>Zhou et al.: Learning Deep Features for Discriminative Localization, CVPR 2016, equation 2.
   * The bias of the classifier, which has no place, is left out, as there.
   *
   * @return the method
   */
  public static Cam cam() {
    return of("cam", Weighting.CAM);
  }

  /**
   * Grad-CAM: {@code L = Σₖ αₖ Aₖ} with {@code αₖ = mean Gₖ}.
   *
   * <p>Selvaraju et al.: Grad-CAM, ICCV 2017, equations 1 and 2.
   *
   * @return the method
   */
  public static Cam gradCam() {
    return of("grad-cam", Weighting.GRAD_CAM);
  }

  /**
   * Grad-CAM++: {@code L = Σₖ wₖ Aₖ} with {@code wₖ = Σ a max(Gₖ, 0)} and {@code a = G² / (2 G² +
   * G³ Σ Aₖ + 10⁻⁶)}.
   *
   * <p>Chattopadhyay et al.: Grad-CAM++, WACV 2018, equations 7 and 19, where the target is the
   * exponential of the logit and G the logit's gradient. The small number, pytorch-grad-cam's,
   * keeps a zero gradient finite.
   *
   * @return the method
   */
  public static Cam gradCamPlusPlus() {
    return of("grad-cam-plus-plus", Weighting.GRAD_CAM_PLUS_PLUS);
  }

  /**
   * HiResCAM: {@code L = Σₖ Gₖ Aₖ}, place by place. Where everything above the layer is one dense
   * layer, the map sums to the logit less its bias.
   *
   * <p>Draelos, Carin: Use HiResCAM instead of Grad-CAM, 2020.
   *
   * @return the method
   */
  public static Cam hiResCam() {
    return of("hires-cam", Weighting.HI_RES);
  }

  /**
   * XGrad-CAM: {@code L = Σₖ wₖ Aₖ} with {@code wₖ = Σ Gₖ Aₖ / (Σ Aₖ + 10⁻⁷)}.
   *
   * <p>Fu et al.: Axiom-based Grad-CAM, BMVC 2020; the small number is pytorch-grad-cam's.
   *
   * @return the method
   */
  public static Cam xGradCam() {
    return of("xgrad-cam", Weighting.X_GRAD);
  }

  /**
   * LayerCAM: {@code L = Σₖ max(Gₖ, 0) Aₖ}, place by place; made for lower layers too.
   *
   * <p>Jiang et al.: LayerCAM, IEEE TIP 2021.
   *
   * @return the method
   */
  public static Cam layerCam() {
    return of("layer-cam", Weighting.LAYER);
  }

  /**
   * Element-wise Grad-CAM: {@code L = Σₖ max(Gₖ Aₖ, 0)}; never negative.
   *
   * <p>A variant of pytorch-grad-cam ({@code GradCAMElementWise}).
   *
   * @return the method
   */
  public static Cam gradCamElementWise() {
    return of("grad-cam-element-wise", Weighting.ELEMENT_WISE);
  }

  /**
   * Eigen-CAM: each place's vector of channels projected on the direction in which these vectors
   * vary most. It knows nothing of the target.
   *
   * <p>Muhammad, Yeasin: Eigen-CAM, IJCNN 2020; like pytorch-grad-cam's, with the mean vector
   * subtracted first, so that the map sums to zero. The sign of a principal direction is arbitrary;
   * here the number furthest from zero is positive.
   *
   * @return the method
   */
  public static Cam eigenCam() {
    return of("eigen-cam", Weighting.EIGEN);
  }

  /**
   * Eigen-Grad-CAM: {@link #eigenCam} of {@code Gₖ Aₖ}, with the same sign, which therefore does
   * not say what speaks for or against the target.
   *
   * <p>A variant of pytorch-grad-cam ({@code EigenGradCAM}).
   *
   * @return the method
   */
  public static Cam eigenGradCam() {
    return of("eigen-grad-cam", Weighting.EIGEN_GRAD);
  }

  /**
   * FEM: {@code L = Σₖ wₖ Aₖ}, where wₖ is the share of places at which the channel is more than
   * two standard deviations above its mean. It knows nothing of the target.
   *
   * <p>Ahmed Asif Fuad et al.: Features Understanding in 3D CNNs, IPTA 2020, as in
   * pytorch-grad-cam.
   *
   * @return the method
   */
  public static Cam fem() {
    return of("fem", Weighting.FEM);
  }

  /**
   * Sets the layer.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public Cam withLayer(String tensor) {
    return withLayers(tensor);
  }

  /**
   * Sets several layers, whose maps are fused: each example's map is divided by its largest
   * magnitude (or, {@linkplain #rectified rectified}, reduced by its least value and divided by its
   * largest plus 10⁻⁷), brought to the size of the largest map by bilinear interpolation between
   * the centres of cells, and averaged. Rectified this is pytorch-grad-cam's way, but for its
   * scaling to the picture and to [0, 1] at the end.
   *
   * @param tensors names of tensors {@code [C, H, W]}
   * @return the method at those layers; its values lie on the layer with the largest map
   */
  public Cam withLayers(String... tensors) {
    return new Cam(id, weighting, layers.at(tensors));
  }

  /**
   * Leaves only what speaks for the target.
   *
   * @return the method with negative values set to zero
   */
  public Cam rectified() {
    return new Cam(id, weighting, layers.rectify());
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Map<String, String> settings() {
    return Collections.unmodifiableMap(layers.settings());
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    List<String> tensors =
        weighting == Weighting.CAM
            ? List.of(PooledLayer.of(network, target, layers.names()))
            : layers.of(network, id);
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace =
            run.network()
                .run(run.x(), Hooks.none().keep(tensors.toArray(String[]::new)).forgetBelow())) {
      Target.Resolved resolved = trace.resolve(target);
      return layers.finish(run, tensors, maps(trace, resolved, tensors, weighting), resolved);
    }
  }

  /** The raw map of each layer. */
  static List<INDArray> maps(
      Trace trace, Target.Resolved resolved, List<String> tensors, Weighting weighting) {
    if (!weighting.readsGradient()) {
      return tensors.stream().map(t -> trace.read(t, a -> weighting.maps(a, a))).toList();
    } else if (tensors.size() == 1) {
      String tensor = tensors.get(0);
      return trace.readGradients(
          resolved, tensors, g -> trace.read(tensor, a -> weighting.maps(a, g)));
    }
    List<INDArray> gradients = trace.readGradients(resolved, tensors, INDArray::dup);
    return IntStream.range(0, tensors.size())
        .mapToObj(i -> trace.read(tensors.get(i), a -> weighting.maps(a, gradients.get(i))))
        .toList();
  }
}
