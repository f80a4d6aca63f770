package dev.interp.core.metric;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.testkit.MetricContract;
import java.util.Set;
import java.util.stream.Stream;

final class FaithfulnessContractTest extends MetricContract {
  /** Drawing in either order raises as many steps in a world where every pixel adds. */
  private static final Set<String> BLIND = Set.of("monotonicity");

  @Override
  protected Stream<Metric> metrics() {
    Imputation zero = Imputation.baseline(Baseline.zero());
    return Stream.of(
        PerturbationCurve.deletion().withSteps(8),
        PerturbationCurve.deletionLeastFirst().withSteps(8),
        PerturbationCurve.deletionGap().withSteps(8),
        PerturbationCurve.insertion().withSteps(8),
        PerturbationCurve.insertionLeastFirst().withSteps(8).withImputation(zero),
        PerturbationCurve.insertionGap().withSteps(8).withBatchSize(7),
        PerturbationCurve.pixelFlipping().withSteps(8),
        PerturbationCurve.regionPerturbation().withPieceSize(2).withSteps(5),
        PerturbationCurve.road().withImputation(Imputation.linear(0.05, 1)),
        PerturbationCurve.roadGap(),
        PerturbationCurve.irof().withPieceSize(12).withSteps(6),
        PerturbationCurve.selectivity().withPieceSize(2).withSteps(8),
        PerturbationCurve.monotonicity().withSteps(8),
        PerturbationCurve.effectiveComplexity().withSteps(16),
        RemovalMetric.monotonicityCorrelation().withSide(2),
        RemovalMetric.sensitivityN(),
        RemovalMetric.infidelity().withSide(3),
        RemovalMetric.infidelity().withSide(3).withScaling(false),
        RemovalMetric.faithfulnessCorrelation(),
        RemovalMetric.faithfulnessEstimate().withSide(2),
        RemovalMetric.idsds(),
        MaskedConfidence.averageDrop(),
        MaskedConfidence.increase(),
        MaskedConfidence.averageGain(),
        MaskedConfidence.adcc());
  }

  @Override
  protected boolean tells(Metric metric) {
    // Without scaling a map is judged by its scale first.
    boolean scale = "false".equals(metric.settings().get("scaled"));
    return !scale && !BLIND.contains(metric.info().id());
  }
}
