package dev.interp.disentangle.graph;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Learns the patterns of one layer. */
final class LayerLearner {
  private static final int BEST = 20;

  /**
   * How far a layer is.
   *
   * @param iteration steps done
   * @param patterns after them
   * @param likelihoods before each of them
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  record State(int iteration, Patterns patterns, double[] likelihoods) {}

  /** Told of each state, in order. */
  interface Keeper {
    void keep(State state) throws IOException;
  }

  private final FeatureMaps maps;
  private final Above above;
  private final GraphSettings settings;
  private final GraphStep.Listener listener;

  LayerLearner(FeatureMaps maps, Above above, GraphSettings settings, GraphStep.Listener listener) {
    this.maps = maps;
    this.above = above;
    this.settings = settings;
    this.listener = listener;
  }

  LayerNodes learn(@Nullable State from, Keeper keeper) throws IOException {
    State state =
        from == null ? new State(0, Patterns.initial(maps, settings), new double[0]) : from;
    while (state.iteration() < settings.iterations()) {
      state = step(state);
      keeper.keep(state);
    }
    Patterns learned = state.patterns();
    Placements placements = LayerNodes.place(maps, above, settings, learned);
    int[][] ids = new int[learned.size()][];
    Arrays.setAll(ids, v -> Arrays.stream(learned.neighbours[v]).map(u -> above.ids[u]).toArray());
    return new LayerNodes(
        new Patterns(learned.start, learned.row, learned.column, learned.sigma, ids),
        placements,
        state.likelihoods());
  }

  private State step(State before) {
    Patterns patterns = before.patterns();
    int iteration = before.iteration() + 1;
    double[][] totals = new double[4][patterns.size()];
    FilterMixture.Sums[] sums = new FilterMixture.Sums[patterns.filters()];
    IntStream.range(0, patterns.filters())
        .parallel()
        .forEach(
            f ->
                sums[f] =
                    new FilterMixture(maps, above, settings, patterns, f)
                        .step(settings.isWiring(iteration), totals));
    double likelihood = 0;
    double activation = 0;
    int rewired = 0;
    // In the order of filters, whoever was first.
    for (FilterMixture.Sums own : sums) {
      likelihood += own.likelihood;
      activation += own.activation;
      rewired += own.rewired;
    }
    double perActivation = activation > 0 ? likelihood / activation : 0;
    double[] likelihoods = Arrays.copyOf(before.likelihoods(), iteration);
    likelihoods[iteration - 1] = perActivation;
    listener.step(
        new GraphStep(
            maps.layer().name(),
            iteration,
            settings.iterations(),
            perActivation,
            patterns.filterOf(),
            totals[0],
            totals[1],
            totals[2],
            totals[3],
            rewired));
    boolean merging = iteration == settings.merging() || iteration == settings.iterations();
    return new State(iteration, merging ? merged(patterns) : patterns, likelihoods);
  }

  /**
   * Of patterns of a filter that are at the same place in most pictures only the clearest remains,
   * and none that is hardly ever found.
   */
  private Patterns merged(Patterns patterns) {
    Placements placed = LayerNodes.place(maps, above, settings, patterns);
    boolean[] kept = new boolean[patterns.size()];
    IntStream.range(0, patterns.filters())
        .parallel()
        .forEach(f -> merge(placed, patterns.start[f], patterns.start[f + 1], kept));
    return patterns.only(kept);
  }

  private void merge(Placements placed, int from, int to, boolean[] kept) {
    double[] strength = new double[to - from];
    Arrays.setAll(strength, k -> placed.strength(from + k, BEST));
    int[] order =
        IntStream.range(from, to)
            .boxed()
            .sorted(Comparator.comparingDouble(v -> -strength[v - from]))
            .mapToInt(v -> v)
            .toArray();
    for (int v : order) {
      double own = strength[v - from];
      kept[v] =
          own > 0
              && own >= settings.least() * strength[order[0] - from]
              && Arrays.stream(order).noneMatch(u -> kept[u] && isSame(placed, u, v));
    }
  }

  private boolean isSame(Placements placed, int u, int v) {
    double unit = maps.layer().stride();
    int both = 0;
    int near = 0;
    for (int i = 0; i < placed.pictures(); i++) {
      if (placed.score(u, i) > 0 && placed.score(v, i) > 0) {
        both++;
        double distance =
            Math.hypot(placed.x(u, i) - placed.x(v, i), placed.y(u, i) - placed.y(v, i));
        near += distance <= unit ? 1 : 0;
      }
    }
    return both > 0 && 2 * near >= both;
  }
}
