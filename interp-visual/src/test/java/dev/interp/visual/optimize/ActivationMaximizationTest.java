package dev.interp.visual.optimize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ActivationMaximizationTest {
  private static final Preprocessor PREPROCESSOR = Preprocessor.none().withDivisor(255);
  private static final ActivationMaximization SHORT =
      ActivationMaximization.withDefaults().withSteps(30);

  /** Four channels of 3 × 3 filters and a rectifier; nothing opens the last channel. */
  private static Network network() {
    INDArray weights = Tensors.gaussian(DataType.DOUBLE, 3, 4, 3, 3, 3);
    weights.slice(3).assign(0);
    INDArray bias = Nd4j.createFromArray(-0.2, -0.2, -0.2, -1);
    return Network.builder(3, 12, 12)
        .add("conv", new Op.Convolution(weights, bias, Window.of(3, 1, 1), 1))
        .add("relu", new Op.Activation(new ActivationReLU()))
        .build();
  }

  private static List<Objective> channels(int... channels) {
    List<Objective> all = new ArrayList<>();
    for (int channel : channels) {
      all.add(Objective.channel("relu", channel));
    }
    return all;
  }

  @Test
  void pictures_drive_their_channels_and_dead_ones_are_told() {
    List<Visualization> results = SHORT.run(network(), PREPROCESSOR, channels(0, 1, 2, 3));

    for (Visualization result : results.subList(0, 3)) {
      assertThat(result.dead()).isFalse();
      assertThat(result.history()).hasSize(30);
      assertThat(result.value()).isGreaterThan(1.25 * result.history().get(0));
    }
    assertThat(results.get(3).dead()).isTrue();
    assertThat(results.get(3).value()).isZero();
    assertThat(results.get(2).objective()).isEqualTo("relu[2]");
    assertThat(results.get(2).picture().width()).isEqualTo(12);
  }

  @Test
  void a_picture_hangs_neither_on_the_batch_nor_on_chance() {
    Network network = network();
    List<Visualization> together = SHORT.run(network, PREPROCESSOR, channels(0, 1, 2));
    List<Visualization> alone =
        SHORT.withBatchSize(1).run(network, PREPROCESSOR, channels(0, 1, 2));
    Visualization other = SHORT.withSeed(1).run(network, PREPROCESSOR, channels(1)).get(0);

    assertThat(together).isEqualTo(alone);
    assertThat(other.picture()).isNotEqualTo(together.get(1).picture());
  }

  /** Of w · p − λ |p − 0.5|² the top is 0.5 + w / 2λ. */
  @Test
  void the_class_model_of_a_linear_net_is_its_weights() {
    INDArray weights = Tensors.gaussian(DataType.DOUBLE, 5, 1, 3, 4, 4);
    Network network =
        Network.builder(3, 4, 4)
            .add("class", new Op.Convolution(weights, null, Window.of(4, 1, 0), 1))
            .add("logits", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .build();

    Visualization result =
        ActivationMaximization.classModel(4)
            .withCosine()
            .withSteps(400)
            .run(network, PREPROCESSOR, List.of(Objective.logit(0)))
            .get(0);

    double[] w = Tensors.numbers(weights);
    float[] pixels = result.picture().values();
    for (int k = 0; k < pixels.length; k++) {
      double top = Math.min(1, Math.max(0, 0.5 + w[k] / 8));
      assertThat((double) pixels[k]).isCloseTo(top, within(1e-3));
    }
    assertThat(result.penalty()).isPositive();
    assertThat(result.objective()).isEqualTo("class 0");
  }

  @Test
  void channels_of_the_network_are_those_of_the_picture() {
    INDArray weights = Nd4j.createFromArray(1.0, 0, 0).reshape(1, 3, 1, 1);
    Network blue =
        Network.builder(3, 4, 4)
            .add("a", new Op.Convolution(weights, null, Window.of(1, 1, 0), 1))
            .build();
    Image image =
        SHORT
            .withParameterization(Parameterization.pixels().correlated())
            .run(blue, PREPROCESSOR.withOrder(ChannelOrder.BGR), List.of(Objective.channel("a", 0)))
            .get(0)
            .picture();
    assertThat(image.value(2, 2, 2)).isGreaterThan(0.6f);
    assertThat(image.value(0, 2, 2)).isCloseTo(0.5f, within(0.02f));
  }

  @Test
  void several_pictures_of_one_channel_differ_in_their_textures() {
    Network network = network();
    List<Objective> mix = List.of(Objective.channel("relu", 0).plus(Objective.deepDream("relu")));
    double[] alike = new double[2];
    for (int i = 0; i < 2; i++) {
      List<Visualization> copies =
          SHORT.withDiversity("relu", 3, i == 0 ? 0 : 30).run(network, PREPROCESSOR, mix);
      assertThat(copies).hasSize(3);
      assertThat(copies.get(2).copy()).isEqualTo(2);
      double[][] maps = new double[3][];
      for (int c = 0; c < 3; c++) {
        INDArray x = PREPROCESSOR.apply(copies.get(c).picture()).castTo(DataType.DOUBLE);
        maps[c] = Tensors.numbers(network.logits(x));
      }
      alike[i] = Gram.separate(maps, 4, 1, new double[3][maps[0].length]);
    }
    assertThat(alike[1]).isLessThan(alike[0]);
  }

  @Test
  void pictures_grow_with_the_schedule_of_sizes() {
    List<Integer> seen = new ArrayList<>();
    List<Integer> widths = new ArrayList<>();
    for (Parameterization how : List.of(Parameterization.fourier(), Parameterization.pixels())) {
      Visualization result =
          SHORT
              .withParameterization(how)
              .withSizes(0.5, 1)
              .withListener(
                  10,
                  (first, step, pictures) -> {
                    seen.add(step);
                    widths.add(pictures.get(0).width());
                  })
              .run(network(), PREPROCESSOR, channels(0))
              .get(0);
      assertThat(result.value()).isGreaterThan(1.25 * result.history().get(0));
      assertThat(result.picture().width()).isEqualTo(12);
    }
    assertThat(seen).containsExactly(10, 20, 30, 10, 20, 30);
    assertThat(widths).containsExactly(6, 12, 12, 6, 12, 12);
  }

  @Test
  void it_can_be_cancelled_and_tells_how_far_it_is() {
    List<Long> told = new ArrayList<>();
    ActivationMaximization method =
        SHORT
            .withBatchSize(1)
            .withProgress(
                (done, total) -> {
                  told.add(done);
                  assertThat(total).isEqualTo(60);
                  return done < 32;
                });
    assertThatThrownBy(() -> method.run(network(), PREPROCESSOR, channels(0, 1)))
        .isInstanceOf(CancellationException.class);
    assertThat(told).hasSize(32).endsWith(32L);
  }

  @Test
  void a_few_steps_do_not_make_a_channel_dead() {
    assertThat(SHORT.withSteps(1).run(network(), PREPROCESSOR, channels(0)).get(0).dead())
        .isFalse();
  }

  @Test
  void wrong_use_is_told() {
    Network network = network();
    assertThatThrownBy(() -> SHORT.run(network, PREPROCESSOR, channels(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'relu' has 4 channels");
    assertThatThrownBy(
            () -> SHORT.run(network, PREPROCESSOR.withOrder(ChannelOrder.GREY), channels(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 channels");
    assertThatThrownBy(() -> SHORT.withSizes(0.5)).hasMessageContaining("the last one 1");
    assertThatThrownBy(() -> SHORT.withDiversity("relu", 1, 1)).hasMessageContaining("at least 2");
    assertThatThrownBy(
            () ->
                ActivationMaximization.classModel(1)
                    .withRate(1e308)
                    .run(network, PREPROCESSOR, channels(0)))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("smaller rate");
    assertThatThrownBy(
            () ->
                SHORT.run(
                    Network.builder(7).add("a", new Op.Activation(new ActivationReLU())).build(),
                    PREPROCESSOR,
                    channels(0)))
        .hasMessageContaining("must take pictures");
  }
}
