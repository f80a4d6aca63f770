package dev.interp.core.metric;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Metrics that let only the explained part of a picture shine through: each pixel is mixed with the
 * baseline, {@code m · x + (1 − m) · baseline}, where m is the positive part of the map over its
 * largest value. Y is the class's probability for the picture, O for the mixture. A map without a
 * positive value hides everything. Cost per picture: two forward passes; ADCC explains the mixture
 * too.
 *
 * <p>Immutable; {@code withX} returns a copy.
 */
public final class MaskedConfidence implements Metric {
  private static final String GRAD_CAM_PLUS_PLUS =
      "Chattopadhyay, Sarkar, Howlader, Balasubramanian: Grad-CAM++, 2018";

  /** What is made of Y and O. */
  private enum Kind {
    AVERAGE_DROP,
    INCREASE,
    AVERAGE_GAIN,
    ADCC
  }

  private final Kind kind;
  private final MetricInfo info;
  private final Baseline baseline;
  private final int batchSize;

  private MaskedConfidence(Kind kind, MetricInfo info, Baseline baseline, int batchSize) {
    this.kind = kind;
    this.info = info;
    this.baseline = baseline;
    this.batchSize = batchSize;
  }

  private static MaskedConfidence of(
      Kind kind,
      String id,
      String title,
      String description,
      String paper,
      Direction direction,
      Need... needs) {
    return new MaskedConfidence(
        kind,
        new MetricInfo(
            id, title, Family.FAITHFULNESS, description, paper, direction, 0, 1, Set.of(needs)),
        Baseline.zero(),
        Probe.BATCH);
  }

  /**
   * Average drop: {@code max(0, Y − O) / Y}, as a share, not in per cent.
   *
   * @return the metric; lower is better, 0 to 1
   */
  public static MaskedConfidence averageDrop() {
    return of(
        Kind.AVERAGE_DROP,
        "average-drop",
        "Average drop",
        "Relative fall of the class's probability when only the explained part shines through.",
        GRAD_CAM_PLUS_PLUS,
        Direction.LOWER,
        Need.ATTRIBUTION);
  }

  /**
   * Increase in confidence: 1 if O exceeds Y, else 0.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static MaskedConfidence increase() {
    return of(
        Kind.INCREASE,
        "increase",
        "Increase in confidence",
        "Share of pictures whose class gets more probable when only the explained part shines"
            + " through.",
        GRAD_CAM_PLUS_PLUS,
        Direction.HIGHER,
        Need.ATTRIBUTION);
  }

  /**
   * Average gain: {@code max(0, O − Y) / (1 − Y)}; 0 where Y is 1.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static MaskedConfidence averageGain() {
    return of(
        Kind.AVERAGE_GAIN,
        "average-gain",
        "Average gain",
        "How much of what the class's probability lacks is gained when only the explained part"
            + " shines through.",
        "Zhang, Torres, Sicre, Avrithis, Ayache: Opti-CAM, 2023",
        Direction.HIGHER,
        Need.ATTRIBUTION);
  }

  /**
   * ADCC: the harmonic mean of coherency (correlation between the map and the map of the mixture,
   * from −1 to 1 moved to 0 to 1), 1 − complexity (mean of the normalised map) and 1 − average
   * drop; 0 if one of them is 0.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static MaskedConfidence adcc() {
    return of(
        Kind.ADCC,
        "adcc",
        "ADCC",
        "Harmonic mean of coherency, simplicity and confidence kept.",
        "Poppi, Cornia, Baraldi, Cucchiara: Revisiting The Evaluation of Class Activation Mapping,"
            + " 2021",
        Direction.HIGHER,
        Need.ATTRIBUTION,
        Need.ATTRIBUTOR);
  }

  /**
   * Something else behind the picture.
   *
   * @param other the baseline
   * @return a copy
   */
  public MaskedConfidence withBaseline(Baseline other) {
    return new MaskedConfidence(kind, info, other, batchSize);
  }

  /**
   * Another number of pictures evaluated at a time.
   *
   * @param size at least 1
   * @return a copy
   */
  public MaskedConfidence withBatchSize(int size) {
    return new MaskedConfidence(kind, info, baseline, Checks.atLeast("batch size", size, 1));
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("baseline", baseline.toString());
    settings.put("batch size", Integer.toString(batchSize));
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    double[][] masks =
        Arrays.stream(examples.maps()).map(Statistics::normalised).toArray(double[][]::new);
    Canvas behind = Examples.outside(() -> Canvas.of(baseline.of(examples.x())));
    double[][] outputs =
        Probe.outputs(
            examples,
            Output.PROBABILITY,
            2,
            batchSize,
            (example, row, rows, offset) -> {
              if (row == 1) {
                mix(examples, masks[example], behind, example, rows, offset);
              }
            });
    double[][] again = kind == Kind.ADCC ? explainMixtures(examples, masks, behind) : masks;
    double[] scores = new double[examples.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = score(outputs[i][0], outputs[i][1], masks[i], again[i]);
    }
    return scores;
  }

  private static void mix(
      Examples examples, double[] mask, Canvas behind, int example, Canvas rows, int offset) {
    int plane = mask.length;
    int size = examples.channels() * plane;
    for (int i = 0; i < size; i++) {
      double m = mask[i % plane];
      rows.set(offset + i, m * rows.get(offset + i) + (1 - m) * behind.get(example * size + i));
    }
  }

  private static double[][] explainMixtures(Examples examples, double[][] masks, Canvas behind) {
    INDArray mixtures =
        Examples.outside(
            () -> {
              Canvas rows = Canvas.of(examples.x());
              int size = examples.channels() * examples.pixels();
              for (int i = 0; i < examples.size(); i++) {
                mix(examples, masks[i], behind, i, rows, i * size);
              }
              return rows.array(examples.x().shape());
            });
    double[][] maps = examples.explain(examples.network(), mixtures, examples.classes());
    return Arrays.stream(maps).map(Statistics::normalised).toArray(double[][]::new);
  }

  private double score(double y, double o, double[] mask, double[] again) {
    double drop = y == 0 ? 0 : Math.max(0, y - o) / y;
    return switch (kind) {
      case AVERAGE_DROP -> drop;
      case INCREASE -> o > y ? 1 : 0;
      case AVERAGE_GAIN -> y < 1 ? Math.max(0, o - y) / (1 - y) : 0;
      case ADCC -> {
        double coherency = (Statistics.pearson(mask, again) + 1) / 2;
        double simplicity = 1 - Statistics.mean(mask);
        double kept = 1 - drop;
        yield coherency <= 0 || simplicity <= 0 || kept <= 0
            ? 0
            : 3 / (1 / coherency + 1 / simplicity + 1 / kept);
      }
    };
  }
}
