package dev.interp.disentangle.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.disentangle.dissect.Pictures;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.xml.sax.InputSource;

final class TreeTest {
  private static final TreeLearning METHOD = TreeLearning.withDefaults();

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  private static Rationales toys(Network network, Pictures pictures, int from, int to) {
    return Rationales.of(
        network, "maps", Rationales.margin(network, 0), pictures, range(from, to), Progress.none());
  }

  /** Rationales without any order in them, with positive scores. */
  private static Rationales random(int count, int filters, long seed) {
    Random random = new Random(seed);
    List<Rationale> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double[] g = random.doubles(filters, -0.3, 1).toArray();
      double[] x = random.doubles(filters, 0, 2).toArray();
      all.add(new Rationale(i, Vectors.unit(g), x, Vectors.dot(Vectors.unit(g), x) + 1, 1));
    }
    return Rationales.known(all);
  }

  /**
   * Pictures of k modes. Each mode reads five filters of its own; its pictures show the filters of
   * the modes before it strongly as well, which their scores do not read.
   */
  private static Rationales modes(int modes, int perMode, long seed) {
    Random random = new Random(seed);
    int own = 5;
    List<Rationale> all = new ArrayList<>();
    for (int i = 0; i < modes * perMode; i++) {
      int mode = i % modes;
      double[] g = new double[modes * own];
      double[] x = new double[g.length];
      for (int d = 0; d < g.length; d++) {
        int reader = d / own;
        g[d] = (reader == mode ? 1 : 0) + 0.05 * random.nextGaussian();
        double mean = reader == mode ? 2 : reader < mode ? 8 : 0.5;
        x[d] = Math.abs(mean + 0.2 * random.nextGaussian());
      }
      double score = 2 * Math.sqrt(own) + 0.3 * random.nextGaussian();
      all.add(new Rationale(i, Vectors.unit(g), x, score, 1));
    }
    return Rationales.known(all);
  }

  @Test
  void modes_that_are_known_are_recovered() {
    for (int k : new int[] {2, 4, 6}) {
      Rationales rationales = modes(k, 20, k);
      DecisionTree tree = METHOD.learn(rationales);
      int[] found = new int[20 * k];
      for (TreeNode mode : tree.modes()) {
        mode.members().forEach(i -> found[i] = mode.id());
      }
      int[] truth = IntStream.range(0, found.length).map(i -> i % k).toArray();
      assertThat(adjustedRand(truth, found)).as("%d modes", k).isGreaterThan(0.95);
    }
  }

  private static double adjustedRand(int[] a, int[] b) {
    double both = 0;
    double first = 0;
    double second = 0;
    double pairs = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        both += a[i] == a[j] && b[i] == b[j] ? 1 : 0;
        first += a[i] == a[j] ? 1 : 0;
        second += b[i] == b[j] ? 1 : 0;
        pairs++;
      }
    }
    double expected = first * second / pairs;
    return (both - expected) / ((first + second) / 2 - expected);
  }

  @Test
  void the_adjusted_rand_index_of_this_test_is_right() {
    // From the definition: 2 common pairs of 3 and 4, of 15; expected 0.8.
    assertThat(adjustedRand(new int[] {0, 0, 0, 1, 1, 2}, new int[] {0, 0, 1, 1, 1, 1}))
        .isCloseTo((2 - 4 * 7 / 15.0) / ((4 + 7) / 2.0 - 4 * 7 / 15.0), within(1e-12));
    assertThat(adjustedRand(new int[] {0, 1, 0}, new int[] {5, 3, 5})).isEqualTo(1);
  }

  /** Everything computed anew for every pair, straight from the definition. */
  private static final class Slow {
    final Rationales rationales;
    final boolean perPicture;
    final List<List<Integer>> groups = new ArrayList<>();
    final List<Double> gains = new ArrayList<>();

    Slow(Rationales rationales, boolean perPicture) {
      this.rationales = rationales;
      this.perPicture = perPicture;
      range(0, rationales.all().size()).forEach(i -> groups.add(List.of(i)));
    }

    double[] direction(List<Integer> members) {
      double[] mean = new double[rationales.filters()];
      for (int i : members) {
        for (int d = 0; d < mean.length; d++) {
          mean[d] += rationales.all().get(i).weights()[d] / members.size();
        }
      }
      double length = Math.sqrt(Arrays.stream(mean).map(v -> v * v).sum());
      return Arrays.stream(mean).map(v -> v / length).toArray();
    }

    double bias(List<Integer> members) {
      double[] direction = direction(members);
      return members.stream()
          .map(rationales.all()::get)
          .mapToDouble(r -> r.score() - Vectors.dot(direction, r.x()))
          .average()
          .orElseThrow();
    }

    double logObjective(List<List<Integer>> all) {
      double mean = rationales.all().stream().mapToDouble(Rationale::score).average().orElseThrow();
      List<Double> scores = new ArrayList<>();
      for (List<Integer> members : all) {
        double[] direction = direction(members);
        double bias = bias(members);
        for (int i : members) {
          scores.add((Vectors.dot(direction, rationales.all().get(i).x()) + bias) / mean);
        }
      }
      double power = scores.stream().mapToDouble(Math::exp).sum();
      return scores.stream().mapToDouble(s -> s - Math.log(power)).sum() - all.size();
    }

    void run() {
      while (groups.size() > 1) {
        double before = logObjective(groups);
        double best = 0;
        double bestGain = 0;
        List<List<Integer>> next = null;
        for (int a = 0; a < groups.size(); a++) {
          for (int b = a + 1; b < groups.size(); b++) {
            List<List<Integer>> merged = new ArrayList<>(groups);
            List<Integer> members = new ArrayList<>(merged.remove(b));
            members.addAll(0, merged.remove(a));
            merged.add(members);
            double gain = logObjective(merged) - before;
            double value = perPicture ? gain / members.size() : gain;
            if (value > best) {
              best = value;
              bestGain = gain;
              next = merged;
            }
          }
        }
        if (next == null) {
          return;
        }
        groups.clear();
        groups.addAll(next);
        gains.add(bestGain);
      }
    }
  }

  @Test
  void merges_directions_and_biases_are_those_of_a_slow_reference() {
    for (boolean perPicture : new boolean[] {false, true}) {
      for (long seed = 0; seed < 4; seed++) {
        Rationales rationales = random(13, 6, seed);
        Slow slow = new Slow(rationales, perPicture);
        slow.run();
        DecisionTree tree = METHOD.withGainPerPicture(perPicture).learn(rationales);

        assertThat(tree.gains()).hasSameSizeAs(slow.gains);
        for (int i = 0; i < slow.gains.size(); i++) {
          assertThat(tree.gains().get(i)).isPositive().isCloseTo(slow.gains.get(i), within(1e-9));
        }
        Set<Set<Integer>> found = new HashSet<>();
        for (TreeNode mode : tree.modes()) {
          found.add(new HashSet<>(mode.members()));
          assertThat(mode.direction())
              .containsExactly(slow.direction(mode.members()), within(1e-12));
          assertThat(mode.weights()).containsExactly(mode.direction());
          assertThat(mode.bias()).isCloseTo(slow.bias(mode.members()), within(1e-12));
        }
        Set<Set<Integer>> expected = new HashSet<>();
        slow.groups.forEach(group -> expected.add(new HashSet<>(group)));
        assertThat(found).isEqualTo(expected);
      }
    }
  }

  @Test
  void the_lasso_is_that_of_a_slow_reference() {
    Random random = new Random(8);
    int n = 30;
    int size = 7;
    double[][] rows = new double[n][size];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      rows[i] = random.doubles(size, -1, 2).toArray();
      y[i] = 3 * rows[i][1] - 2 * rows[i][4] + 5 + 0.1 * random.nextGaussian();
    }
    for (double lambda : new double[] {0.3, 0.05, 1e-4}) {
      double[] fast = Lasso.solve(rows, y, lambda);
      double[] slow = proximal(rows, y, lambda);
      assertThat(fast).containsExactly(slow, within(1e-6));
      for (int d = 0; d < size; d++) {
        assertThat(fast[d] == 0).isEqualTo(slow[d] == 0);
      }
    }
    assertThat(Lasso.solve(rows, y, 100)).containsOnly(0);
    assertThat(Lasso.solve(new double[][] {{1, 2}, {1, 2}}, new double[] {3, 3}, 0.1))
        .containsOnly(0);
  }

  /** Proximal gradient steps, with the intercept as a plain coordinate. */
  private static double[] proximal(double[][] rows, double[] y, double lambda) {
    int n = rows.length;
    double[] a = new double[rows[0].length];
    double b = 0;
    double step = 0.02;
    for (int round = 0; round < 400_000; round++) {
      double[] slope = new double[a.length];
      double slopeB = 0;
      for (int i = 0; i < n; i++) {
        double rest = Vectors.dot(rows[i], a) + b - y[i];
        slopeB += 2 * rest / n;
        for (int d = 0; d < a.length; d++) {
          slope[d] += 2 * rest * rows[i][d] / n;
        }
      }
      b -= step * slopeB;
      for (int d = 0; d < a.length; d++) {
        double moved = a[d] - step * slope[d];
        a[d] = Math.signum(moved) * Math.max(0, Math.abs(moved) - step * lambda);
      }
    }
    return a;
  }

  @Test
  void selected_filters_are_those_of_the_lasso() {
    Rationales rationales = modes(1, 40, 3);
    DecisionTree tree = METHOD.withSelection(true).withPenalty(0.02).learn(rationales);
    TreeNode mode = tree.modes().get(0);
    double[][] rows = new double[mode.members().size()][];
    double[] y = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      Rationale one = rationales.all().get(mode.members().get(i));
      rows[i] = one.x().clone();
      y[i] = one.score();
      for (int d = 0; d < rows[i].length; d++) {
        rows[i][d] *= mode.direction()[d];
      }
    }
    double[] slow = proximal(rows, y, 0.02 * Math.sqrt(rows.length));
    double sum = 0;
    int used = 0;
    for (int d = 0; d < slow.length; d++) {
      assertThat(mode.weights()[d]).isEqualTo(slow[d] == 0 ? 0 : mode.direction()[d]);
      used += slow[d] == 0 ? 0 : 1;
    }
    for (int i = 0; i < rows.length; i++) {
      sum += y[i] - Vectors.dot(mode.weights(), rationales.all().get(mode.members().get(i)).x());
    }
    assertThat(mode.filters()).isEqualTo(used);
    assertThat(mode.bias()).isCloseTo(sum / rows.length, within(1e-9));
  }

  @Test
  void rationales_follow_their_definition_and_leaves_give_the_score_of_the_net() {
    Network network = Toys.network();
    Pictures pictures = Toys.pictures(8, 1);
    Rationales rationales = toys(network, pictures, 0, 8);
    DecisionTree tree = METHOD.learn(rationales);

    INDArray x = pictures.batch(range(0, 8).stream().map(pictures.data()::get).toList());
    INDArray logits = network.logits(x);
    try (Trace trace = network.run(x, Hooks.none().keep("maps"))) {
      INDArray maps = trace.activation("maps");
      INDArray gradients = trace.gradient(Target.contrast(0, 1), "maps");
      double[] scale = maps.mean(0, 2, 3).toDoubleVector();
      for (int i = 0; i < 8; i++) {
        Rationale one = rationales.all().get(i);
        double[] g = new double[4];
        for (int d = 0; d < 4; d++) {
          double sumOfMap = maps.slice(i).slice(d).sumNumber().doubleValue();
          double sumOfGradient = gradients.slice(i).slice(d).sumNumber().doubleValue();
          g[d] = scale[d] / 144 * sumOfGradient;
          assertThat(one.x()[d]).isCloseTo(scale[d] == 0 ? 0 : sumOfMap / scale[d], within(0.01));
        }
        double norm = Vectors.norm(g);
        double margin = logits.getDouble(i, 0) - logits.getDouble(i, 1);
        assertThat(one.norm()).isCloseTo(norm, within(1e-5));
        assertThat(one.weights()).containsExactly(Vectors.unit(g), within(1e-5));
        assertThat(one.score() * one.norm()).isCloseTo(margin, within(1e-5));
        TreeNode leaf = DecisionTree.at(tree.path(i), Integer.MAX_VALUE);
        assertThat(leaf.score(one)).isCloseTo(one.score(), within(1e-12));
        double sum = Arrays.stream(leaf.contributions(one)).sum();
        assertThat(sum).isCloseTo(one.score() - one.bias(), within(1e-12));
      }
    }
    assertThat(rationales.deadFilters()).containsExactly(3);
  }

  @Test
  void levels_of_a_linear_net_are_measured() {
    Network network = Toys.network();
    Pictures pictures = Toys.pictures(20, 2);
    Rationales grown = toys(network, pictures, 0, 12);
    Rationales fresh = grown.others(network, pictures, range(12, 20), Progress.none());
    Rationales negatives = grown.others(network, pictures, range(20, 40), Progress.none());
    PartAssignment parts = PartAssignment.of(network, "maps", pictures, range(0, 12));
    DecisionTree tree = METHOD.learn(grown);

    assertThat(parts.partOf().subList(0, 2)).containsExactly(0, 1);
    assertThat(parts.partOf().get(3)).isEqualTo(-1);
    List<TreeLevel> own =
        TreeLevel.of(
            tree,
            grown,
            negatives.all(),
            Optional.of(PartEffects.of(network, pictures, grown, parts)),
            6);
    TreeLevel leaves = own.get(own.size() - 1);
    assertThat(leaves.json().get("level").asText()).isEqualTo("leaves");
    assertThat(leaves.json().get("part_contribution_error").asDouble())
        .isEqualTo(leaves.partError().orElseThrow());
    assertThat(leaves.isLeaves()).isTrue();
    assertThat(leaves.nodes()).isEqualTo(12);
    assertThat(leaves.fitness()).isCloseTo(1, within(1e-12));
    // Above the maps the net is linear, so contributions are what the score loses.
    assertThat(leaves.partError().orElseThrow()).isCloseTo(0, within(1e-5));
    assertThat(leaves.predictionError()).isCloseTo(0, within(1e-12));
    assertThat(leaves.accuracy()).isEqualTo(1);
    assertThat(own.get(0).level()).isEqualTo(2);
    List<TreeLevel> others = TreeLevel.of(tree, fresh, negatives.all(), Optional.empty(), 6);
    assertThat(others.get(0).accuracy()).isEqualTo(1);
    assertThat(others.get(0).fitness()).isCloseTo(1, within(1e-4));
    assertThat(others.get(0).partError()).isEmpty();
  }

  @Test
  void a_parse_tree_takes_the_most_alike_child() {
    DecisionTree tree = METHOD.learn(modes(3, 10, 5));
    for (int i = 0; i < 30; i++) {
      Rationale one = tree.rationales().all().get(i);
      List<TreeNode> path = tree.parse(one);
      assertThat(path.get(0)).isEqualTo(tree.root());
      assertThat(path.get(1)).isEqualTo(tree.path(i).get(1));
      assertThat(path.get(path.size() - 1).isLeaf()).isTrue();
    }
  }

  @Test
  void one_picture_equal_pictures_and_dead_filters_give_trees() {
    Network network = Toys.network();
    DecisionTree single = METHOD.learn(toys(network, Toys.pictures(1, 3), 0, 1));
    assertThat(single.modes()).hasSize(1);
    assertThat(single.depth()).isEqualTo(2);
    assertThat(TreePage.of(single, Optional.empty(), Toys.pictures(1, 3)))
        .contains("1 picture, 1 decision mode, 2 levels.");
    DecisionTree equal = METHOD.learn(toys(network, Toys.constant(6), 0, 6));
    assertThat(equal.modes()).hasSize(1);
    for (boolean selection : new boolean[] {false, true}) {
      for (DecisionTree tree :
          List.of(
              single,
              METHOD.withSelection(selection).learn(toys(network, Toys.constant(6), 0, 6)))) {
        TreeExport export = new TreeExport(tree, Optional.empty());
        List<TreeLevel> levels =
            TreeLevel.of(tree, tree.rationales(), List.of(), Optional.empty(), 6);
        assertThat(export.json() + export.dot() + export.graphMl() + levels)
            .doesNotContain("NaN", "Infinity");
      }
    }
  }

  @Test
  void wrong_use_is_told() {
    Network network = Toys.network();
    Pictures pictures = Toys.pictures(3, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> toys(network, pictures, 0, 0))
        .withMessageContaining("at least 1 picture");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Rationales.of(
                    network, "mean", Target.ofClass(0), pictures, List.of(0), Progress.none()))
        .withMessageContaining("spatial extent");
    assertThatIllegalArgumentException().isThrownBy(() -> Rationales.margin(network, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> METHOD.learn(toys(network, pictures, 3, 6)))
        .withMessageContaining("positive score");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> METHOD.learn(toys(network, pictures, 3, 6).named()))
        .withMessageContaining("score above 0");
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withBeta(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withPenalty(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Rationale(0, new double[] {1}, new double[] {Double.NaN}, 1, 1))
        .withMessageContaining("finite");
    assertThatIllegalArgumentException().isThrownBy(() -> Rationales.known(List.of()));
    assertThatThrownBy(() -> METHOD.withProgress((done, total) -> done < 2).learn(random(9, 4, 1)))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void exports_hold_every_node_and_edge() throws Exception {
    Network network = Toys.network();
    Pictures pictures = Toys.pictures(7, 4);
    DecisionTree tree = METHOD.learn(toys(network, pictures, 0, 7));
    PartAssignment parts = new PartAssignment(List.of("he\"ad", "t<ai>l"), List.of(0, 1, -1, -1));
    TreeExport export = new TreeExport(tree, Optional.of(parts));
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(export.graphMl())));

    int edges = tree.nodes().stream().mapToInt(n -> n.children().size()).sum();
    assertThat(document.getElementsByTagName("node").getLength()).isEqualTo(tree.nodes().size());
    assertThat(document.getElementsByTagName("edge").getLength()).isEqualTo(edges);
    assertThat(export.dot()).startsWith("digraph").contains("he\\\"ad");
    assertThat(export.json().get("nodes")).hasSize(tree.nodes().size());
    assertThat(export.json().get("nodes").get(0).get("level").asInt())
        .isEqualTo(tree.path(0).size());
    assertThat(new TreeExport(METHOD.learn(tree.rationales()), Optional.of(parts)).json())
        .isEqualTo(export.json());
  }
}
