package dev.interp.visual.adversarial;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Changes inputs a little so that a target falls, or rises if the attack is {@link #targeted}: one
 * step along the sign of the gradient ({@link #fgsm}) or several steps, each taken back to a ball
 * around the input ({@link #pgd}). A target that depends on the input is decided on the input as it
 * was.
 *
 * <p>The target is what is followed: a class's logit moves that logit only; {@link
 * Target#probability} gives the direction of the cross entropy; any other loss is a {@link
 * Target#of}. Where the gradient is zero the input stays.
 *
 * <p>Cost: a forward and a backward pass per step, and one forward pass if the target is the
 * predicted class.
 *
 * <p>Goodfellow, Shlens, Szegedy: Explaining and Harnessing Adversarial Examples, ICLR 2015; Madry,
 * Makelov, Schmidt, Tsipras, Vladu: Towards Deep Learning Models Resistant to Adversarial Attacks,
 * ICLR 2018. The tests agree with FGSM and PGD of captum 0.7.0 in float64. Deviation from captum:
 * in the L2 ball steps follow the normalised gradient, not its sign.
 */
public final class GradientAttack {
  private final Norm norm;
  private final double radius;
  private final double step;
  private final int steps;
  private final boolean targeted;
  private final @Nullable Baseline low;
  private final @Nullable Baseline high;
  private final Progress progress;

  /** What measures how far the changed input may be from the input. */
  public enum Norm {
    /** The largest change of a value; steps follow the sign of the gradient. */
    L_INFINITY,
    /** The Euclidean length of the change of an example; steps follow the normalised gradient. */
    L2
  }

  private GradientAttack(
      Norm norm,
      double radius,
      double step,
      int steps,
      boolean targeted,
      @Nullable Baseline low,
      @Nullable Baseline high,
      Progress progress) {
    this.norm = norm;
    this.radius = radius;
    this.step = step;
    this.steps = steps;
    this.targeted = targeted;
    this.low = low;
    this.high = high;
    this.progress = progress;
  }

  /**
   * The fast gradient sign method: one step.
   *
   * @param epsilon change of each value, in network input values, above 0
   * @return the attack
   */
  public static GradientAttack fgsm(double epsilon) {
    return pgd(epsilon, epsilon, 1);
  }

  /**
   * Projected gradient descent in a ball of the largest change.
   *
   * @param radius of the ball, in network input values, above 0
   * @param step how far one step goes, above 0
   * @param steps number of steps, at least 1
   * @return the attack
   */
  public static GradientAttack pgd(double radius, double step, int steps) {
    positive("the radius", radius);
    positive("the step", step);
    if (steps < 1) {
      throw new IllegalArgumentException("steps must be at least 1, was " + steps);
    }
    return new GradientAttack(
        Norm.L_INFINITY, radius, step, steps, false, null, null, Progress.none());
  }

  /**
   * Sets what measures the change.
   *
   * @param kind of ball
   * @return the attack in that ball
   */
  public GradientAttack withNorm(Norm kind) {
    return new GradientAttack(kind, radius, step, steps, targeted, low, high, progress);
  }

  /**
   * Makes the target rise instead of fall.
   *
   * @return the targeted attack
   */
  public GradientAttack targeted() {
    return new GradientAttack(norm, radius, step, steps, true, low, high, progress);
  }

  /**
   * Keeps every value within bounds, those of the input included.
   *
   * @param least smallest legal values, for example {@link Baseline#constant} per channel
   * @param most largest legal values
   * @return the attack within those bounds
   */
  public GradientAttack withBounds(Baseline least, Baseline most) {
    return new GradientAttack(norm, radius, step, steps, targeted, least, most, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between steps
   * @return the attack with that listener
   */
  public GradientAttack withProgress(Progress listener) {
    return new GradientAttack(norm, radius, step, steps, targeted, low, high, listener);
  }

  /**
   * Changes a batch.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]} or {@code [N, F]}, preprocessed; not modified
   * @param target what is to fall, or to rise
   * @return the changed batch in the network's precision, owned by the caller
   * @throws IllegalArgumentException before any work if input, bounds or target do not fit
   * @throws java.util.concurrent.CancellationException if the listener cancels
   */
  public INDArray perturb(Network network, INDArray x, Target target) {
    network.checkInput(x);
    target.check(network, x.size(0));
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      INDArray from = x.castTo(network.precision());
      INDArray least = low == null ? null : low.of(from);
      INDArray most = high == null ? null : high.of(from);
      Target fixed = target;
      if (target instanceof Target.Predicted) {
        fixed = Target.ofClasses(network.logits(from).argMax(1).toIntVector());
      }
      INDArray changed = from.dup('c');
      for (int i = 0; i < steps; i++) {
        INDArray gradient;
        try (Trace trace = network.run(changed, Hooks.none())) {
          gradient = trace.gradient(fixed, Network.INPUT);
        }
        INDArray direction =
            norm == Norm.L_INFINITY ? Transforms.sign(gradient, false) : scaled(gradient, 1, true);
        changed.addi(direction.muli(targeted ? step : -step));
        changed = from.add(back(changed.sub(from)));
        if (least != null && most != null) {
          changed = Transforms.max(Transforms.min(changed, most), least);
        }
        progress.report((i + 1L) * x.size(0), steps * x.size(0));
      }
      return changed;
    }
  }

  /** A change taken back to the ball. */
  private INDArray back(INDArray change) {
    if (norm == Norm.L2) {
      return scaled(change, radius, false);
    }
    return Transforms.max(Transforms.min(change, radius), -radius);
  }

  /** Each example scaled to a length, or only if it is longer; zero stays zero. */
  private static INDArray scaled(INDArray batch, double length, boolean always) {
    INDArray result = batch.dup('c');
    for (int i = 0; i < result.size(0); i++) {
      INDArray example = result.slice(i);
      double norm = example.norm2Number().doubleValue();
      if (norm > (always ? 0 : length)) {
        example.muli(length / norm);
      }
    }
    return result;
  }

  private static void positive(String what, double value) {
    if (!(value > 0 && Double.isFinite(value))) {
      throw new IllegalArgumentException(what + " must be above 0, was " + value);
    }
  }
}
