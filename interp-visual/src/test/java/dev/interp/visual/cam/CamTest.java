package dev.interp.visual.cam;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

class CamTest {
  static final INDArray X = array(new long[] {1, 1, 2, 3}, -3, 0, 1, 2, -1, 5);

  /**
   * A₀ = x and A₁ = 1 − 2 x; y₀ = 3 mean A₀ + mean A₁, y₁ = −mean A₀. On six positions α = (3/6,
   * 1/6) for y₀, so L = x/2 + (1 − 2 x)/6 = (x + 1)/6; for y₁ it is −x/6.
   */
  static Network averaged() {
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

  /** (x + 1) / 6 for all that average a gradient which is the same everywhere. */
  @Test
  void variants_solved_by_hand() {
    assertMap(Cam.cam(), 1e-14, X.add(1));
    assertMap(Cam.hiResCam(), 1e-14, X.add(1).div(6));
    assertMap(Cam.xGradCam(), 1e-6, X.add(1).div(6));
    assertMap(Cam.layerCam(), 1e-14, X.add(1).div(6));
    INDArray other = X.mul(-2).addi(1);
    assertMap(
        Cam.gradCamElementWise(),
        1e-14,
        Transforms.max(X.div(2), 0, true).add(Transforms.max(other.div(6), 0, true)));
    // a = 0.25 / (0.5 + 0.125 · 4) and (1/36) / (2/36 − 2/216), so w = 0.75 and 0.6.
    assertMap(Cam.gradCamPlusPlus(), 1e-4, X.mul(0.75).add(other.mul(0.6)));
    // The places' vectors lie on lines along (1, −2) and (1/2, −1/3).
    INDArray off = X.sub(2.0 / 3);
    assertMap(Cam.eigenCam(), 1e-12, off.mul(Math.sqrt(5)));
    assertMap(Cam.eigenGradCam(), 1e-12, off.mul(Math.sqrt(13) / 6));
  }

  private static void assertMap(Cam method, double tolerance, INDArray expected) {
    Attribution result = method.attribute(averaged(), X, Target.ofClass(0));
    assertThat(result.tensor()).isEqualTo("maps");
    assertClose(result.values(), expected, tolerance);
  }

  @Test
  void a_negative_gradient_has_no_positive_part() {
    for (Cam method : List.of(Cam.layerCam(), Cam.gradCamPlusPlus())) {
      assertClose(method.attribute(averaged(), X, Target.ofClass(1)).values(), X.mul(0), 1e-14);
    }
  }

  /** Mean 1 and deviation √5: only the last place is above 1 + 2 √5. The other channel never is. */
  @Test
  void an_unusual_place_solved_by_hand() {
    INDArray x = array(new long[] {1, 1, 2, 3}, 0, 0, 0, 0, 0, 6);
    Attribution result = Cam.fem().attribute(averaged(), x, Target.ofClass(0));
    assertClose(result.values(), x.div(6), 1e-14);
    INDArray flat = x.mul(0).addi(0.1);
    assertClose(
        Cam.fem().attribute(averaged(), flat, Target.ofClass(0)).values(), flat.mul(0), 1e-14);
  }

  @Test
  void hires_cam_below_one_dense_layer_sums_to_the_logit_less_its_bias() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    Attribution result = Cam.hiResCam().attribute(network, x, Target.ofClass(1));
    INDArray none = network.logits(x, Hooks.none().edit("relu2", a -> a.muli(0)));
    for (int i = 0; i < 2; i++) {
      assertThat(result.values().slice(i).sumNumber().doubleValue())
          .isCloseTo(result.outputs().get(i) - none.getDouble(i, 1), within(1e-10));
    }
  }

  @Test
  void a_target_without_gradient_and_a_flat_map_give_zeros() {
    Network network =
        Network.builder(1, 2, 3)
            .add("maps", new Op.Scale(2, 0))
            .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add("y", new Op.Dense(array(new long[] {1, 2}, 0, 0), null))
            .build();
    for (Cam method :
        List.of(
            Cam.cam(),
            Cam.gradCam(),
            Cam.gradCamPlusPlus(),
            Cam.hiResCam(),
            Cam.xGradCam(),
            Cam.layerCam(),
            Cam.gradCamElementWise(),
            Cam.eigenGradCam())) {
      assertClose(method.attribute(network, X, Target.ofClass(0)).values(), X.mul(0), 1e-14);
      assertClose(
          method.rectified().attribute(network, X.mul(0), Target.ofClass(0)).values(),
          X.mul(0),
          1e-14);
    }
    assertClose(
        Cam.eigenCam().attribute(network, X.mul(0), Target.ofClass(0)).values(), X.mul(0), 1e-14);
    assertClose(
        Cam.gradCam().withLayers("input", "maps").attribute(network, X, Target.ofClass(0)).values(),
        X.mul(0),
        1e-14);
  }

