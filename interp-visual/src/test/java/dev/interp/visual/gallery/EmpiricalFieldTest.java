package dev.interp.visual.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class EmpiricalFieldTest {
  private static final int SIDE = 20;
  private static final EmpiricalField PIXELS = EmpiricalField.withDefaults().withPatch(1, 1);

  /**
   * Three filters of 5 × 5 at every second place: one sees all of it, one the middle 3 × 3, one
   * nothing. A bias of one keeps the first two open.
   */
  private static Network network() {
    INDArray weights = Nd4j.zeros(DataType.DOUBLE, 3, 1, 5, 5);
    weights.slice(0).assign(1);
    for (int y = 1; y < 4; y++) {
      for (int x = 1; x < 4; x++) {
        weights.putScalar(new int[] {1, 0, y, x}, 1);
      }
    }
    return Network.builder(1, SIDE, SIDE)
        .add(
            "conv",
            new Op.Convolution(weights, Nd4j.createFromArray(1.0, 1, -1), Window.of(5, 2, 0), 1))
        .add("relu", new Op.Activation(new ActivationReLU()))
        .build();
  }

  /** Black with a white corner, so that noise lies between them. */
  private static INDArray picture(int index) {
    INDArray x = Nd4j.zeros(DataType.DOUBLE, 1, 1, SIDE, SIDE);
    x.putScalar(new int[] {0, 0, SIDE - 1, SIDE - 1}, 1);
    return x;
  }

  /** Units in the middle of the picture. */
  private static EmpiricalField.Filter filter(int channel, double activation) {
    return new EmpiricalField.Filter(
        "relu",
        channel,
        List.of(
            new TopPictures.Shot(0, (float) activation, 3 * 8 + 3),
            new TopPictures.Shot(1, (float) activation, 4 * 8 + 2)));
  }

  @Test
  void a_pixel_finds_the_weights_that_are_not_zero() {
    List<EmpiricalField.Measured> fields =
        PIXELS.measure(
            network(),
            List.of(filter(0, 1), filter(1, 1), filter(2, 0)),
            2,
            EmpiricalFieldTest::picture);

    assertThat(fields).extracting(EmpiricalField.Measured::theoretical).containsOnly(5.0);
    assertThat(fields).extracting(EmpiricalField.Measured::side).containsExactly(5.0, 3.0, 0.0);
    assertThat(fields).extracting(EmpiricalField.Measured::pictures).containsExactly(2, 2, 0);
    EmpiricalField.Measured inner = fields.get(1);
    boolean[] region = inner.region();
    for (int i = 0; i < region.length; i++) {
      int down = i / inner.width() - SIDE + 1;
      int right = i % inner.width() - SIDE + 1;
      boolean seen = Math.abs(down) <= 1 && Math.abs(right) <= 1;
      assertThat(region[i]).as("%d, %d", down, right).isEqualTo(seen);
      assertThat(inner.map()[i] > 0).isEqualTo(seen);
    }
    assertThat(fields.get(2).map()).containsOnly(0);
    assertThat(fields.get(2).filter().channel()).isEqualTo(2);
  }

  @Test
  void the_size_of_a_patch_is_not_taken_for_the_field() {
    EmpiricalField.Measured field =
        EmpiricalField.withDefaults()
            .withPatch(7, 2)
            .measure(network(), List.of(filter(0, 1)), 1, EmpiricalFieldTest::picture)
            .get(0);

    int changed = 0;
    for (float value : field.map()) {
      changed += value > 0 ? 1 : 0;
    }
    assertThat(changed).isGreaterThan(25);
    assertThat(field.side()).isPositive().isLessThanOrEqualTo(5);
  }

  @Test
  void layers_and_filters_beside_change_nothing_and_seeds_do() {
    Network network = network();
    EmpiricalField.Filter other =
        new EmpiricalField.Filter("conv", 1, List.of(new TopPictures.Shot(1, 1, 9)));
    EmpiricalField method = EmpiricalField.withDefaults().withPatch(3, 1);
    float[] beside =
        method
            .measure(network, List.of(other, filter(0, 1)), 2, EmpiricalFieldTest::picture)
            .get(1)
            .map();
    assertThat(map(method, network)).isEqualTo(beside);
    assertThat(map(method.withSeed(1), network)).isNotEqualTo(beside);
  }

  private static float[] map(EmpiricalField method, Network network) {
    return method
        .measure(network, List.of(filter(0, 1)), 2, EmpiricalFieldTest::picture)
        .get(0)
        .map();
  }

  @Test
  void wrong_use_is_told_and_the_listener_can_cancel() {
    Network network = network();
    List<EmpiricalField.Filter> one = List.of(filter(0, 1));
    assertThat(PIXELS.measure(network, List.of(), 1, EmpiricalFieldTest::picture)).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> PIXELS.withPatch(21, 1).measure(network, one, 1, EmpiricalFieldTest::picture))
        .withMessageContaining("the patch must fit the input of 20 x 20");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PIXELS.measure(network, one, 0, EmpiricalFieldTest::picture));
    assertThatIllegalArgumentException().isThrownBy(() -> PIXELS.withPatch(2, 3));
    assertThatThrownBy(
            () ->
                PIXELS
                    .withProgress((done, total) -> done < 1)
                    .measure(network, one, 2, EmpiricalFieldTest::picture))
        .isInstanceOf(CancellationException.class);
    Network any =
        Network.builder(1, -1, -1)
            .add("relu", new Op.Convolution(Nd4j.ones(1, 1, 3, 3), null, Window.of(3, 1, 0), 1))
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> PIXELS.measure(any, one, 2, i -> Nd4j.ones(DataType.FLOAT, 1, 1, 9 + i, 9)))
        .withMessageContaining("all pictures must have the size [1, 9, 9] of the first");
  }

  /** Single pixels change a unit nowhere but in its field, and no patch makes it larger. */
  @Property(tries = 40, seed = "71")
  void nothing_is_seen_beyond_the_theoretical_field(@ForAll long seed) {
    Random random = new Random(seed);
    Network network = random(random);
    String layer = network.output();
    List<Long> shape = network.layer(layer).shape();
    int channel = random.nextInt(shape.get(0).intValue());
    List<TopPictures.Shot> shots = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      shots.add(new TopPictures.Shot(i, 1, random.nextInt((int) (shape.get(1) * shape.get(2)))));
    }
    EmpiricalField.Filter filter = new EmpiricalField.Filter(layer, channel, shots);
    EmpiricalField.Measured pixels = measure(PIXELS, network, filter);
    ReceptiveField field = network.layer(layer).receptiveField();
    boolean[] possible = new boolean[pixels.map().length];
    for (TopPictures.Shot shot : shots) {
      int row = shot.unit() / shape.get(2).intValue();
      int column = shot.unit() % shape.get(2).intValue();
      long y = Math.round(Patch.center(field.height(), row));
      long x = Math.round(Patch.center(field.width(), column));
      Patch patch = Patch.of(field, row, column, 13, 11);
      for (int i = patch.top(); i < patch.top() + patch.height(); i++) {
        for (int j = patch.left(); j < patch.left() + patch.width(); j++) {
          possible[(int) ((i - y + 12) * 21 + j - x + 10)] = true;
        }
      }
    }
    for (int i = 0; i < possible.length; i++) {
      assertThat(pixels.map()[i] == 0 || possible[i]).as("%s at %d", field, i).isTrue();
    }
    assertThat(pixels.side()).isLessThanOrEqualTo(pixels.theoretical());
    EmpiricalField.Measured patches =
        measure(EmpiricalField.withDefaults().withPatch(3, 2), network, filter);
    assertThat(patches.side()).isLessThanOrEqualTo(patches.theoretical());
  }

  private static EmpiricalField.Measured measure(
      EmpiricalField method, Network network, EmpiricalField.Filter filter) {
    return method
        .measure(
            network, List.of(filter), 2, i -> Tensors.gaussian(DataType.FLOAT, i, 1, 2, 13, 11))
        .get(0);
  }

  /** Convolutions and pools with strides and padding, some beside each other. */
  private static Network random(Random random) {
    Network.Builder builder = Network.builder(2, 13, 11);
    int channels = 2;
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      String below = builder.last();
      int kernel = 1 + random.nextInt(3);
      Window window = Window.of(kernel, 1 + random.nextInt(2), random.nextInt(kernel));
      switch (random.nextInt(3)) {
        case 0 -> builder.add("pool" + i, new Op.Pool(Op.Reduction.MAX, window, 0));
        case 1 -> {
          builder.add("conv" + i, convolution(random, channels, kernel, window));
          builder.add("relu" + i, new Op.Activation(new ActivationReLU()));
          channels = 3;
        }
        default -> {
          builder.add("narrow" + i, convolution(random, channels, 1, Window.of(1, 1, 0)), below);
          builder.add("wide" + i, convolution(random, channels, 3, Window.of(3, 1, 1)), below);
          builder.add("concat" + i, new Op.Concat(), "narrow" + i, "wide" + i);
          channels = 6;
        }
      }
    }
    return builder.build();
  }

  private static Op convolution(Random random, int channels, int kernel, Window window) {
    INDArray weights =
        Tensors.gaussian(DataType.FLOAT, random.nextLong(), 3, channels, kernel, kernel);
    return new Op.Convolution(weights, null, window, 1);
  }
}
