package dev.interp.core.metric;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.network.Network;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How far an explanation is from a property that it should have; 0 where the property holds. See
 * {@link RemovalMetric#nonSensitivity} for a third one. Immutable; {@code withX} returns a copy.
 */
public final class Axiom implements Metric {
  private final MetricInfo info;
  private final boolean completeness;
  private final Baseline baseline;
  private final double shift;

  private Axiom(MetricInfo info, boolean completeness, Baseline baseline, double shift) {
    this.info = info;
    this.completeness = completeness;
    this.baseline = baseline;
    this.shift = shift;
  }

  /**
   * Completeness: {@code |Σ attribution − (f(x) − f(baseline))|}, f the logit, the sum over the
   * values as the method gave them. Two forward passes.
   *
   * @return the metric; lower is better, from 0
   */
  public static Axiom completeness() {
    return new Axiom(
        new MetricInfo(
            "completeness",
            "Completeness",
            Family.AXIOM,
            "Gap between the sum of the attribution and the difference of the logits of picture"
                + " and baseline.",
            "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, 2017",
            Direction.LOWER,
            0,
            Double.POSITIVE_INFINITY,
            Set.of(Need.ATTRIBUTION)),
        true,
        Baseline.zero(),
        0);
  }

  /**
   * Input invariance: a second network takes pictures to which a constant was added and subtracts
   * it first, so both compute the same; the relative change {@code ‖R₂ − R₁‖₂ / ‖R₁‖₂} of the
   * explanation (0 if R₁ is zero everywhere). Deviation: the constant is subtracted by an op of its
   * own, not by the first bias, which would not undo it where a convolution pads with zeros. Cost:
   * the method once.
   *
   * @return the metric; lower is better, from 0
   */
  public static Axiom inputInvariance() {
    return new Axiom(
        new MetricInfo(
            "input-invariance",
            "Input invariance",
            Family.AXIOM,
            "Relative change of the explanation when pictures are shifted by a constant that the"
                + " network subtracts.",
            "Kindermans et al.: The (Un)reliability of saliency methods, 2017",
            Direction.LOWER,
            0,
            Double.POSITIVE_INFINITY,
            Set.of(Need.ATTRIBUTION, Need.ATTRIBUTOR)),
        false,
        Baseline.zero(),
        1);
  }

  /**
   * Another baseline for {@link #completeness}.
   *
   * @param other the baseline that the method explains against
   * @return a copy
   */
  public Axiom withBaseline(Baseline other) {
    return new Axiom(info, completeness, other, shift);
  }

  /**
   * Another shift for {@link #inputInvariance}.
   *
   * @param constant added to every input value, in network input values, not 0
   * @return a copy
   */
  public Axiom withShift(double constant) {
    if (constant == 0 || !Double.isFinite(constant)) {
      throw new IllegalArgumentException("the shift must not be 0, was " + constant);
    }
    return new Axiom(info, completeness, baseline, constant);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    if (completeness) {
      settings.put("baseline", baseline.toString());
    } else {
      settings.put("shift", Double.toString(shift));
    }
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    return completeness ? gaps(examples) : changes(examples);
  }

  private double[] gaps(Examples examples) {
    Canvas empty = Examples.outside(() -> Canvas.of(baseline.of(examples.x())));
    int size = examples.channels() * examples.pixels();
    double[][] f =
        Probe.outputs(
            examples,
            Output.LOGIT,
            2,
            Probe.BATCH,
            (example, row, rows, offset) -> {
              if (row == 1) {
                rows.copy(empty, example * size, offset, size);
              }
            });
    double[] values =
        Examples.outside(
            () -> examples.values().castTo(DataType.DOUBLE).dup('c').data().asDouble());
    int each = values.length / examples.size();
    double[] gaps = new double[examples.size()];
    Arrays.setAll(
        gaps,
        i -> {
          double sum = Statistics.sum(Arrays.copyOfRange(values, i * each, (i + 1) * each));
          return Math.abs(sum - (f[i][0] - f[i][1]));
        });
    return gaps;
  }

  private double[] changes(Examples examples) {
    Network network = examples.network();
    double[][] maps =
        Examples.outside(
            () -> {
              INDArray ones = Nd4j.ones(network.precision(), examples.channels());
              Network second = Rewriting.shiftedBack(network, ones, ones.mul(-shift));
              return examples.explain(second, examples.x().add(shift), examples.classes());
            });
    double[] changes = new double[examples.size()];
    Arrays.setAll(
        changes,
        i -> {
          double norm = Statistics.norm(examples.maps()[i]);
          return norm == 0 ? 0 : Statistics.distance(examples.maps()[i], maps[i]) / norm;
        });
    return changes;
  }
}
