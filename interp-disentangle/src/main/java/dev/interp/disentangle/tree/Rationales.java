package dev.interp.disentangle.tree;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartImage;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.disentangle.dissect.Pictures;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The rationales of pictures at a layer: for each the gradient of a score with respect to the
 * filters' maps, summed over positions, and the maps themselves.
 *
 * <p>With s the mean activation of a filter in the pictures of the class, x is the sum of its map
 * divided by s, and g is s divided by the number of positions times the sum of the gradient at the
 * map. A filter that is never active in those pictures has x = g = 0.
 *
 * <p>Source: Q. Zhang, Y. Yang, H. Ma, Y. N. Wu, Interpreting CNNs via decision trees (CVPR 2019),
 * section 3.2. One forward and one backward pass per picture. Immutable.
 */
public final class Rationales {
  private static final int BATCH = 16;

  private final String layer;
  private final Target score;
  private final double[] scale;
  private final List<Rationale> all;
  private final List<Integer> silent;

  private Rationales(
      String layer, Target score, double[] scale, List<Rationale> all, List<Integer> silent) {
    this.layer = layer;
    this.score = score;
    this.scale = scale;
    this.all = List.copyOf(all);
    this.silent = List.copyOf(silent);
  }

  /** What a pass over pictures gives, before it is scaled. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Raw(
      int picture, long positions, double[] activation, double[] gradient, double score) {}

  /**
   * The score that says whether a picture is of a class: its logit minus the largest logit of the
   * other classes, which is positive exactly where the network names the class. A network with one
   * logit has that as its score.
   *
   * @param network the network
   * @param index the class
   * @return a target
   * @throws IllegalArgumentException if there is no such class
   */
  public static Target margin(Network network, int index) {
    Target.ofClass(index).check(network, 1);
    return network.classCount() == 1
        ? Target.ofClass(index)
        : Target.of("class " + index + " against the best other class", new Margin(index));
  }

  /**
   * The rationales of the pictures that a tree is grown on, all of the class that the score is of.
   *
   * @param network the network
   * @param layer its layer, after the rectifier; best the uppermost convolution of a net with
   *     interpretable filters
   * @param score what is explained, such as {@link #margin}
   * @param pictures the data set
   * @param indices which of its pictures
   * @param progress told of pictures; may cancel
   * @return the rationales; of pictures without gradient see {@link #silent}
   * @throws IllegalArgumentException if the layer has no spatial extent or there are no pictures
   */
  public static Rationales of(
      Network network,
      String layer,
      Target score,
      Pictures pictures,
      List<Integer> indices,
      Progress progress) {
    if (indices.isEmpty()) {
      throw new IllegalArgumentException(
          "at least 1 picture of the class is needed, there is none; is the class right?");
    }
    List<Raw> raw = read(network, layer, score, pictures, indices, progress);
    double[] scale = new double[raw.get(0).activation.length];
    for (Raw one : raw) {
      for (int d = 0; d < scale.length; d++) {
        scale[d] += one.activation[d] / one.positions / raw.size();
      }
    }
    return scaled(layer, score, scale, raw);
  }

  /**
   * The rationales of other pictures, scaled in the same way.
   *
   * @param network the network
   * @param pictures the data set
   * @param indices which of its pictures
   * @param progress told of pictures; may cancel
   * @return the rationales
   */
  public Rationales others(
      Network network, Pictures pictures, List<Integer> indices, Progress progress) {
    return scaled(layer, score, scale, read(network, layer, score, pictures, indices, progress));
  }

  /**
   * Rationales that come from elsewhere.
   *
   * @param rationales at least one, all of equally many filters
   * @return the rationales
   * @throws IllegalArgumentException if there are none or their filters differ in number
   */
  public static Rationales known(List<Rationale> rationales) {
    if (rationales.isEmpty()) {
      throw new IllegalArgumentException("at least 1 rationale is needed");
    }
    int filters = rationales.get(0).x().length;
    for (Rationale one : rationales) {
      if (one.x().length != filters) {
        throw new IllegalArgumentException(
            "rationales must be of equally many filters, was "
                + filters
                + " and "
                + one.x().length);
      }
    }
    double[] ones = new double[filters];
    java.util.Arrays.fill(ones, 1);
    return new Rationales("known", Target.predicted(), ones, rationales, List.of());
  }

