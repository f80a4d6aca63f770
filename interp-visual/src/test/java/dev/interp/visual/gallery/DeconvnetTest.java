package dev.interp.visual.gallery;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.SmallNets;
import dev.interp.visual.gradient.Gradient;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class DeconvnetTest {
  /** a(x) = x₀ − 2 x₁ and b(x) = x₁ of neighbours in a row, rectified, pooled, 4 a − b. */
  private static Network network() {
    return Network.builder(1, 2, 5)
        .add(
            "edges",
            new Op.Convolution(
                array(new long[] {2, 1, 1, 2}, 1, -2, 0, 1),
                null,
                new Window(new Window.Axis(1, 1, 0, 1, false), new Window.Axis(2, 1, 0, 1, false)),
                1))
        .add("relu", new Op.Activation(new ActivationReLU()))
        .add("pool", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add(
            "top",
            new Op.Convolution(array(new long[] {1, 2, 1, 1}, 4, -1), null, Window.of(1, 1, 0), 1))
        .build();
  }

  /**
   * The rectified maps are [3 1 0 2, 1 0 1 0] and [1 0 2 0, 0 3 1 1], pooled to [3 2] and [3 2]. On
   * the way down the signal at b is below zero, and its rectifier stops it although it was open.
   */
  @Test
  void a_net_solved_by_hand() {
    INDArray x = array(new long[] {1, 1, 2, 5}, 5, 1, 0, 2, 0, 1, 0, 3, 1, 1);
    List<Deconvnet.Projection> units =
        Deconvnet.project(
            network(), x, "top", List.of(new Deconvnet.Unit(0, 0, 0), new Deconvnet.Unit(0, 0, 1)));

    assertThat(units.get(0).activation()).isEqualTo(4 * 3 - 3);
    assertThat(numbers(units.get(0).values())).containsExactly(36, -72, 0, 0, 0, 0, 0, 0, 0, 0);
    assertThat(units.get(0).patch()).isEqualTo(new Patch(0, 0, 2, 3));
    assertThat(units.get(1).activation()).isEqualTo(4 * 2 - 2);
    assertThat(numbers(units.get(1).values())).containsExactly(0, 0, 0, 24, -48, 0, 0, 0, 0, 0);
    assertThat(units.get(1).patch()).isEqualTo(new Patch(0, 2, 2, 3));
    assertThat(units.get(1).values().shape()).containsExactly(1, 2, 5);
  }

  @Test
  void normalisation_over_channels_is_passed_over() {
    Network network =
        Network.builder(2, 1, 1)
            .add("lrn", new Op.LocalResponseNormalization(1, 1, 0.5, 0.75))
            .add(
                "top",
                new Op.Convolution(
                    array(new long[] {1, 2, 1, 1}, 3, 5), null, Window.of(1, 1, 0), 1))
            .build();
    Deconvnet.Projection unit =
        Deconvnet.project(
                network,
                array(new long[] {1, 2, 1, 1}, 1, 2),
                "top",
                List.of(new Deconvnet.Unit(0, 0, 0)))
            .get(0);
    double value = unit.activation();
    assertThat(value).isLessThan(13);
    assertClose(unit.values(), array(new long[] {2, 1, 1}, 3 * value, 5 * value), 1e-12);
  }

  /** Rectifiers let a signal of twice the size pass as twice as much. */
  @Test
  void it_is_the_attribution_of_a_neuron_times_its_activation() {
    Network network = SmallNets.pooled();
    long[] input = network.inputShape();
    INDArray x = gaussian(DataType.DOUBLE, 3, 1, input[0], input[1], input[2]);
    int logit = network.logits(x).argMax(1).getInt(0);
    Deconvnet.Projection unit =
        Deconvnet.project(network, x, network.logits(), List.of(new Deconvnet.Unit(logit, 0, 0)))
            .get(0);
    assertThat(unit.activation()).isPositive();
    INDArray expected =
        Gradient.deconvnet()
            .attribute(network, x, Target.neuron(network.logits(), logit))
            .values()
            .mul(unit.activation());
    assertClose(unit.values(), expected.reshape(input), 1e-12);
    assertThat(unit.patch()).isEqualTo(new Patch(0, 0, (int) input[1], (int) input[2]));
  }

  @Test
  void wrong_use_is_told() {
    INDArray x = gaussian(DataType.DOUBLE, 3, 1, 1, 2, 5);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Deconvnet.project(network(), x, "top", List.of(new Deconvnet.Unit(0, 0, 2))))
        .withMessageContaining("must lie in 'top' of shape [1, 1, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Deconvnet.project(
                    network(), gaussian(DataType.DOUBLE, 3, 2, 1, 2, 5), "top", List.of()))
        .withMessageContaining("in one picture");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Deconvnet.project(network(), x, "tip", List.of()))
        .withMessageContaining("did you mean 'top'");
  }

  /** A padded unit at the edge sees less; one that sees only padding still has a pixel. */
  @Test
  void patches_are_cut_off_at_the_edges() {
    Network network =
        Network.builder(1, 6, 8)
            .add("pool", new Op.Pool(Op.Reduction.MAX, Window.of(3, 1, 2), 0))
            .build();
    var field = network.layer("pool").receptiveField();
    assertThat(Patch.of(field, 0, 0, 6, 8)).isEqualTo(new Patch(0, 0, 1, 1));
    assertThat(Patch.of(field, 3, 4, 6, 8)).isEqualTo(new Patch(1, 2, 3, 3));
    assertThat(Patch.of(field, 7, 9, 6, 8)).isEqualTo(new Patch(5, 7, 1, 1));
  }
}
