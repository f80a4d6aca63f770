package dev.interp.disentangle.graph;

/**
 * How an explanatory graph is learned. The defaults are those of the authors' program.
 *
 * @param patterns patterns per filter before those that say the same are merged; 0 for 1.4 times
 *     the side of the map, which is 40 on 28 x 28 units and 20 on 14 x 14
 * @param neighbours how many nodes of the next higher layer a node is tied to, at least 1
 * @param noise the density of activations that belong to no pattern, as a share of the density at
 *     the centre of a pattern of the first spread; above 0
 * @param iterations of expectation and maximisation per layer, at least 4
 * @param candidates how many nodes of the next higher layer may become neighbours, at least 1
 * @param initialSpread the first standard deviation of a pattern in sides of the map, above 0
 * @param least nodes whose mean score is below this share of the best node of their filter are
 *     dropped; 0 to 1
 * @param seed of the first positions
 */
public record GraphSettings(
    int patterns,
    int neighbours,
    double noise,
    int iterations,
    int candidates,
    double initialSpread,
    double least,
    long seed) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is outside of its range
   */
  public GraphSettings {
    check("patterns per filter", patterns, 0, 10_000);
    check("neighbours", neighbours, 1, 1000);
    check("iterations", iterations, 4, 100_000);
    check("candidates", candidates, 1, 1_000_000);
    check("noise", noise, 1e-6, 1000);
    check("initial spread", initialSpread, 1e-3, 1);
    check("least share of the best score", least, 0, 1);
  }

  private static void check(String what, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          "the number for " + what + " must be " + text(low) + " to " + text(high) + ", was "
              + text(value));
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /**
   * The settings of the authors' program.
   *
   * @return with seed 0
   */
  public static GraphSettings defaults() {
    return new GraphSettings(0, 15, 0.1, 20, 600, 0.15, 0.1, 0);
  }

  /**
   * Sets the patterns per filter.
   *
   * @param count 0 for a number by the size of the map
   * @return the settings with that
   */
  public GraphSettings withPatterns(int count) {
    return new GraphSettings(
        count, neighbours, noise, iterations, candidates, initialSpread, least, seed);
  }

  /**
   * Sets the neighbours per node.
   *
   * @param count at least 1
   * @return the settings with that
   */
  public GraphSettings withNeighbours(int count) {
    return new GraphSettings(
        patterns, count, noise, iterations, candidates, initialSpread, least, seed);
  }

  /**
   * Sets the density of noise.
   *
   * @param share above 0
   * @return the settings with that
   */
  public GraphSettings withNoise(double share) {
    return new GraphSettings(
        patterns, neighbours, share, iterations, candidates, initialSpread, least, seed);
  }

  /**
   * Sets the iterations per layer.
   *
   * @param count at least 4
   * @return the settings with that
   */
  public GraphSettings withIterations(int count) {
    return new GraphSettings(
        patterns, neighbours, noise, count, candidates, initialSpread, least, seed);
  }

  /**
   * Sets the seed.
   *
   * @param value any number
   * @return the settings with that
   */
  public GraphSettings withSeed(long value) {
    return new GraphSettings(
        patterns, neighbours, noise, iterations, candidates, initialSpread, least, value);
  }

  int patterns(GraphLayer layer) {
    int wanted = patterns > 0 ? patterns : (int) Math.ceil(1.4 * Math.sqrt(layer.cells()));
    return Math.min(wanted, layer.cells());
  }

  /** The first spread, in units. */
  double spread(GraphLayer layer) {
    return Math.max(leastSpread(layer), initialSpread * Math.sqrt(layer.cells()));
  }

  /** As wide as if the patterns of a filter shared its map; in units. */
  double largestSpread(GraphLayer layer) {
    double share = Math.sqrt((double) layer.cells() / patterns(layer));
    return Math.max(share, initialSpread * Math.sqrt(layer.cells()));
  }

  double leastSpread(GraphLayer layer) {
    return Math.sqrt((double) layer.cells() / patterns(layer)) / 10;
  }

  /** The iteration after which patterns that say the same are merged. */
  int merging() {
    return iterations - iterations / 4;
  }
}
