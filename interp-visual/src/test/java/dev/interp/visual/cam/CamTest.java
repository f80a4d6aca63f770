package dev.interp.visual.cam;

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
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class CamTest {
  private static final INDArray X = array(new long[] {1, 1, 2, 3}, -3, 0, 1, 2, -1, 5);

  /**
   * A₀ = x and A₁ = 1 − 2 x; y₀ = 3 mean A₀ + mean A₁, y₁ = −mean A₀. On six positions α = (3/6,
   * 1/6) for y₀, so L = x/2 + (1 − 2 x)/6 = (x + 1)/6; for y₁ it is −x/6.
   */
  private static Network averaged() {
    return Network.builder(1, 2, 3)
        .add(
            "maps",
            new Op.Convolution(
                array(new long[] {2, 1, 1, 1}, 1, -2),
                array(new long[] {2}, 0, 1),
                Window.of(1, 1, 0),
                1))
        .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("y", new Op.Dense(array(new long[] {2, 2}, 3, -1, 1, 0), null))
        .build();
  }

  @Test
  void two_maps_solved_by_hand() {
    Cam method = Cam.gradCam();
    Attribution result = method.attribute(averaged(), X, Target.ofClass(0));
    assertThat(result.tensor()).isEqualTo("maps");
    assertClose(result.values().mul(6), array(new long[] {1, 1, 2, 3}, -2, 1, 2, 3, 0, 6), 1e-14);
    assertClose(
        method.rectified().attribute(averaged(), X, Target.ofClass(0)).values().mul(6),
        array(new long[] {1, 1, 2, 3}, 0, 1, 2, 3, 0, 6),
        1e-14);
    assertClose(method.attribute(averaged(), X, Target.ofClass(1)).values().mul(6), X.neg(), 1e-14);
  }

  @Test
  void the_layer_can_be_chosen() {
    Cam method = Cam.gradCam().withLayer("relu1");
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    Attribution result = method.attribute(SmallNets.convolutional(), x, Target.ofClass(0));
    assertThat(result.tensor()).isEqualTo("relu1");
    assertThat(result.values().shape()).containsExactly(2, 1, 7, 5);
    assertThat(
            Cam.gradCam()
                .attribute(SmallNets.convolutional(), x, Target.ofClass(0))
                .tensor())
        .isEqualTo("relu2");
  }

  @Test
  void settings_are_told_in_order() {
    assertThat(Cam.gradCam().rectified().withLayer("a").settings())
        .containsExactly(Map.entry("layer", "a"), Map.entry("sign", "rectified"));
    assertThat(Cam.gradCam().settings())
        .containsExactly(
            Map.entry("layer", "last with spatial extent"), Map.entry("sign", "signed"));
  }

  @Test
  void a_layer_without_maps_is_refused() {
    Cam method = Cam.gradCam();
    assertThatThrownBy(() -> method.withLayer("means").attribute(averaged(), X, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("grad-cam needs a layer of maps [C, H, W], 'means' is [2]");
    assertThatThrownBy(() -> method.withLayer("map").attribute(averaged(), X, Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no tensor is named 'map'; did you mean 'maps'?");
    Network vectors =
        Network.builder(2).add("y", new Op.Dense(array(new long[] {2, 1}, 1, 1), null)).build();
    assertThatThrownBy(
            () -> method.attribute(vectors, array(new long[] {1, 2}, 1, 1), Target.ofClass(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the network must have a layer with spatial extent");
  }
}
