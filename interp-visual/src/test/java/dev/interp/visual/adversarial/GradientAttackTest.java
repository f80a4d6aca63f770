package dev.interp.visual.adversarial;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GradientAttackTest {
  /** Class 0: 3 x₀ − 4 x₁; class 1: −x₀. The third value counts for nothing. */
  private static final Network LINEAR =
      SmallNets.linear(
          array(new long[] {3, 2}, 3, -1, -4, 0, 0, 0), Nd4j.zeros(DataType.DOUBLE, 2), 3);

  private static final INDArray X = array(new long[] {1, 3}, 1, 1, 1);

  private static INDArray changed(GradientAttack attack) {
    return attack.perturb(LINEAR, X, Target.ofClass(0));
  }

  @Test
  void one_step_goes_against_the_sign_of_the_gradient() {
    GradientAttack attack = GradientAttack.fgsm(0.1);
    assertClose(changed(attack), array(new long[] {1, 3}, 0.9, 1.1, 1), 1e-15);
    assertClose(changed(attack.targeted()), array(new long[] {1, 3}, 1.1, 0.9, 1), 1e-15);
  }

  @Test
  void steps_are_taken_back_to_the_ball() {
    GradientAttack attack = GradientAttack.pgd(0.25, 0.1, 5);
    assertClose(changed(attack), array(new long[] {1, 3}, 0.75, 1.25, 1), 1e-15);
    INDArray round = changed(attack.withNorm(GradientAttack.Norm.L2));
    assertClose(round, array(new long[] {1, 3}, 1 - 0.15, 1 + 0.2, 1), 1e-14);
    INDArray near = changed(GradientAttack.pgd(1, 0.1, 2).withNorm(GradientAttack.Norm.L2));
    assertClose(near, array(new long[] {1, 3}, 1 - 0.12, 1 + 0.16, 1), 1e-14);
  }

  @Test
  void values_stay_within_bounds() {
    GradientAttack attack =
        GradientAttack.fgsm(0.5).withBounds(Baseline.constant(0.8), Baseline.constant(1.2));
    assertClose(changed(attack), array(new long[] {1, 3}, 0.8, 1.2, 1), 1e-15);
    INDArray outside = array(new long[] {1, 3}, 5, 1, 0);
    assertClose(
        attack.perturb(LINEAR, outside, Target.ofClass(0)),
        array(new long[] {1, 3}, 1.2, 1.2, 0.8),
        1e-15);
  }

  /** Class 1 is predicted for (−1, 1, 1); falling, it would hand over to class 0 on the way. */
  @Test
  void the_predicted_class_is_that_of_the_input() {
    INDArray x = array(new long[] {1, 3}, -1, 1, 1);
    INDArray moved = GradientAttack.pgd(5, 1, 4).perturb(LINEAR, x, Target.predicted());
    assertClose(moved, array(new long[] {1, 3}, 3, 1, 1), 1e-15);
  }

  @Test
  void the_target_falls_and_the_input_stays_as_it_was() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 5, 3, 2, 7, 5);
    byte[] before = bytes(x);
    INDArray moved = GradientAttack.pgd(0.1, 0.02, 8).perturb(network, x, Target.ofClass(1));
    assertThat(bytes(x)).isEqualTo(before);
    INDArray was = network.logits(x).getColumn(1);
    INDArray is = network.logits(moved).getColumn(1);
    for (int i = 0; i < 3; i++) {
      assertThat(is.getDouble(i)).isLessThan(was.getDouble(i));
    }
    assertThat(moved.sub(x).amaxNumber().doubleValue()).isLessThanOrEqualTo(0.1 + 1e-12);
  }

  @Test
  void a_batch_gives_what_singles_give() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 5, 2, 2, 7, 5);
    GradientAttack attack = GradientAttack.pgd(0.3, 0.1, 3).withNorm(GradientAttack.Norm.L2);
    INDArray both = attack.perturb(network, x, Target.predicted());
    INDArray second = Nd4j.stack(0, x.slice(1));
    assertClose(
        Nd4j.stack(0, both.slice(1)), attack.perturb(network, second, Target.predicted()), 1e-13);
  }

  @Test
  void a_listener_can_cancel() {
    GradientAttack attack = GradientAttack.pgd(1, 0.1, 5).withProgress((done, total) -> done < 2);
    assertThatThrownBy(() -> changed(attack))
        .isInstanceOf(CancellationException.class)
        .hasMessage("cancelled after 2 of 5 evaluations");
  }

  @Test
  void misuse_is_refused() {
    assertThatThrownBy(() -> GradientAttack.fgsm(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the radius must be above 0, was 0.0");
    assertThatThrownBy(() -> GradientAttack.pgd(1, Double.NaN, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the step must be above 0, was NaN");
    assertThatThrownBy(() -> GradientAttack.pgd(1, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("steps must be at least 1, was 0");
    assertThatThrownBy(() -> GradientAttack.fgsm(1).perturb(LINEAR, X, Target.ofClasses(0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("target classes must be one for all examples or one per example (1), was 2");
  }
}
