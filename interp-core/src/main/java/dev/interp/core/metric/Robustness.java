package dev.interp.core.metric;

import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Metrics that change a picture a little and ask how much its explanation R changes. Changes are
 * noise, uniform within a radius on every input value, or (for continuity) shifts of the picture.
 * The class explained stays that of the picture.
 *
 * <p>So that methods of any scale can be compared, the change of the explanation is divided by the
 * explanation's own norm (0 if the explanation is zero everywhere); {@link #withNormalisation} with
 * false gives the definitions as the papers write them. Cost per picture: the method once per
 * sample.
 *
 * <p>Immutable; {@code withX} returns a copy.
 */
public final class Robustness implements Metric {
  /** What is made of the changes. */
  private enum Kind {
    MAX,
    AVERAGE,
    LIPSCHITZ,
    CONTINUITY
  }

  private final Kind kind;
  private final MetricInfo info;
  private final int samples;
  private final double radius;
  private final boolean normalised;
  private final long seed;

  private Robustness(
      Kind kind, MetricInfo info, int samples, double radius, boolean normalised, long seed) {
    this.kind = kind;
    this.info = info;
    this.samples = samples;
    this.radius = radius;
    this.normalised = normalised;
    this.seed = seed;
  }

  private static Robustness of(
      Kind kind,
      String id,
      String title,
      String description,
      String paper,
      int samples,
      double radius) {
    return new Robustness(
        kind,
        new MetricInfo(
            id,
            title,
            Family.ROBUSTNESS,
            description,
            paper,
            Direction.LOWER,
            0,
            Double.POSITIVE_INFINITY,
            Set.of(Need.ATTRIBUTION, Need.ATTRIBUTOR)),
        samples,
        radius,
        true,
        0);
  }

  /**
   * Max-sensitivity: the largest of {@code ‖R(x') − R(x)‖₂ / ‖R(x)‖₂} over 10 noisy copies with a
   * radius of 2 % of the picture's range. The norm is that of the explanation, not of the picture.
   *
   * @return the metric; lower is better, from 0
   */
  public static Robustness maxSensitivity() {
    return of(
        Kind.MAX,
        "max-sensitivity",
        "Max-sensitivity",
        "Largest relative change of the explanation under slight noise.",
        "Yeh, Hsieh, Suggala, Inouye, Ravikumar: On the (In)fidelity and Sensitivity of"
            + " Explanations, 2019",
        10,
        0.02);
  }

  /**
   * Average sensitivity: as {@link #maxSensitivity}, the mean over the copies.
   *
   * @return the metric; lower is better, from 0
   */
  public static Robustness averageSensitivity() {
    return of(
        Kind.AVERAGE,
        "average-sensitivity",
        "Average sensitivity",
        "Mean relative change of the explanation under slight noise.",
        "Bhatt, Weller, Moura: Evaluating and Aggregating Feature-based Model Explanations, 2020",
        10,
        0.02);
  }

  /**
   * Local Lipschitz estimate: the largest of {@code ‖R(x') − R(x)‖₂ / ‖x' − x‖₂} over 10 noisy
   * copies.
   *
   * @return the metric; lower is better, from 0
   */
  public static Robustness localLipschitz() {
    return of(
        Kind.LIPSCHITZ,
        "local-lipschitz",
        "Local Lipschitz estimate",
        "Largest change of the explanation for the change of the picture, under slight noise.",
        "Alvarez-Melis, Jaakkola: On the Robustness of Interpretability Methods, 2018",
        10,
        0.02);
  }

  /**
   * Continuity: the largest of {@code ‖R(x') − R(x)‖₁ / ‖x' − x‖₂}, where x' is the picture shifted
   * down and right by one to four pixels with its edge repeated. Shifts that change nothing are
   * left out.
   *
   * @return the metric; lower is better, from 0
   */
  public static Robustness continuity() {
    return of(
        Kind.CONTINUITY,
        "continuity",
        "Continuity",
        "Largest change of the explanation for the change of the picture, under slight shifts.",
        "Montavon, Samek, Müller: Methods for interpreting and understanding deep neural networks,"
            + " 2018, section 6.1",
        4,
        0);
  }

