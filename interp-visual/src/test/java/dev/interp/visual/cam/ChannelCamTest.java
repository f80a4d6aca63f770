package dev.interp.visual.cam;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.testkit.SmallNets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The maps that try out every channel: Score-CAM and Ablation-CAM. */
class ChannelCamTest {

  /**
   * On the two maps of {@link CamTest#averaged} the masks are (x + 3) / 8 and (5 − x) / 8, with
   * which y₀ = 1 + mean x becomes 1 + 13/12 and 1 − 5/12.
   */
  @Test
  void score_cam_solved_by_hand() {
    INDArray x = CamTest.X;
    Attribution result =
        ScoreCam.withDefaults().attribute(CamTest.averaged(), x, Target.ofClass(0));
    double first = 1 / (1 + Math.exp(-1.5));
    INDArray expected = x.mul(first).add(x.mul(-2).addi(1).muli(1 - first));
    assertClose(result.values(), expected, 1e-8);
    assertThat(result.provenance().forwards()).isEqualTo(3);
  }

  /** Without A₀ the mean of which is 2/3, y₀ falls by 2; without A₁ it rises by 1/3. */
  @Test
  void ablation_cam_solved_by_hand() {
    INDArray x = CamTest.X;
    Attribution result =
        AblationCam.withDefaults().attribute(CamTest.averaged(), x, Target.ofClass(0));
    assertClose(result.values(), x.mul(8).subi(1).divi(3), 1e-13);
    // y₁ = −mean A₀ is −2/3 and rises to zero without A₀.
    assertClose(
        AblationCam.withDefaults()
            .rectified()
            .attribute(CamTest.averaged(), x, Target.ofClass(1))
            .values()
            .mul(3),
        array(new long[] {1, 1, 2, 3}, 6, 0, 0, 0, 2, 0),
        1e-13);
  }

  @Test
  void ablation_inside_a_block_leaves_the_shortcut_as_it_is() {
    Network network = SmallNets.residual();
    INDArray x = gaussian(DataType.DOUBLE, 4, 2, 2, 7, 5);
    Attribution result =
        AblationCam.withDefaults().withLayer("conv3").attribute(network, x, Target.ofClasses(1, 2));
    INDArray logits = network.logits(x);
    INDArray expected = Nd4j.zeros(DataType.DOUBLE, 2, 1, 7, 5);
    try (Trace trace = network.run(x, Hooks.none().keep("conv3"))) {
      INDArray a = trace.activation("conv3");
      for (int k = 0; k < 4; k++) {
        int channel = k;
        Hooks without =
            Hooks.none()
                .edit(
                    "conv3",
                    v -> {
                      v.get(NDArrayIndex.all(), NDArrayIndex.point(channel)).assign(0);
                      return v;
                    });
        INDArray less = network.logits(x, without);
        for (int i = 0; i < 2; i++) {
          double drop = logits.getDouble(i, i + 1) - less.getDouble(i, i + 1);
          expected.slice(i).slice(0).addi(a.slice(i).slice(k).mul(drop));
        }
      }
    }
    assertClose(result.values(), expected, 1e-11);
    assertThat(result.tensor()).isEqualTo("conv3");
    // To the layer, and above it as it is and without each of four channels.
    assertThat(result.provenance().forwards()).isEqualTo(6);
    assertThat(result.provenance().backwards()).isZero();
  }

  @Test
  void the_batch_size_changes_nothing() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 4, 3, 2, 7, 5);
    INDArray score = ScoreCam.withDefaults().attribute(network, x, Target.predicted()).values();
    INDArray ablation =
        AblationCam.withDefaults().attribute(network, x, Target.predicted()).values();
    for (int size : new int[] {1, 4, 15}) {
      assertClose(
          ScoreCam.withDefaults()
              .withBatchSize(size)
              .attribute(network, x, Target.predicted())
              .values(),
          score,
          1e-12);
      assertClose(
          AblationCam.withDefaults()
              .withBatchSize(size)
              .attribute(network, x, Target.predicted())
              .values(),
          ablation,
          1e-12);
    }
  }

  @Test
  void several_layers_are_tried_one_after_another() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 4, 1, 2, 7, 5);
    Attribution score =
        ScoreCam.withDefaults()
            .withLayers("relu1", "relu2")
            .attribute(network, x, Target.predicted());
    assertThat(score.provenance().forwards()).isEqualTo(1 + 4 + 5);
    Attribution ablation =
        AblationCam.withDefaults()
            .withLayers("relu1", "relu2")
            .attribute(network, x, Target.predicted());
    assertThat(ablation.provenance().forwards()).isEqualTo(2 + 4 + 2 + 5);
    assertThat(ablation.tensor()).isEqualTo("relu1");
    assertThat(ScoreCam.withDefaults().withLayers("relu1", "relu2").settings())
        .containsExactly(Map.entry("layers", "relu1, relu2"), Map.entry("sign", "signed"));
  }

  @Test
  void wrong_use_is_refused() {
    assertThatThrownBy(() -> ScoreCam.withDefaults().withBatchSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was 0");
    assertThatThrownBy(() -> AblationCam.withDefaults().withBatchSize(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch size must be at least 1, was -1");
    INDArray x = gaussian(DataType.DOUBLE, 4, 1, 2, 7, 5);
    assertThatThrownBy(
            () ->
                AblationCam.withDefaults()
                    .attribute(SmallNets.convolutional(), x, Target.channel("conv2", 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the target must lie above the layer 'relu2', but it reads 'conv2'");
  }
}
