package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.data.Box;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlacementsTest {
  private static PartImage picture(double x, double y) {
    return new PartImage(
        RgbImage.of(112, 112, new int[112 * 112]),
        0,
        new Box(0, 0, 112, 112),
        List.of(new Landmark("head", x, y, true)),
        Optional.empty(),
        Map.of());
  }

  @Test
  void the_peak_of_a_filter_is_the_middle_of_what_its_strongest_unit_sees() {
    GraphLayer layer = SyntheticParts.layer("maps", 1, 4);
    float[] map = new float[16];
    map[6] = 3;
    map[7] = 3;
    Placements peaks = Placements.ofPeaks(FeatureMaps.of(layer, map));
    assertThat(peaks.x(0, 0)).isEqualTo(140);
    assertThat(peaks.y(0, 0)).isEqualTo(84);
    assertThat(peaks.score(0, 0)).isEqualTo(3);
  }

  @Test
  void instability_is_the_deviation_of_distances_in_the_clearest_pictures() {
    float[][] x = {{20, 40, 60, 200}};
    float[][] y = {{0, 0, 0, 0}};
    float[][] scores = {{3, 2, 1, 0.5f}};
    Placements placements = new Placements(4, 224, 224, x, y, scores);
    // In pictures of half the size positions are 10, 20, 30: distances to (0, 0), deviation 10.
    List<PartImage> pictures = List.of(picture(0, 0), picture(0, 0), picture(0, 0), picture(0, 0));
    assertThat(placements.instability(new int[] {0}, 3, pictures)[0])
        .isCloseTo(10 / (112 * Math.sqrt(2)), within(1e-9));
    assertThat(placements.instability(new int[] {0}, 1, pictures)[0]).isNaN();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> placements.instability(new int[] {0}, 3, pictures.subList(0, 2)))
        .withMessageContaining("landmarks of as many");
  }

  @Test
  void the_strongest_patterns_are_those_with_the_best_mean_of_their_best_scores() {
    float[][] any = new float[4][3];
    float[][] scores = {{5, 0, 0}, {3, 3, 0}, {0, 0, 0}, {4, 4, 4}};
    Placements placements = new Placements(3, 224, 224, any, any, scores);
    int[] all = {0, 1, 2, 3};
    assertThat(placements.strongest(all, 9, 2)).containsExactly(3, 1, 0);
    assertThat(placements.strongest(all, 1, 1)).containsExactly(0);
    assertThat(placements.strongest(new int[] {2}, 9, 2)).isEmpty();
  }
}
