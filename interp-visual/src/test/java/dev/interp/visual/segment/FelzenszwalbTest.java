package dev.interp.visual.segment;

import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class FelzenszwalbTest {
  private static final Felzenszwalb PLAIN = Felzenszwalb.withDefaults().withSigma(0).withMinSize(1);

  /** A picture of one channel. */
  private static INDArray picture(double[]... rows) {
    return Nd4j.createFromArray(rows).reshape(1, rows.length, rows[0].length);
  }

  @Test
  void two_colours_are_two_regions() {
    INDArray picture = picture(new double[] {0, 0, 1, 1}, new double[] {0, 0, 1, 1});
    assertThat(PLAIN.divide(picture)).containsExactly(0, 0, 1, 1, 0, 0, 1, 1);
  }

  /** Steps of 0.1 join while the scale allows it: the last two pixels need 0.5. */
  @Test
  void the_scale_decides_what_is_joined() {
    INDArray row = picture(new double[] {0, 0.1, 0.2, 0.7});
    assertThat(PLAIN.withScale(0).divide(row)).containsExactly(0, 1, 2, 3);
    // k = 0.1: two single pixels join at up to 0.1, a pair and a pixel only at up to 0.1 as well,
    // since the pair allows 0.1 within itself plus 0.05.
    assertThat(PLAIN.withScale(26).divide(row)).containsExactly(0, 0, 0, 1);
    assertThat(PLAIN.withScale(1000).divide(row)).containsExactly(0, 0, 0, 0);
  }

  /** 0.2 and 0.2: more than either alone, but the lengths of (0.2, 0.2) is 0.28. */
  @Test
  void channels_count_by_euclidean_distance() {
    INDArray picture = Nd4j.createFromArray(0.0, 0.2, 0, 0.2).reshape(2, 1, 2);
    assertThat(PLAIN.withScale(0.27 * 255).divide(picture)).containsExactly(0, 1);
    assertThat(PLAIN.withScale(0.29 * 255).divide(picture)).containsExactly(0, 0);
  }

  @Test
  void small_regions_join_the_neighbour_that_differs_least() {
    INDArray picture = picture(new double[] {0, 0, 0, 0.6, 1, 1, 1});
    assertThat(PLAIN.withScale(1).divide(picture)).containsExactly(0, 0, 0, 1, 2, 2, 2);
    assertThat(PLAIN.withScale(1).withMinSize(2).divide(picture))
        .containsExactly(0, 0, 0, 1, 1, 1, 1);
  }

  @Test
  void regions_are_connected_and_of_the_least_size() {
    INDArray picture = gaussian(DataType.FLOAT, 3, 3, 17, 23);
    int[] labels = Felzenszwalb.withDefaults().withMinSize(12).divide(picture);
    int regions = Arrays.stream(labels).max().orElse(0) + 1;
    assertThat(regions).isGreaterThan(1);
    for (int r = 0; r < regions; r++) {
      int region = r;
      assertThat(Arrays.stream(labels).filter(l -> l == region).count()).isGreaterThanOrEqualTo(12);
    }
    assertThat(Felzenszwalb.withDefaults().withMinSize(12).divide(picture)).isEqualTo(labels);
  }

  @Test
  void a_constant_picture_is_one_region() {
    INDArray picture = Nd4j.valueArrayOf(new long[] {3, 4, 5}, 0.5);
    assertThat(Felzenszwalb.withDefaults().divide(picture)).containsOnly(0);
  }

  @Test
  void smoothing_takes_single_pixels_away() {
    INDArray picture = Nd4j.zeros(DataType.DOUBLE, 1, 9, 9);
    picture.putScalar(0, 4, 4, 0.2);
    assertThat(PLAIN.withScale(12).divide(picture)).contains(1);
    assertThat(PLAIN.withScale(12).withSigma(2).divide(picture)).containsOnly(0);
  }

  @Test
  void misuse_is_refused() {
    assertThatThrownBy(() -> PLAIN.divide(Nd4j.zeros(4, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the picture must be [C, H, W], was [4, 4]");
    assertThatThrownBy(() -> PLAIN.withScale(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the scale must be at least 0, was -1.0");
    assertThatThrownBy(() -> PLAIN.withSigma(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sigma must be at least 0, was NaN");
    assertThatThrownBy(() -> PLAIN.withMinSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the least size must be at least 1, was 0");
  }
}
