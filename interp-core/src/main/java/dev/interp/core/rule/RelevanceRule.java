package dev.interp.core.rule;

import dev.interp.core.op.Op;
import java.util.List;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A rule of layer-wise relevance propagation as data. The op is run on parts of its input with
 * changed parameters, the relevance R at its output is divided by what comes out, and the quotient
 * goes back through the same changed op:
 *
 * <pre>
 *   z_g  = Σ_t ± W_t x_t + b_t                       over the terms t of a group g
 *   R_in = Σ_g factor_g · Σ_t ± x_t ∘ W_tᵀ ( gate_g R / (z_g + ε sign z_g) )      sign 0 = 1
 * </pre>
 *
 * <p>A group with one whole, unchanged term needs no parameters, so {@link #epsilon} fits any op
 * that is homogeneous, such as sums and average pools. All other rules fit convolutions, dense
 * layers and batch norms only.
 *
 * <p>The rules are those of Bach et al.: On Pixel-Wise Explanations (PLoS ONE 2015), Montavon et
 * al.: Explaining Nonlinear Classification Decisions with Deep Taylor Decomposition (2017) and
 * Montavon et al.: Layer-Wise Relevance Propagation: An Overview (2019), in the forms that hold for
 * inputs of either sign. The tests agree with zennit 0.5.1 in float64.
 */
public final class RelevanceRule implements BackwardRule {
  /** What ε is in rules that only need to keep away from a division by zero. */
  public static final double STABILIZER = 1e-6;

  private final String name;
  private final double epsilon;
  private final List<Group> groups;
  private final Bounds bounds;

  /** Which part of the input a term sees. */
  public enum Part {
    /** The input itself. */
    WHOLE,
    /** {@code max(x, 0)}. */
    POSITIVE,
    /** {@code min(x, 0)}. */
    NEGATIVE,
    /** Ones instead of the input; its relevance is not multiplied by them. */
    ONES,
    /** The least value that the input could have. */
    LOW,
    /** The largest value that the input could have. */
    HIGH
  }

  /** At which outputs a group takes part. */
  public enum Gate {
    /** At all. */
    OPEN,
    /** Where the op's output is above zero. */
    POSITIVE,
    /** Where the op's output is below zero. */
    NEGATIVE
  }

  /**
   * What is done to a parameter. Values with {@code equals}: what they make is kept as long as the
   * run's buffers are.
   */
  public interface Change extends UnaryOperator<INDArray> {}

  /** The usual changes. */
  public enum Usual implements Change {
    /** As it is. */
    KEEP,
    /** Zero; for biases. */
    ZERO,
    /** One. */
    ONE,
    /** {@code max(w, 0)}. */
    POSITIVE,
    /** {@code min(w, 0)}. */
    NEGATIVE,
    /** {@code w²}. */
    SQUARE;

    @Override
    public INDArray apply(INDArray w) {
      return switch (this) {
        case KEEP -> w;
        case ZERO -> w.like();
        case ONE -> Nd4j.onesLike(w);
        case POSITIVE -> Transforms.max(w, 0, true);
        case NEGATIVE -> Transforms.min(w, 0, true);
        case SQUARE -> w.mul(w);
      };
    }
  }

  /**
   * {@code w + γ max(w, 0)}, or {@code w + γ min(w, 0)}.
   *
   * @param gamma how much is added
   * @param part which sign is favoured: POSITIVE or NEGATIVE
   */
  public record Favour(double gamma, Usual part) implements Change {
    @Override
    public INDArray apply(INDArray w) {
      return part.apply(w).muli(gamma).addi(w);
    }
  }

  /**
   * The op with changed parameters on a part of its input.
   *
   * @param input the part
   * @param weights what is done to the weights
   * @param bias what is done to the bias
   * @param subtracted whether the term counts negatively
   */
  public record Term(Part input, Change weights, Change bias, boolean subtracted) {
    /**
     * Whether this is the op as it is.
     *
     * @return true for the whole input and unchanged parameters
     */
    public boolean isPlain() {
      return input == Part.WHOLE && weights == Usual.KEEP && bias == Usual.KEEP && !subtracted;
    }

    Term withoutBias() {
      return new Term(input, weights, Usual.ZERO, subtracted);
    }
  }

  /**
   * Terms that share a denominator.
   *
   * @param terms one or more
   * @param factor of the relevance that they hand down
   * @param gate at which outputs they take part
   */
  public record Group(List<Term> terms, double factor, Gate gate) {
    /** Copies the list. */
    public Group {
      terms = List.copyOf(terms);
    }
  }

  /**
   * What an input can be, per channel.
   *
   * @param low one value, or one per channel; empty for the least value of each channel of each
   *     example, and at most zero
   * @param high one value, or one per channel; empty for the largest value of each channel of each
   *     example, and at least zero
   */
  public record Bounds(List<Double> low, List<Double> high) {
    /** The bounds of each example itself. */
    public static final Bounds MEASURED = new Bounds(List.of(), List.of());

    /** Copies the lists and checks them. */
    public Bounds {
      low = List.copyOf(low);
      high = List.copyOf(high);
      boolean fits = low.size() == high.size();
      for (int i = 0; fits && i < low.size(); i++) {
        fits = low.get(i) <= high.get(i);
      }
      if (!fits) {
        throw new IllegalArgumentException(
            "the bounds must have as many lows as highs, each low at most its high, was low "
                + low
                + ", high "
                + high);
      }
    }

    @Override
    public String toString() {
      return low.isEmpty() ? "of each example" : low + " to " + high;
    }
  }

  private RelevanceRule(String name, double epsilon, List<Group> groups, Bounds bounds) {
    this.name = name;
    this.epsilon = epsilon;
    this.groups = List.copyOf(groups);
    this.bounds = bounds;
  }

  /**
   * A rule of one's own.
   *
   * @param name what messages call it
   * @param epsilon the stabiliser ε, above 0
   * @param groups one or more
   * @return the rule
   */
  public static RelevanceRule of(String name, double epsilon, Group... groups) {
    if (!(epsilon > 0 && Double.isFinite(epsilon))) {
      throw new IllegalArgumentException("epsilon must be above 0 and finite, was " + epsilon);
    }
    return new RelevanceRule(name, epsilon, List.of(groups), Bounds.MEASURED);
  }

  /**
   * LRP-0: in proportion to what each input contributes. An ε of 1e-9 keeps it finite.
   *
   * @return the rule
   */
  public static RelevanceRule zero() {
    return named("zero", epsilon(1e-9));
  }

  /**
   * LRP-ε: in proportion to what each input contributes, less where the sum is near zero. The bias
   * keeps its share.
   *
   * @param epsilon added to the size of the denominator, above 0
   * @return the rule
   */
  public static RelevanceRule epsilon(double epsilon) {
    return of(
        "epsilon " + epsilon,
        epsilon,
        new Group(List.of(term(Part.WHOLE, Usual.KEEP, Usual.KEEP)), 1, Gate.OPEN));
  }

  /**
   * LRP-γ, generalised: where the output is positive, positive contributions are favoured by γ, and
   * where it is negative, negative ones.
   *
   * @param gamma 0 for LRP-0; large values come near to {@link #zPlus}
   * @return the rule
   */
  public static RelevanceRule gamma(double gamma) {
    if (!(gamma >= 0 && Double.isFinite(gamma))) {
      throw new IllegalArgumentException("gamma must be at least 0 and finite, was " + gamma);
    }
    Change up = new Favour(gamma, Usual.POSITIVE);
    Change down = new Favour(gamma, Usual.NEGATIVE);
    return of(
        "gamma " + gamma,
        STABILIZER,
        new Group(signed(up, down), 1, Gate.POSITIVE),
        new Group(signed(down, up), 1, Gate.NEGATIVE));
  }

  /**
   * LRP-αβ, generalised: positive contributions get α times the relevance, negative ones −β times.
   *
   * @param alpha at least 1
   * @param beta {@code alpha − 1}
   * @return the rule
   */
  public static RelevanceRule alphaBeta(double alpha, double beta) {
    if (!(alpha >= 1 && beta >= 0 && Math.abs(alpha - beta - 1) < 1e-9)) {
      throw new IllegalArgumentException(
          "alpha must be at least 1 and beta alpha - 1, was alpha " + alpha + ", beta " + beta);
    }
    return signed("alpha " + alpha + " beta " + beta, alpha, beta);
  }

  /**
   * z⁺, generalised: positive contributions only.
   *
   * @return the rule
   */
  public static RelevanceRule zPlus() {
    return signed("z-plus", 1, 0);
  }

  /**
   * What speaks for an output minus what speaks for its opposite, as in contrastive excitation
   * backpropagation: {@link #zPlus} of the weights minus {@link #zPlus} of the negated weights,
   * without bias.
   *
   * @return the rule
   */
  public static RelevanceRule contrast() {
    return signed("contrast", 1, 1).withoutBias();
  }

  /**
   * z-box (zᴮ): for an input between two bounds, in proportion to the distance from the bound that
   * speaks least for the output.
   *
   * @param bounds of the input
   * @return the rule
   */
  public static RelevanceRule zBox(Bounds bounds) {
    return new RelevanceRule(
        "z-box",
        STABILIZER,
        List.of(
            new Group(
                List.of(
                    term(Part.WHOLE, Usual.KEEP, Usual.KEEP),
                    new Term(Part.LOW, Usual.POSITIVE, Usual.POSITIVE, true),
                    new Term(Part.HIGH, Usual.NEGATIVE, Usual.NEGATIVE, true)),
                1,
                Gate.OPEN)),
        bounds);
  }

  /**
   * w²: in proportion to the squared weights, whatever the input.
   *
   * @return the rule
   */
  public static RelevanceRule wSquare() {
    return of(
        "w-square",
        STABILIZER,
        new Group(List.of(term(Part.ONES, Usual.SQUARE, Usual.SQUARE)), 1, Gate.OPEN));
  }

  /**
   * Flat: evenly among all inputs.
   *
   * @return the rule
   */
  public static RelevanceRule flat() {
    return of(
        "flat",
        STABILIZER,
        new Group(List.of(term(Part.ONES, Usual.ONE, Usual.ZERO)), 1, Gate.OPEN));
  }

  /**
   * In proportion to what each input contributes; for sums and average pools.
   *
   * @param stabilizer the ε, above 0
   * @return the rule
   */
  public static RelevanceRule norm(double stabilizer) {
    return named("norm", epsilon(stabilizer));
  }

  private static RelevanceRule named(String name, RelevanceRule rule) {
    return new RelevanceRule(name, rule.epsilon, rule.groups, rule.bounds);
  }

  private static RelevanceRule signed(String name, double alpha, double beta) {
    Group positive = new Group(signed(Usual.POSITIVE, Usual.NEGATIVE), alpha, Gate.OPEN);
    Group negative = new Group(signed(Usual.NEGATIVE, Usual.POSITIVE), -beta, Gate.OPEN);
    return beta == 0 ? of(name, STABILIZER, positive) : of(name, STABILIZER, positive, negative);
  }

  /** One change for positive inputs, which take the bias, the other for negative ones. */
  private static List<Term> signed(Change positive, Change negative) {
    return List.of(
        term(Part.POSITIVE, positive, positive), term(Part.NEGATIVE, negative, Usual.ZERO));
  }

  private static Term term(Part input, Change weights, Change bias) {
    return new Term(input, weights, bias, false);
  }

  /**
   * The same rule for ops without their biases, which then keep no relevance.
   *
   * @return the rule
   */
  public RelevanceRule withoutBias() {
    return new RelevanceRule(
        name + " without bias",
        epsilon,
        groups.stream()
            .map(g -> new Group(g.terms.stream().map(Term::withoutBias).toList(), g.factor, g.gate))
            .toList(),
        bounds);
  }

  /**
   * The same rule with another stabiliser.
   *
   * @param stabilizer the ε, above 0
   * @return the rule
   */
  public RelevanceRule withStabilizer(double stabilizer) {
    RelevanceRule checked = of(name, stabilizer, groups.toArray(Group[]::new));
    return new RelevanceRule(name, checked.epsilon, groups, bounds);
  }

  /**
   * The stabiliser.
   *
   * @return ε
   */
  public double epsilon() {
    return epsilon;
  }

  /**
   * The groups.
   *
   * @return one or more
   */
  public List<Group> groups() {
    return groups;
  }

  /**
   * What the input can be, for terms that ask.
   *
   * @return the bounds
   */
  public Bounds bounds() {
    return bounds;
  }

  /**
   * Whether the op is run as it is, so that any homogeneous op will do.
   *
   * @return true for {@link #epsilon} and the like
   */
  public boolean isPlain() {
    return groups.size() == 1
        && groups.get(0).gate() == Gate.OPEN
        && groups.get(0).factor() == 1
        && groups.get(0).terms().size() == 1
        && groups.get(0).terms().get(0).isPlain();
  }

  @Override
  public boolean fits(Op op) {
    return isLinear(op) || op instanceof Op.Affine || (isPlain() && isHomogeneous(op));
  }

  static boolean isLinear(Op op) {
    return op instanceof Op.Convolution
        || op instanceof Op.TransposedConvolution
        || op instanceof Op.Dense;
  }

  private static boolean isHomogeneous(Op op) {
    return op instanceof Op.Pool
        || op instanceof Op.GlobalPool
        || op instanceof Op.Scale
        || (op instanceof Op.Activation a && (a.isRectifier() || a.isIdentity()))
        || (op instanceof Op.Elementwise e && e.combination() != Op.Combination.MULTIPLY);
  }

  @Override
  public List<INDArray> backward(Step step, INDArray signal) {
    return step.relevance(this, signal);
  }

  @Override
  public String toString() {
    return name;
  }
}
