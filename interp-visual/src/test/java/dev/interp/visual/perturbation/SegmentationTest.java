package dev.interp.visual.perturbation;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SegmentationTest {
  private static final INDArray PICTURES = Nd4j.zeros(DataType.DOUBLE, 2, 3, 2, 4);

  /** Left half dark, right half bright, with a little noise. */
  private static INDArray halves(int height, int width) {
    INDArray x = gaussian(DataType.DOUBLE, 3, 1, 3, height, width).mul(0.01);
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < height; i++) {
        for (int j = width / 2; j < width; j++) {
          x.putScalar(new int[] {0, c, i, j}, 1 + x.getDouble(0, c, i, j));
        }
      }
    }
    return x;
  }

  private static Segments first(Segmentation division, INDArray x) {
    return division.of(x).get(0);
  }

  @Test
  void simple_divisions() {
    Segments pixels = first(Segmentation.pixels(), PICTURES);
    assertThat(pixels.count()).isEqualTo(8);
    assertThat(pixels.shape()).containsExactly(1, 2, 4);
    Segments values = first(Segmentation.values(), PICTURES);
    assertThat(values.count()).isEqualTo(24);
    assertThat(values.shape()).containsExactly(3, 2, 4);
    Segments channels = first(Segmentation.channels(), PICTURES);
    assertThat(channels.count()).isEqualTo(3);
    assertThat(channels.labels()).startsWith(0, 0, 0, 0, 0, 0, 0, 0, 1).endsWith(2);
    assertThat(first(Segmentation.grid(1, 2), PICTURES).labels())
        .containsExactly(0, 0, 1, 1, 0, 0, 1, 1);
    assertThat(first(Segmentation.grid(9, 3), PICTURES).labels())
        .containsExactly(0, 0, 1, 2, 3, 3, 4, 5);
    assertThat(first(Segmentation.pixels(), Nd4j.zeros(2, 5)).shape()).containsExactly(5);
    assertThat(first(Segmentation.grid(2, 2), Nd4j.zeros(1, 4)).labels())
        .containsExactly(0, 0, 1, 1);
  }

  @Test
  void masks_of_every_shape_that_broadcasts() {
    INDArray plane = array(new long[] {2, 4}, 7, 7, -3, -3, 7, 7, 5, 5);
    assertThat(first(Segmentation.mask(plane), PICTURES).labels())
        .containsExactly(2, 2, 0, 0, 2, 2, 1, 1);
    assertThat(first(Segmentation.mask(plane), PICTURES).shape()).containsExactly(1, 2, 4);
    assertThat(first(Segmentation.mask(plane.reshape(1, 1, 2, 4)), PICTURES).count()).isEqualTo(3);
    INDArray columns = array(new long[] {1, 4}, 0, 1, 2, 3);
    assertThat(first(Segmentation.mask(columns), PICTURES).labels())
        .containsExactly(0, 1, 2, 3, 0, 1, 2, 3);
    INDArray channels = array(new long[] {3, 1, 1}, 0, 1, 0);
    Segments two = first(Segmentation.mask(channels), PICTURES);
    assertThat(two.count()).isEqualTo(2);
    assertThat(two.shape()).containsExactly(3, 2, 4);
    INDArray each = array(new long[] {2, 1, 1, 4}, 0, 0, 0, 0, 0, 1, 2, 3);
    assertThat(Segmentation.mask(each).of(PICTURES).stream().map(Segments::count))
        .containsExactly(1, 4);
    INDArray features = array(new long[] {2, 3}, 0, 0, 1, 1, 1, 0);
    List<Segments> both = Segmentation.mask(features).of(Nd4j.zeros(2, 3));
    assertThat(both.get(1).labels()).containsExactly(1, 1, 0);
  }

  @Test
  void masks_that_do_not_fit_are_refused() {
    assertThatThrownBy(() -> Segmentation.mask(Nd4j.zeros(2, 5)).of(PICTURES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the mask must be [H, W], [C, H, W] or [N, C, H, W] for an input of [2, 3, 2, 4] (any"
                + " size may be 1), was [2, 5]");
    assertThatThrownBy(() -> Segmentation.mask(Nd4j.zeros(3, 3)).of(Nd4j.zeros(2, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the mask must be [F] or [N, F] for an input of [2, 3] (any size may be 1), was [3,"
                + " 3]");
    assertThatThrownBy(() -> Segmentation.mask(array(new long[] {1}, 0.5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the mask must hold whole numbers, one per part, but holds 0.5");
  }

  @Test
  void settings_are_checked() {
    assertThatThrownBy(() -> Segmentation.grid(0, 1))
        .hasMessage("the grid must have at least 1 row and 1 column, was 0×1");
    assertThatThrownBy(() -> Segmentation.slic(0, 10))
        .hasMessage("SLIC needs at least 1 segment and a compactness above 0, was 0 and 10.0");
    assertThatThrownBy(() -> Segmentation.quickshift(4, 200, 2))
        .hasMessage(
            "quickshift needs a kernel and a reach above 0 and a ratio in [0, 1], was 4.0, 200.0"
                + " and 2.0");
    assertThatThrownBy(() -> Segmentation.channels().of(Nd4j.zeros(1, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("segments by channels need pictures [N, C, H, W]; for vectors give a mask");
  }

  @Test
  void superpixels_keep_to_one_side_of_an_edge_and_are_of_one_piece() {
    INDArray x = halves(20, 24);
    for (Segmentation division :
        List.of(Segmentation.slic(12, 10), Segmentation.quickshift(2, 10, 0.5))) {
      Segments segments = first(division, x);
      assertThat(segments.count()).as(division.toString()).isBetween(2, 60);
      int[] labels = segments.labels();
      for (int i = 0; i < 20; i++) {
        assertThat(labels[i * 24 + 11]).isNotEqualTo(labels[i * 24 + 12]);
      }
      Set<Integer> left = new HashSet<>();
      Set<Integer> right = new HashSet<>();
      for (int i = 0; i < labels.length; i++) {
        (i % 24 < 12 ? left : right).add(labels[i]);
      }
      assertThat(left).doesNotContainAnyElementsOf(right);
    }
    assertThat(pieces(first(Segmentation.slic(12, 10), x).labels(), 20, 24))
        .isEqualTo(first(Segmentation.slic(12, 10), x).count());
  }

  @Test
  void slic_on_a_constant_picture_is_a_grid() {
    Segments segments = first(Segmentation.slic(4, 10), Nd4j.ones(DataType.DOUBLE, 1, 3, 8, 8));
    assertThat(segments.labels())
        .isEqualTo(first(Segmentation.grid(2, 2), Nd4j.zeros(1, 3, 8, 8)).labels());
  }

  /** Densities on a constant row of nine are largest in the middle. */
  @Test
  void quickshift_climbs_to_the_densest_pixel() {
    INDArray row = Nd4j.ones(DataType.DOUBLE, 1, 1, 1, 9);
    assertThat(first(Segmentation.quickshift(4, 200, 0.2), row).count()).isEqualTo(1);
    assertThat(first(Segmentation.quickshift(4, 0.5, 0.2), row).count()).isEqualTo(9);
  }

  @Test
  void superpixels_do_not_depend_on_scale_and_offset_of_the_input() {
    INDArray x = halves(12, 12);
    for (Segmentation division : List.of(Segmentation.slic(9, 10), Segmentation.quickshift())) {
      assertThat(first(division, x.mul(4).sub(2)).labels()).isEqualTo(first(division, x).labels());
    }
  }

  private static int pieces(int[] labels, int height, int width) {
    boolean[] seen = new boolean[labels.length];
    int pieces = 0;
    for (int start = 0; start < labels.length; start++) {
      if (seen[start]) {
        continue;
      }
      pieces++;
      Deque<Integer> open = new ArrayDeque<>(List.of(start));
      seen[start] = true;
      while (!open.isEmpty()) {
        int at = open.remove();
        int[][] steps = {{0, 1}, {1, 0}, {0, -1}, {-1, 0}};
        for (int[] step : steps) {
          int r = at / width + step[0];
          int c = at % width + step[1];
          if (r >= 0 && r < height && c >= 0 && c < width) {
            int next = r * width + c;
            if (!seen[next] && labels[next] == labels[at]) {
              seen[next] = true;
              open.add(next);
            }
          }
        }
      }
    }
    assertThat(Arrays.stream(labels).min().orElse(-1)).isZero();
    return pieces;
  }
}
