package dev.interp.visual.mask;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network that looks at one patch of the picture only, so that masks must find that patch. It
 * lies in the middle columns, since extremal perturbation mirrors the picture.
 */
class LearnedMaskTest {
  private static final int SIDE = 24;
  private static final int TOP = 3;
  private static final int LEFT = 8;
  private static final int PATCH = 8;

  private static final MeaningfulPerturbation MEANINGFUL =
      MeaningfulPerturbation.withDefaults().withBaseline(Baseline.zero());
  private static final ExtremalPerturbation EXTREMAL =
      ExtremalPerturbation.withDefaults().withBaseline(Baseline.zero());

  private static Network patchReader() {
    return patchReader(8);
  }

  /** Class 0 has a multiple of the mean of the patch minus a half, class 1 has 0. */
  private static Network patchReader(double scale) {
    INDArray weights = Nd4j.zeros(DataType.DOUBLE, SIDE * SIDE, 2);
    for (int i = 0; i < PATCH * PATCH; i++) {
      int pixel = (TOP + i / PATCH) * SIDE + LEFT + i % PATCH;
      weights.putScalar(pixel, 0, scale / (PATCH * PATCH));
    }
    return Network.builder(1, SIDE, SIDE)
        .add("flat", new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
        .add("logits", new Op.Dense(weights, Nd4j.createFromArray(-scale / 2, 0.0)))
        .add("softmax", new Op.Softmax())
        .build();
  }

  private static INDArray bright() {
    return Nd4j.ones(DataType.DOUBLE, 1, 1, SIDE, SIDE);
  }

  private static INDArray map(Attributor method) {
    return method.attribute(patchReader(), bright(), Target.ofClass(0)).values();
  }

  /** Means of a map over the patch and over the rest. */
  private static double[] means(INDArray map) {
    double inside = 0;
    double outside = 0;
    for (int i = 0; i < SIDE; i++) {
      for (int j = 0; j < SIDE; j++) {
        boolean in = i >= TOP && i < TOP + PATCH && j >= LEFT && j < LEFT + PATCH;
        double v = map.getDouble(0, 0, i, j);
        inside += in ? v / (PATCH * PATCH) : 0;
        outside += in ? 0 : v / (SIDE * SIDE - PATCH * PATCH);
      }
    }
    return new double[] {inside, outside};
  }

  private static double probability(INDArray picture) {
    Network network = patchReader();
    return network.probabilities(network.logits(picture)).getDouble(0, 0);
  }

  @ParameterizedTest
  @EnumSource(Game.class)
  void a_meaningful_mask_lies_on_the_evidence(Game game) {
    INDArray map = map(MEANINGFUL.withGame(game).withWeights(1e-3, 1e-3));
    double[] means = means(map);
    assertThat(means[0]).as("mean on the patch").isGreaterThan(0.4);
    assertThat(means[1]).as("mean off the patch").isLessThan(0.05);
    assertThat(map.minNumber().doubleValue()).isNotNegative();
    assertThat(map.maxNumber().doubleValue()).isLessThanOrEqualTo(1);
    assertThat(probability(bright())).isGreaterThan(0.98);
    boolean deletes = game != Game.PRESERVATION;
    if (deletes) {
      assertThat(probability(bright().mul(map.rsub(1)))).isLessThan(0.5);
    }
    if (game != Game.DELETION) {
      assertThat(probability(bright().mul(map))).isGreaterThan(0.5);
    }
  }

  @Test
  void with_the_papers_weights_the_mask_is_smoother() {
    double[] means = means(map(MEANINGFUL));
    assertThat(means[0]).isGreaterThan(2.5 * means[1]);
  }

  @ParameterizedTest
  @EnumSource(Game.class)
  void an_extremal_mask_lies_on_the_evidence_and_has_its_area(Game game) {
    // Of the size of a trained network's logits, or the area alone would decide.
    INDArray map =
        EXTREMAL
            .withGame(game)
            .withAreas(0.15)
            .attribute(patchReader(80), bright(), Target.ofClass(0))
            .values();
    double[] means = means(map);
    assertThat(means[0]).as("mean on the patch").isGreaterThan(0.7);
    assertThat(means[1]).as("mean off the patch").isLessThan(0.15);
    assertThat(map.meanNumber().doubleValue()).isBetween(0.11, 0.19);
    assertThat(map.maxNumber().doubleValue()).isBetween(0.8, 1.0);
  }

  @Test
  void blur_is_what_takes_away_unless_a_baseline_is_given() {
    INDArray spot = Nd4j.zeros(DataType.DOUBLE, 1, 1, SIDE, SIDE);
    for (int i = 0; i < PATCH * PATCH; i++) {
      spot.putScalar(new int[] {0, 0, TOP + i / PATCH, LEFT + i % PATCH}, i % 2 == 0 ? 2 : 0);
    }
    Attribution found =
        ExtremalPerturbation.withDefaults()
            .withIterations(150)
            .attribute(patchReader(), spot, Target.ofClass(0));
    assertThat(found.provenance().settings()).containsEntry("baseline", "blur 20.0 at 224");
    assertThat(found.values().maxNumber().doubleValue()).isPositive();
  }

  @Test
  void several_areas_are_averaged() {
    ExtremalPerturbation few = EXTREMAL.withIterations(20);
    INDArray mean = map(few.withAreas(0.1)).add(map(few.withAreas(0.3))).divi(2);
    assertClose(map(few.withAreas(0.1, 0.3)), mean, 1e-12);
    assertClose(map(few.withAreas(0.1, 0.3).withBatchSize(1)), mean, 1e-12);
  }

  @Test
  void equal_seeds_give_equal_bytes_and_others_do_not() {
    MeaningfulPerturbation method =
        MeaningfulPerturbation.withDefaults().withIterations(12).withJitter(300);
    INDArray x = gaussian(DataType.DOUBLE, 3, 1, 2, 7, 5);
    INDArray first = on(method.withSeed(1), x);
    assertSameBits(on(method.withSeed(1), x), first);
    assertThat(bytes(on(method.withSeed(2), x))).isNotEqualTo(bytes(first));
    assertSameBits(
        on(method.withJitter(0).withSeed(1), x), on(method.withJitter(0).withSeed(2), x));
  }

  private static INDArray on(Attributor method, INDArray x) {
    return method.attribute(SmallNets.convolutional(), x, Target.ofClass(1)).values();
  }

  @Test
  void the_batch_size_does_not_matter() {
    INDArray x = gaussian(DataType.DOUBLE, 4, 3, 2, 7, 5);
    MeaningfulPerturbation meaningful =
        MeaningfulPerturbation.withDefaults().withIterations(6).withGame(Game.DUAL);
    ExtremalPerturbation extremal =
        ExtremalPerturbation.withDefaults().withIterations(6).withGame(Game.DUAL);
    for (int size : new int[] {1, 4}) {
      assertClose(on(meaningful.withBatchSize(size), x), on(meaningful, x), 1e-12);
      assertClose(on(extremal.withBatchSize(size), x), on(extremal, x), 1e-12);
    }
  }

  @Test
  void costs_are_counted() {
    Attribution two =
        MEANINGFUL
            .withGame(Game.DUAL)
            .withIterations(7)
            .attribute(patchReader(), bright(), Target.ofClass(0));
    assertThat(two.provenance().forwards()).isEqualTo(36 + 14);
    assertThat(two.provenance().backwards()).isEqualTo(14);
    Attribution areas =
        EXTREMAL
            .withAreas(0.1, 0.2, 0.3)
            .withIterations(7)
            .attribute(patchReader(), bright(), Target.ofClass(0));
    assertThat(areas.provenance().forwards()).isEqualTo(22);
    assertThat(areas.provenance().backwards()).isEqualTo(21);
  }

  @Test
  void progress_counts_every_changed_picture() {
    List<Long> seen = new ArrayList<>();
    map(
        EXTREMAL
            .withAreas(0.1, 0.2, 0.3)
            .withBatchSize(2)
            .withIterations(2)
            .withProgress(
                (done, total) -> {
                  assertThat(total).isEqualTo(6);
                  return seen.add(done);
                }));
    assertThat(seen).containsExactly(2L, 4L, 5L, 6L);
  }

  @Test
  void settings_are_checked() {
    assertThatThrownBy(() -> MEANINGFUL.withIterations(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("iterations must be at least 1, was 0");
    assertThatThrownBy(() -> MEANINGFUL.withWeights(-1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the weights of a mask must be at least 0, were -1.0 and 0.0");
    assertThatThrownBy(() -> MEANINGFUL.withJitter(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the jitter must be at least 0, was -1");
    assertThatThrownBy(() -> MEANINGFUL.withBatchSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was 0");
    assertThatThrownBy(() -> EXTREMAL.withAreas(0.1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "areas must be shares of the picture above 0 and below 1, at least one, were"
                + " [0.1, 1.0]");
    Network vectors =
        Network.builder(2).add("y", new Op.Dense(Nd4j.ones(DataType.DOUBLE, 2, 1), null)).build();
    assertThatThrownBy(
            () -> EXTREMAL.attribute(vectors, Nd4j.ones(DataType.DOUBLE, 1, 2), Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("extremal-perturbation needs pictures [N, C, H, W], was [1, 2]");
  }
}
