package dev.interp.core.metric;

import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.network.Network;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Metrics that ask whether an explanation depends on what the network learned, and on the class:
 * the network's parameters are drawn anew layer by layer ({@link RandomisedNetwork}), or another
 * class is explained, and the explanation should become another one.
 *
 * <p>Two maps are compared by the rank correlation of their signed pixel values; 1 if both are
 * constant. Deviation: papers also use structural similarity, which depends on how the maps are
 * scaled for it.
 *
 * <p>Immutable; {@code withX} returns a copy.
 */
public final class Randomisation implements Metric {
  private static final String MPRT =
      "Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim: Sanity Checks for Saliency Maps, 2018";
  private static final String SMOOTH =
      "Hedström, Weber, Lapuschkin, Höhne: A Fresh Look at Sanity Checks for Saliency Maps, 2024";
  private static final int STAGES = 4;
  private static final int BINS = 100;

  /** What is drawn anew, and how maps are compared. */
  private enum Kind {
    TOP_DOWN,
    BOTTOM_UP,
    SMOOTH,
    EFFICIENT,
    LOGIT
  }

  private final Kind kind;
  private final MetricInfo info;
  private final int stages;
  private final int samples;
  private final double noise;
  private final long seed;

  private Randomisation(
      Kind kind, MetricInfo info, int stages, int samples, double noise, long seed) {
    this.kind = kind;
    this.info = info;
    this.stages = stages;
    this.samples = samples;
    this.noise = noise;
    this.seed = seed;
  }

  private static Randomisation similarity(
      Kind kind, String id, String title, String description, String paper) {
    return new Randomisation(
        kind,
        new MetricInfo(
            id,
            title,
            Family.RANDOMISATION,
            description,
            paper,
            Direction.LOWER,
            -1,
            1,
            Set.of(Need.ATTRIBUTION, Need.ATTRIBUTOR)),
        STAGES,
        8,
        0.1,
        0);
  }

  /**
   * Model parameter randomisation from the output down: layers lose their parameters one group
   * after another, and the similarity to the map of the whole network is averaged over the stages.
   * By default the layers are taken in 4 groups of about equal number. Cost: the method once per
   * stage.
   *
   * @return the metric; lower is better, −1 to 1
   */
  public static Randomisation topDown() {
    return similarity(
        Kind.TOP_DOWN,
        "mprt-top-down",
        "Model randomisation, top down",
        "Similarity of the map to that of the network as its layers forget from the output down.",
        MPRT);
  }

  /**
   * Model parameter randomisation from the input up, otherwise as {@link #topDown}.
   *
   * @return the metric; lower is better, −1 to 1
   */
  public static Randomisation bottomUp() {
    return similarity(
        Kind.BOTTOM_UP,
        "mprt-bottom-up",
        "Model randomisation, bottom up",
        "Similarity of the map to that of the network as its layers forget from the input up.",
        MPRT);
  }

  /**
   * Smooth model parameter randomisation: as {@link #topDown}, each map being the mean over 8 noisy
   * copies of the picture (standard deviation 10 % of its range), so that noise in the maps is not
   * taken for change. Cost: the method 8 times per stage, and 8 times.
   *
   * @return the metric; lower is better, −1 to 1
   */
  public static Randomisation smooth() {
    return similarity(
        Kind.SMOOTH,
        "mprt-smooth",
        "Model randomisation, smooth",
        "Similarity of maps without their noise as the network's layers forget from the output"
            + " down.",
        SMOOTH);
  }

  /**
   * Efficient model parameter randomisation: how much more complex the map becomes when the whole
   * network forgets, {@code (ξ' − ξ) / ξ}, where ξ is the entropy of the histogram of the map's
   * values in 100 bins between its least and largest; 0 if ξ is 0. Cost: the method once.
   *
   * @return the metric; higher is better
   */
  public static Randomisation efficient() {
    return new Randomisation(
        Kind.EFFICIENT,
        new MetricInfo(
            "mprt-efficient",
            "Model randomisation, efficient",
            Family.RANDOMISATION,
            "Relative rise of the map's histogram entropy when the whole network forgets.",
            SMOOTH,
            Direction.HIGHER,
            -1,
            Double.POSITIVE_INFINITY,
            Set.of(Need.ATTRIBUTION, Need.ATTRIBUTOR)),
        1,
        1,
        0,
        0);
  }

  /**
   * Random logit: the similarity of the map to that for another class, drawn by the seed and the
   * class. Cost: the method once.
   *
   * @return the metric; lower is better, −1 to 1
   */
  public static Randomisation randomLogit() {
    return similarity(
        Kind.LOGIT,
        "random-logit",
        "Random logit",
        "Similarity of the map to that for another class.",
        "Sixt, Granz, Landgraf: When Explanations Lie, 2020");
  }

  /**
   * Another number of groups of layers.
   *
   * @param count at least 1; as many as there are layers with parameters gives each its own stage
   * @return a copy
   */
  public Randomisation withStages(int count) {
    return new Randomisation(
        kind, info, Checks.atLeast("number of stages", count, 1), samples, noise, seed);
  }

