package dev.interp.visual.relevance;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.Lrp;
import dev.interp.core.rule.RelevanceRule.Bounds;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Layer-wise relevance propagation: the number to explain is handed down from layer to layer until
 * it lies on the input (or on any hidden tensor), each op by the rule that a {@link Composite} has
 * for it. Batch norms are folded into the layers beside them first, on a copy of the parameters.
 *
 * <p>The relevance that starts is the target tensor's value times the gradient of the target: the
 * logit of a class target, and the logits of both classes with their signs for a contrast. For a
 * probability it is what the logits contribute to first order. Excitation backpropagation starts
 * with one instead.
 *
 * <p>Cost: one forward and one backward pass, and in layers whose rule changes weights one or two
 * more forward and backward runs of that layer. Rules of several terms leave out those that add
 * nothing, so that behind rectifiers z⁺, γ and α1β0 cost one of each.
 *
 * <p>Bach et al.: On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise
 * Relevance Propagation, PLoS ONE 2015; Montavon et al.: Layer-Wise Relevance Propagation: An
 * Overview, 2019. The tests agree with zennit 0.5.1, captum 0.7.0 and iNNvestigate 2 in float64.
 * Deviations: layers that branch directly at the input all count as first, and a first dense layer
 * takes the z-box too.
 */
public final class Relevance implements Attributor {
  private final String id;
  private final Composite composite;
  private final Map<String, String> own;
  private final @Nullable Bounds bounds;
  private final boolean fromOne;
  private final boolean conserves;
  private final String tensor;

  private Relevance(
      String id,
      Composite composite,
      Map<String, String> own,
      @Nullable Bounds bounds,
      boolean fromOne,
      boolean conserves,
      String tensor) {
    this.id = id;
    this.composite = composite;
    this.own = own;
    this.bounds = bounds;
    this.fromOne = fromOne;
    this.conserves = conserves;
    this.tensor = tensor;
  }

  private static Relevance of(String id, Composite composite, Map<String, String> own) {
    return new Relevance(id, composite, own, null, false, true, Network.INPUT);
  }

  /**
   * Rules of one's own.
   *
   * @param composite which op follows which rule; see {@link Composite#conserving}
   * @return the method, named lrp
   */
  public static Relevance with(Composite composite) {
    return of("lrp", composite, Map.of("rules", composite.name()));
  }

  /**
   * LRP-ε with ε = 0.25 on all layers with weights.
   *
   * @return the method
   */
  public static Relevance epsilon() {
    return epsilon(0.25);
  }

  /**
   * LRP-ε on all layers with weights.
   *
   * @param epsilon above 0: the larger, the less small contributions count
   * @return the method
   */
  public static Relevance epsilon(double epsilon) {
    return of("lrp-epsilon", Lrp.epsilon(epsilon), Map.of("epsilon", Double.toString(epsilon)));
  }

  /**
   * ε on dense layers, z⁺ on convolutions.
   *
   * @return the method
   */
  public static Relevance epsilonPlus() {
    return of("lrp-epsilon-plus", Lrp.epsilonPlus(), Map.of());
  }

  /**
   * ε on dense layers, z⁺ on convolutions, flat at the first layer.
   *
   * @return the method
   */
  public static Relevance epsilonPlusFlat() {
    return of("lrp-epsilon-plus-flat", Lrp.epsilonPlusFlat(), Map.of());
  }

  /**
   * ε on dense layers, γ = 0.25 on convolutions, z-box at the first layer.
   *
   * @param bounds least and largest network input values: black and white after preprocessing
   * @return the method
   */
  public static Relevance epsilonGammaBox(Bounds bounds) {
    return bounded("lrp-epsilon-gamma-box", Lrp.epsilonGammaBox(bounds), bounds);
  }

  /**
   * ε on dense layers, α = 2, β = 1 on convolutions.
   *
   * @return the method
   */
  public static Relevance epsilonAlpha2Beta1() {
    return of("lrp-epsilon-alpha2-beta1", Lrp.epsilonAlpha2Beta1(), Map.of());
  }

  /**
   * ε on dense layers, α = 2, β = 1 on convolutions, flat at the first layer.
   *
   * @return the method
   */
  public static Relevance epsilonAlpha2Beta1Flat() {
    return of("lrp-epsilon-alpha2-beta1-flat", Lrp.epsilonAlpha2Beta1Flat(), Map.of());
  }

  /**
   * α = 1, β = 0 on all layers with weights. Changes little when a network's weights are randomised
   * (Sixt, Granz, Landgraf: When Explanations Lie, ICML 2020).
   *
   * @return the method
   */
  public static Relevance alpha1Beta0() {
    return of("lrp-alpha1-beta0", Lrp.alpha1Beta0(), Map.of());
  }

  /**
   * Deep Taylor decomposition: z-box at the first layer, z⁺ without biases elsewhere (Montavon et
   * al.: Explaining Nonlinear Classification Decisions with Deep Taylor Decomposition, 2017). Meant
   * for networks of rectifiers. Changes little when a network's weights are randomised (Sixt,
   * Granz, Landgraf: When Explanations Lie, ICML 2020).
   *
   * @param bounds least and largest network input values: black and white after preprocessing
   * @return the method
   */
  public static Relevance deepTaylor(Bounds bounds) {
    return bounded("deep-taylor", Lrp.deepTaylor(bounds), bounds);
  }

