package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphLearnerTest {
  private static final double[][] CENTRES = {
    {60, 60}, {160, 70}, {110, 110}, {70, 165}, {165, 160}
  };
  private static final double JITTER = 12;

  private static List<FeatureMaps> layers(SyntheticParts truth, int parts) {
    int[][] low = new int[parts + 2][];
    int[][] high = new int[parts + 1][];
    for (int p = 0; p < parts; p++) {
      low[p] = new int[] {p};
      high[p] = new int[] {p};
    }
    low[parts] = new int[] {0, parts - 1};
    low[parts + 1] = new int[0];
    high[parts] = new int[] {1, 0};
    return List.of(
        truth.maps("low", 28, low), truth.maps("middle", 14, low), truth.maps("high", 14, high));
  }

  @Test
  void each_part_of_each_active_filter_is_one_node_with_the_spread_of_its_jitter()
      throws IOException {
    for (int parts = 2; parts <= 5; parts++) {
      SyntheticParts truth = new SyntheticParts(CENTRES, 60, JITTER, 0, 0.2, parts);
      ExplanatoryGraph graph =
          GraphLearner.withDefaults()
              .learn(layers(truth, parts));
      System.out.println("parts " + parts + " nodes " + graph.nodes().size() + " edges " + graph.edges());
      for (GraphNode n : graph.nodes()) System.out.printf("%d %d: %.1f %.1f spread %.2f sigma %.2f strength %.2f nb %d%n", n.layer(), n.filter(), n.x(), n.y(), n.spread(), n.sigma()*graph.layers().get(n.layer()).stride(), n.strength(), n.neighbours().size());
      for (int l = 0; l < 3; l++) System.out.println(java.util.Arrays.toString(graph.likelihoods(l)));
    }
  }
}
