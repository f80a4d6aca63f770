package dev.interp.visual.relevance;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * PatternNet and PatternAttribution: the output travels down as the gradient does, but through
 * {@link Patterns} of the data instead of the weights, or through weights times patterns.
 * Rectifiers keep their gates and max pools their switches.
 *
 * <ul>
 *   <li>{@link #of}: PatternNet, the part of the input that the output tells of, in input values.
 *   <li>{@link #attribution}: PatternAttribution, how much each input value speaks for the output.
 * </ul>
 *
 * <p>The signal begins with the output's value. A local response normalisation is passed unchanged.
 * A batch norm that follows a linear op counts to it; one by itself is divided by (PatternNet) or
 * passed unchanged (PatternAttribution), since the pattern of a single weight is its inverse. Other
 * ops follow the gradient.
 *
 * <p>Cost: one forward and one backward pass. {@link PatternEstimator} makes the patterns of a data
 * set. Kindermans et al.: Learning How to Explain Neural Networks: PatternNet and
 * PatternAttribution, ICLR 2018, section 4.
 */
public final class PatternNet implements Attributor {
  private final Patterns patterns;
  private final boolean weighted;
  private final String tensor;
  private final String fingerprint;

  private PatternNet(Patterns patterns, boolean weighted, String tensor, String fingerprint) {
    this.patterns = patterns;
    this.weighted = weighted;
    this.tensor = tensor;
    this.fingerprint = fingerprint;
  }

  /**
   * PatternNet.
   *
   * @param patterns of every convolution and dense op between the tensor explained and the target
   * @return the method
   */
  public static PatternNet of(Patterns patterns) {
    return new PatternNet(patterns, false, Network.INPUT, patterns.fingerprint());
  }

  /**
   * PatternAttribution.
   *
   * @param patterns of every convolution and dense op between the tensor explained and the target
   * @return the method
   */
  public static PatternNet attribution(Patterns patterns) {
    return new PatternNet(patterns, true, Network.INPUT, patterns.fingerprint());
  }

  /**
   * The same for a hidden tensor instead of the input.
   *
   * @param name the tensor's name
   * @return the method with that tensor
   */
  public PatternNet withTensor(String name) {
    return new PatternNet(patterns, weighted, name, fingerprint);
  }

  @Override
  public String id() {
    return weighted ? "pattern-attribution" : "pattern-net";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tensor", tensor);
    settings.put("patterns", fingerprint);
    return settings;
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.layer(tensor);
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace =
            run.network().run(run.x(), Hooks.none().keep(tensor).withRules(rules(network)))) {
      Target.Resolved resolved = trace.resolve(target);
      INDArray values = trace.gradient(resolved, tensor);
      for (int n = 0; n < run.examples(); n++) {
        values.slice(n).muli(resolved.values().getDouble(n));
      }
      return run.finish(tensor, values, resolved);
    }
  }

  private Composite rules(Network network) {
    Composite rules = Composite.named(id());
    Set<String> within = new HashSet<>();
    for (LinearBlock block : LinearBlock.of(network)) {
      String name = block.linear().name();
      INDArray pattern = patterns.byTensor().get(name);
      long[] shape = block.linear().op().parameters().get(0).shape();
      if (pattern == null || !Arrays.equals(pattern.shape(), shape)) {
        throw new IllegalArgumentException(
            "there must be a pattern of shape "
                + Arrays.toString(shape)
                + " for '"
                + name
                + "', was "
                + (pattern == null ? "none" : Arrays.toString(pattern.shape()))
                + " (are the patterns of another network?)");
      }
      block.norms().forEach(n -> within.add(n.name()));
      // Made anew each time: a network keeps rules, and these are as large as its weights.
      rules =
          rules.on(
              n -> n.name().equals(name),
              (step, signal) -> {
                INDArray own = pattern.castTo(signal.dataType());
                return step.gradient(block.op(w -> weighted ? w.muli(own) : own), signal);
              });
    }
    return rules
        .on(
            n ->
                within.contains(n.name())
                    || n.op() instanceof Op.LocalResponseNormalization
                    || (weighted && n.op() instanceof Op.Affine),
            (step, signal) -> List.of(signal.dup()))
        .on(n -> n.op() instanceof Op.Affine, PatternNet::inverse);
  }

  /** The signal divided by the scale; nothing where the scale is zero. */
  private static List<INDArray> inverse(BackwardRule.Step step, INDArray signal) {
    Op.Affine affine = (Op.Affine) step.node().op();
    INDArray zero = affine.scale().eq(0).castTo(signal.dataType());
    INDArray inverse = affine.scale().add(zero).rdiv(1).muli(zero.rsub(1));
    return step.gradient(new Op.Affine(inverse, affine.shift()), signal);
  }
}
