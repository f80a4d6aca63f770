package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.interp.core.data.Box;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.data.RgbImage;
import dev.interp.core.network.ReceptiveField;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class PartInterpretabilityTest {
  private static final List<String> PARTS = List.of("head", "tail");

  /** Units that see 2 pixels each, side by side: centres at 0.5, 2.5, 4.5, 6.5. */
  private static final ReceptiveField FIELD =
      new ReceptiveField(new ReceptiveField.Axis(2, 2, 0.5), new ReceptiveField.Axis(2, 2, 0.5));

  private static final long[] INPUT = {1, 8, 8};

  /** A head of the given columns in the first two rows, no tail unless it is asked for. */
  private static PartImage picture(int from, int to, boolean tail) {
    byte[] owners = new byte[64];
    for (int y = 0; y < 2; y++) {
      for (int x = from; x < to; x++) {
        owners[8 * y + x] = 1;
      }
    }
    if (tail) {
      owners[63] = 2;
    }
    return new PartImage(
        RgbImage.of(8, 8, new int[64]),
        0,
        new Box(0, 0, 8, 8),
        List.of(),
        Optional.of(PartMask.of(8, 8, PARTS, owners)),
        Map.of());
  }

  private static INDArray map(int... lit) {
    INDArray maps = Nd4j.zeros(DataType.FLOAT, 1, 1, 4, 4);
    for (int cell : lit) {
      maps.putScalar(new int[] {0, 0, cell / 4, cell % 4}, 1);
    }
    return maps;
  }

  @Test
  void regions_are_where_the_map_between_the_centers_exceeds_the_threshold() {
    // Along a row from unit 0 (lit) to 1 the values at pixels 0, 1, 2 are 1, 0.75, 0.25; so above
    // 0.5 are two pixels on each axis: 4 in all.
    PartInterpretability same = new PartInterpretability(new float[] {0.5f}, PARTS);
    same.add(map(0), FIELD, INPUT, List.of(picture(0, 2, false)));
    assertThat(same.perPart()).isDeepEqualTo(new double[][] {{1, 0}});
    // A head of 8 columns has 16 pixels: 4 / 16 = 0.25 is enough, and so is not 2 / 18.
    PartInterpretability wide = new PartInterpretability(new float[] {0.5f}, PARTS);
    wide.add(map(0), FIELD, INPUT, List.of(picture(0, 8, false)));
    assertThat(wide.mean()).isEqualTo(1);
    PartInterpretability beside = new PartInterpretability(new float[] {0.5f}, PARTS);
    beside.add(map(0), FIELD, INPUT, List.of(picture(1, 8, false)));
    assertThat(beside.mean()).isZero();
  }

  @Test
  void an_overlap_of_exactly_a_fifth_is_not_enough() {
    PartInterpretability metric = new PartInterpretability(new float[] {0.5f}, PARTS);
    // 2 pixels of 4 and 8: 2 / 10.
    metric.add(map(0), FIELD, INPUT, List.of(picture(1, 4, false)));
    // 2 / (4 + 6 − 2) = 0.25
    assertThat(metric.mean()).isEqualTo(1);
    PartInterpretability edge = new PartInterpretability(new float[] {0.5f}, PARTS);
    edge.add(map(0), FIELD, INPUT, List.of(picture(1, 5, false)));
    assertThat(edge.mean()).isZero();
  }

  @Test
  void shares_are_over_the_pictures_that_show_the_part() {
    PartInterpretability metric = new PartInterpretability(new float[] {0.5f}, PARTS);
    metric.add(map(0), FIELD, INPUT, List.of(picture(0, 2, false)));
    metric.add(map(0), FIELD, INPUT, List.of(picture(6, 8, true)));
    metric.add(map(0), FIELD, INPUT, List.of(picture(0, 0, true)));
    assertThat(metric.perPart()).isDeepEqualTo(new double[][] {{0.5, 0}});
    assertThat(metric.perFilter()).containsExactly(0.5);
  }

  @Test
  void parts_merge_to_the_whole() {
    PartInterpretability left = new PartInterpretability(new float[] {0.5f}, PARTS);
    PartInterpretability right = new PartInterpretability(new float[] {0.5f}, PARTS);
    left.add(map(0), FIELD, INPUT, List.of(picture(0, 2, false)));
    right.add(map(0), FIELD, INPUT, List.of(picture(6, 8, true)));
    assertThat(left.merge(right).perPart()).isDeepEqualTo(new double[][] {{0.5, 0}});
    assertThat(right.merge(left).mean()).isEqualTo(0.5);
    assertThat(PartInterpretability.meanOfBest(List.of(right, left))).isEqualTo(1);
  }

  @Test
  void thresholds_leave_one_in_two_hundred_above() {
    PartInterpretability.Thresholds thresholds = new PartInterpretability.Thresholds(2);
    INDArray maps = Nd4j.zeros(DataType.FLOAT, 4, 2, 10, 10);
    for (int n = 0; n < 4; n++) {
      for (int i = 0; i < 100; i++) {
        maps.putScalar(new int[] {n, 0, i / 10, i % 10}, n * 100 + i);
      }
    }
    maps.putScalar(new int[] {2, 1, 3, 3}, 7);
    PartInterpretability.Thresholds other = new PartInterpretability.Thresholds(2);
    thresholds.add(maps.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(0, 1)));
    other.add(maps.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(1, 4)));
    // 400 activations: 2 may lie above, 398 and 399; of the second filter only one is not zero.
    assertThat(thresholds.merge(other).values()).containsExactly(397f, 0f);
    assertThat(other.merge(thresholds).values()).containsExactly(397f, 0f);
  }

  @Test
  void what_does_not_fit_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PartInterpretability(new float[0], PARTS))
        .withMessageStartingWith("part interpretability needs filters and parts, was 0 filters");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PartInterpretability.Thresholds(3).add(map(0)))
        .withMessage("maps must be [N, 3, h, w], was [1, 1, 4, 4]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new PartInterpretability(new float[1], PARTS)
                    .merge(new PartInterpretability(new float[] {1}, PARTS)))
        .withMessageContaining("were the thresholds merged first?");
  }
}
