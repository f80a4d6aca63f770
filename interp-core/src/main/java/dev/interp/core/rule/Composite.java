package dev.interp.core.rule;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which rule each op of a network follows. An immutable list of cases; the first that matches an op
 * decides, and an op that none matches follows the gradient.
 */
public final class Composite {
  private static final Composite GRADIENT = new Composite("gradient", List.of());

  private final String name;
  private final List<Case> cases;

  private record Case(Predicate<Node> matches, BackwardRule rule) {}

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
   * @return the gradient everywhere, to be refined by {@link #on}
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
    List<Case> more = new ArrayList<>(cases);
    more.add(new Case(matches, rule));
    return new Composite(name, more);
  }

  /**
   * The rule for a node.
   *
   * @param node the op in its place
   * @return the rule of the first case that matches, or {@link BackwardRule#gradient}
   */
  public BackwardRule rule(Node node) {
    return cases.stream()
        .filter(c -> c.matches.test(node))
        .map(Case::rule)
        .findFirst()
        .orElse(BackwardRule.gradient());
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
}
