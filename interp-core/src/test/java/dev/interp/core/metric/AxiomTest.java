package dev.interp.core.metric;

import static dev.interp.core.metric.Hand.numbers;
import static dev.interp.core.metric.Hand.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class AxiomTest {
  private static final Offset<Double> EXACT = within(1e-9);

  @Test
  void completeness_is_the_gap_of_the_sum() {
    Examples examples = Hand.of(1, 2, numbers(2, 3), numbers(5, 7), numbers(10, 20));
    // 30 against 31; against the baseline 1: 31 − 5 = 26
    assertThat(score(Axiom.completeness(), examples)).isCloseTo(1, EXACT);
    assertThat(score(Axiom.completeness().withBaseline(Baseline.constant(1)), examples))
        .isCloseTo(4, EXACT);
  }

  @Test
  void completeness_sums_what_the_method_gave() {
    // A map of one cell, spread over 2 × 2 pixels, still sums to 31.
    Examples examples =
        Examples.of(Hand.linear(2, 2, 2, 3, 0, 0), Hand.picture(2, 2, 5, 7, 0, 0), 0)
            .withAttribution(Hand.picture(1, 1, 31));
    assertThat(examples.map(0)).containsExactly(31, 31, 31, 31);
    assertThat(score(Axiom.completeness(), examples)).isCloseTo(0, EXACT);
  }

  @Test
  void a_gradient_does_not_change_with_the_input_s_origin_but_a_product_does() {
    Network network = Hand.linear(1, 2, 2, 3);
    INDArray x = Hand.picture(1, 2, 5, 7);
    assertThat(score(Axiom.inputInvariance(), Hand.explained(network, Hand.gradient(false), x, 0)))
        .isCloseTo(0, EXACT);
    // The product changes by 2 and 3 from 10 and 21.
    assertThat(score(Axiom.inputInvariance(), Hand.explained(network, Hand.gradient(true), x, 0)))
        .isCloseTo(Math.sqrt(4 + 9) / Math.sqrt(100 + 441), EXACT);
    assertThatThrownBy(() -> Axiom.inputInvariance().withShift(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void the_second_network_computes_the_same() {
    Network network = SmallNets.convolutional();
    INDArray x = Tensors.gaussian(DataType.DOUBLE, 4, 2, 2, 7, 5);
    INDArray ones = Nd4j.ones(DataType.DOUBLE, 2);
    Network second = Rewriting.shiftedBack(network, ones, ones.mul(-1.5));
    Tensors.assertClose(second.logits(x.add(1.5)), network.logits(x), 1e-12);
  }
}
