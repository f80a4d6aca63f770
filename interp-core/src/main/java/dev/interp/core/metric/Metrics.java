package dev.interp.core.metric;

import java.util.List;
import java.util.stream.Collectors;

/** Every metric of pictures, with its default settings. */
public final class Metrics {
  private static final List<Metric> ALL =
      List.of(
          PerturbationCurve.deletion(),
          PerturbationCurve.deletionLeastFirst(),
          PerturbationCurve.deletionGap(),
          PerturbationCurve.insertion(),
          PerturbationCurve.insertionLeastFirst(),
          PerturbationCurve.insertionGap(),
          PerturbationCurve.pixelFlipping(),
          PerturbationCurve.regionPerturbation(),
          PerturbationCurve.road(),
          PerturbationCurve.roadGap(),
          PerturbationCurve.irof(),
          PerturbationCurve.selectivity(),
          PerturbationCurve.monotonicity(),
          RemovalMetric.monotonicityCorrelation(),
          RemovalMetric.sensitivityN(),
          RemovalMetric.infidelity(),
          RemovalMetric.faithfulnessCorrelation(),
          RemovalMetric.faithfulnessEstimate(),
          RemovalMetric.idsds(),
          MaskedConfidence.averageDrop(),
          MaskedConfidence.increase(),
          MaskedConfidence.averageGain(),
          MaskedConfidence.adcc(),
          Localisation.pointingGame(),
          Localisation.energyPointing(),
          Localisation.relevanceMass(),
          Localisation.relevanceRank(),
          Localisation.topK(),
          Localisation.iou(),
          Localisation.auc(),
          GridPointing.withDefaults(),
          Robustness.maxSensitivity(),
          Robustness.averageSensitivity(),
          Robustness.localLipschitz(),
          Robustness.continuity(),
          Consistency.withDefaults(),
          Complexity.sparseness(),
          Complexity.entropy(),
          PerturbationCurve.effectiveComplexity(),
          Randomisation.topDown(),
          Randomisation.bottomUp(),
          Randomisation.smooth(),
          Randomisation.efficient(),
          Randomisation.randomLogit(),
          Axiom.completeness(),
          RemovalMetric.nonSensitivity(),
          Axiom.inputInvariance());

  private Metrics() {}

  /**
   * Every metric, in the order in which people would read them.
   *
   * @return metrics with their default settings
   */
  public static List<Metric> all() {
    return ALL;
  }

  /**
   * A metric by its identifier.
   *
   * @param id lower case with hyphens
   * @return the metric with its default settings
   * @throws IllegalArgumentException if there is none; the message lists all
   */
  public static Metric of(String id) {
    return ALL.stream()
        .filter(m -> m.info().id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no metric is named '"
                        + id
                        + "'; the metrics are "
                        + ALL.stream().map(m -> m.info().id()).collect(Collectors.joining(", "))));
  }
}
