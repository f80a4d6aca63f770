package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Shapley-CAM: {@code L = Σₖ αₖ Aₖ} with {@code αₖ = mean (G − H A / 2)ₖ}, G the gradient and H the
 * Hessian of the utility at the layer's activation A: Grad-CAM with the second order of what each
 * channel contributes. The result has the layer's height and width, one channel, and is signed
 * unless {@link #rectified} asks for {@code max(L, 0)}. The outputs told are those of the target
 * itself.
 *
 * <p>Between kinks a network of rectifiers is linear, so that a logit has no second order and the
 * map is that of Grad-CAM. Therefore the utility of a class is by default the paper's residual
 * softmax, {@code z + log p}. Only the curvature of the utility counts then, and H A is exact but
 * for the directional derivative of the logits, a central difference. Where ops above the layer are
 * curved (other activations than rectifiers, products, normalisations), H A is a central difference
 * of the gradient, in which kinks near A count too.
 *
 * <p>Cost: F + B; per layer 2 F + B more if only the utility is curved, 2 F + 2 B more if the
 * network is.
 *
 * <p>Cai: CAMs as Shapley Value-based Explainers, 2025 (arXiv 2501.06261), as in pytorch-grad-cam
 * 084273b.
 */
public final class ShapleyCam implements Attributor {
  private static final double STEP_64 = 1e-5;
  private static final double STEP_32 = 2e-3;
  private static final double LOGIT_STEP = 1e-4;

  /** What is shared among the channels. */
  public enum Utility {
    /** For classes the logit plus the logarithm of its softmax; other targets as they are. */
    RESIDUAL_SOFTMAX,
    /** The target as it is. */
    TARGET
  }

  private final CamLayers layers;
  private final Utility utility;

  private ShapleyCam(CamLayers layers, Utility utility) {
    this.layers = layers;
    this.utility = utility;
  }

  /**
   * The signed map at the network's last tensor with spatial extent, for the residual softmax.
   *
   * @return the method
   */
  public static ShapleyCam withDefaults() {
    return new ShapleyCam(CamLayers.LAST, Utility.RESIDUAL_SOFTMAX);
  }

  /**
   * Sets the layer.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public ShapleyCam withLayer(String tensor) {
    return withLayers(tensor);
  }

  /**
   * Sets several layers, whose maps are fused as {@link Cam#withLayers} says.
   *
   * @param tensors names of tensors {@code [C, H, W]}
   * @return the method at those layers; its values lie on the layer with the largest map
   */
  public ShapleyCam withLayers(String... tensors) {
    return new ShapleyCam(layers.at(tensors), utility);
  }

  /**
   * Leaves only what speaks for the target.
   *
   * @return the method with negative values set to zero
   */
  public ShapleyCam rectified() {
    return new ShapleyCam(layers.rectify(), utility);
  }

  /**
   * Sets what is shared among the channels.
   *
   * @param shared the utility
   * @return the method with that utility
   */
  public ShapleyCam withUtility(Utility shared) {
    return new ShapleyCam(layers, shared);
  }

  @Override
  public String id() {
    return "shapley-cam";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = layers.settings();
    settings.put("utility", utility.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    List<String> tensors = layers.of(network, id());
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace =
            run.network()
                .run(run.x(), Hooks.none().keep(tensors.toArray(String[]::new)).forgetBelow())) {
      Target.Resolved own = trace.resolve(target);
      Slope slope = new Slope(run, own, utility == Utility.RESIDUAL_SOFTMAX);
      Target.Resolved first = slope.curved() ? slope.at(trace.logits()) : own;
      List<INDArray> gradients = trace.gradients(first, tensors);
      List<INDArray> maps = new ArrayList<>();
      for (int i = 0; i < tensors.size(); i++) {
        String tensor = tensors.get(i);
        INDArray signal = gradients.get(i);
        if (!isLinear(network, tensor, own.tensor())) {
          signal.subi(alongCurved(run, slope, tensor).muli(0.5));
        } else if (slope.curved()) {
          signal.subi(along(run, trace, slope, tensor).muli(0.5));
        }
        INDArray last = signal.permute(0, 2, 3, 1).dup('c');
        maps.add(trace.read(tensor, a -> Weighting.GRAD_CAM.maps(a, last)));
      }
      return layers.finish(run, tensors, maps, own);
    }
  }

  /** The Hessian times the activation where only the utility is curved. */
  private static INDArray along(AttributionRun run, Trace trace, Slope slope, String tensor) {
    double step = step(run.network());
    INDArray z = trace.logits().castTo(DataType.DOUBLE);
    INDArray rise = run.network().logits(run.x(), scaled(tensor, 1 + step)).castTo(DataType.DOUBLE);
    rise.subi(run.network().logits(run.x(), scaled(tensor, 1 - step)).castTo(DataType.DOUBLE));
    rise.divi(2 * step);
    INDArray bend = slope.along(z, rise);
    return trace.gradient(slope.with(bend.castTo(run.network().precision())), tensor);
  }

  /** The Hessian times the activation of any network. */
  private static INDArray alongCurved(AttributionRun run, Slope slope, String tensor) {
    double step = step(run.network());
    INDArray up = gradient(run, slope, tensor, 1 + step);
    return up.subi(gradient(run, slope, tensor, 1 - step)).divi(2 * step);
  }

  private static INDArray gradient(AttributionRun run, Slope slope, String tensor, double factor) {
    try (Trace trace = run.network().run(run.x(), scaled(tensor, factor))) {
      return trace.gradient(slope.curved() ? slope.at(trace.logits()) : slope.own(), tensor);
    }
  }

  private static Hooks scaled(String tensor, double factor) {
    return Hooks.none().edit(tensor, a -> a.muli(factor));
  }

  private static double step(Network network) {
    return network.precision() == DataType.DOUBLE ? STEP_64 : STEP_32;
  }

  /** Whether all ops between two tensors are linear but for kinks. */
  private static boolean isLinear(Network network, String tensor, String end) {
    List<String> above = network.above(tensor);
    for (Node node : network.nodes()) {
      if (above.contains(node.name()) && !isLinear(node.op())) {
        return false;
      }
      if (node.name().equals(end)) {
        break;
      }
    }
    return true;
  }

  private static boolean isLinear(Op op) {
    if (op instanceof Op.Activation a) {
      return a.isRelu() || a.isRectifier() || a.isIdentity();
    } else if (op instanceof Op.Pool p) {
      return p.reduction() != Op.Reduction.P_NORM;
    } else if (op instanceof Op.GlobalPool p) {
      return p.reduction() != Op.Reduction.P_NORM;
    } else if (op instanceof Op.Elementwise e) {
      return e.combination() != Op.Combination.MULTIPLY;
    }
    return !(op instanceof Op.Softmax
        || op instanceof Op.LocalResponseNormalization
        || op instanceof Op.L2Normalize
        || op instanceof Op.Opaque);
  }

  /** The derivative of the utility with respect to the tensor that it reads. */
  private record Slope(AttributionRun run, Target.Resolved own, boolean residual) {

    /** Whether it depends on where it is taken; then the utility reads the logits. */
    boolean curved() {
      Target target = run.target();
      return isClass()
          ? residual
          : target instanceof Target.Probability || target instanceof Target.Custom;
    }

    private boolean isClass() {
      return run.target() instanceof Target.Predicted || run.target() instanceof Target.Classes;
    }

    Target.Resolved at(INDArray logits) {
      if (!isClass()) {
        return with(run.target().resolve(run.network(), logits).seed());
      }
      INDArray seed = Transforms.softmax(logits, true).negi();
      for (int i = 0; i < own.classes().size(); i++) {
        int c = own.classes().get(i);
        seed.putScalar(i, c, seed.getDouble(i, c) + 2);
      }
      return with(seed);
    }

    /** How it changes in the direction of a change of the logits. */
    INDArray along(INDArray logits, INDArray rise) {
      if (isClass()) {
        INDArray p = Transforms.softmax(logits, true);
        INDArray mean = p.mul(rise).sum(true, 1);
        return p.muli(rise.subColumnVector(mean)).negi();
      }
      INDArray largest = Transforms.abs(rise, true).max(true, 1);
      INDArray unit = Transforms.max(largest, LOGIT_STEP, false).rdivi(LOGIT_STEP);
      INDArray step = rise.mulColumnVector(unit);
      INDArray bend = at(logits.add(step)).seed().dup();
      return bend.subi(at(logits.sub(step)).seed()).diviColumnVector(unit.mul(2));
    }

    Target.Resolved with(INDArray seed) {
      return new Target.Resolved(own.tensor(), own.classes(), own.values(), seed);
    }
  }
}
