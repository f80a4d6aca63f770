package dev.interp.visual.diagnose;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class ClearTest {
  private static final Clear METHOD = Clear.withDefaults();
  private static final INDArray X = array(new long[] {1, 1, 1, 4}, 3, 1, -2, 0);

  /** Class maps z₀ = 2 x and z₁ = 1 − x, averaged to the logits. */
  private static Network fullyConvolutional() {
    return Network.builder(1, 1, 4)
        .add(
            "maps",
            new Op.Convolution(
                array(new long[] {2, 1, 1, 1}, 2, -1),
                array(new long[] {2}, 0, 1),
                Window.of(1, 1, 0),
                1))
        .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("softmax", new Op.Softmax())
        .build();
  }

  /** Maps z₀ = (6, 2, −4, 0), z₁ = (−2, 0, 3, 1); back: 2 max(z₀, 0) and −max(z₁, 0). */
  @Test
  void two_classes_solved_by_hand() {
    ClearMaps maps = METHOD.maps(fullyConvolutional(), X);
    assertThat(maps.classes()).containsExactly(List.of(0, 1));
    assertClose(maps.responses(), array(new long[] {1, 2, 1, 4}, 12, 4, 0, 0, 0, 0, -3, -1), 1e-14);
    assertClose(maps.dominantResponses(), array(new long[] {1, 1, 1, 4}, 12, 4, 0, 0), 1e-14);
    assertThat(maps.dominantClasses().dup().data().asInt()).containsExactly(0, 0, 0, 0);
    Attribution own = METHOD.attribute(fullyConvolutional(), X, Target.ofClass(0));
    assertClose(own.values(), array(new long[] {1, 1, 1, 4}, 12, 4, 0, 0), 1e-14);
    Attribution other = METHOD.attribute(fullyConvolutional(), X, Target.ofClass(1));
    assertClose(other.values(), array(new long[] {1, 1, 1, 4}, -12, -4, 0, 0), 1e-14);
  }

  private static Network.Builder trunk() {
    return Network.builder(2, 6, 5)
        .add(
            "conv",
            new Op.Convolution(
                gaussian(DataType.DOUBLE, 1, 4, 2, 3, 3), null, Window.of(3, 1, 1), 1))
        .add("relu", new Op.Activation(Activation.RELU.getActivationFunction()));
  }

  @Test
  void a_linear_layer_after_the_means_is_a_convolution_before_them() {
    INDArray weights = gaussian(DataType.DOUBLE, 2, 4, 3);
    INDArray bias = gaussian(DataType.DOUBLE, 3, 3);
    Network after =
        trunk()
            .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add("logits", new Op.Dense(weights, bias))
            .add("softmax", new Op.Softmax())
            .build();
    Network before =
        trunk()
            .add(
                "maps",
                new Op.Convolution(
                    weights.transpose().dup('c').reshape(3, 4, 1, 1), bias, Window.of(1, 1, 0), 1))
            .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add("softmax", new Op.Softmax())
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 4, 2, 2, 6, 5);
    ClearMaps expected = METHOD.maps(before, x);
    ClearMaps actual = METHOD.maps(after, x);
    assertThat(actual.classes()).isEqualTo(expected.classes());
    assertClose(actual.responses(), expected.responses(), 1e-12);
    assertThat(actual.responses().amaxNumber().doubleValue()).isPositive();
  }

  @Test
  void the_targets_class_is_always_compared() {
    INDArray x = gaussian(DataType.DOUBLE, 5, 3, 2, 7, 5);
    Network network = SmallNets.convolutional();
    INDArray logits = network.logits(x);
    int least = logits.slice(0).argMax().getInt(0);
    for (int c = 0; c < 3; c++) {
      least = logits.getDouble(0, c) < logits.getDouble(0, least) ? c : least;
    }
    Attribution result = METHOD.withClasses(2).attribute(network, x, Target.ofClass(least));
    assertThat(result.provenance().forwards()).isEqualTo(1);
    assertThat(result.provenance().backwards()).isEqualTo(2);
    assertThat(METHOD.withClasses(2).maps(network, x).classes().get(0))
        .hasSize(2)
        .doesNotContain(least);
  }

  @Test
  void the_picture_has_the_colour_of_the_class_and_the_brightness_of_the_response() {
    ClearMaps maps = METHOD.maps(fullyConvolutional(), X);
    BufferedImage picture = maps.picture(0);
    assertThat(picture.getWidth()).isEqualTo(4);
    assertThat(picture.getHeight()).isEqualTo(1);
    assertThat(picture.getRGB(0, 0)).isEqualTo(ClearMaps.color(0)).isEqualTo(0xFFFF0000);
    assertThat(picture.getRGB(1, 0)).isEqualTo(0xFF550000);
    assertThat(picture.getRGB(2, 0)).isEqualTo(0xFF000000);
    assertThat(ClearMaps.color(1)).isNotEqualTo(ClearMaps.color(0));
    assertThatThrownBy(() -> maps.picture(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the example must be in [0, 1), was 1");
  }

  @Test
  void misuse_is_refused() {
    assertThatThrownBy(() -> METHOD.withClasses(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("at least 2 classes must be compared, was 1 (one is always dominant)");
    assertThatThrownBy(() -> METHOD.attribute(fullyConvolutional(), X, Target.channel("maps", 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "clear compares classes, so its target must be predicted, a class, its probability or"
                + " a contrast, was channel maps[0]");
  }
}
