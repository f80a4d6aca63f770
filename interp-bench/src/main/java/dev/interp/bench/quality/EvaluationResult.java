package dev.interp.bench.quality;

import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo;
import dev.interp.core.metric.Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What an evaluation found.
 *
 * @param evaluation what was asked
 * @param rows one per method and metric, method by method
 * @param explaining seconds that each method took to explain all pictures once
 */
public record EvaluationResult(
    Evaluation evaluation, List<Row> rows, Map<String, Double> explaining) {
  private static final int RESAMPLES = 500;
  private static final double LEVEL = 0.95;

  /** Copies the list. */
  public EvaluationResult {
    rows = List.copyOf(rows);
  }

  /**
   * One method judged by one metric.
   *
   * @param contestant the method
   * @param metric the metric
   * @param scores of the pictures
   * @param seconds that the metric took
   * @param waiting of these the seconds in forward passes and in the method
   * @param refused why the method could not be judged; empty if it could
   * @param seed of the confidence interval
   */
  public record Row(
      Contestant contestant,
      Metric metric,
      Scores scores,
      double seconds,
      double waiting,
      String refused,
      long seed) {

    /** Where the mean lies with 95 % confidence. */
    Scores.Interval interval() {
      return scores.interval(LEVEL, seed);
    }
  }

  /**
   * A method's place.
   *
   * @param contestant the method
   * @param rank its mean rank over the metrics, 1 for the best
   * @param low the lower end of the rank's 95 % interval, pictures drawn again
   * @param high the upper end
   * @param families its mean rank within each family of metrics
   */
  public record Place(
      Contestant contestant,
      double rank,
      double low,
      double high,
      Map<MetricInfo.Family, Double> families) {}

  /**
   * What could not be judged, and why.
   *
   * @return a sentence for each method and metric
   */
  public List<String> refusals() {
    return rows.stream()
        .filter(r -> !r.refused().isEmpty())
        .map(
            r ->
                r.metric().info().id()
                    + " could not judge "
                    + r.contestant().id()
                    + ": "
                    + r.refused())
        .toList();
  }

  /** The rows of one metric, in the order of the methods. */
  List<Row> of(Metric metric) {
    return rows.stream().filter(r -> r.metric() == metric).toList();
  }

  /**
   * The methods, best first, by their mean rank over the metrics that have a score for all of them.
   *
   * @return one place per method
   */
  public List<Place> ranking() {
    List<Contestant> contestants = evaluation.contestants();
    List<double[][]> tables = new ArrayList<>();
    List<Metric> used = new ArrayList<>();
    for (Metric metric : evaluation.metrics()) {
      double[][] table = of(metric).stream().map(r -> r.scores().values()).toArray(double[][]::new);
      if (Arrays.stream(table).allMatch(t -> Arrays.stream(t).anyMatch(v -> !Double.isNaN(v)))) {
        tables.add(table);
        used.add(metric);
      }
    }
    int n = contestants.size();
    int[] all = new int[evaluation.images()];
    Arrays.setAll(all, i -> i);
    double[][] ranks = ranks(used, tables, all);
    double[][] draws = new double[n][RESAMPLES];
    SplittableRandom random = new SplittableRandom(evaluation.seed());
    for (int d = 0; d < RESAMPLES; d++) {
      int[] drawn = new int[all.length];
      Arrays.setAll(drawn, i -> random.nextInt(all.length));
      double[][] again = ranks(used, tables, drawn);
      for (int m = 0; m < n; m++) {
        draws[m][d] = mean(again[m]);
      }
    }
    List<Place> places = new ArrayList<>();
    for (int m = 0; m < n; m++) {
      Arrays.sort(draws[m]);
      Map<MetricInfo.Family, Double> families = new LinkedHashMap<>();
      for (MetricInfo.Family family : MetricInfo.Family.values()) {
        double[] own = ranks[m];
        double[] within =
            java.util.stream.IntStream.range(0, used.size())
                .filter(k -> used.get(k).info().family() == family)
                .mapToDouble(k -> own[k])
                .toArray();
        if (within.length > 0) {
          families.put(family, mean(within));
        }
      }
      places.add(
          new Place(
              contestants.get(m),
              mean(ranks[m]),
              draws[m][(int) (RESAMPLES * (1 - LEVEL) / 2)],
              draws[m][(int) (RESAMPLES * (1 + LEVEL) / 2) - 1],
              families));
    }
    places.sort(Comparator.comparingDouble(Place::rank));
    return places;
  }

  /** For each method its rank under each metric; equal means share the mean of their ranks. */
  private static double[][] ranks(List<Metric> metrics, List<double[][]> tables, int[] pictures) {
    int n = tables.isEmpty() ? 0 : tables.get(0).length;
    double[][] ranks = new double[n][tables.size()];
    for (int k = 0; k < tables.size(); k++) {
      double[] means = new double[n];
      for (int m = 0; m < n; m++) {
        double sum = 0;
        int count = 0;
        for (int i : pictures) {
          double v = tables.get(k)[m][i];
          sum += Double.isNaN(v) ? 0 : v;
          count += Double.isNaN(v) ? 0 : 1;
        }
        means[m] = sum / count;
      }
      MetricInfo.Direction direction = metrics.get(k).info().direction();
      for (int m = 0; m < n; m++) {
        double rank = 1;
        for (int other = 0; other < n; other++) {
          if (other != m) {
            rank +=
                direction.better(means[other], means[m])
                    ? 1
                    : direction.better(means[m], means[other]) ? 0 : 0.5;
          }
        }
        ranks[m][k] = rank;
      }
    }
    return ranks;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** Seconds that all metrics took. */
  double metricSeconds() {
    return rows.stream().mapToDouble(Row::seconds).sum();
  }

  /** The share of the metrics' time that they did not wait for a network or method. */
  double ownShare() {
    double waiting = rows.stream().mapToDouble(Row::waiting).sum();
    return metricSeconds() == 0 ? 0 : 1 - waiting / metricSeconds();
  }
}
