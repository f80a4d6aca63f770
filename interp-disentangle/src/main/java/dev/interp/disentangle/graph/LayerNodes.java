package dev.interp.disentangle.graph;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A layer that has been learned: its patterns with neighbours by id of the graph, and where they
 * are in each picture.
 *
 * @param patterns with neighbours as ids of the graph
 * @param placements of the patterns, in the pictures learned from
 * @param likelihoods before each iteration
 */
// Handed from learner to graph and not compared.
@SuppressWarnings("ArrayRecordComponent")
record LayerNodes(Patterns patterns, Placements placements, double[] likelihoods) {
  private static final double BORDER = 0.1;

  /** Mean and standard deviation of the positions of a pattern: x, y, spread. */
  static double[] moments(Placements placements, int v) {
    int n = placements.pictures();
    double x = 0;
    double y = 0;
    for (int i = 0; i < n; i++) {
      x += placements.x(v, i) / n;
      y += placements.y(v, i) / n;
    }
    double squares = 0;
    for (int i = 0; i < n; i++) {
      squares += Math.pow(placements.x(v, i) - x, 2) + Math.pow(placements.y(v, i) - y, 2);
    }
    return new double[] {x, y, Math.sqrt(squares / (2.0 * Math.max(1, n - 1)))};
  }

  /**
   * What this layer tells the next lower one. As in the authors' program, the half of the nodes
   * that moves least is left out, since it tells nothing, and so is what lies within a tenth of the
   * border; of the rest those with the highest scores remain.
   */
  Above above(GraphLayer own, GraphLayer lower, int firstId, int limit) {
    int size = patterns.size();
    double[][] moments = new double[size][];
    Arrays.setAll(moments, v -> moments(placements, v));
    double[] scores = new double[size];
    Arrays.setAll(scores, v -> placements.strength(v, placements.pictures()));
    int[] chosen =
        IntStream.range(0, size)
            .boxed()
            .sorted(Comparator.comparingDouble(v -> -moments[v][2]))
            .limit((size + 1) / 2)
            .filter(v -> inside(moments[v][0], own.inputWidth()))
            .filter(v -> inside(moments[v][1], own.inputHeight()))
            .filter(v -> scores[v] > 0)
            .sorted(Comparator.comparingDouble((Integer v) -> -scores[v]).thenComparing(v -> v))
            .limit(limit)
            .sorted()
            .mapToInt(v -> v)
            .toArray();
    double[] x = Arrays.stream(chosen).mapToDouble(v -> moments[v][0]).toArray();
    double[] y = Arrays.stream(chosen).mapToDouble(v -> moments[v][1]).toArray();
    double[] sigma = Arrays.stream(chosen).mapToDouble(v -> patterns.sigma[v]).toArray();
    return above(own, lower, placements, chosen, firstId, x, y, sigma);
  }

  private static boolean inside(double position, double side) {
    return position >= BORDER * side && position <= (1 - BORDER) * side;
  }

  /**
   * Moves of nodes in units of a lower layer.
   *
   * @param nodes indices into the placements
   * @param firstId id of the node with index 0
   * @param x mean positions of these nodes in pixels
   * @param sigma spreads of these nodes in units of their own layer
   */
  static Above above(
      GraphLayer own,
      GraphLayer lower,
      Placements placements,
      int[] nodes,
      int firstId,
      double[] x,
      double[] y,
      double[] sigma) {
    int pictures = placements.pictures();
    float[][] rows = new float[nodes.length][pictures];
    float[][] columns = new float[nodes.length][pictures];
    double[] precision = new double[nodes.length];
    for (int k = 0; k < nodes.length; k++) {
      for (int i = 0; i < pictures; i++) {
        rows[k][i] = (float) ((placements.y(nodes[k], i) - y[k]) / lower.field().height().stride());
        columns[k][i] =
            (float) ((placements.x(nodes[k], i) - x[k]) / lower.field().width().stride());
      }
      precision[k] = Math.pow(lower.stride() / (sigma[k] * own.stride()), 2);
    }
    int[] ids = Arrays.stream(nodes).map(v -> v + firstId).toArray();
    return new Above(pictures, ids, rows, columns, precision);
  }

  /** Places the patterns in the pictures of the maps. */
  static Placements place(
      FeatureMaps maps, Above above, GraphSettings settings, Patterns patterns) {
    GraphLayer layer = maps.layer();
    int size = patterns.size();
    float[][] y = new float[size][maps.pictures()];
    float[][] x = new float[size][maps.pictures()];
    float[][] score = new float[size][maps.pictures()];
    IntStream.range(0, patterns.filters())
        .parallel()
        .forEach(f -> new FilterMixture(maps, above, settings, patterns, f).place(y, x, score));
    for (int v = 0; v < size; v++) {
      for (int i = 0; i < maps.pictures(); i++) {
        y[v][i] = (float) layer.y(y[v][i]);
        x[v][i] = (float) layer.x(x[v][i]);
      }
    }
    return new Placements(maps.pictures(), layer.inputWidth(), layer.inputHeight(), x, y, score);
  }

  static List<Integer> list(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