  /**
   * Another number of changed copies.
   *
   * @param count at least 1
   * @return a copy
   */
  public Robustness withSamples(int count) {
    return new Robustness(
        kind, info, Checks.atLeast("number of samples", count, 1), radius, normalised, seed);
  }

  /**
   * Another radius of the noise.
   *
   * @param share of the range of the picture's values, above 0
   * @return a copy
   */
  public Robustness withRadius(double share) {
    return new Robustness(kind, info, samples, Checks.positive("radius", share), normalised, seed);
  }

  /**
   * Whether changes are divided by the norm of the explanation.
   *
   * @param relative false for the papers' definitions
   * @return a copy
   */
  public Robustness withNormalisation(boolean relative) {
    return new Robustness(kind, info, samples, radius, relative, seed);
  }

  /**
   * Another seed of the noise.
   *
   * @param newSeed any number
   * @return a copy
   */
  public Robustness withSeed(long newSeed) {
    return new Robustness(kind, info, samples, radius, normalised, newSeed);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("samples", Integer.toString(samples));
    if (kind != Kind.CONTINUITY) {
      settings.put("radius", Double.toString(radius));
      settings.put("seed", Long.toString(seed));
    }
    settings.put("normalised", Boolean.toString(normalised));
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    int n = examples.size();
    int size = examples.channels() * examples.pixels();
    Canvas original = Examples.outside(() -> Canvas.of(examples.x()));
    double[] scores = new double[n];
    for (int s = 0; s < samples; s++) {
      Canvas changed = kind == Kind.CONTINUITY ? shifted(examples, s + 1) : noisy(examples, s);
      INDArray x = Examples.outside(() -> changed.array(examples.x().shape()));
      double[][] maps = examples.explain(examples.network(), x, examples.classes());
      for (int i = 0; i < n; i++) {
        double moved = 0;
        for (int p = i * size; p < (i + 1) * size; p++) {
          double d = changed.get(p) - original.get(p);
          moved += d * d;
        }
        double change = change(examples.maps()[i], maps[i], Math.sqrt(moved));
        scores[i] =
            kind == Kind.AVERAGE ? scores[i] + change / samples : Math.max(scores[i], change);
      }
    }
    return scores;
  }

  private double change(double[] before, double[] after, double moved) {
    boolean city = kind == Kind.CONTINUITY;
    double change = city ? cityDistance(before, after) : Statistics.distance(before, after);
    if (normalised) {
      double norm = city ? Statistics.sum(Statistics.absolute(before)) : Statistics.norm(before);
      change = norm == 0 ? 0 : change / norm;
    }
    if (kind == Kind.MAX || kind == Kind.AVERAGE) {
      return change;
    }
    return moved == 0 ? 0 : change / moved;
  }

  private static double cityDistance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]);
    }
    return sum;
  }

  private Canvas noisy(Examples examples, int sample) {
    Canvas canvas = Examples.outside(() -> Canvas.of(examples.x()));
    int size = examples.channels() * examples.pixels();
    for (int i = 0; i < examples.size(); i++) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int p = i * size; p < (i + 1) * size; p++) {
        low = Math.min(low, canvas.get(p));
        high = Math.max(high, canvas.get(p));
      }
      double reach = radius * (high - low);
      SplittableRandom random = new SplittableRandom(seed + sample);
      for (int p = i * size; p < (i + 1) * size; p++) {
        canvas.set(p, canvas.get(p) + reach * (2 * random.nextDouble() - 1));
      }
    }
    return canvas;
  }

  private static Canvas shifted(Examples examples, int by) {
    Canvas original = Examples.outside(() -> Canvas.of(examples.x()));
    Canvas canvas = Examples.outside(() -> Canvas.of(examples.x()));
    int width = examples.width();
    int plane = examples.pixels();
    int planes = examples.size() * examples.channels();
    for (int c = 0; c < planes; c++) {
      for (int p = 0; p < plane; p++) {
        int y = Math.max(0, p / width - by);
        int x = Math.max(0, p % width - by);
        canvas.set(c * plane + p, original.get(c * plane + y * width + x));
      }
    }
    return canvas;
  }
}
