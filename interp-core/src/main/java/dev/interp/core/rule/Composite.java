package dev.interp.core.rule;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which rule each op of a network follows. An immutable list of cases; the first that matches an op
 * decides. An op that none matches follows the gradient, or after {@link #conserving} what keeps
 * the sum of relevance.
 */
public final class Composite {
  private static final Composite GRADIENT = new Composite("gradient", List.of());
  private static final String PREACTIVATION = ":preactivation";

  private final String name;
  private final List<Case> cases;

  /** A rule that is null refuses what the case matches. */
  private record Case(
      Place place, Predicate<Node> matches, @org.jspecify.annotations.Nullable BackwardRule rule) {}

  private enum Place {
    ANYWHERE,
    FIRST,
    LAST
  }

  private Composite(String name, List<Case> cases) {
    this.name = name;
    this.cases = List.copyOf(cases);
  }

  /**
   * The gradient everywhere.
   *
   * @return the composite without cases
   */
  public static Composite gradient() {
    return GRADIENT;
  }

  /**
   * Guided backpropagation: rectifiers pass the gradient of the positive part of the signal.
   *
   * @return the composite
   */
  public static Composite guidedBackprop() {
    return named("guided backprop").on(Composite::isRectifier, BackwardRule.positiveGradient());
  }

  /**
   * The deconvnet: rectifiers pass the positive part of the signal; max pools keep their switches.
   *
   * @return the composite
   */
  public static Composite deconvnet() {
    return named("deconvnet").on(Composite::isRectifier, BackwardRule.positiveSignal());
  }

  /**
   * An empty composite under a name of its own.
   *
   * @param name what provenance calls it
   * @return the gradient everywhere, to be refined by {@link #on} and the like
   */
  public static Composite named(String name) {
    return new Composite(name, List.of());
  }

  /**
   * This composite with one more case, after those it has.
   *
   * @param matches tells by name, op and inputs which nodes follow the rule
   * @param rule the rule
   * @return the new composite
   */
  public Composite on(Predicate<Node> matches, BackwardRule rule) {
    return with(new Case(Place.ANYWHERE, matches, rule));
  }

  /**
   * A case for a kind of op.
   *
   * @param kind for example {@code Op.Convolution.class}
   * @param rule the rule
   * @return the new composite
   */
  public Composite onOp(Class<? extends Op> kind, BackwardRule rule) {
    return on(node -> kind.isInstance(node.op()), rule);
  }

  /**
   * A case for a layer by its name. Of a layer with an activation function the case is for what
   * comes before it.
   *
   * @param layer the name of a tensor
   * @param rule the rule
   * @return the new composite
   */
  public Composite onLayer(String layer, BackwardRule rule) {
    return on(
        node ->
            node.name().equals(layer + PREACTIVATION)
                || (node.name().equals(layer)
                    && !node.inputs().equals(List.of(layer + PREACTIVATION))),
        rule);
  }

  /**
   * A case for the layers with weights (convolutions and dense layers) that no other comes before:
   * the first, or of a net that branches at its input the first of each branch.
   *
   * @param rule the rule
   * @return the new composite
   */
  public Composite onFirst(BackwardRule rule) {
    return with(new Case(Place.FIRST, Composite::isLinear, rule));
  }

  /**
   * A case for the layers with weights that no other comes after.
   *
   * @param rule the rule
   * @return the new composite
   */
  public Composite onLast(BackwardRule rule) {
    return with(new Case(Place.LAST, Composite::isLinear, rule));
  }

  /**
   * A case for all layers with weights: convolutions, dense layers, and batch norms that could not
   * be folded into one.
   *
   * @param rule the rule
   * @return the new composite
   */
  public Composite onWeights(BackwardRule rule) {
    return on(node -> isLinear(node) || node.op() instanceof Op.Affine, rule);
  }

  /**
   * This composite with rules that keep the sum of relevance for ops without weights, after the
   * cases it has: activation functions and normalisations pass relevance on unchanged; sums,
   * average pools and scales divide it in proportion to their inputs; max pools and maxima give it
   * to the winner; what only moves numbers moves relevance along. Layers with weights that no case
   * matches, products, softmax functions inside the network and opaque ops are refused.
   *
   * @param stabilizer keeps proportions from a division by zero, above 0
   * @return the new composite
   */
  public Composite conserving(double stabilizer) {
    return onOp(Op.Activation.class, BackwardRule.pass())
        .onOp(Op.ParametricRelu.class, BackwardRule.pass())
        .onOp(Op.LocalResponseNormalization.class, BackwardRule.pass())
        .onOp(Op.L2Normalize.class, BackwardRule.pass())
        .on(Composite::isProportional, RelevanceRule.norm(stabilizer))
        .with(new Case(Place.ANYWHERE, Composite::hasNoRule, null));
  }

  /**
   * This composite with the cases of another after its own, for exceptions to a usual one.
   *
   * @param others what decides where no case of this one matches
   * @return the new composite, under this one's name
   */
  public Composite then(Composite others) {
    List<Case> all = new ArrayList<>(cases);
    all.addAll(others.cases);
    return new Composite(name, all);
  }

  private Composite with(Case more) {
    List<Case> all = new ArrayList<>(cases);
    all.add(more);
    return new Composite(name, all);
  }

  /**
   * The rules for the ops of a network.
   *
   * @param nodes the ops in an order in which they can run
   * @return for each node the rule of the first case that matches, or {@link BackwardRule#gradient}
   * @throws IllegalArgumentException if an op has no rule, or one that does not fit it; the message
   *     names the op
   */
  public List<BackwardRule> rules(List<Node> nodes) {
    if (cases.isEmpty()) {
      return Collections.nCopies(nodes.size(), BackwardRule.gradient());
    }
    Set<String> first = ends(nodes, true);
    Set<String> last = ends(nodes, false);
    List<BackwardRule> rules = new ArrayList<>();
    for (Node node : nodes) {
      BackwardRule rule = BackwardRule.gradient();
      for (Case c : cases) {
        boolean here =
            c.place == Place.ANYWHERE
                || (c.place == Place.FIRST ? first : last).contains(node.name());
        if (here && c.matches.test(node)) {
          if (c.rule == null) {
            throw new IllegalArgumentException(
                "'"
                    + name
                    + "' has no rule for the "
                    + node.op().kind()
                    + " at '"
                    + node.name()
                    + "'; add a case for it before conserving()");
          }
          rule = c.rule;
          break;
        }
      }
      if (!rule.fits(node.op())) {
        throw new IllegalArgumentException(
            "the rule "
                + rule
                + " of '"
                + name
                + "' does not fit the "
                + node.op().kind()
                + " at '"
                + node.name()
                + "'; rules that change weights fit convolutions, dense layers and batch norms,"
                + " pass fits ops that keep the shape");
      }
      rules.add(rule);
    }
    return rules;
  }

  /** Names of layers with weights that have none before (or after) them. */
  private static Set<String> ends(List<Node> nodes, boolean beginning) {
    Set<String> beyond = new HashSet<>();
    Set<String> ends = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(beginning ? i : nodes.size() - 1 - i);
      boolean isBeyond =
          beginning
              ? node.inputs().stream().anyMatch(beyond::contains)
              : beyond.contains(node.name());
      if (isLinear(node) && !isBeyond) {
        ends.add(node.name());
      }
      if (isLinear(node) || isBeyond) {
        beyond.add(node.name());
        if (!beginning) {
          beyond.addAll(node.inputs());
        }
      }
    }
    return ends;
  }

  /**
   * The name.
   *
   * @return what provenance calls it
   */
  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }

  private static boolean isRectifier(Node node) {
    return node.op() instanceof Op.Activation activation && activation.isRectifier();
  }

  private static boolean isLinear(Node node) {
    return RelevanceRule.isLinear(node.op());
  }

  private static boolean isProportional(Node node) {
    Op op = node.op();
    return op instanceof Op.Scale
        || (op instanceof Op.Pool pool && pool.reduction() != Op.Reduction.MAX)
        || (op instanceof Op.GlobalPool global && global.reduction() != Op.Reduction.MAX)
        || (op instanceof Op.Elementwise e
            && e.combination() != Op.Combination.MAX
            && e.combination() != Op.Combination.MULTIPLY);
  }

  private static boolean hasNoRule(Node node) {
    Op op = node.op();
    return isLinear(node)
        || op instanceof Op.Affine
        || op instanceof Op.Opaque
        || op instanceof Op.Softmax
        || (op instanceof Op.Elementwise e && e.combination() == Op.Combination.MULTIPLY);
  }
}
