package dev.interp.core.metric;

import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Metrics that ask whether an explanation lies on the object. A picture whose object has no pixel
 * gets NaN. Where the largest values are asked for and some are equal, the score is the mean over
 * all orders of these, so a constant map scores what chance would. No forward pass.
 *
 * <p>That the network looks at the object is an assumption. Immutable; {@code withX} returns a
 * copy.
 */
public final class Localisation implements Metric {
  private static final String ARRAS =
      "Arras, Osman, Samek: CLEVR-XAI: A benchmark dataset for the ground truth evaluation of"
          + " neural network explanations, 2022";

  /** What is asked. */
  private enum Kind {
    POINTING,
    ENERGY,
    MASS,
    RANK,
    TOP_K,
    IOU,
    AUC
  }

  private final Kind kind;
  private final MetricInfo info;
  private final double setting;

  private Localisation(Kind kind, MetricInfo info, double setting) {
    this.kind = kind;
    this.info = info;
    this.setting = setting;
  }

  private static Localisation of(
      Kind kind, String id, String title, String description, String paper, double setting) {
    return new Localisation(
        kind,
        new MetricInfo(
            id,
            title,
            Family.LOCALISATION,
            description,
            paper,
            Direction.HIGHER,
            0,
            1,
            Set.of(Need.ATTRIBUTION, Need.MASK)),
        setting);
  }

  /**
   * Pointing game: whether the largest value lies on the object, or within a tolerance of it (0
   * pixels by default, 15 in the paper).
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Localisation pointingGame() {
    return of(
        Kind.POINTING,
        "pointing-game",
        "Pointing game",
        "Whether the largest value lies on the object.",
        "Zhang, Bargal, Lin, Brandt, Shen, Sclaroff: Top-down Neural Attention by Excitation"
            + " Backprop, 2018",
        0);
  }

  /**
   * Energy-based pointing game: the share of the positive attribution inside the bounding box of
   * the object; 0 if nothing is positive.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Localisation energyPointing() {
    return of(
        Kind.ENERGY,
        "energy-pointing",
        "Energy-based pointing",
        "Share of the positive attribution inside the object's box.",
        "Wang et al.: Score-CAM, 2020",
        0);
  }

  /**
   * Relevance mass accuracy: the share of the positive attribution on the object's pixels; 0 if
   * nothing is positive.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Localisation relevanceMass() {
    return of(
        Kind.MASS,
        "relevance-mass",
        "Relevance mass accuracy",
        "Share of the positive attribution on the object.",
        ARRAS,
        0);
  }

  /**
   * Relevance rank accuracy: of as many of the largest values as the object has pixels, the share
   * on the object.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Localisation relevanceRank() {
    return of(
        Kind.RANK,
        "relevance-rank",
        "Relevance rank accuracy",
        "Share on the object of as many of the largest values as it has pixels.",
        ARRAS,
        0);
  }

  /**
   * Top-k intersection: the share on the object of the k largest values, by default 5 % of the
   * pixels.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Localisation topK() {
    return of(
        Kind.TOP_K,
        "top-k-intersection",
        "Top-k intersection",
        "Share of the largest values that lie on the object.",
        "Theiner, Müller-Budack, Ewerth: Interpretable Semantic Photo Geolocation, 2022",
        0.05);
  }

  /**
   * Intersection over union of the object and the pixels above half of the map's largest value; 0
   * if nothing is positive.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static Localisation iou() {
    return of(
        Kind.IOU,
        "iou",
        "Intersection over union",
        "Overlap of the object with the pixels above half of the largest value.",
        "Zhang et al.: Saliency-Bench, 2023",
        0.5);
  }

  /**
   * Area under the ROC curve: how probably a pixel of the object has a larger value than one beside
   * it; NaN if the object fills the picture.
   *
   * @return the metric; higher is better, 0 to 1, 0.5 for a constant map
   */
  public static Localisation auc() {
    return of(
        Kind.AUC,
        "auc",
        "AUC against the mask",
        "How probably a pixel of the object has a larger value than another pixel.",
        "Fawcett: An introduction to ROC analysis, 2006",
        0);
  }

  /**
   * Another tolerance of {@link #pointingGame}.
   *
   * @param pixels Euclidean distance to the object that still counts as a hit, at least 0
   * @return a copy
   * @throws IllegalArgumentException if this is another metric
   */
  public Localisation withTolerance(double pixels) {
    return with(Kind.POINTING, "tolerance", pixels, 0, Double.MAX_VALUE);
  }

  /**
   * Another k of {@link #topK}.
   *
   * @param share of all pixels, above 0, at most 1
   * @return a copy
   * @throws IllegalArgumentException if this is another metric
   */
  public Localisation withShare(double share) {
    return with(Kind.TOP_K, "share", share, Double.MIN_VALUE, 1);
  }

