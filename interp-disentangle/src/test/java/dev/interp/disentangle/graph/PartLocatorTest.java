package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.interp.disentangle.graph.PartLocator.Centre;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartLocatorTest {
  private static final int PICTURES = 30;

  /** Eight patterns at fixed offsets from a part that moves, and 40 anywhere. */
  private static Placements placements(double[] px, double[] py) {
    Random random = new Random(3);
    float[][] x = new float[48][PICTURES];
    float[][] y = new float[48][PICTURES];
    float[][] scores = new float[48][PICTURES];
    for (int i = 0; i < PICTURES; i++) {
      px[i] = 60 + 100 * random.nextDouble();
      py[i] = 60 + 100 * random.nextDouble();
      for (int v = 0; v < 48; v++) {
        boolean follows = v < 8;
        x[v][i] = (float) (follows ? px[i] + 3 * v - 12 : 224 * random.nextDouble());
        y[v][i] = (float) (follows ? py[i] - 2 * v + 8 : 224 * random.nextDouble());
        scores[v][i] = 1;
      }
    }
    return new Placements(PICTURES, 224, 224, x, y, scores);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void patterns_that_keep_their_place_find_the_part(int shots) {
    double[] px = new double[PICTURES];
    double[] py = new double[PICTURES];
    Placements placements = placements(px, py);
    int[] annotated = java.util.Arrays.copyOf(new int[] {0, 1, 2, 3, 4}, shots);
    List<Centre> centres =
        java.util.Arrays.stream(annotated).mapToObj(i -> new Centre(px[i], py[i])).toList();
    PartLocator locator = PartLocator.of(placements, annotated, centres, 8);
    if (shots > 1) {
      assertThat(locator.patterns()).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
    }
    for (int i = shots; i < PICTURES; i++) {
      Centre found = locator.locate(i);
      assertThat(Math.hypot(found.x() - px[i], found.y() - py[i])).isLessThan(shots > 1 ? 0.1 : 25);
    }
  }

  @Test
  void without_any_pattern_the_middle_is_told() {
    float[][] none = new float[0][2];
    PartLocator locator =
        PartLocator.of(
            new Placements(2, 200, 100, none, none, none),
            new int[] {0},
            List.of(new Centre(3, 4)),
            5);
    assertThat(locator.locate(1)).isEqualTo(new Centre(100, 50));
  }

  @Test
  void boxes_are_needed() {
    float[][] none = new float[0][2];
    Placements empty = new Placements(2, 200, 100, none, none, none);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PartLocator.of(empty, new int[0], List.of(), 5))
        .withMessageContaining("at least one annotated picture");
  }
}