  @Test
  void cam_is_the_dense_layer_on_every_place() {
    Network network = SmallNets.pooled();
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    Attribution result = Cam.cam().attribute(network, x, Target.ofClass(2));
    assertThat(result.tensor()).isEqualTo("relu2");
    INDArray none = network.logits(x, Hooks.none().edit("relu2", a -> a.muli(0)));
    for (int i = 0; i < 2; i++) {
      assertThat(result.values().slice(i).meanNumber().doubleValue())
          .isCloseTo(result.outputs().get(i) - none.getDouble(i, 2), within(1e-12));
    }
    assertThat(Cam.cam().withLayer("relu2").attribute(network, x, Target.ofClass(2)).values())
        .isEqualTo(result.values());
  }

  @Test
  void cam_refuses_what_it_is_not_defined_for() {
    INDArray x = gaussian(DataType.DOUBLE, 1, 1, 2, 7, 5);
    assertThatThrownBy(() -> Cam.cam().attribute(SmallNets.convolutional(), x, Target.predicted()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "cam needs a network that ends in a global average pooling and at most one dense layer"
                + " after it, but above the pooling comes 'relu2' (relu); grad-cam and hires-cam"
                + " need neither");
    assertThatThrownBy(() -> Cam.cam().attribute(SmallNets.pooled(), x, Target.channel("conv2", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "cam explains classes, but the target channel conv2[1] is not one; grad-cam takes any");
    assertThatThrownBy(
            () -> Cam.cam().withLayer("relu1").attribute(SmallNets.pooled(), x, Target.predicted()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cam looks at the layer that is pooled, 'relu2', was asked for [relu1]");
  }

  @Test
  void maps_of_several_layers_are_brought_to_one_range_and_size_and_averaged() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    Cam method = Cam.gradCam();
    Attribution fused =
        method.withLayers("relu2", "relu1").attribute(network, x, Target.ofClass(0));
    assertThat(fused.tensor()).isEqualTo("relu1");
    assertThat(fused.provenance().backwards()).isEqualTo(1);
    INDArray large = method.withLayer("relu1").attribute(network, x, Target.ofClass(0)).values();
    INDArray small = method.withLayer("relu2").attribute(network, x, Target.ofClass(0)).values();
    INDArray expected = large.like();
    for (int i = 0; i < 2; i++) {
      INDArray one = large.slice(i).div(large.slice(i).normmaxNumber().doubleValue());
      INDArray other = small.slice(i).div(small.slice(i).normmaxNumber().doubleValue());
      INDArray spread = Upsampling.BILINEAR.apply(other.reshape(1, 1, 4, 3), 7, 5);
      expected.slice(i).assign(one.add(spread.slice(0)).div(2));
    }
    assertClose(fused.values(), expected, 1e-12);
    INDArray rectified =
        method
            .withLayers("relu1", "relu2")
            .rectified()
            .attribute(network, x, Target.ofClass(0))
            .values();
    assertThat(rectified.minNumber().doubleValue()).isGreaterThanOrEqualTo(0);
    assertThat(rectified.maxNumber().doubleValue()).isBetween(0.3, 1.0);
    assertThatThrownBy(method::withLayers)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one layer, was none");
  }

  @Test
  void the_layer_can_be_chosen() {
    Cam method = Cam.gradCam().withLayer("relu1");
    INDArray x = gaussian(DataType.DOUBLE, 1, 2, 2, 7, 5);
    Attribution result = method.attribute(SmallNets.convolutional(), x, Target.ofClass(0));
    assertThat(result.tensor()).isEqualTo("relu1");
    assertThat(result.values().shape()).containsExactly(2, 1, 7, 5);
    assertThat(Cam.gradCam().attribute(SmallNets.convolutional(), x, Target.ofClass(0)).tensor())
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
