package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.data.Birds;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.Tensors;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Pictures of one row: each part lights one of two pixels, by its kind, and a background object
 * lights one of its own; no two are within reach of each other. The logit of a class is the sum of
 * the weights 1 to 5 of the parts whose kind is its own.
 */
final class FunnyBirdsProtocolTest {
  private static final int PARTS = 5;
  private static final int OBJECT = 2 * PARTS;
  private static final int STEP = 5;
  private static final int WIDTH = STEP * (OBJECT + 1);

  private static final List<int[]> KINDS =
      List.of(
          new int[] {0, 0, 0, 0, 0},
          new int[] {0, 0, 1, 1, 1},
          new int[] {1, 1, 0, 0, 1},
          new int[] {1, 1, 1, 1, 0});

  private static int column(int label, int thing) {
    int place = thing < PARTS ? 2 * thing + KINDS.get(label)[thing] : OBJECT;
    return STEP * place + 2;
  }

  private record Rows(boolean withObject) implements PartInterventions {
    @Override
    public int size() {
      return KINDS.size();
    }

    @Override
    public List<int[]> kinds() {
      return KINDS;
    }

    @Override
    public int label(int index) {
      return index;
    }

    @Override
    public int backgroundObjects(int index) {
      return withObject ? 1 : 0;
    }

    @Override
    public INDArray without(int index, BitSet removed) {
      double[] x = new double[WIDTH];
      for (int thing = 0; thing < PARTS + backgroundObjects(index); thing++) {
        x[column(index, thing)] = removed.get(thing) ? 0 : 1;
      }
      return Tensors.array(new long[] {1, 1, 1, WIDTH}, x);
    }

    @Override
    public boolean[] mask(int index, int thing) {
      boolean[] mask = new boolean[WIDTH];
      mask[column(index, thing)] = true;
      return mask;
    }
  }