  /**
   * Excitation backpropagation: the chance that a walk from the target along excitatory connections
   * ends here (marginal winning probability). Starts with one; not negative (Zhang et al.: Top-down
   * Neural Attention by Excitation Backprop, ECCV 2016). The paper's layers have inputs that are
   * not negative; here negative inputs with negative weights excite too.
   *
   * @return the method
   */
  public static Relevance excitationBackprop() {
    Composite rules = Lrp.excitationBackprop();
    return new Relevance("excitation-backprop", rules, Map.of(), null, true, true, Network.INPUT);
  }

  /**
   * Contrastive excitation backpropagation: what excites the target minus what excites its
   * opposite, the unit with negated weights in the last layer (c-MWP of Zhang et al., ECCV 2016,
   * section 3.3). Signed; the paper shows the positive part.
   *
   * @return the method
   */
  public static Relevance contrastiveExcitationBackprop() {
    return new Relevance(
        "contrastive-excitation-backprop",
        Lrp.contrastiveExcitationBackprop(),
        Map.of(),
        null,
        true,
        false,
        Network.INPUT);
  }

  private static Relevance bounded(String id, Composite composite, Bounds bounds) {
    Map<String, String> own = Map.of("bounds", bounds.toString());
    return new Relevance(id, composite, own, bounds, false, true, Network.INPUT);
  }

  /**
   * The relevance of a hidden tensor instead of the input.
   *
   * @param name the tensor's name
   * @return the method with that tensor
   */
  public Relevance withTensor(String name) {
    return new Relevance(id, composite, own, bounds, fromOne, conserves, name);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>(own);
    settings.put("tensor", tensor);
    return Collections.unmodifiableMap(settings);
  }

  /**
   * Hands relevance down.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @param target the number to explain
   * @return signed relevance in the tensor's shape; the completeness gaps are its sum minus the
   *     relevance that started, for the input and rules that conserve it
   * @throws IllegalArgumentException before any work if an op has no rule, or the target lies
   *     behind the logits
   */
  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.layer(tensor);
    check(network, target);
    Hooks hooks = Hooks.none().keep(tensor).withRules(composite);
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace = start(run.network(), run.x(), target, hooks)) {
      Target.Resolved resolved = trace.resolve(target);
      INDArray start = start(trace, resolved);
      INDArray values = trace.gradient(startingWith(resolved, start), tensor);
      List<Double> gaps =
          conserves && tensor.equals(Network.INPUT)
              ? Arrays.stream(sums(values).subi(sums(start)).toDoubleVector()).boxed().toList()
              : List.of();
      return run.finish(tensor, values, resolved, gaps);
    }
  }

  /**
   * Where relevance is kept and where it is lost: the sum of each tensor. In a chain of layers all
   * sums are equal but for what biases and stabilisers keep; at branches, those of the branches add
   * up.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @param target the number to explain
   * @return for each tensor between target and input, from the target down, the sum for each
   *     example
   * @throws IllegalArgumentException as {@link #attribute}
   */
  public Map<String, List<Double>> conservation(Network network, INDArray x, Target target) {
    network.checkInput(x);
    target.check(network, x.size(0));
    check(network, target);
    Map<String, List<Double>> sums = new LinkedHashMap<>();
    Hooks hooks = Hooks.none().withRules(composite);
    for (LayerInfo layer : network.layers()) {
      hooks =
          hooks.observeGradient(
              layer.name(),
              signal ->
                  sums.put(
                      layer.name(), Arrays.stream(sums(signal).toDoubleVector()).boxed().toList()));
    }
    try (Trace trace = start(network, x.castTo(network.precision()), target, hooks)) {
      Target.Resolved resolved = trace.resolve(target);
      trace.gradient(startingWith(resolved, start(trace, resolved)), Network.INPUT).close();
    }
    return Collections.unmodifiableMap(sums);
  }

  private static Trace start(Network network, INDArray x, Target target, Hooks hooks) {
    Network folded = network.withFoldedBatchNorms();
    return folded.run(x, hooks.keep(target.tensor(folded)));
  }

  private INDArray start(Trace trace, Target.Resolved resolved) {
    return fromOne ? resolved.seed() : resolved.seed().mul(trace.activation(resolved.tensor()));
  }

  private static Target.Resolved startingWith(Target.Resolved resolved, INDArray start) {
    return new Target.Resolved(resolved.tensor(), resolved.classes(), resolved.values(), start);
  }

  private static INDArray sums(INDArray batch) {
    long n = batch.size(0);
    return batch.dup('c').reshape(n, batch.length() / n).sum(1);
  }

  /** Rules are for what leads to the logits; behind them stands a function of all classes. */
  private void check(Network network, Target target) {
    String start = target.tensor(network);
    Set<String> behind = new HashSet<>(Set.of(network.logits()));
    for (Node node : network.nodes()) {
      if (!Collections.disjoint(node.inputs(), behind)) {
        behind.add(node.name());
      }
    }
    behind.remove(network.logits());
    int given = bounds == null ? 0 : bounds.low().size();
    long channels = network.inputShape()[0];
    if (given > 1 && given != channels) {
      throw new IllegalArgumentException(
          id + " needs bounds of one value or one per channel (" + channels + "), has " + given);
    }
    if (behind.contains(start)) {
      throw new IllegalArgumentException(
          id
              + " must start at the logits '"
              + network.logits()
              + "' or before them, the target lies at '"
              + start
              + "'");
    }
  }
}
