package dev.interp.visual;

import dev.interp.core.network.Network;
import dev.interp.core.rule.RelevanceRule.Bounds;
import dev.interp.visual.relevance.Relevance;
import java.util.List;
import java.util.function.Function;

/** The methods that hand the output's value down, layer by layer. */
final class RelevanceMethods {
  private static final String BACH =
      "Bach, Binder, Montavon, Klauschen, Müller, Samek: On Pixel-Wise Explanations, 2015";
  private static final String OVERVIEW =
      "Montavon, Binder, Lapuschkin, Samek, Müller: Layer-Wise Relevance Propagation, 2019";
  private static final String ZHANG =
      "Zhang, Lin, Brandt, Shen, Sclaroff: Top-down Neural Attention by Excitation Backprop, 2016";
  private static final String COST = "F + B, and layers with changed weights once or twice more";
  private static final String SAME =
      "Changes little when the network's weights are randomised (Sixt, Granz, Landgraf 2020): its"
          + " map depends less on the target than it seems.";
  private static final MethodOption TENSOR =
      new MethodOption("tensor", Network.INPUT, "the tensor whose relevance is told, by name");
  private static final MethodOption LOW =
      new MethodOption(
          "low",
          "measured",
          "least input values after preprocessing, one or one per channel with commas between");
  private static final MethodOption HIGH =
      new MethodOption(
          "high",
          "measured",
          "largest input values after preprocessing, one or one per channel with commas between");

  private RelevanceMethods() {}

  static List<Method> all() {
    return List.of(
        method(
            "lrp-epsilon",
            "LRP-ε",
            "What each input value contributes to the target, handed down layer by layer; small"
                + " contributions count less.",
            BACH,
            "F + B",
            "",
            List.of(
                new MethodOption("epsilon", "0.25", "added to each denominator, above 0"), TENSOR),
            o -> Relevance.epsilon(o.decimal("epsilon"))),
        method(
            "lrp-epsilon-plus",
            "LRP-ε-z⁺",
            "What speaks for the target: of convolutions only positive contributions.",
            OVERVIEW,
            COST,
            "",
            List.of(TENSOR),
            o -> Relevance.epsilonPlus()),
        method(
            "lrp-epsilon-plus-flat",
            "LRP-ε-z⁺-flat",
            "What speaks for the target, spread evenly over the pixels of the first layer's"
                + " windows.",
            OVERVIEW,
            COST,
            "",
            List.of(TENSOR),
            o -> Relevance.epsilonPlusFlat()),
        method(
            "lrp-epsilon-gamma-box",
            "LRP-ε-γ-box",
            "What contributes to the target, with some favour for what speaks for it; pixels"
                + " count by their distance from black and white.",
            OVERVIEW,
            COST,
            "",
            List.of(LOW, HIGH, TENSOR),
            o -> Relevance.epsilonGammaBox(bounds(o))),
        method(
            "lrp-epsilon-alpha2-beta1",
            "LRP-ε-α2β1",
            "What speaks for the target and what against it, the first counted twice.",
            BACH,
            COST,
            "",
            List.of(TENSOR),
            o -> Relevance.epsilonAlpha2Beta1()),
        method(
            "lrp-epsilon-alpha2-beta1-flat",
            "LRP-ε-α2β1-flat",
            "The same, spread evenly over the pixels of the first layer's windows.",
            BACH,
            COST,
            "",
            List.of(TENSOR),
            o -> Relevance.epsilonAlpha2Beta1Flat()),
        method(
            "lrp-alpha1-beta0",
            "LRP-α1β0",
            "What speaks for the target in every layer.",
            BACH,
            COST,
            SAME,
            List.of(TENSOR),
            o -> Relevance.alpha1Beta0()),
        method(
            "deep-taylor",
            "Deep Taylor decomposition",
            "What speaks for the target in every layer; pixels count by their distance from black"
                + " and white.",
            "Montavon, Lapuschkin, Binder, Samek, Müller: Deep Taylor Decomposition, 2017",
            COST,
            SAME,
            List.of(LOW, HIGH, TENSOR),
            o -> Relevance.deepTaylor(bounds(o))),
        new Method(
            "excitation-backprop",
            "Excitation backprop",
            "How likely a walk down from the target along exciting connections ends at each input"
                + " value.",
            ZHANG,
            COST,
            "[N, C, H, W], not negative",
            true,
            SAME,
            List.of(TENSOR),
            o -> Relevance.excitationBackprop().withTensor(o.text("tensor"))),
        method(
            "contrastive-excitation-backprop",
            "Contrastive excitation backprop",
            "What excites the target minus what excites its opposite.",
            ZHANG,
            COST,
            "",
            List.of(TENSOR),
            o -> Relevance.contrastiveExcitationBackprop()));
  }

  private static Method method(
      String id,
      String title,
      String description,
      String paper,
      String cost,
      String caution,
      List<MethodOption> options,
      Function<MethodOptions, Relevance> make) {
    return new Method(
        id,
        title,
        description,
        paper,
        cost,
        Method.PICTURE,
        false,
        caution,
        options,
        o -> make.apply(o).withTensor(o.text("tensor")));
  }

  private static Bounds bounds(MethodOptions o) {
    return new Bounds(o.decimals("low"), o.decimals("high"));
  }
}
