package dev.interp.disentangle.graph;

/**
 * How an explanatory graph is learned. The defaults are those of the authors' program, but for the
 * spreads: the program has 0.15 for a pattern without neighbours and the spread of the neighbours
 * for one with; fixed and smaller spreads gave steadier nodes on ILSVRC Animal-Part.
 *
 * @param patterns patterns per filter before those that say the same are merged; 0 for 1.4 times
 *     the side of the map, which is 40 on 28 x 28 units and 20 on 14 x 14
 * @param neighbours how many nodes of the next higher layer a node is tied to, at least 1
 * @param noise the density of activations that belong to no pattern, as a share of the density at
 *     the centre of a pattern without neighbours; above 0
 * @param iterations of expectation and maximisation per layer, at least 4
 * @param candidates how many nodes of the next higher layer may become neighbours, at least 1
 * @param freeSpread standard deviation of a pattern without neighbours, in sides of the map
 * @param tiedSpread the same for a pattern around the place that its neighbours tell
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
    double freeSpread,
    double tiedSpread,
    double least,
    long seed) {
  private static final int FIRST_WIRING = 2;
  private static final int LAST_WIRING = 5;

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
    check("spread without neighbours", freeSpread, 1e-3, 10);
    check("spread with neighbours", tiedSpread, 1e-3, 10);
    check("least share of the best score", least, 0, 1);
  }

  private static void check(String what, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          "the number for "
              + what
              + " must be "
              + text(low)
              + " to "
              + text(high)
              + ", was "
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
    return new GraphSettings(0, 15, 0.1, 20, 600, 0.3, 0.03, 0.2, 0);
  }

  /**
   * Sets the patterns per filter.
   *
   * @param count 0 for a number by the size of the map
   * @return the settings with that
   */
  public GraphSettings withPatterns(int count) {
    return new GraphSettings(
        count, neighbours, noise, iterations, candidates, freeSpread, tiedSpread, least, seed);
  }

  /**
   * Sets the neighbours per node.
   *
   * @param count at least 1
   * @return the settings with that
   */
  public GraphSettings withNeighbours(int count) {
    return new GraphSettings(
        patterns, count, noise, iterations, candidates, freeSpread, tiedSpread, least, seed);
  }

  /**
   * Sets the density of noise.
   *
   * @param share above 0
   * @return the settings with that
   */
  public GraphSettings withNoise(double share) {
    return new GraphSettings(
        patterns, neighbours, share, iterations, candidates, freeSpread, tiedSpread, least, seed);
  }

  /**
   * Sets the iterations per layer.
   *
   * @param count at least 4
   * @return the settings with that
   */
  public GraphSettings withIterations(int count) {
    return new GraphSettings(
        patterns, neighbours, noise, count, candidates, freeSpread, tiedSpread, least, seed);
  }

  /**
   * Sets the spreads.
   *
   * @param free of a pattern without neighbours, in sides of the map
   * @param tied of a pattern with neighbours, in sides of the map
   * @return the settings with that
   */
  public GraphSettings withSpreads(double free, double tied) {
    return new GraphSettings(
        patterns, neighbours, noise, iterations, candidates, free, tied, least, seed);
  }

  /**
   * Sets the seed.
   *
   * @param value any number
   * @return the settings with that
   */
  public GraphSettings withSeed(long value) {
    return new GraphSettings(
        patterns, neighbours, noise, iterations, candidates, freeSpread, tiedSpread, least, value);
  }

  int patterns(GraphLayer layer) {
    int wanted = patterns > 0 ? patterns : (int) Math.ceil(1.4 * Math.sqrt(layer.cells()));
    return Math.min(wanted, layer.cells());
  }

  /** In units, along each axis. */
  double freeSpread(GraphLayer layer) {
    return freeSpread * Math.sqrt(layer.cells());
  }

  /** In units, along each axis. */
  double tiedSpread(GraphLayer layer) {
    return tiedSpread * Math.sqrt(layer.cells());
  }

  /** Whether neighbours are chosen in an iteration; later they hardly change. */
  boolean isWiring(int iteration) {
    return (iteration >= FIRST_WIRING && iteration <= LAST_WIRING) || iteration == merging() + 1;
  }

  /** The iteration after which patterns that say the same are merged. */
  int merging() {
    return iterations - iterations / 4;
  }
}
