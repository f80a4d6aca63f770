package dev.interp.disentangle.graph;

import dev.interp.core.attribution.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Learns an explanatory graph from the maps of pictures of one category, layer by layer from the
 * highest down. Immutable.
 *
 * <p>Each filter is a mixture of patterns and noise. A pattern V is a place in the map that moves
 * with the patterns V' of the next higher layer it is tied to: {@code P(p | V) = γ Π N(p | μ(V) −
 * μ(V') + p(V'), σ²)^(1/M)}. Activations are counts of positions, so that learning is the
 * maximisation of {@code Σ f log Σ P(V) P(p | V)} by expectation and maximisation.
 *
 * <p>Source: Q. Zhang, R. Cao, F. Shi, Y. N. Wu, S.-C. Zhu, Interpreting CNN knowledge via an
 * explanatory graph (AAAI 2018), equations 3 and 4, and the authors' program. Deviations: all units
 * of a map are the support, instead of 6 x 6 candidates around a pattern, and the maximisation step
 * is solved instead of one gradient step, so its likelihood never falls; the spread of a pattern is
 * given, where the program takes that of the neighbours; neighbours are those with the least
 * variance between their moves and the pattern's, and once chosen change only if that raises the
 * likelihood; moves are converted by the ratio of strides, which the program omits; the position in
 * a picture is refined between units; after three quarters of the iterations and at the end
 * patterns of a filter that are within a unit of each other in most pictures are merged, and such
 * as are hardly found dropped.
 *
 * <p>Cost: per iteration and picture, units that fire times patterns per filter, and patterns times
 * candidates for neighbours; linear in pictures, filters and patterns. Uses all processors of the
 * common pool; the result does not depend on their number.
 */
public final class GraphLearner {
  private final GraphSettings settings;
  private final GraphStep.Listener listener;
  private final Progress progress;
  private final @Nullable Path folder;
  private final String subject;
  private final boolean resume;

  private GraphLearner(
      GraphSettings settings,
      GraphStep.Listener listener,
      Progress progress,
      @Nullable Path folder,
      String subject,
      boolean resume) {
    this.settings = settings;
    this.listener = listener;
    this.progress = progress;
    this.folder = folder;
    this.subject = subject;
    this.resume = resume;
  }

  /**
   * A learner with the default settings that saves nothing on its way.
   *
   * @return the learner
   */
  public static GraphLearner withDefaults() {
    return new GraphLearner(GraphSettings.defaults(), step -> {}, Progress.none(), null, "", false);
  }

  /**
   * Sets how to learn.
   *
   * @param newSettings the settings
   * @return a learner with them
   */
  public GraphLearner withSettings(GraphSettings newSettings) {
    return new GraphLearner(newSettings, listener, progress, folder, subject, resume);
  }

  /**
   * Sets who sees likelihood and accumulators of every step.
   *
   * @param newListener told after each step
   * @return a learner with it
   */
  public GraphLearner withListener(GraphStep.Listener newListener) {
    return new GraphLearner(settings, newListener, progress, folder, subject, resume);
  }

  /**
   * Sets who is told how far the work is, in iterations, and may cancel it.
   *
   * @param newProgress told after each step
   * @return a learner with it
   */
  public GraphLearner withProgress(Progress newProgress) {
    return new GraphLearner(settings, listener, newProgress, folder, subject, resume);
  }

  /**
   * Saves the state after each iteration and layer, so that a run that was killed can go on and
   * gives the same bytes.
   *
   * @param newFolder made if missing; holds one file per layer
   * @param newSubject what the maps are of, for example network and data; with settings and layers
   *     it tells whether a checkpoint is of this run
   * @param goOn whether to go on from what the folder holds; otherwise that is deleted
   * @return a learner that saves
   */
  public GraphLearner withCheckpoint(Path newFolder, String newSubject, boolean goOn) {
    return new GraphLearner(settings, listener, progress, newFolder, newSubject, goOn);
  }