  private static Rationales scaled(String layer, Target score, double[] scale, List<Raw> raw) {
    List<Rationale> all = new ArrayList<>();
    List<Integer> silent = new ArrayList<>();
    for (Raw one : raw) {
      double[] g = new double[scale.length];
      double[] x = new double[scale.length];
      for (int d = 0; d < scale.length; d++) {
        if (scale[d] > 0) {
          g[d] = scale[d] * one.gradient[d] / one.positions;
          x[d] = one.activation[d] / scale[d];
        }
      }
      double norm = Vectors.norm(g);
      if (norm > 0) {
        all.add(new Rationale(one.picture, Vectors.unit(g), x, one.score / norm, norm));
      } else {
        silent.add(one.picture);
      }
    }
    return new Rationales(layer, score, scale, all, silent);
  }

  /** Sums over positions of activations and gradients. */
  private static List<Raw> read(
      Network network,
      String layer,
      Target score,
      Pictures pictures,
      List<Integer> indices,
      Progress progress) {
    List<Raw> raw = new ArrayList<>();
    for (int from = 0; from < indices.size(); from += BATCH) {
      List<Integer> some = indices.subList(from, Math.min(indices.size(), from + BATCH));
      List<PartImage> images = some.stream().parallel().map(i -> pictures.data().get(i)).toList();
      INDArray x = pictures.batch(images);
      check(network, layer, x);
      try (Trace trace = network.run(x, Hooks.none().keep(layer).forgetBelow())) {
        double[][] activations = trace.read(layer, Rationales::sums);
        Target.Resolved resolved = trace.resolve(score);
        double[][] gradients = trace.readGradient(resolved, layer, Rationales::sums);
        long positions = trace.read(layer, maps -> maps.size(1) * maps.size(2));
        for (int n = 0; n < some.size(); n++) {
          raw.add(
              new Raw(
                  some.get(n),
                  positions,
                  activations[n],
                  gradients[n],
                  resolved.values().getDouble(n)));
        }
      }
      progress.report(from + some.size(), indices.size());
    }
    return raw;
  }

  static LayerInfo check(Network network, String layer, INDArray x) {
    network.layer(layer);
    LayerInfo info =
        network.layers(x.size(1), x.size(2), x.size(3)).stream()
            .filter(l -> l.name().equals(layer))
            .findFirst()
            .orElseThrow();
    if (!info.isSpatial()) {
      throw new IllegalArgumentException(
          "the layer must have spatial extent, [C, H, W] with H * W above 1, but '"
              + layer
              + "' is "
              + info.shape());
    }
    return info;
  }

  /** The sum of each filter's map in each example. */
  private static double[][] sums(INDArray maps) {
    int examples = (int) maps.size(0);
    int cells = (int) (maps.size(1) * maps.size(2));
    int filters = (int) maps.size(3);
    double[] values =
        maps.castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE).dup('c').data().asDouble();
    double[][] sums = new double[examples][filters];
    for (int n = 0; n < examples; n++) {
      for (int cell = 0; cell < cells; cell++) {
        int offset = (n * cells + cell) * filters;
        for (int d = 0; d < filters; d++) {
          sums[n][d] += values[offset + d];
        }
      }
    }
    return sums;
  }

  /**
   * Those of pictures that the network names right: a score above 0.
   *
   * @return the rationales without the others, on the same scale
   */
  public Rationales named() {
    return new Rationales(
        layer, score, scale, all.stream().filter(r -> r.score() > 0).toList(), silent);
  }

  /**
   * The layer whose filters explain.
   *
   * @return its name
   */
  public String layer() {
    return layer;
  }

  /**
   * What is explained.
   *
   * @return the target
   */
  public Target score() {
    return score;
  }

  /**
   * The rationales.
   *
   * @return in the order of the pictures asked for, without those of {@link #silent}
   */
  public List<Rationale> all() {
    return all;
  }

  /**
   * Pictures whose score no filter of the layer can change: they have no rationale.
   *
   * @return their indices
   */
  public List<Integer> silent() {
    return silent;
  }

  /**
   * The number of filters.
   *
   * @return at least 1
   */
  public int filters() {
    return scale.length;
  }

  /**
   * Filters that are not active in any picture of the class.
   *
   * @return their indices
   */
  public List<Integer> deadFilters() {
    List<Integer> dead = new ArrayList<>();
    for (int d = 0; d < scale.length; d++) {
      if (scale[d] <= 0) {
        dead.add(d);
      }
    }
    return dead;
  }
}
