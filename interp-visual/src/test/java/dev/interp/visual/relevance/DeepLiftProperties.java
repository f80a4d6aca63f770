package dev.interp.visual.relevance;

import static dev.interp.core.testkit.Tensors.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.BranchedNets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DeepLiftProperties {

  @Property(tries = 30, seed = "3")
  void the_values_sum_to_the_difference_of_the_outputs(
      @ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = BranchedNets.of(seed, false);
    INDArray x = BranchedNets.batch(seed + 1, 2);
    INDArray start = BranchedNets.batch(seed + 2, 2);
    INDArray difference = network.logits(x).subi(network.logits(start));
    for (DeepLift method : List.of(DeepLift.rescale(), DeepLift.revealCancel(), DeepLift.shap())) {
      Attribution result =
          (method.id().equals("deep-lift-shap")
                  ? method.withBaselines(List.of(Baseline.array(start)))
                  : method.withBaseline(Baseline.array(start)))
              .attribute(network, x, Target.ofClasses(2, 0));
      for (int i = 0; i < 2; i++) {
        double due = difference.getDouble(i, i == 0 ? 2 : 0);
        double sum = result.values().slice(i).sumNumber().doubleValue();
        double scale = Math.max(1, BranchedNets.largest(result.values()));
        assertThat(sum).as(method.id()).isCloseTo(due, within(1e-10 * scale));
        assertThat(result.completenessGaps().get(i))
            .as(method.id())
            .isCloseTo(sum - due, within(1e-12 * scale));
      }
    }
  }

  @Property(tries = 6, seed = "4")
  void a_batch_gives_what_its_examples_give(@ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = BranchedNets.of(seed, false);
    INDArray x = BranchedNets.batch(seed + 1, 3);
    Baseline baseline = Baseline.constant(0.3);
    for (DeepLift method :
        List.of(
            DeepLift.rescale(), DeepLift.revealCancel(), DeepLift.shap().withNoise(2, 0.1, 5))) {
      INDArray together =
          method.withBaseline(baseline).attribute(network, x, Target.ofClass(1)).values();
      for (int i = 0; i < 3; i++) {
        INDArray alone =
            method
                .withBaseline(baseline)
                .attribute(network, Nd4j.stack(0, x.slice(i)), Target.ofClass(1))
                .values();
        assertClose(Nd4j.stack(0, together.slice(i)), alone, 1e-10);
      }
    }
  }

  @Property(tries = 10, seed = "5")
  void a_hidden_tensor_that_all_paths_cross_carries_the_whole_difference(
      @ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = BranchedNets.of(seed, false);
    INDArray x = BranchedNets.batch(seed + 1, 2);
    for (DeepLift method : List.of(DeepLift.rescale(), DeepLift.revealCancel())) {
      for (String tensor : List.of("conv1", "act1", "join", "pool", "fc1", "act3")) {
        Attribution result = method.withTensor(tensor).attribute(network, x, Target.ofClass(1));
        assertThat(result.tensor()).isEqualTo(tensor);
        assertThat(result.completenessGaps())
            .hasSize(2)
            .allSatisfy(
                g ->
                    assertThat(g)
                        .as(tensor)
                        .isCloseTo(
                            0, within(1e-10 * Math.max(1, BranchedNets.largest(result.values())))));
      }
      assertThat(
              method
                  .withTensor("conv2")
                  .attribute(network, x, Target.ofClass(1))
                  .completenessGaps())
          .isEmpty();
    }
  }
}
