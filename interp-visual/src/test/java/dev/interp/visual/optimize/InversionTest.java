package dev.interp.visual.optimize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;

class InversionTest {
  private static final Preprocessor PREPROCESSOR =
      Preprocessor.none().withDivisor(255).withMean(0.5);
  private static final Inversion METHOD = Inversion.withDefaults();

  /**
   * Two linear convolutions, the second one halving the size, and a channel that is always shut.
   */
  private static Network network() {
    return Network.builder(3, 16, 16)
        .add("a", convolution(3, Window.of(3, 1, 1), 16, 3))
        .add("b", convolution(4, Window.of(3, 2, 1), 12, 16))
        .add("relu", new Op.Activation(new ActivationReLU()))
        .build();
  }

  private static Op convolution(long seed, Window window, int out, int in) {
    return new Op.Convolution(
        Tensors.gaussian(DataType.DOUBLE, seed, out, in, 3, 3), null, window, 1);
  }

  private static Image picture() {
    Random random = new Random(8);
    float[] pixels = new float[3 * 16 * 16];
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = 0.25f + random.nextFloat() / 2;
    }
    return Image.of(3, 16, 16, pixels);
  }

  @Test
  void linear_layers_are_inverted() {
    List<Inversion.Inverted> results =
        METHOD.withTotalVariation(0, 2).run(network(), PREPROCESSOR, picture(), List.of("a", "b"));

    assertThat(results.get(0).error()).isLessThan(0.01);
    assertThat(results.get(1).error()).isLessThan(0.01);
    // The first layer has more numbers than the picture, the second one fewer.
    assertThat(results.get(0).distance()).isLessThan(results.get(1).distance());
    assertThat(results.get(0).picture().width()).isEqualTo(16);
  }

  @Test
  void without_a_layer_between_the_picture_itself_is_found() {
    Inversion.Inverted result =
        METHOD
            .withTotalVariation(0, 2)
            .withRate(0.02)
            .run(network(), PREPROCESSOR, picture(), List.of(Network.INPUT))
            .get(0);
    assertThat(result.error()).isLessThan(1e-3);
    assertThat(result.distance()).isLessThan(0.03);
  }

  @Test
  void equal_seeds_give_equal_pictures_and_smoothness_smooths() {
    Inversion few = METHOD.withSteps(40).withTotalVariation(1, 2);
    List<String> layers = List.of("relu");
    List<Inversion.Inverted> first = few.run(network(), PREPROCESSOR, picture(), layers);

    assertThat(few.run(network(), PREPROCESSOR, picture(), layers)).isEqualTo(first);
    assertThat(few.withSeed(1).run(network(), PREPROCESSOR, picture(), layers)).isNotEqualTo(first);
    Image smooth =
        few.withTotalVariation(50, 2)
            .run(network(), PREPROCESSOR, picture(), layers)
            .get(0)
            .picture();
    assertThat(variation(smooth)).isLessThan(variation(first.get(0).picture()) / 2);
  }

  /** Of four tensors the input lies at 0, the second convolution at two thirds of the way. */
  @Test
  void deeper_layers_are_smoothed_more() {
    Inversion few = METHOD.withSteps(10);
    for (String layer : List.of("input", "a", "b", "relu")) {
      double expected = layer.equals("input") ? 1 : layer.equals("a") ? 10 : 100;
      assertThat(few.run(network(), PREPROCESSOR, picture(), List.of(layer)))
          .isEqualTo(
              few.withTotalVariation(expected, 2)
                  .run(network(), PREPROCESSOR, picture(), List.of(layer)));
    }
  }

  private static double variation(Image image) {
    float[] values = image.values();
    double[] pixels = new double[values.length];
    for (int k = 0; k < values.length; k++) {
      pixels[k] = values[k];
    }
    return TotalVariation.of(pixels, 0, 16, 16, 2);
  }

  @Test
  void progress_runs_over_all_layers_and_can_cancel() {
    List<Long> told = new ArrayList<>();
    Inversion method =
        METHOD
            .withSteps(5)
            .withProgress(
                (done, total) -> {
                  told.add(done);
                  assertThat(total).isEqualTo(10);
                  return done < 7;
                });
    assertThatThrownBy(() -> method.run(network(), PREPROCESSOR, picture(), List.of("a", "relu")))
        .isInstanceOf(CancellationException.class);
    assertThat(told).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
  }

  @Test
  void wrong_use_is_told() {
    assertThatThrownBy(() -> METHOD.run(network(), PREPROCESSOR, picture(), List.of()))
        .hasMessageContaining("at least one layer");
    assertThatThrownBy(() -> METHOD.run(network(), PREPROCESSOR, picture(), List.of("c")))
        .hasMessageContaining("no tensor is named 'c'");
    assertThatThrownBy(() -> METHOD.withSteps(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> METHOD.withRate(0)).hasMessageContaining("above 0");
    assertThatThrownBy(() -> METHOD.withTotalVariation(-1, 2)).hasMessageContaining("at least 0");
    assertThatThrownBy(
            () ->
                METHOD
                    .withTotalVariation(0, 2)
                    .withRate(1e6)
                    .run(network(), PREPROCESSOR, picture(), List.of("b")))
        .isInstanceOf(ArithmeticException.class);
  }
}
