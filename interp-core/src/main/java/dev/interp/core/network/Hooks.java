package dev.interp.core.network;

import dev.interp.core.rule.Composite;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a run shall keep, show and change on its way: an immutable value given to one run. Nothing
 * is attached to a network, so nothing can be left behind, and runs with different hooks do not see
 * each other.
 *
 * <p>Arrays given to a hook are copies in public layout ({@code [N, C, H, W]} or {@code [N, F]})
 * that it may keep and modify. A hook that throws ends its run; the network is as it was.
 */
public final class Hooks {
  private static final Hooks NONE =
      new Hooks(Set.of(), false, false, Map.of(), Map.of(), Composite.gradient());

  private final Set<String> kept;
  private final boolean keepAll;
  private final boolean forgetsBelow;
  private final Map<String, UnaryOperator<INDArray>> activations;
  private final Map<String, UnaryOperator<INDArray>> gradients;
  private final Composite composite;

  private Hooks(
      Set<String> kept,
      boolean keepAll,
      boolean forgetsBelow,
      Map<String, UnaryOperator<INDArray>> activations,
      Map<String, UnaryOperator<INDArray>> gradients,
      Composite composite) {
    this.kept = kept;
    this.keepAll = keepAll;
    this.forgetsBelow = forgetsBelow;
    this.activations = activations;
    this.gradients = gradients;
    this.composite = composite;
  }

  /**
   * Nothing kept or changed; gradients are plain gradients.
   *
   * @return the empty hooks
   */
  public static Hooks none() {
    return NONE;
  }

  /**
   * Keeps tensors, so that {@link Trace#activation} gives them.
   *
   * @param tensors their names
   * @return these hooks and that
   */
  public Hooks keep(String... tensors) {
    Set<String> more = new LinkedHashSet<>(kept);
    more.addAll(Arrays.asList(tensors));
    return new Hooks(more, keepAll, forgetsBelow, activations, gradients, composite);
  }

  /**
   * Keeps every tensor of the network.
   *
   * @return these hooks and that
   */
  public Hooks keepAll() {
    return new Hooks(kept, true, forgetsBelow, activations, gradients, composite);
  }

  /**
   * Promises that no gradient is asked for below the lowest tensor that is kept. What lies below it
   * then shares its room as in {@link Network#logits(INDArray)}, and costs as little.
   *
   * @return these hooks and that
   */
  public Hooks forgetBelow() {
    return new Hooks(kept, keepAll, true, activations, gradients, composite);
  }

  /**
   * Replaces an activation before any op reads it. A second edit of the same tensor sees the result
   * of the first. Gradients pass an edit unchanged, as if it had added a constant.
   *
   * @param tensor its name
   * @param edit gives the new activation, of the same shape; may change and return its argument
   * @return these hooks and that
   */
  public Hooks edit(String tensor, UnaryOperator<INDArray> edit) {
    return new Hooks(
        kept, keepAll, forgetsBelow, with(activations, tensor, edit), gradients, composite);
  }

  /**
   * Shows an activation.
   *
   * @param tensor its name
   * @param observer is given the activation
   * @return these hooks and that
   */
  public Hooks observe(String tensor, Consumer<INDArray> observer) {
    return edit(tensor, tell(observer));
  }

  /**
   * Replaces the gradient (or another rule's signal) at a tensor on its way down.
   *
   * @param tensor its name
   * @param edit gives the new gradient, of the same shape; may change and return its argument
   * @return these hooks and that
   */
  public Hooks editGradient(String tensor, UnaryOperator<INDArray> edit) {
    return new Hooks(
        kept, keepAll, forgetsBelow, activations, with(gradients, tensor, edit), composite);
  }

  /**
   * Shows the gradient (or another rule's signal) at a tensor on its way down.
   *
   * @param tensor its name
   * @param observer is given the gradient
   * @return these hooks and that
   */
  public Hooks observeGradient(String tensor, Consumer<INDArray> observer) {
    return editGradient(tensor, tell(observer));
  }

  /**
   * Sets the rules by which signals travel down.
   *
   * @param rules for the backward passes of the run
   * @return these hooks with those rules
   */
  public Hooks withRules(Composite rules) {
    return new Hooks(kept, keepAll, forgetsBelow, activations, gradients, rules);
  }

  Set<String> kept() {
    return kept;
  }

  boolean keepsAll() {
    return keepAll;
  }

  boolean forgetsBelow() {
    return forgetsBelow;
  }

  Map<String, UnaryOperator<INDArray>> activations() {
    return activations;
  }

  Map<String, UnaryOperator<INDArray>> gradients() {
    return gradients;
  }

  Composite composite() {
    return composite;
  }

  List<String> names() {
    Set<String> names = new LinkedHashSet<>(kept);
    names.addAll(activations.keySet());
    names.addAll(gradients.keySet());
    return List.copyOf(names);
  }

  private static UnaryOperator<INDArray> tell(Consumer<INDArray> observer) {
    return array -> {
      observer.accept(array.dup());
      return array;
    };
  }

  private static Map<String, UnaryOperator<INDArray>> with(
      Map<String, UnaryOperator<INDArray>> edits, String tensor, UnaryOperator<INDArray> edit) {
    Map<String, UnaryOperator<INDArray>> more = new HashMap<>(edits);
    more.merge(tensor, edit, (first, second) -> array -> second.apply(first.apply(array)));
    return Map.copyOf(more);
  }
}
