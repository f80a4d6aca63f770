package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraphLearnerTest {
  private static final double[][] CENTRES = {
    {60, 60}, {160, 70}, {110, 110}, {70, 165}, {165, 160}
  };
  private static final double JITTER = 12;

  @TempDir Path folder;

  /** A filter for each part, one for two parts, and in all but the highest layer a silent one. */
  private static int[][] partsOf(int parts, boolean silent) {
    int[][] filters = new int[parts + (silent ? 2 : 1)][];
    for (int p = 0; p < parts; p++) {
      filters[p] = new int[] {p};
    }
    filters[parts] = new int[] {0, parts - 1};
    if (silent) {
      filters[parts + 1] = new int[0];
    }
    return filters;
  }

  private static List<FeatureMaps> layers(SyntheticParts truth, int parts) {
    return List.of(
        truth.maps("low", 28, partsOf(parts, true)),
        truth.maps("middle", 14, partsOf(parts, true)),
        truth.maps("high", 14, partsOf(parts, false)));
  }

  private static GraphLearner learner() {
    return GraphLearner.withDefaults()
        .withSettings(GraphSettings.defaults().withSpreads(0.12, 0.12));
  }

  private static List<FeatureMaps> small(long seed) {
    return layers(new SyntheticParts(CENTRES, 20, JITTER, 10, 0.2, seed), 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void each_part_of_each_active_filter_is_one_node_with_the_spread_of_its_jitter(int parts)
      throws IOException {
    SyntheticParts truth = new SyntheticParts(CENTRES, 100, JITTER, 0, 0.1, parts);
    ExplanatoryGraph graph = learner().learn(layers(truth, parts));
    for (int l = 0; l < 3; l++) {
      int[][] filters = partsOf(parts, l < 2);
      for (int f = 0; f < filters.length; f++) {
        List<GraphNode> found = nodes(graph, l, f);
        assertThat(found)
            .as("layer %d filter %d of %d parts", l, f, parts)
            .hasSize(filters[f].length);
        for (int part : filters[f]) {
          assertThat(found)
              .anySatisfy(
                  node -> {
                    assertThat(node.x()).isCloseTo(CENTRES[part][0], within(5.0));
                    assertThat(node.y()).isCloseTo(CENTRES[part][1], within(5.0));
                    assertThat(node.spread()).isBetween(0.8 * JITTER, 1.2 * JITTER);
                  });
        }
      }
    }
  }

  private static List<GraphNode> nodes(ExplanatoryGraph graph, int layer, int filter) {
    return graph.nodes().stream().filter(n -> n.layer() == layer && n.filter() == filter).toList();
  }

  @Test
  void a_tied_node_follows_an_object_that_moves_further_than_it_would_go_alone()
      throws IOException {
    SyntheticParts truth = new SyntheticParts(CENTRES, 80, 2, 25, 0.2, 3);
    ExplanatoryGraph graph =
        GraphLearner.withDefaults()
            .withSettings(GraphSettings.defaults().withSpreads(0.3, 0.06))
            .learn(layers(truth, 3));
    GraphNode node = nodes(graph, 1, 1).get(0);
    assertThat(node.neighbours()).isNotEmpty();
    double squares = 0;
    for (int i = 0; i < 80; i++) {
      squares +=
          Math.pow(graph.placements().x(node.id(), i) - truth.partX[1][i], 2)
              + Math.pow(graph.placements().y(node.id(), i) - truth.partY[1][i], 2);
    }
    // A unit is 16 pixels; the object moves 25 along each axis.
    assertThat(Math.sqrt(squares / 80)).isLessThan(12);
  }

  @Test
  void the_likelihood_never_falls_over_exact_steps() throws IOException {
    List<GraphStep> steps = new ArrayList<>();
    learner().withListener(steps::add).learn(small(1));
    assertThat(steps).hasSize(60);
    int compared = 0;
    for (int k = 1; k < steps.size(); k++) {
      GraphStep before = steps.get(k - 1);
      GraphStep now = steps.get(k);
      boolean isSameModel =
          now.layer().equals(before.layer())
              && now.mass().length == before.mass().length
              && (before.layer().equals("high") || before.iteration() != 2);
      if (isSameModel) {
        compared++;
        assertThat(now.likelihood())
            .as("%s %d", now.layer(), now.iteration())
            .isGreaterThanOrEqualTo(before.likelihood() - 1e-9);
      }
    }
    assertThat(compared).isGreaterThanOrEqualTo(50);
  }

  @Test
  void accumulators_add_up_to_what_fires_and_lie_in_the_map() throws IOException {
    List<FeatureMaps> maps = List.of(small(2).get(2));
    double[] fired = new double[maps.get(0).layer().filters()];
    float[] map = new float[14 * 14];
    for (int f = 0; f < fired.length; f++) {
      for (int i = 0; i < maps.get(0).pictures(); i++) {
        maps.get(0).read(i, f, map);
        for (float value : map) {
          fired[f] += value;
        }
      }
    }
    learner()
        .withListener(
            step -> {
              double[] mass = new double[fired.length];
              for (int v = 0; v < step.mass().length; v++) {
                mass[step.filters()[v]] += step.mass()[v];
                assertThat(step.rows()[v] / step.mass()[v]).isBetween(0.0, 13.0);
                assertThat(step.columns()[v] / step.mass()[v]).isBetween(0.0, 13.0);
                assertThat(step.squares()[v] / step.mass()[v]).isBetween(0.0, 2 * 169.0);
              }
              for (int f = 0; f < fired.length; f++) {
                assertThat(mass[f]).isGreaterThan(0).isLessThan(fired[f]);
              }
            })
        .learn(maps);
  }

  @Test
  void accumulators_of_two_halves_add_up_to_those_of_the_whole() throws IOException {
    FeatureMaps whole = small(3).get(1);
    GraphStep all = firstStep(whole);
    GraphStep one = firstStep(some(whole, 0, 8));
    GraphStep two = firstStep(some(whole, 8, 20));
    for (int v = 0; v < all.mass().length; v++) {
      assertThat(one.mass()[v] + two.mass()[v])
          .isCloseTo(all.mass()[v], within(1e-9 * all.mass()[v]));
      assertThat(one.rows()[v] + two.rows()[v])
          .isCloseTo(all.rows()[v], within(1e-9 * all.rows()[v]));
      assertThat(one.columns()[v] + two.columns()[v])
          .isCloseTo(all.columns()[v], within(1e-9 * all.columns()[v]));
      assertThat(one.squares()[v] + two.squares()[v])
          .isCloseTo(all.squares()[v], within(1e-9 * all.squares()[v]));
    }
  }

  /** The first patterns are the same for all pictures, so that their accumulators are too. */
  private static GraphStep firstStep(FeatureMaps maps) throws IOException {
    List<GraphStep> steps = new ArrayList<>();
    learner().withListener(steps::add).learn(List.of(maps));
    return steps.get(0);
  }

  private static FeatureMaps some(FeatureMaps maps, int from, int to) {
    GraphLayer layer = maps.layer();
    float[] values = new float[(to - from) * layer.filters() * layer.cells()];
    float[] map = new float[layer.cells()];
    for (int i = from; i < to; i++) {
      for (int f = 0; f < layer.filters(); f++) {
        maps.read(i, f, map);
        int at = ((i - from) * layer.filters() + f) * map.length;
        System.arraycopy(map, 0, values, at, map.length);
      }
    }
    return FeatureMaps.of(layer, values);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 20, 33, 60})
  void a_run_that_is_killed_and_resumed_gives_the_same_bytes(int killedAfter) throws IOException {
    List<FeatureMaps> maps = small(4);
    ExplanatoryGraph whole = learner().learn(maps);
    GraphLearner saving =
        learner().withCheckpoint(folder, "test", false).withProgress((d, n) -> d < killedAfter);
    assertThatThrownBy(() -> saving.learn(maps)).isInstanceOf(CancellationException.class);
    ExplanatoryGraph resumed = learner().withCheckpoint(folder, "test", true).learn(maps);
    assertThat(resumed.toJson()).isEqualTo(whole.toJson());
    assertSame(resumed.placements(), whole.placements());
  }

  private static void assertSame(Placements a, Placements b) {
    assertThat(a.patterns()).isEqualTo(b.patterns());
    for (int v = 0; v < a.patterns(); v++) {
      for (int i = 0; i < a.pictures(); i++) {
        assertThat(a.x(v, i)).isEqualTo(b.x(v, i));
        assertThat(a.y(v, i)).isEqualTo(b.y(v, i));
        assertThat(a.score(v, i)).isEqualTo(b.score(v, i));
      }
    }
  }

  @Test
  void the_number_of_threads_changes_nothing() throws Exception {
    List<FeatureMaps> maps = small(5);
    ForkJoinPool one = new ForkJoinPool(1);
    try {
      ExplanatoryGraph alone = one.submit(() -> learner().learn(maps)).get();
      assertThat(learner().learn(maps).toJson()).isEqualTo(alone.toJson());
    } finally {
      one.shutdown();
    }
  }

  @Test
  void a_damaged_checkpoint_is_refused_with_its_name() throws IOException {
    List<FeatureMaps> maps = small(6);
    GraphLearner saving = learner().withCheckpoint(folder, "test", true);
    saving.learn(maps);
    Path file = folder.resolve("layer-1.checkpoint");
    byte[] bytes = Files.readAllBytes(file);
    for (int at : new int[] {0, 5, bytes.length / 2, bytes.length - 1}) {
      byte[] changed = bytes.clone();
      changed[at] ^= 16;
      Files.write(file, changed);
      assertThatThrownBy(() -> saving.learn(maps))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("layer-1.checkpoint: the checkpoint is damaged");
    }
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 3));
    assertThatThrownBy(() -> saving.learn(maps)).hasMessageContaining("damaged or cut short");
    Files.write(file, new byte[0]);
    assertThatThrownBy(() -> saving.learn(maps)).hasMessageContaining("damaged or cut short");
  }

  @Test
  void a_checkpoint_of_another_run_is_refused() throws IOException {
    List<FeatureMaps> maps = small(6);
    learner().withCheckpoint(folder, "test", true).learn(maps);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> learner().withCheckpoint(folder, "other", true).learn(maps))
        .withMessageContaining("is of another graph");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                learner()
                    .withSettings(GraphSettings.defaults().withSeed(9))
                    .withCheckpoint(folder, "test", true)
                    .learn(maps))
        .withMessageContaining("start again without resuming");
  }

  @Test
  void filters_that_are_silent_or_constant_have_no_nodes() throws IOException {
    GraphLayer layer = SyntheticParts.layer("flat", 3, 8);
    float[] values = new float[5 * 3 * 64];
    for (int i = 0; i < 5; i++) {
      for (int c = 0; c < 64; c++) {
        values[(i * 3 + 1) * 64 + c] = 7;
        values[(i * 3 + 2) * 64 + c] = -3;
      }
    }
    FeatureMaps flat = FeatureMaps.of(layer, values);
    for (FeatureMaps maps : List.of(flat, flat.normalised())) {
      ExplanatoryGraph graph = learner().learn(List.of(maps, maps));
      assertThat(graph.nodes()).isEmpty();
      assertThat(graph.placements().patterns()).isZero();
      assertThat(graph.strongest(0, 5)).isEmpty();
      assertThat(graph.toJson()).doesNotContain("NaN").doesNotContain("Infinity");
      assertThat(ExplanatoryGraph.ofJson(graph.toJson()).nodes()).isEmpty();
    }
  }

  @Test
  void fewer_pictures_than_patterns_and_single_spikes_leave_no_nan() throws IOException {
    GraphLayer layer = SyntheticParts.layer("spikes", 2, 8);
    float[] values = new float[2 * 2 * 64];
    values[9] = 1e-20f;
    values[2 * 64 + 63] = 3e30f;
    values[64] = 2;
    FeatureMaps maps = FeatureMaps.of(layer, values);
    for (FeatureMaps one : List.of(maps, maps.normalised())) {
      ExplanatoryGraph graph = learner().learn(List.of(one, one));
      assertThat(graph.toJson()).doesNotContain("NaN").doesNotContain("Infinity");
      for (GraphNode node : graph.nodes()) {
        for (int i = 0; i < 2; i++) {
          assertThat(graph.placements().x(node.id(), i)).isBetween(0.0, 224.0);
          assertThat(graph.placements().score(node.id(), i)).isFinite();
        }
      }
    }
  }

  @Test
  void wrong_use_is_told() {
    FeatureMaps maps = small(1).get(0);
    FeatureMaps one = FeatureMaps.of(SyntheticParts.layer("one", 1, 8), new float[64]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> learner().learn(List.of()))
        .withMessageContaining("at least one layer");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> learner().learn(List.of(one)))
        .withMessageContaining("at least 2 pictures of one category, was 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> learner().learn(List.of(maps, one)))
        .withMessageContaining("must show the same pictures");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SyntheticParts.layer("point", 4, 1))
        .withMessageContaining("more than one unit");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GraphSettings.defaults().withIterations(3))
        .withMessage("the number for iterations must be 4 to 100000, was 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GraphSettings.defaults().withNoise(Double.NaN));
  }

  @Test
  void a_graph_places_its_nodes_in_the_pictures_it_knows_as_before_and_survives_json()
      throws IOException {
    List<FeatureMaps> maps = small(7);
    ExplanatoryGraph graph = learner().learn(maps);
    assertSame(graph.place(maps), graph.placements());
    ExplanatoryGraph read = ExplanatoryGraph.ofJson(graph.toJson());
    assertThat(read.nodes()).isEqualTo(graph.nodes());
    assertThat(read.toJson()).isEqualTo(graph.toJson());
    assertSame(read.place(maps), graph.placements());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> graph.place(maps.subList(0, 2)))
        .withMessageContaining("must be of the layers of the graph");
  }

  @Test
  void a_new_picture_is_placed_alone_as_in_a_batch() throws IOException {
    ExplanatoryGraph graph = learner().learn(small(7));
    List<FeatureMaps> others = small(8);
    Placements all = graph.place(others);
    List<FeatureMaps> single = new ArrayList<>();
    for (FeatureMaps maps : others) {
      GraphLayer layer = maps.layer();
      float[] values = new float[layer.filters() * layer.cells()];
      float[] map = new float[layer.cells()];
      for (int f = 0; f < layer.filters(); f++) {
        maps.read(4, f, map);
        System.arraycopy(map, 0, values, f * map.length, map.length);
      }
      single.add(FeatureMaps.of(layer, values));
    }
    assertSame(graph.place(single), all.inPictures(4));
  }

  @Test
  void the_strongest_nodes_are_a_graph_of_their_own() throws IOException {
    ExplanatoryGraph graph = learner().learn(small(7));
    ExplanatoryGraph part = graph.strongest(2);
    assertThat(part.nodes()).hasSize(6);
    assertThat(IntStream.range(0, 6).allMatch(i -> part.nodes().get(i).id() == i)).isTrue();
    assertThat(part.placements().patterns()).isEqualTo(6);
    for (GraphNode node : part.nodes()) {
      for (int u : node.neighbours()) {
        assertThat(part.nodes().get(u).layer()).isEqualTo(node.layer() + 1);
      }
    }
  }
}
