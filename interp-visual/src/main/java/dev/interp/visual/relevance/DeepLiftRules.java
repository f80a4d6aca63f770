package dev.interp.visual.relevance;

import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Multipliers for every op that is not linear: what the output differs from the reference by,
 * shared out among the differences of the inputs. Linear ops need none: their multiplier is the
 * gradient. All shares are exact but those of {@link #trapezoid}.
 */
final class DeepLiftRules {
  /** Differences below this take the gradient; captum has the same number. */
  static final double NEAR_ZERO = 1e-10;

  /** The rescale rule. One object, so that networks keep its backward passes ready. */
  static final Composite RESCALE = addTo(Composite.named("deep-lift rescale"));

  private DeepLiftRules() {}

  /** Adds a case for every op that is not linear. */
  static Composite addTo(Composite composite) {
    return composite
        .on(n -> LinearBlock.isElementwise(n.op()), DeepLiftRules::rescale)
        .on(n -> isMaximum(n.op()), DeepLiftRules::winners)
        .on(n -> isCombination(n.op(), Op.Combination.MULTIPLY), DeepLiftRules::product)
        .on(
            n ->
                n.op() instanceof Op.LocalResponseNormalization || n.op() instanceof Op.L2Normalize,
            DeepLiftRules::normalised)
        .on(n -> isOther(n.op()), DeepLiftRules::trapezoid);
  }

  private static boolean isMaximum(Op op) {
    return (op instanceof Op.Pool pool && pool.reduction() == Op.Reduction.MAX)
        || (op instanceof Op.GlobalPool all && all.reduction() == Op.Reduction.MAX)
        || isCombination(op, Op.Combination.MAX);
  }

  private static boolean isCombination(Op op, Op.Combination combination) {
    return op instanceof Op.Elementwise e && e.combination() == combination;
  }

  private static boolean isOther(Op op) {
    return op instanceof Op.Softmax
        || op instanceof Op.Opaque
        || (op instanceof Op.Pool pool && pool.reduction() == Op.Reduction.P_NORM)
        || (op instanceof Op.GlobalPool all && all.reduction() == Op.Reduction.P_NORM);
  }

  /** Δy / Δx, number by number. */
  private static List<INDArray> rescale(BackwardRule.Step step, INDArray signal) {
    Window at = new Window(step.output());
    Window from = new Window(step.reference().output());
    Window share = new Window(signal);
    return List.of(
        quotient(
            first -> share.read(first).multiply(at.read(first), from.read(first)),
            0,
            step,
            signal));
  }

  /**
   * The difference of two maxima, taken by the winners: how far the input's maximum exceeds the
   * reference's goes to the place of the input's maximum, how far it falls behind to the place of
   * the reference's. Where windows overlap, shares of one place add up.
   */
  private static List<INDArray> winners(BackwardRule.Step step, INDArray signal) {
    BackwardRule.Step reference = step.reference();
    INDArray gain = step.output().sub(reference.output());
    INDArray loss = Transforms.min(gain, 0, true).muli(signal);
    Transforms.max(gain, 0, false).muli(signal);
    List<INDArray> won = step.gradient(gain);
    List<INDArray> lost = reference.gradient(loss);
    gain.close();
    loss.close();
    List<INDArray> below = new ArrayList<>();
    for (int k = 0; k < won.size(); k++) {
      INDArray share = won.get(k).addi(lost.get(k));
      lost.get(k).close();
      below.add(quotient(new Window(share)::read, k, step, signal));
      share.close();
    }
    return below;
  }

  /**
   * Shares divided by differences; where a difference is almost zero, the gradient.
   *
   * @param shares a window of them, to be written over
   */
  private static INDArray quotient(
      IntFunction<Window> shares, int input, BackwardRule.Step step, INDArray signal) {
    Window at = new Window(step.input(input));
    Window from = new Window(step.reference().input(input));
    INDArray quotients =
        Nd4j.createUninitialized(signal.dataType(), step.input(input).shape(), 'c');
    Window below = new Window(quotients);
    Window gradient = null;
    for (int first = 0; first < quotients.length(); first += Window.SIZE) {
      Window share = shares.apply(first);
      at.read(first);
      from.read(first);
      share.divide(at, from);
      if (at.touches(from, NEAR_ZERO)) {
        if (gradient == null) {
          gradient = new Window(step.gradient(signal).get(input));
        }
        share.replace(gradient.read(first), at, from, NEAR_ZERO);
      }
      below.write(first, share);
    }
    return quotients;
  }

  /** One where a number is almost zero, else zero. */
  static INDArray nearZero(INDArray x) {
    INDArray size = Transforms.abs(x, true);
    INDArray small = size.lt(NEAR_ZERO);
    size.close();
    INDArray mask = small.castTo(x.dataType());
    small.close();
    return mask;
  }

  /**
   * A product's difference, exact by {@code Δ(ab) = Δa · mean(b) + Δb · mean(a)}, the means taken
   * of input and reference. More than two factors are multiplied from left to right.
   */
  private static List<INDArray> product(BackwardRule.Step step, INDArray signal) {
    BackwardRule.Step reference = step.reference();
    int factors = step.node().inputs().size();
    long[] shape = signal.shape();
    List<INDArray> here =
        IntStream.range(0, factors).mapToObj(k -> step.input(k).broadcast(shape)).toList();
    List<INDArray> there =
        IntStream.range(0, factors).mapToObj(k -> reference.input(k).broadcast(shape)).toList();
    List<INDArray> below = new ArrayList<>();
    for (int k = 0; k < factors; k++) {
      INDArray before = Nd4j.onesLike(signal);
      INDArray beforeThere = Nd4j.onesLike(signal);
      for (int j = 0; j < k; j++) {
        before.muli(here.get(j));
        beforeThere.muli(there.get(j));
      }
      INDArray multiplier = before.addi(beforeThere).muli(0.5).muli(signal);
      for (int j = k + 1; j < factors; j++) {
        multiplier.muli(here.get(j).add(there.get(j)).muli(0.5));
      }
      INDArray x = step.input(k);
      int[] summed =
          IntStream.range(1, x.rank())
              .filter(axis -> x.size(axis) == 1 && shape[axis] > 1)
              .toArray();
      below.add(summed.length == 0 ? multiplier : multiplier.sum(true, summed));
    }
    return below;
  }

  /**
   * {@code y = x · g(S)} with S a sum of squares: the product's share, and the share of g through
   * {@code Δ(x²) = Δx · (x + x′)}.
   */
  private static List<INDArray> normalised(BackwardRule.Step step, INDArray signal) {
    BackwardRule.Step reference = step.reference();
    INDArray x = step.input(0);
    INDArray other = reference.input(0);
    Function<INDArray, INDArray> sum;
    DoubleUnaryOperator g;
    DoubleUnaryOperator slope;
    if (step.node().op() instanceof Op.LocalResponseNormalization l) {
      sum = a -> neighbours(a, l.radius());
      g = s -> Math.pow(l.k() + l.alpha() * s, -l.beta());
      slope = s -> -l.beta() * l.alpha() * Math.pow(l.k() + l.alpha() * s, -l.beta() - 1);
    } else {
      double least = ((Op.L2Normalize) step.node().op()).epsilon();
      sum = a -> a.sum(true, IntStream.range(1, a.rank()).toArray()).broadcast(a.shape()).dup();
      g = s -> 1 / Math.max(Math.sqrt(s), least);
      slope = s -> Math.sqrt(s) > least ? -0.5 * Math.pow(s, -1.5) : 0;
    }
    INDArray squares = sum.apply(x.mul(x));
    INDArray otherSquares = sum.apply(other.mul(other));
    INDArray factor = map(squares, g);
    INDArray otherFactor = map(otherSquares, g);
    INDArray difference = squares.sub(otherSquares);
    INDArray flat = nearZero(difference);
    INDArray ratio = factor.sub(otherFactor).divi(difference.addi(flat));
    ratio.addi(map(squares, slope).subi(ratio).muli(flat));
    INDArray both = x.add(other);
    INDArray through = sum.apply(both.mul(0.5).muli(signal).muli(ratio)).muli(both);
    return List.of(factor.addi(otherFactor).muli(0.5).muli(signal).addi(through));
  }

  private static INDArray map(INDArray x, DoubleUnaryOperator f) {
    double[] numbers = Numbers.of(x);
    Arrays.setAll(numbers, i -> f.applyAsDouble(numbers[i]));
    return Numbers.write(numbers, x.dup('c'));
  }

  /** Sums over the channels within a radius. */
  private static INDArray neighbours(INDArray x, int radius) {
    long channels = x.size(x.rank() - 1);
    double[][] near = new double[(int) channels][(int) channels];
    for (int i = 0; i < channels; i++) {
      for (int j = Math.max(0, i - radius); j <= Math.min(channels - 1, i + radius); j++) {
        near[i][j] = 1;
      }
    }
    INDArray band = Nd4j.createFromArray(near).castTo(x.dataType());
    INDArray rows = x.dup('c').reshape('c', x.length() / channels, channels);
    return rows.mmul(band).dup('c').reshape('c', x.shape());
  }

  /**
   * The mean of the gradients at input and reference, for ops that have no exact share; the
   * completeness gap shows what it misses.
   */
  private static List<INDArray> trapezoid(BackwardRule.Step step, INDArray signal) {
    INDArray half = signal.mul(0.5);
    List<INDArray> here = step.gradient(half);
    List<INDArray> there = step.reference().gradient(half);
    half.close();
    for (int k = 0; k < here.size(); k++) {
      here.get(k).addi(there.get(k));
      there.get(k).close();
    }
    return here;
  }
}