  /** With a bias a class that is not 0 wins when nothing is left. */
  private static Network additive(double ofObject) {
    double[] w = new double[WIDTH * KINDS.size()];
    for (int label = 0; label < KINDS.size(); label++) {
      for (int part = 0; part < PARTS; part++) {
        w[column(label, part) * KINDS.size() + label] = part + 1;
      }
      w[column(label, PARTS) * KINDS.size() + label] = ofObject;
    }
    return Network.builder(1, 1, WIDTH)
        .add("flat", new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
        .add(
            "logits",
            new Op.Dense(
                Tensors.array(new long[] {WIDTH, KINDS.size()}, w),
                Tensors.array(new long[] {KINDS.size()}, 0, 0, 0, 0.25)))
        .add("softmax", new Op.Softmax())
        .build();
  }

  @Test
  void the_truth_about_an_additive_network_gets_all_points() {
    FunnyBirdsProtocol protocol = FunnyBirdsProtocol.measure(additive(0), new Rows(true));
    assertThat(protocol.accuracy()).isEqualTo(1);
    assertThat(protocol.backgroundIndependence()).isEqualTo(1);
    for (FunnyBirdsProtocol.Explainer truth :
        List.of(protocol.oracle(), protocol.explainer(Hand.gradient(true)))) {
      FunnyBirdsProtocol.Outcome outcome = protocol.judge(truth);
      // Class 3 wins when nothing is left, so three of four predictions change.
      assertThat(outcome.scores().deletion()).isEqualTo(0.75);
      assertThat(outcome.scores().csdc()).isEqualTo(1);
      assertThat(outcome.scores().preservation()).isEqualTo(1);
      assertThat(outcome.scores().distractibility()).isEqualTo(1);
      assertThat(outcome.scores().singleDeletion()).isCloseTo(1, within(1e-12));
      assertThat(outcome.scores().targetSensitivity()).isEqualTo(1);
      assertThat(outcome.threshold()).isEqualTo(0.01);
      assertThat(outcome.low()).isLessThanOrEqualTo(outcome.scores().overall());
      assertThat(outcome.high()).isGreaterThanOrEqualTo(outcome.scores().overall());
    }
  }

  @Test
  void the_truth_beats_random_numbers_which_beat_the_reversed_truth() {
    FunnyBirdsProtocol protocol = FunnyBirdsProtocol.measure(additive(0), new Rows(true));
    FunnyBirdsProtocol.Explainer truth = protocol.oracle();
    SplittableRandom random = new SplittableRandom(1);
    FunnyBirdsScores best = protocol.judge(truth).scores();
    FunnyBirdsScores middle =
        protocol
            .judge(
                (i, classes) ->
                    Arrays.stream(classes)
                        .mapToObj(c -> random.doubles(WIDTH).toArray())
                        .toArray(double[][]::new))
            .scores();
    FunnyBirdsScores worst =
        protocol
            .judge(
                (i, classes) ->
                    Arrays.stream(truth.maps(i, classes))
                        .map(map -> Arrays.stream(map).map(v -> -v).toArray())
                        .toArray(double[][]::new))
            .scores();
    assertThat(best.overall()).isGreaterThan(middle.overall());
    assertThat(middle.overall()).isGreaterThan(worst.overall());
    assertThat(worst.singleDeletion()).isCloseTo(0, within(1e-12));
    assertThat(worst.targetSensitivity()).isZero();
    assertThat(worst.distractibility()).isZero();
  }

  @Test
  void the_background_counts_if_the_network_looks_at_it() {
    // 15 for the parts and 1 for the object: more than 5 % of the logit.
    FunnyBirdsProtocol protocol = FunnyBirdsProtocol.measure(additive(1), new Rows(true));
    assertThat(protocol.backgroundIndependence()).isZero();
    FunnyBirdsScores scores = protocol.judge(protocol.oracle()).scores();
    assertThat(scores.singleDeletion()).isCloseTo(1, within(1e-12));
    assertThat(FunnyBirdsProtocol.measure(additive(1), new Rows(false)).backgroundIndependence())
        .isNaN();
  }

  @Test
  void birds_without_things_are_the_scenes_without_them() {
    Birds birds = Birds.withDefaults().withResolution(32);
    Preprocessor plain = Preprocessor.none();
    BirdInterventions pictures = BirdInterventions.of(birds, 3, 2, plain);
    assertThat(pictures.size()).isEqualTo(2);
    assertThat(pictures.label(1)).isEqualTo(4);
    assertThat(pictures.kinds()).hasSize(10).allMatch(k -> k.length == 5);
    int objects = birds.scene(3).objects().size();
    assertThat(pictures.backgroundObjects(0)).isEqualTo(objects);
    BitSet removed = new BitSet();
    removed.set(2); // the wing
    removed.set(PARTS); // the first object
    INDArray x = pictures.without(0, removed);
    float[] expected =
        birds
            .render(birds.scene(3).without(List.of("wing")).withoutObjects(List.of(0)))
            .image()
            .toPlanar();
    for (int i = 0; i < expected.length; i++) {
      assertThat(x.getFloat(0, i / 1024, i / 32 % 32, i % 32))
          .isCloseTo(expected[i] * 255, within(1e-3f));
    }
    int wing = 0;
    for (boolean seen : pictures.mask(0, 2)) {
      wing += seen ? 1 : 0;
    }
    assertThat(wing).isEqualTo(birds.get(3).mask().orElseThrow().pixels("wing"));
    assertThatThrownBy(() -> BirdInterventions.of(birds, 999, 2, plain))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void each_object_has_its_own_pixels_and_together_they_are_the_others() {
    Birds birds = Birds.withDefaults();
    for (int i = 0; i < 20; i++) {
      byte[] owners = birds.get(i).mask().orElseThrow().toArray();
      int other = birds.get(i).mask().orElseThrow().otherId();
      List<boolean[]> masks = birds.objectMasks(birds.scene(i));
      assertThat(masks).hasSameSizeAs(birds.scene(i).objects());
      int lost = 0;
      for (int p = 0; p < owners.length; p++) {
        int count = 0;
        for (boolean[] mask : masks) {
          count += mask[p] ? 1 : 0;
        }
        assertThat(count).isLessThanOrEqualTo(owners[p] == other ? 1 : 0);
        lost += owners[p] == other && count == 0 ? 1 : 0;
      }
      // Where objects meet, none of them alone may have most of a pixel.
      assertThat(lost).isLessThan(10);
    }
  }
}
