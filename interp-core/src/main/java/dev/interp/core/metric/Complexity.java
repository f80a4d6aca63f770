package dev.interp.core.metric;

import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * Metrics of how short an explanation is, by the strength |a| of its values alone. No forward pass.
 * Immutable. See {@link PerturbationCurve#effectiveComplexity} for the one that asks the network.
 */
public final class Complexity implements Metric {
  private final MetricInfo info;
  private final boolean entropy;

  private Complexity(MetricInfo info, boolean entropy) {
    this.info = info;
    this.entropy = entropy;
  }

  /**
   * Sparseness: the Gini index of |a|; 0 for a constant or empty map, almost 1 if one pixel has
   * everything.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Complexity sparseness() {
    return new Complexity(
        new MetricInfo(
            "sparseness",
            "Sparseness (Gini)",
            Family.COMPLEXITY,
            "Gini index of the strength of the values.",
            "Chalasani, Chen, Chowdhury, Jha, Wu: Concise Explanations of Neural Networks using"
                + " Adversarial Training, 2020",
            Direction.HIGHER,
            0,
            1,
            Set.of(Need.ATTRIBUTION)),
        false);
  }

  /**
   * Complexity: the entropy of |a| / Σ|a| in nats, at most the logarithm of the number of pixels,
   * which an empty map has as well.
   *
   * @return the metric; lower is better, from 0
   */
  public static Complexity entropy() {
    return new Complexity(
        new MetricInfo(
            "entropy",
            "Complexity (entropy)",
            Family.COMPLEXITY,
            "Entropy of the shares of the pixels in the strength of the values.",
            "Bhatt, Weller, Moura: Evaluating and Aggregating Feature-based Model Explanations,"
                + " 2020",
            Direction.LOWER,
            0,
            Double.POSITIVE_INFINITY,
            Set.of(Need.ATTRIBUTION)),
        true);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    return Map.of();
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    return Arrays.stream(examples.maps())
        .mapToDouble(map -> entropy ? entropy(map) : gini(map))
        .toArray();
  }

  private static double gini(double[] map) {
    double[] sorted = Statistics.absolute(map);
    Arrays.sort(sorted);
    double total = Statistics.sum(sorted);
    if (total == 0) {
      return 0;
    }
    int n = sorted.length;
    double sum = 0;
    for (int k = 0; k < n; k++) {
      sum += sorted[k] / total * ((n - k - 0.5) / n);
    }
    return Math.max(0, 1 - 2 * sum);
  }

  private static double entropy(double[] map) {
    double[] strength = Statistics.absolute(map);
    double total = Statistics.sum(strength);
    if (total == 0) {
      return Math.log(map.length);
    }
    double sum = 0;
    for (double v : strength) {
      double p = v / total;
      sum -= p > 0 ? p * Math.log(p) : 0;
    }
    return Math.max(0, sum);
  }
}
