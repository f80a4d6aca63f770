package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FacingTest {
  private static final double[][] CENTRES = {{50, 60}, {90, 120}, {70, 170}};
  private static final int[][] FILTERS = {{0}, {1}, {2}};
  private static final int PICTURES = 30;

  /** Every part alone in its filter, seen as it is. */
  private static List<FeatureMaps> straight() {
    SyntheticParts truth = new SyntheticParts(CENTRES, PICTURES, 4, 12, 0.2, 3);
    return List.of(truth.maps("low", 28, FILTERS), truth.maps("high", 14, FILTERS));
  }

  private static FeatureMaps mirrored(FeatureMaps maps) {
    GraphLayer layer = maps.layer();
    float[] values = new float[maps.pictures() * layer.filters() * layer.cells()];
    float[] map = new float[layer.cells()];
    int at = 0;
    for (int i = 0; i < maps.pictures(); i++) {
      for (int f = 0; f < layer.filters(); f++) {
        maps.read(i, f, map);
        for (int r = 0; r < layer.height(); r++) {
          for (int c = 0; c < layer.width(); c++) {
            values[at++] = map[r * layer.width() + layer.width() - 1 - c];
          }
        }
      }
    }
    return FeatureMaps.of(layer, values);
  }

  private static boolean[] random(long seed) {
    Random random = new Random(seed);
    boolean[] which = new boolean[PICTURES];
    for (int i = 1; i < which.length; i++) {
      which[i] = random.nextBoolean();
    }
    return which;
  }

  private static List<FeatureMaps> turned(
      List<FeatureMaps> kept, List<FeatureMaps> taken, boolean[] which) {
    return List.of(
        kept.get(0).turned(taken.get(0), which), kept.get(1).turned(taken.get(1), which));
  }

  @Test
  void pictures_that_were_turned_are_found() {
    List<FeatureMaps> straight = straight();
    List<FeatureMaps> images = straight.stream().map(FacingTest::mirrored).toList();
    for (long seed = 0; seed < 3; seed++) {
      boolean[] which = random(seed);
      assertThat(Facing.turned(turned(straight, images, which), turned(images, straight, which)))
          .isEqualTo(which);
    }
  }

  @Test
  void nodes_of_turned_pictures_are_where_the_parts_are_in_the_pictures_as_they_were()
      throws IOException {
    List<FeatureMaps> straight = straight();
    List<FeatureMaps> images = straight.stream().map(FacingTest::mirrored).toList();
    boolean[] which = random(7);
    List<FeatureMaps> seen = turned(straight, images, which);
    List<FeatureMaps> other = turned(images, straight, which);
    ExplanatoryGraph expected = GraphLearner.withDefaults().learn(straight);
    ExplanatoryGraph graph =
        GraphLearner.withDefaults().learn(turned(seen, other, Facing.turned(seen, other)));
    assertThat(graph.toJson()).isEqualTo(expected.toJson());
    Placements back = graph.placements().turned(which);
    for (int v = 0; v < back.patterns(); v++) {
      for (int i = 0; i < PICTURES; i++) {
        double x = expected.placements().x(v, i);
        assertThat(back.x(v, i)).isCloseTo(which[i] ? 224 - x : x, within(1e-4));
        assertThat(back.y(v, i)).isEqualTo(expected.placements().y(v, i));
        assertThat(back.score(v, i)).isEqualTo(expected.placements().score(v, i));
      }
    }
  }

  @Test
  void pictures_that_equal_their_mirror_images_or_are_silent_stay_as_they_are() {
    FeatureMaps silent =
        FeatureMaps.of(SyntheticParts.layer("silent", 2, 8), new float[4 * 2 * 64]);
    assertThat(Facing.turned(List.of(silent), List.of(silent))).containsOnly(false);
    FeatureMaps maps = straight().get(0);
    assertThat(Facing.turned(List.of(maps), List.of(maps))).containsOnly(false);
  }

  @Test
  void wrong_use_is_told() {
    List<FeatureMaps> maps = straight();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Facing.turned(List.of(), List.of()))
        .withMessageContaining("at least one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Facing.turned(maps, maps.subList(0, 1)))
        .withMessageContaining("maps of the same layers");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> maps.get(0).turned(maps.get(1), new boolean[PICTURES]))
        .withMessageContaining("mirror images must have the layer");
    FeatureMaps view = maps.get(0).turned(maps.get(0), new boolean[PICTURES]);
    assertThatIllegalArgumentException()
        .isThrownBy(view::normalised)
        .withMessageContaining("before some are turned");
    Placements placements = Placements.ofPeaks(maps.get(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> placements.turned(new boolean[1]))
        .withMessageContaining("one choice for each of 30 pictures, was 1");
  }
}