  /**
   * Another threshold of {@link #iou}.
   *
   * @param share of the largest value, above 0, at most 1
   * @return a copy
   * @throws IllegalArgumentException if this is another metric
   */
  public Localisation withThreshold(double share) {
    return with(Kind.IOU, "threshold", share, Double.MIN_VALUE, 1);
  }

  private Localisation with(Kind only, String name, double value, double low, double high) {
    if (kind != only) {
      throw new IllegalArgumentException("the metric " + info.id() + " has no " + name);
    }
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          "the " + name + " must be in [" + low + ", " + high + "], was " + value);
    }
    return new Localisation(kind, info, value);
  }

  @Override
  public MetricInfo info() {
    return info;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    switch (kind) {
      case POINTING -> settings.put("tolerance", setting + " px");
      case TOP_K -> settings.put("share", Double.toString(setting));
      case IOU -> settings.put("threshold", Double.toString(setting));
      case ENERGY, MASS, RANK, AUC -> {}
    }
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(info);
    double[] scores = new double[examples.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = score(examples.maps()[i], examples.mask(i), examples.width());
    }
    return scores;
  }

  private double score(double[] map, boolean[] mask, int width) {
    int on = count(mask);
    if (on == 0) {
      return Double.NaN;
    }
    return switch (kind) {
      case POINTING -> shareOfLargest(map, setting == 0 ? mask : grown(mask, width), 1);
      case ENERGY -> mass(map, box(mask, width));
      case MASS -> mass(map, mask);
      case RANK -> shareOfLargest(map, mask, on);
      case TOP_K -> shareOfLargest(map, mask, (int) Math.max(1, Math.round(setting * map.length)));
      case IOU -> iou(map, mask);
      case AUC -> on == mask.length ? Double.NaN : auc(map, mask, on);
    };
  }

  private static int count(boolean[] mask) {
    int count = 0;
    for (boolean m : mask) {
      count += m ? 1 : 0;
    }
    return count;
  }

  /** The share of the k largest values that lie on the mask; ties at the border count in part. */
  private static double shareOfLargest(double[] map, boolean[] mask, int k) {
    double[] sorted = map.clone();
    Arrays.sort(sorted);
    double border = sorted[sorted.length - k];
    int above = 0;
    int aboveOn = 0;
    int equal = 0;
    int equalOn = 0;
    for (int p = 0; p < map.length; p++) {
      if (map[p] > border) {
        above++;
        aboveOn += mask[p] ? 1 : 0;
      } else if (map[p] == border) {
        equal++;
        equalOn += mask[p] ? 1 : 0;
      }
    }
    return (aboveOn + (k - above) * (double) equalOn / equal) / k;
  }

  private static double mass(double[] map, boolean[] mask) {
    double all = 0;
    double on = 0;
    for (int p = 0; p < map.length; p++) {
      double v = Math.max(0, map[p]);
      all += v;
      on += mask[p] ? v : 0;
    }
    return all == 0 ? 0 : on / all;
  }

  private double iou(double[] map, boolean[] mask) {
    double max = Statistics.max(map);
    int both = 0;
    int either = 0;
    for (int p = 0; p < map.length; p++) {
      boolean high = max > 0 && map[p] >= setting * max;
      both += high && mask[p] ? 1 : 0;
      either += high || mask[p] ? 1 : 0;
    }
    return (double) both / either;
  }

  private static double auc(double[] map, boolean[] mask, int on) {
    double[] ranks = Statistics.ranks(map);
    double sum = 0;
    for (int p = 0; p < map.length; p++) {
      sum += mask[p] ? ranks[p] : 0;
    }
    return (sum - on * (on + 1.0) / 2) / ((double) on * (map.length - on));
  }

  private static boolean[] box(boolean[] mask, int width) {
    int left = width;
    int right = -1;
    int top = mask.length;
    int bottom = -1;
    for (int p = 0; p < mask.length; p++) {
      if (mask[p]) {
        left = Math.min(left, p % width);
        right = Math.max(right, p % width);
        top = Math.min(top, p / width);
        bottom = p / width;
      }
    }
    boolean[] box = new boolean[mask.length];
    for (int p = 0; p < mask.length; p++) {
      int x = p % width;
      int y = p / width;
      box[p] = x >= left && x <= right && y >= top && y <= bottom;
    }
    return box;
  }

  /** All pixels within the tolerance of the mask. */
  private boolean[] grown(boolean[] mask, int width) {
    int height = mask.length / width;
    int reach = (int) Math.min(Math.max(height, width), setting);
    boolean[] grown = mask.clone();
    for (int p = 0; p < mask.length; p++) {
      if (!mask[p]) {
        continue;
      }
      int x = p % width;
      int y = p / width;
      for (int dy = Math.max(-reach, -y); dy <= Math.min(reach, height - 1 - y); dy++) {
        for (int dx = Math.max(-reach, -x); dx <= Math.min(reach, width - 1 - x); dx++) {
          grown[p + dy * width + dx] |= dx * dx + dy * dy <= setting * setting;
        }
      }
    }
    return grown;
  }
}
