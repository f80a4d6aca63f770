package dev.interp.visual.relevance;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DeepLIFT: what the output differs by between a baseline and the input, shared out op by op among
 * what each value differs by. The values sum to that difference of outputs; the completeness gap
 * says by how much they miss it.
 *
 * <ul>
 *   <li>{@link #rescale}: an element-wise function has the multiplier {@code Δy / Δx} (Shrikumar,
 *       Greenside, Kundaje: Learning Important Features Through Propagating Activation Differences,
 *       ICML 2017, section 3.5.2).
 *   <li>{@link #revealCancel}: at a convolution or dense op with its batch norm and activation, the
 *       positive and the negative contributions have multipliers of their own (section 3.5.3).
 *   <li>{@link #shap}: the mean of rescale over several baselines (Lundberg, Lee: A Unified
 *       Approach to Interpreting Model Predictions, NeurIPS 2017, section 4.2).
 * </ul>
 *
 * <p>Linear ops follow the gradient. Max pools and maxima give the difference of the maxima to the
 * places of both, adding up where windows overlap. Products and normalisations by a sum of squares
 * (local response, L2) are shared exactly. A softmax inside the network, p-norm pools and opaque
 * layers take the mean of the gradients at both ends, which is exact only for quadratic functions.
 * Where {@code |Δx| < 1e-10}, the gradient at the input takes the place of a quotient. A target
 * that is not a sum of tensor values, such as a probability, enters by its gradient at the input,
 * and the gap shows it.
 *
 * <p>Cost: two forward passes and one backward pass; shap runs a forward and a backward pass for
 * each baseline and one forward pass more. Reveal-cancel runs each such linear op four times more
 * forward and three times more backward within the pass.
 *
 * <p>The tests agree with captum 0.7.0 in float64, for pools after rectifiers with an independent
 * reference, since captum misses the sum there (captum issue 1104).
 */
public final class DeepLift implements Attributor {
  private final Variant variant;
  private final String tensor;
  private final List<Baseline> baselines;
  private final double deviation;
  private final int samples;
  private final long seed;
  private final Progress progress;

  private enum Variant {
    RESCALE("deep-lift"),
    REVEAL_CANCEL("deep-lift-reveal-cancel"),
    SHAP("deep-lift-shap");

    private final String id;

    Variant(String id) {
      this.id = id;
    }
  }

  private DeepLift(
      Variant variant,
      String tensor,
      List<Baseline> baselines,
      double deviation,
      int samples,
      long seed,
      Progress progress) {
    this.variant = variant;
    this.tensor = tensor;
    this.baselines = List.copyOf(baselines);
    this.deviation = deviation;
    this.samples = samples;
    this.seed = seed;
    this.progress = progress;
  }

  private static DeepLift of(Variant variant, int samples) {
    return new DeepLift(
        variant, Network.INPUT, List.of(Baseline.zero()), 0.25, samples, 0, Progress.none());
  }

  /**
   * The rescale rule, compared with zero.
   *
   * @return the method
   */
  public static DeepLift rescale() {
    return of(Variant.RESCALE, 1);
  }

  /**
   * The reveal-cancel rule, compared with zero.
   *
   * @return the method
   */
  public static DeepLift revealCancel() {
    return of(Variant.REVEAL_CANCEL, 1);
  }

  /**
   * The rescale rule, its mean over 8 baselines: zero with Gaussian noise of deviation 0.25.
   *
   * @return the method
   */
  public static DeepLift shap() {
    return of(Variant.SHAP, 8);
  }

  /**
   * The rescale rule as a composite, for backward passes of one's own: {@link Trace#gradients} with
   * a reference run gives multipliers.
   *
   * @return the rule of every op
   */
  public static Composite rules() {
    return DeepLiftRules.RESCALE;
  }

  /**
   * Sets what is compared with. Shap adds noise to it.
   *
   * @param start the baseline
   * @return the method with that baseline
   */
  public DeepLift withBaseline(Baseline start) {
    return new DeepLift(variant, tensor, List.of(start), deviation, samples, seed, progress);
  }

  /**
   * Sets the baselines of shap, used as they are.
   *
   * @param background at least one, for example pictures of a data set
   * @return the method with those baselines
   * @throws IllegalArgumentException if there is none, or the method is not shap
   */
  public DeepLift withBaselines(List<Baseline> background) {
    if (variant != Variant.SHAP || background.isEmpty()) {
      throw new IllegalArgumentException(
          "only deep-lift-shap takes several baselines, at least one; this is "
              + variant.id
              + " with "
              + background.size());
    }
    return new DeepLift(variant, tensor, background, 0, background.size(), seed, progress);
  }

  /**
   * Sets the noise that makes several baselines of one.
   *
   * @param number baselines, at least 1
   * @param spread standard deviation in network input values, at least 0
   * @param start seed of the noise
   * @return the method with that noise
   * @throws IllegalArgumentException if a number is out of range, the method is not shap, or it has
   *     several baselines already
   */
  public DeepLift withNoise(int number, double spread, long start) {
    if (variant != Variant.SHAP || baselines.size() > 1) {
      throw new IllegalArgumentException(
          "only deep-lift-shap with a single baseline takes noise; this is "
              + variant.id
              + " with "
              + baselines.size());
    }
    if (number < 1 || !(spread >= 0 && Double.isFinite(spread))) {
      throw new IllegalArgumentException(
          "baselines must be at least 1 and their deviation at least 0, was "
              + number
              + " and "
              + spread);
    }
    return new DeepLift(variant, tensor, baselines, spread, number, start, progress);
  }

  /**
   * The same for a hidden tensor instead of the input: its values times its multipliers. The gap is
   * given if every path from the input to the target leads through the tensor.
   *
   * @param name the tensor's name
   * @return the method with that tensor
   */
  public DeepLift withTensor(String name) {
    return new DeepLift(variant, name, baselines, deviation, samples, seed, progress);
  }

  /**
   * Sets who is told how far shap is.
   *
   * @param listener can cancel between baselines
   * @return the method with that listener
   */
  public DeepLift withProgress(Progress listener) {
    return new DeepLift(variant, tensor, baselines, deviation, samples, seed, listener);
  }

  @Override
  public String id() {
    return variant.id;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tensor", tensor);
    if (baselines.size() > 1) {
      settings.put("baselines", baselines.toString());
    } else {
      settings.put("baseline", baselines.get(0).toString());
    }
    if (variant == Variant.SHAP && baselines.size() == 1) {
      settings.put("samples", Integer.toString(samples));
      settings.put("deviation", String.format(Locale.ROOT, "%s", deviation));
      settings.put("seed", Long.toString(seed));
    }
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.layer(tensor);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      String from = target.tensor(network);
      Composite rules =
          variant == Variant.REVEAL_CANCEL
              ? RevealCancel.composite(network, Set.of(tensor, from))
              : DeepLiftRules.RESCALE;
      Hooks hooks = Hooks.none().keep(tensor).withRules(rules);
      for (Baseline baseline : baselines) {
        baseline.of(run.x()).close();
      }
      try (Trace trace = run.network().run(run.x(), hooks)) {
        Target.Resolved resolved = trace.resolve(target);
        Target fixed = run.targetOf(resolved, IntStream.range(0, run.examples()).toArray());
        INDArray here = trace.activation(tensor);
        INDArray sum = Nd4j.zeros(here.dataType(), here.shape());
        double[] atBaselines = new double[run.examples()];
        for (int i = 0; i < samples; i++) {
          INDArray start = baseline(run.x(), i);
          try (Trace reference = run.network().run(start, hooks)) {
            INDArray there = reference.activation(tensor);
            INDArray multipliers = trace.gradients(resolved, List.of(tensor), reference).get(0);
            sum.addi(multipliers.muli(here.sub(there)));
            INDArray values = reference.resolve(fixed).values();
            Arrays.setAll(atBaselines, n -> atBaselines[n] + values.getDouble(n));
          }
          start.close();
          progress.report((i + 1L) * run.examples(), (long) samples * run.examples());
        }
        sum.divi(samples);
        List<Double> gaps = new ArrayList<>();
        for (int n = 0; n < run.examples() && Cuts.isCut(network, tensor, from); n++) {
          double due = resolved.values().getDouble(n) - atBaselines[n] / samples;
          gaps.add(sum.slice(n).castTo(DataType.DOUBLE).sumNumber().doubleValue() - due);
        }
        return run.finish(tensor, sum, resolved, gaps);
      }
    }
  }

  private INDArray baseline(INDArray x, int sample) {
    if (baselines.size() > 1 || variant != Variant.SHAP) {
      return baselines.get(sample).of(x);
    }
    INDArray start = baselines.get(0).of(x);
    return deviation > 0 ? start.addi(Baseline.noise(deviation, seed + sample).of(x)) : start;
  }
}
