package dev.interp.visual.relevance;

import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The reveal-cancel rule at one linear block and its activation f. The block's difference is the
 * sum of a positive part p and a negative part n, contribution by contribution. What p changes is
 * the mean of what it changes first and what it changes after n, {@code ½ (f(x′ + p) − f(x′) + f(x′
 * + n + p) − f(x′ + n))}, and the other way round; so the two have multipliers of their own.
 *
 * <p>Signals know one number per tensor value, so activation and norms let the signal through and
 * everything happens at the linear op.
 */
final class RevealCancel implements BackwardRule {
  private final LinearBlock block;
  private final Op activation;

  private RevealCancel(LinearBlock block, Op activation) {
    this.block = block;
    this.activation = activation;
  }

  /**
   * Reveal-cancel at every block with an activation, rescale elsewhere.
   *
   * @param seen tensors whose own multipliers are asked for or start the pass; blocks that hold one
   *     follow the rescale rule, which says the same about the sum of both parts
   */
  static Composite composite(Network network, Collection<String> seen) {
    Composite composite = Composite.named("deep-lift reveal-cancel");
    for (LinearBlock block : LinearBlock.of(network)) {
      if (block.activation().isPresent() && Collections.disjoint(block.tensors(), seen)) {
        Set<String> through = new java.util.HashSet<>(block.tensors());
        through.remove(block.linear().name());
        through.add(block.activation().get().name());
        BackwardRule rule = new RevealCancel(block, block.activation().get().op());
        composite =
            composite
                .on(n -> through.contains(n.name()), (step, signal) -> List.of(signal.dup()))
                .on(n -> n.name().equals(block.linear().name()), rule);
      }
    }
    return DeepLiftRules.addTo(composite);
  }

  @Override
  public List<INDArray> backward(Step step, INDArray signal) {
    // Made anew each time: a network keeps rules, and these are as large as its weights.
    Op rising = block.op(w -> Transforms.max(w, 0, false));
    Op falling = block.op(w -> Transforms.min(w, 0, false));
    Step reference = step.reference();
    INDArray difference = step.input(0).sub(reference.input(0));
    INDArray up = Transforms.max(difference, 0, true);
    INDArray down = Transforms.min(difference, 0, true);
    INDArray positive = apply(step, rising, up).addi(apply(step, falling, down));
    INDArray negative = apply(step, falling, up).addi(apply(step, rising, down));
    INDArray start = block.normed(reference.output());
    INDArray ofPositive = multiplier(step, start, positive, negative, 1).muli(signal);
    INDArray ofNegative = multiplier(step, start, negative, positive, -1).muli(signal);

    INDArray whereUp =
        step.gradient(rising, ofPositive).get(0).addi(step.gradient(falling, ofNegative).get(0));
    INDArray whereDown =
        step.gradient(falling, ofPositive).get(0).addi(step.gradient(rising, ofNegative).get(0));
    // One, zero and a half for a difference above, below and at zero.
    INDArray side = Transforms.sign(difference, false).addi(1).muli(0.5);
    return List.of(whereUp.subi(whereDown).muli(side).addi(whereDown));
  }

  /**
   * What a part changes, before and after the other part, per unit of it; where it is almost zero,
   * the slope over a small step to its side.
   */
  private INDArray multiplier(Step step, INDArray start, INDArray part, INDArray other, int side) {
    double small = side * (part.dataType() == DataType.DOUBLE ? 1e-6 : 1e-3);
    INDArray change = DeepLiftRules.nearZero(part).muli(small).addi(part);
    INDArray after = start.add(other);
    INDArray gain = apply(step, activation, start.add(change));
    gain.subi(apply(step, activation, start));
    gain.addi(apply(step, activation, after.add(change)));
    gain.subi(apply(step, activation, after));
    return gain.muli(0.5).divi(change);
  }

  private static INDArray apply(Step step, Op op, INDArray x) {
    return step.forward(op, List.of(x));
  }
}
