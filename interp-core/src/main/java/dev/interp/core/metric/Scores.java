package dev.interp.core.metric;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Scores of pictures, by the index of the picture, and what sums them up. Parts of a data set can
 * be scored apart and merged in any order: the result is the same bit for bit. Immutable.
 */
public final class Scores {
  private static final int RESAMPLES = 1000;

  private final SortedMap<Long, Double> byPicture;

  private Scores(SortedMap<Long, Double> byPicture) {
    this.byPicture = byPicture;
  }

  /**
   * No score.
   *
   * @return what merging starts from
   */
  public static Scores none() {
    return new Scores(new TreeMap<>());
  }

  /**
   * Scores of pictures in a row.
   *
   * @param first index of the first picture
   * @param values a score for each; NaN where the metric has no meaning
   * @return the scores
   */
  public static Scores of(long first, double... values) {
    TreeMap<Long, Double> scores = new TreeMap<>();
    for (int i = 0; i < values.length; i++) {
      scores.put(first + i, values[i]);
    }
    return new Scores(scores);
  }

  /**
   * These scores and others.
   *
   * @param others scores of other pictures
   * @return all of them
   * @throws IllegalArgumentException if a picture is in both
   */
  public Scores merge(Scores others) {
    TreeMap<Long, Double> all = new TreeMap<>(byPicture);
    others.byPicture.forEach(
        (picture, score) -> {
          if (all.put(picture, score) != null) {
            throw new IllegalArgumentException(
                "picture " + picture + " is in both parts; its score would count twice");
          }
        });
    return new Scores(all);
  }

  /**
   * The scores in the order of the pictures.
   *
   * @return NaN where the metric has no meaning, a copy
   */
  public double[] values() {
    return byPicture.values().stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * The number of pictures that have a score.
   *
   * @return pictures whose score is not NaN
   */
  public int count() {
    return valid().length;
  }

  /**
   * The number of pictures for which the metric has no meaning.
   *
   * @return pictures whose score is NaN
   */
  public int skipped() {
    return byPicture.size() - count();
  }

  /**
   * The mean score.
   *
   * @return over the pictures that have one; NaN if there are none
   */
  public double mean() {
    return Statistics.mean(valid());
  }

  /**
   * A confidence interval of the mean by 1000 bootstrap resamples of the pictures (percentiles).
   *
   * @param level of confidence, above 0 and below 1, for example 0.95
   * @param seed of the resampling
   * @return the interval; both ends are NaN if there are no scores
   */
  public Interval interval(double level, long seed) {
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("the level must be in (0, 1), was " + level);
    }
    double[] values = valid();
    if (values.length == 0) {
      return new Interval(Double.NaN, Double.NaN);
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] means = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.nextInt(values.length)];
      }
      means[r] = sum / values.length;
    }
    Arrays.sort(means);
    return new Interval(quantile(means, (1 - level) / 2), quantile(means, (1 + level) / 2));
  }

  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  private double[] valid() {
    return Arrays.stream(values()).filter(v -> !Double.isNaN(v)).toArray();
  }

  /**
   * Where a mean probably lies.
   *
   * @param low the lower end
   * @param high the upper end
   */
  public record Interval(double low, double high) {}
}
