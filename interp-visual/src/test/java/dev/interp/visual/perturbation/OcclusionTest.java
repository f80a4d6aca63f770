package dev.interp.visual.perturbation;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.counting;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** On y = Σ x, hiding a window takes its sum away. */
class OcclusionTest {
  private static final Occlusion METHOD = Occlusion.withDefaults();

  private static Network sum(long... shape) {
    long length = shape[0] * shape[1] * shape[2];
    return SmallNets.linear(
        Nd4j.ones(DataType.DOUBLE, length, 1), Nd4j.zeros(DataType.DOUBLE, 1), shape);
  }

  private static INDArray values(Occlusion method, INDArray x) {
    Network network = sum(x.size(1), x.size(2), x.size(3));
    return method.attribute(network, x, Target.ofClass(0)).values();
  }

  /** Rows 1 2 3 4, 5 6 7 8, 9 10 11 12. The windows of the second row reach over the rim. */
  @Test
  void windows_over_the_rim_of_a_picture_that_is_not_square() {
    INDArray map = values(METHOD.withWindow(2, 2), counting(1, 1, 3, 4));
    assertClose(
        map, array(new long[] {1, 1, 3, 4}, 14, 14, 22, 22, 14, 14, 22, 22, 19, 19, 23, 23), 1e-14);
    assertClose(
        values(METHOD.withWindow(2, 2), counting(1, 1, 4, 3)),
        array(new long[] {1, 1, 4, 3}, 12, 12, 9, 12, 12, 9, 36, 36, 21, 36, 36, 21),
        1e-14);
  }

  @Test
  void a_pixel_gets_the_mean_over_its_windows() {
    assertClose(
        values(METHOD.withWindow(2, 1), counting(1, 1, 2, 3)),
        array(new long[] {1, 1, 2, 3}, 12, 14, 16, 12, 14, 16),
        1e-14);
  }

  @Test
  void the_window_shows_the_baseline() {
    assertClose(
        values(METHOD.withWindow(2, 2).withBaseline(Baseline.constant(10)), counting(1, 1, 2, 4)),
        array(new long[] {1, 1, 2, 4}, -26, -26, -18, -18, -26, -26, -18, -18),
        1e-14);
  }

  @Test
  void all_channels_are_hidden_together_and_examples_stay_apart() {
    INDArray x = counting(2, 2, 2, 2);
    INDArray expected = x.sum(true, 1);
    assertClose(values(METHOD.withWindow(1, 1), x), expected, 1e-14);
    assertClose(values(METHOD.withWindow(1, 1).withBatchSize(3), x), expected, 1e-14);
    assertClose(
        values(METHOD.withWindow(2, 2), x),
        array(new long[] {2, 1, 2, 2}, 36, 36, 36, 36, 100, 100, 100, 100),
        1e-14);
  }

  @Test
  void the_usual_window_is_a_seventh_of_the_shorter_side() {
    INDArray x = gaussian(DataType.DOUBLE, 1, 1, 1, 28, 42);
    Attribution usual = METHOD.attribute(sum(1, 28, 42), x, Target.ofClass(0));
    assertClose(usual.values(), values(METHOD.withWindow(4, 2), x), 1e-14);
    assertThat(usual.provenance().forwards()).isEqualTo(13 * 20 + 1);
    assertThat(usual.provenance().backwards()).isZero();
    assertThat(usual.provenance().settings())
        .containsEntry("window", "a seventh of the shorter side");
  }

  /** A window of 4 × 4 reaches 6 × 6 of 24 × 24 sums. */
  @Test
  void only_what_windows_and_parts_reach_is_computed_again() {
    Network network =
        Network.builder(1, 24, 24)
            .add(
                "sums",
                new Op.Convolution(
                    Nd4j.ones(DataType.DOUBLE, 8, 1, 3, 3), null, Window.of(3, 1, 1), 1))
            .add("pool", new Op.GlobalPool(Op.Reduction.MAX, 0, true))
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 3, 2, 1, 24, 24);
    PassCounter windows = new PassCounter();
    METHOD.withWindow(4, 4).attribute(network.counting(windows), x, Target.ofClass(0));
    assertThat(windows.forwards()).isEqualTo(2 * 37);
    assertThat(windows.incremental().full()).isEqualTo(2 * 36 * 24 * 24 * 72);
    assertThat(windows.incremental().share()).isLessThanOrEqualTo(36 / 576.0);
    PassCounter parts = new PassCounter();
    FeatureAblation.withDefaults()
        .withSegments(Segmentation.grid(6, 6))
        .attribute(network.counting(parts), x, Target.ofClass(0));
    assertThat(parts.incremental()).isEqualTo(windows.incremental());
  }

  @Test
  void settings_are_checked() {
    assertThatThrownBy(() -> METHOD.withWindow(2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the window must be at least 1 and the stride in [1, window], was window 2, stride 3");
    assertThatThrownBy(() -> METHOD.withWindow(0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("was window 0, stride 1");
    assertThatThrownBy(() -> METHOD.withWindow(2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("was window 2, stride 0");
    assertThatThrownBy(() -> METHOD.withBatchSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was 0");
  }

  @Test
  void a_window_that_does_not_fit_is_refused() {
    assertThatThrownBy(() -> values(METHOD.withWindow(3, 1), counting(1, 1, 2, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the window must fit into the picture of 2×5, was 3");
    assertThatThrownBy(() -> values(METHOD.withWindow(1, 6, 1, 1), counting(1, 1, 2, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the window must fit into the picture of 2×5, was 1×6");
  }

  @Test
  void a_vector_is_one_row() {
    INDArray weights = array(new long[] {3, 1}, 1, 10, 100);
    Network vectors = Network.builder(3).add("y", new Op.Dense(weights, null)).build();
    Occlusion pairs = METHOD.withWindow(1, 2, 1, 1);
    assertClose(
        pairs.attribute(vectors, array(new long[] {1, 3}, 1, 2, 3), Target.ofClass(0)).values(),
        array(new long[] {1, 3}, 21, 170.5, 320),
        1e-14);
  }

  @Test
  void a_window_can_be_wide_and_the_channels_apart() {
    INDArray x = counting(1, 2, 2, 3);
    assertClose(
        values(METHOD.withWindow(1, 3, 1, 3).withChannelsApart(), x),
        array(new long[] {1, 2, 2, 3}, 6, 6, 6, 15, 15, 15, 24, 24, 24, 33, 33, 33),
        1e-14);
    assertClose(
        values(METHOD.withWindow(1, 2, 1, 1).withChannelsApart().withFallsPerWindow(), x),
        array(new long[] {1, 2, 2, 2}, 3, 5, 9, 11, 15, 17, 21, 23),
        1e-14);
    assertThat(METHOD.withWindow(1, 2, 1, 1).withFallsPerWindow().withChannelsApart().settings())
        .containsEntry("window", "1×2 px")
        .containsEntry("stride", "1 px")
        .containsEntry("channels", "apart")
        .containsEntry("values", "per window");
  }
}