  /**
   * Other noisy copies for {@link #smooth}.
   *
   * @param count copies, at least 1
   * @param deviation of the noise, as a share of the picture's range, above 0
   * @return a copy
   */
  public Randomisation withSamples(int count, double deviation) {
    return new Randomisation(
        kind,
        info,
        stages,
        Checks.atLeast("number of samples", count, 1),
        Checks.positive("deviation", deviation),
        seed);
  }

  /**
   * Another seed.
   *
   * @param newSeed any number
   * @return a copy
   */
  public Randomisation withSeed(long newSeed) {
    return new Randomisation(kind, info, stages, samples, noise, newSeed);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    if (kind != Kind.LOGIT && kind != Kind.EFFICIENT) {
      settings.put("stages", Integer.toString(stages));
      settings.put("similarity", "spearman");
    }
    if (kind == Kind.SMOOTH) {
      settings.put("samples", Integer.toString(samples));
      settings.put("noise", Double.toString(noise));
    }
    settings.put("seed", Long.toString(seed));
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    Network network = examples.network();
    int n = examples.size();
    double[] scores = new double[n];
    if (kind == Kind.LOGIT) {
      double[][] maps = examples.explain(network, examples.x(), otherClasses(examples));
      IntStream.range(0, n)
          .parallel()
          .forEach(i -> scores[i] = Statistics.similarity(examples.maps()[i], maps[i]));
      return scores;
    }
    List<String> layers = RandomisedNetwork.layers(network);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          "the metric " + info.id() + " needs a network with parameters; this one has none");
    }
    if (kind == Kind.EFFICIENT) {
      Network random = RandomisedNetwork.of(network, new LinkedHashSet<>(layers), seed);
      double[][] maps = explain(examples, random);
      Arrays.setAll(
          scores,
          i -> {
            double before = histogramEntropy(examples.maps()[i]);
            return before == 0 ? 0 : (histogramEntropy(maps[i]) - before) / before;
          });
      return scores;
    }
    double[][] before = kind == Kind.SMOOTH ? explain(examples, network) : examples.maps();
    int groups = Math.min(stages, layers.size());
    for (int s = 1; s <= groups; s++) {
      int gone = layers.size() * s / groups;
      List<String> chosen =
          kind == Kind.BOTTOM_UP
              ? layers.subList(0, gone)
              : layers.subList(layers.size() - gone, layers.size());
      Network random = RandomisedNetwork.of(network, new LinkedHashSet<>(chosen), seed);
      double[][] after = explain(examples, random);
      IntStream.range(0, n)
          .parallel()
          .forEach(i -> scores[i] += Statistics.similarity(before[i], after[i]) / groups);
    }
    return scores;
  }

  private int[] otherClasses(Examples examples) {
    int count = (int) examples.network().classCount();
    if (count < 2) {
      throw new IllegalArgumentException(
          "the metric " + info.id() + " needs at least 2 classes, the network has " + count);
    }
    int[] others = examples.classes();
    for (int i = 0; i < others.length; i++) {
      int step = new SplittableRandom(seed * 1_000_003 + others[i]).nextInt(count - 1);
      others[i] = (others[i] + 1 + step) % count;
    }
    return others;
  }

  private double[][] explain(Examples examples, Network network) {
    if (kind != Kind.SMOOTH) {
      return examples.explain(network, examples.x(), examples.classes());
    }
    double[][] sum = new double[examples.size()][examples.pixels()];
    for (int s = 0; s < samples; s++) {
      double[][] maps = examples.explain(network, noisy(examples, s), examples.classes());
      for (int i = 0; i < sum.length; i++) {
        for (int p = 0; p < sum[i].length; p++) {
          sum[i][p] += maps[i][p] / samples;
        }
      }
    }
    return sum;
  }

  private INDArray noisy(Examples examples, int sample) {
    return Examples.outside(
        () -> {
          Canvas canvas = Canvas.of(examples.x());
          int size = examples.channels() * examples.pixels();
          for (int i = 0; i < examples.size(); i++) {
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (int p = i * size; p < (i + 1) * size; p++) {
              low = Math.min(low, canvas.get(p));
              high = Math.max(high, canvas.get(p));
            }
            SplittableRandom random = new SplittableRandom(seed * 1_000_003 + sample);
            for (int p = i * size; p < (i + 1) * size; p++) {
              canvas.set(p, canvas.get(p) + noise * (high - low) * random.nextGaussian());
            }
          }
          return canvas.array(examples.x().shape());
        });
  }

  private static double histogramEntropy(double[] map) {
    double low = Arrays.stream(map).min().orElse(0);
    double high = Statistics.max(map);
    if (!(high > low)) {
      return 0;
    }
    int[] bins = new int[BINS];
    for (double v : map) {
      bins[Math.min(BINS - 1, (int) ((v - low) / (high - low) * BINS))]++;
    }
    double entropy = 0;
    for (int count : bins) {
      double p = (double) count / map.length;
      entropy -= p > 0 ? p * Math.log(p) : 0;
    }
    return entropy;
  }
}
