package dev.interp.core.rule;

import dev.interp.core.op.Op;
import dev.interp.core.rule.RelevanceRule.Bounds;

/**
 * The usual composites of layer-wise relevance propagation. Those with a name of several rules
 * follow zennit 0.5.1: "epsilon" is the rule of dense layers, with ε = 1e-6; the next one is that
 * of convolutions and of batch norms that could not be folded into one; "flat" or "box" is that of
 * the first layer with weights. Other ops follow {@link Composite#conserving}.
 *
 * <p>One's own: {@code Composite.named("mine").onFirst(RelevanceRule.flat()).onLayer("conv3",
 * RelevanceRule.zPlus()).onWeights(RelevanceRule.epsilon(0.1)).conserving(1e-6)}.
 */
public final class Lrp {
  private Lrp() {}

  /**
   * LRP-ε on all layers with weights.
   *
   * @param epsilon above 0
   * @return the composite
   */
  public static Composite epsilon(double epsilon) {
    return Composite.named("epsilon")
        .onWeights(RelevanceRule.epsilon(epsilon))
        .conserving(RelevanceRule.STABILIZER);
  }

  /**
   * ε on dense layers, z⁺ on convolutions.
   *
   * @return the composite
   */
  public static Composite epsilonPlus() {
    return layered(Composite.named("epsilon-plus"), RelevanceRule.zPlus());
  }

  /**
   * ε on dense layers, z⁺ on convolutions, flat at the first layer.
   *
   * @return the composite
   */
  public static Composite epsilonPlusFlat() {
    return layered(
        Composite.named("epsilon-plus-flat").onFirst(RelevanceRule.flat()), RelevanceRule.zPlus());
  }

  /**
   * ε on dense layers, γ = 0.25 on convolutions, z-box at the first layer.
   *
   * @param bounds of the input
   * @return the composite
   */
  public static Composite epsilonGammaBox(Bounds bounds) {
    return layered(
        Composite.named("epsilon-gamma-box").onFirst(RelevanceRule.zBox(bounds)),
        RelevanceRule.gamma(0.25));
  }

  /**
   * ε on dense layers, α = 2, β = 1 on convolutions.
   *
   * @return the composite
   */
  public static Composite epsilonAlpha2Beta1() {
    return layered(Composite.named("epsilon-alpha2-beta1"), RelevanceRule.alphaBeta(2, 1));
  }

  /**
   * ε on dense layers, α = 2, β = 1 on convolutions, flat at the first layer.
   *
   * @return the composite
   */
  public static Composite epsilonAlpha2Beta1Flat() {
    return layered(
        Composite.named("epsilon-alpha2-beta1-flat").onFirst(RelevanceRule.flat()),
        RelevanceRule.alphaBeta(2, 1));
  }

  /**
   * α = 1, β = 0 on all layers with weights.
   *
   * @return the composite
   */
  public static Composite alpha1Beta0() {
    return Composite.named("alpha1-beta0")
        .onWeights(RelevanceRule.alphaBeta(1, 0))
        .conserving(RelevanceRule.STABILIZER);
  }

  /**
   * Deep Taylor decomposition: z-box at the first layer, z⁺ without biases on all others (Montavon
   * et al., Pattern Recognition 2017, sections 5.1 and 5.2).
   *
   * @param bounds of the input
   * @return the composite
   */
  public static Composite deepTaylor(Bounds bounds) {
    return Composite.named("deep-taylor")
        .onFirst(RelevanceRule.zBox(bounds))
        .onWeights(RelevanceRule.zPlus().withoutBias())
        .conserving(RelevanceRule.STABILIZER);
  }

  /**
   * Excitation backpropagation: z⁺ without biases on all layers with weights (Zhang et al., ECCV
   * 2016, equation 4).
   *
   * @return the composite
   */
  public static Composite excitationBackprop() {
    return excitation(Composite.named("excitation-backprop"));
  }

  /**
   * Contrastive excitation backpropagation: at the last layer with weights, what excites the target
   * minus what excites its opposite, the unit with negated weights; below as in {@link
   * #excitationBackprop} (Zhang et al., ECCV 2016, section 3.3).
   *
   * @return the composite
   */
  public static Composite contrastiveExcitationBackprop() {
    return excitation(
        Composite.named("contrastive-excitation-backprop").onLast(RelevanceRule.contrast()));
  }

  private static Composite excitation(Composite start) {
    return start
        .onWeights(RelevanceRule.zPlus().withoutBias())
        .conserving(RelevanceRule.STABILIZER);
  }

  private static Composite layered(Composite start, RelevanceRule convolutions) {
    return start
        .onOp(Op.Dense.class, RelevanceRule.epsilon(RelevanceRule.STABILIZER))
        .onWeights(convolutions)
        .conserving(RelevanceRule.STABILIZER);
  }
}
