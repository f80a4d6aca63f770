package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureMapsTest {
  private static final GraphLayer LAYER = SyntheticParts.layer("maps", 2, 2);

  @TempDir Path folder;

  private static float[] random(int pictures, long seed) {
    Random random = new Random(seed);
    float[] values = new float[pictures * 8];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] all(FeatureMaps maps) {
    int cells = maps.layer().cells();
    float[] values = new float[maps.pictures() * maps.layer().filters() * cells];
    float[] map = new float[cells];
    for (int i = 0; i < maps.pictures(); i++) {
      for (int f = 0; f < maps.layer().filters(); f++) {
        maps.read(i, f, map);
        System.arraycopy(map, 0, values, (i * maps.layer().filters() + f) * cells, cells);
      }
    }
    return values;
  }

  @Test
  void what_is_below_zero_does_not_fire() {
    float[] values = {1, -2, 3, -4, 5, 6, -7, 8};
    assertThat(all(FeatureMaps.of(LAYER, values))).containsExactly(1, 0, 3, 0, 5, 6, 0, 8);
  }

  @Test
  void each_unit_is_divided_by_its_deviation_over_the_pictures() {
    // Unit 0 of filter 0 is 1 and 3, deviation 1; unit 1 is 0 and 4, deviation 2; the others rest.
    float[] values = {1, 0, 5, 5, 0, 0, 0, 0, 3, 4, 5, 5, 0, 0, 0, 0};
    float[] result = all(FeatureMaps.of(LAYER, values).normalised());
    assertThat(result[0]).isEqualTo(1);
    assertThat(result[8]).isEqualTo(3);
    assertThat(result[9]).isEqualTo(2);
    // Deviations are 1, 2, 0, 0: a unit without one counts as if it had a tenth of their mean.
    assertThat((double) result[2]).isCloseTo(5 / 0.075, within(1e-4));
    assertThat(result[4]).isZero();
  }

  @Test
  void other_pictures_may_give_the_deviations() {
    FeatureMaps maps = FeatureMaps.of(LAYER, new float[] {1, 1, 1, 1, 1, 1, 1, 1});
    FeatureMaps others =
        FeatureMaps.of(LAYER, new float[] {0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8});
    assertThat(all(maps.normalisedBy(others)))
        .containsExactly(.5f, .5f, .5f, .5f, .25f, .25f, .25f, .25f);
    FeatureMaps foreign = FeatureMaps.of(SyntheticParts.layer("other", 2, 2), new float[8]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> maps.normalisedBy(foreign))
        .withMessageContaining("same layer");
  }

  @Test
  void two_halves_joined_equal_the_whole() {
    float[] a = random(3, 1);
    float[] b = random(2, 2);
    float[] both = new float[a.length + b.length];
    System.arraycopy(a, 0, both, 0, a.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    FeatureMaps joined = FeatureMaps.of(LAYER, a).plus(FeatureMaps.of(LAYER, b));
    FeatureMaps whole = FeatureMaps.of(LAYER, both);
    assertThat(all(joined)).isEqualTo(all(whole));
    assertThat(all(joined.normalised())).isEqualTo(all(whole.normalised()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> joined.normalised().plus(whole))
        .withMessageContaining("not normalised");
  }

  @Test
  void maps_in_a_file_are_those_in_memory_and_leave_nothing_behind() throws IOException {
    float[] values = random(4, 3);
    try (FeatureMaps spilled = FeatureMaps.inFile(LAYER, 4, folder)) {
      for (int i = 0; i < 4; i++) {
        spilled.put(i, values, i * 8);
      }
      assertThat(spilled.isSpilled()).isTrue();
      assertThat(all(spilled.normalised()))
          .isEqualTo(all(FeatureMaps.of(LAYER, values).normalised()));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void values_that_are_not_finite_and_wrong_sizes_are_refused() {
    float[] values = random(1, 4);
    values[5] = Float.NaN;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureMaps.of(LAYER, values))
        .withMessageContaining("picture 0 has NaN in filter 1 of 'maps'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureMaps.of(LAYER, new float[9]))
        .withMessageContaining("multiple of 8");
  }
}
