package dev.interp.core.metric;

import dev.interp.core.testkit.MetricContract;
import java.util.Set;
import java.util.stream.Stream;

final class OtherContractTest extends MetricContract {
  /**
   * What a score of these says is not whether the map is true: a reversed map is as stable and as
   * dependent on the network as a true one, and a random sum as wrong as a reversed one.
   */
  private static final Set<String> BLIND =
      Set.of(
          "max-sensitivity",
          "average-sensitivity",
          "local-lipschitz",
          "continuity",
          "consistency",
          "mprt-top-down",
          "mprt-bottom-up",
          "mprt-smooth",
          "mprt-efficient",
          "random-logit",
          "completeness",
          "non-sensitivity",
          "input-invariance");

  @Override
  protected Stream<Metric> metrics() {
    return Stream.of(
        Localisation.pointingGame(),
        Localisation.energyPointing(),
        Localisation.relevanceMass(),
        Localisation.relevanceRank(),
        Localisation.topK(),
        Localisation.iou(),
        Localisation.auc(),
        GridPointing.withDefaults(),
        Robustness.maxSensitivity().withSamples(3),
        Robustness.averageSensitivity().withSamples(3),
        Robustness.localLipschitz().withSamples(3),
        Robustness.continuity().withSamples(2),
        Consistency.withDefaults().withCells(2),
        Complexity.sparseness(),
        Complexity.entropy(),
        Randomisation.topDown(),
        Randomisation.bottomUp(),
        Randomisation.smooth().withSamples(2, 0.1),
        Randomisation.efficient(),
        Randomisation.randomLogit(),
        Axiom.completeness(),
        RemovalMetric.nonSensitivity().withSide(2),
        Axiom.inputInvariance());
  }

  @Override
  protected boolean tells(Metric metric) {
    return !BLIND.contains(metric.info().id());
  }
}