  /**
   * Learns a graph.
   *
   * @param maps of the chosen layers, the lowest first, of the same pictures
   * @return the graph; it has no nodes where no filter fires
   * @throws IOException if a checkpoint cannot be written or is damaged
   * @throws IllegalArgumentException if there is no layer, there are less than two pictures, the
   *     numbers of pictures differ, or a checkpoint is of another run
   * @throws java.util.concurrent.CancellationException if the listener of progress cancels
   */
  public ExplanatoryGraph learn(List<FeatureMaps> maps) throws IOException {
    check(maps);
    int count = maps.size();
    Checkpoint checkpoint = null;
    Path where = folder;
    if (where != null) {
      checkpoint = new Checkpoint(where, subject(maps));
      if (!resume) {
        checkpoint.clear(count);
      }
    }
    Deque<LayerNodes> learned = new ArrayDeque<>();
    LayerNodes higher = null;
    int firstId = 0;
    int above = 0;
    for (int l = count - 1; l >= 0; l--) {
      FeatureMaps own = maps.get(l);
      Above told =
          higher == null
              ? Above.nothing(own.pictures())
              : higher.above(maps.get(l + 1).layer(), own.layer(), firstId, settings.candidates());
      LayerNodes nodes = layer(own, told, l, count, checkpoint);
      firstId = above;
      above += nodes.patterns().size();
      learned.addFirst(nodes);
      higher = nodes;
    }
    return ExplanatoryGraph.of(
        settings, maps.stream().map(FeatureMaps::layer).toList(), List.copyOf(learned));
  }

  private LayerNodes layer(
      FeatureMaps maps, Above told, int layer, int layers, @Nullable Checkpoint checkpoint)
      throws IOException {
    long before = (long) (layers - 1 - layer) * settings.iterations();
    long all = (long) layers * settings.iterations();
    Optional<Checkpoint.Saved> saved =
        checkpoint == null ? Optional.empty() : checkpoint.load(layer);
    LayerLearner.State state = saved.map(Checkpoint.Saved::state).orElse(null);
    Placements done = saved.isPresent() ? saved.get().placements() : null;
    if (state != null && done != null) {
      progress.report(before + settings.iterations(), all);
      return new LayerNodes(state.patterns(), done, state.likelihoods());
    }
    LayerNodes nodes =
        new LayerLearner(maps, told, settings, listener)
            .learn(
                state,
                now -> {
                  if (checkpoint != null) {
                    checkpoint.save(layer, new Checkpoint.Saved(now, null));
                  }
                  progress.report(before + now.iteration(), all);
                });
    if (checkpoint != null) {
      checkpoint.save(
          layer,
          new Checkpoint.Saved(
              new LayerLearner.State(settings.iterations(), nodes.patterns(), nodes.likelihoods()),
              nodes.placements()));
    }
    return nodes;
  }

  private String subject(List<FeatureMaps> maps) {
    return subject
        + "; "
        + maps.get(0).pictures()
        + " pictures; "
        + maps.stream().map(m -> m.layer().toString()).toList()
        + "; "
        + settings;
  }

  private static void check(List<FeatureMaps> maps) {
    if (maps.isEmpty()) {
      throw new IllegalArgumentException("a graph needs the maps of at least one layer");
    }
    int pictures = maps.get(0).pictures();
    for (FeatureMaps one : maps) {
      if (one.pictures() != pictures
          || one.layer().inputHeight() != maps.get(0).layer().inputHeight()
          || one.layer().inputWidth() != maps.get(0).layer().inputWidth()) {
        throw new IllegalArgumentException(
            "all layers must show the same pictures, but '"
                + maps.get(0).layer().name()
                + "' has "
                + pictures
                + " and '"
                + one.layer().name()
                + "' has "
                + one.pictures());
      }
    }
    if (pictures < 2) {
      throw new IllegalArgumentException(
          "a graph is what stays the same from picture to picture, so it needs at least 2 pictures"
              + " of one category, was "
              + pictures);
    }
  }
}
