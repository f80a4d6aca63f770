package dev.interp.core.metric;

import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Consistency: of the other pictures with an equal explanation, the share that the network puts
 * into the same class; NaN if none has an equal one. Explanations count as equal if the same of 3 ×
 * 3 cells of the map has the largest sum (the paper leaves open how maps are made discrete).
 *
 * <p>Two forward passes per picture and other picture. Immutable; {@code withX} returns a copy.
 */
public final class Consistency implements Metric {
  private static final MetricInfo INFO =
      new MetricInfo(
          "consistency",
          "Consistency",
          Family.ROBUSTNESS,
          "Share of the pictures with an equal explanation that get the same class.",
          "Dasgupta, Frost, Moshkovitz: Framework for Evaluating Faithfulness of Local"
              + " Explanations, 2022",
          Direction.HIGHER,
          0,
          1,
          Set.of(Need.ATTRIBUTION, Need.OTHERS));

  private final int cells;

  private Consistency(int cells) {
    this.cells = cells;
  }

  /**
   * The metric with 3 × 3 cells.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Consistency withDefaults() {
    return new Consistency(3);
  }

  /**
   * Another grid of cells.
   *
   * @param count cells per side, at least 1
   * @return a copy
   */
  public Consistency withCells(int count) {
    return new Consistency(Checks.atLeast("number of cells per side", count, 1));
  }

  @Override
  public MetricInfo info() {
    return INFO;
  }

  @Override
  public Map<String, String> settings() {
    return new LinkedHashMap<>(Map.of("cells", Integer.toString(cells)));
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(INFO);
    Examples others = examples.others();
    others.check(INFO_OF_OTHERS);
    int[] own = Probe.predicted(examples);
    int[] theirs = Probe.predicted(others);
    int[] code = codes(examples);
    int[] codes = codes(others);
    double[] scores = new double[examples.size()];
    for (int i = 0; i < scores.length; i++) {
      int equal = 0;
      int agree = 0;
      for (int j = 0; j < codes.length; j++) {
        if (codes[j] == code[i] && !isSame(examples, i, others, j)) {
          equal++;
          agree += theirs[j] == own[i] ? 1 : 0;
        }
      }
      scores[i] = equal == 0 ? Double.NaN : (double) agree / equal;
    }
    return scores;
  }

  private static final MetricInfo INFO_OF_OTHERS =
      new MetricInfo(
          "consistency (of the other pictures)",
          INFO.title(),
          INFO.family(),
          INFO.description(),
          INFO.paper(),
          INFO.direction(),
          0,
          1,
          Set.of(Need.ATTRIBUTION));

  private int[] codes(Examples examples) {
    Units units = Units.grid(examples.height(), examples.width(), cells);
    return Arrays.stream(examples.maps())
        .mapToInt(
            map -> {
              int[] rising = Statistics.order(units.sums(map));
              return rising[rising.length - 1];
            })
        .toArray();
  }

  /** Whether a picture is itself among the others. */
  private static boolean isSame(Examples a, int i, Examples b, int j) {
    return Arrays.equals(a.maps()[i], b.maps()[j]) && a.x().slice(i).equals(b.x().slice(j));
  }
}
