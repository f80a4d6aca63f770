package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.Quadrature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The gradient methods of iNNvestigate on single layers, from its own reference files. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InnvestigateGradientTest {
  private final PeerTable table = new PeerTable();

  @ParameterizedTest
  @CsvSource({
    "Gradient, gradient",
    "InputTimesGradient, input-x-gradient",
    "GuidedBackprop, guided-backprop",
    "Deconvnet, deconvnet",
    "IntegratedGradients, integrated-gradients"
  })
  void single_layers(String name, String id) {
    JsonNode method =
        SharedData.orSkip()
            .json("../conformance/innvestigate_layers.json")
            .get("methods")
            .get(name);
    INDArray x = PeerNets.array(method.get("input"));
    List<String> layers = new ArrayList<>();
    method.get("layers").fieldNames().forEachRemaining(layers::add);
    assertThat(layers).isNotEmpty();
    for (String layer : layers) {
      JsonNode json = method.get("layers").get(layer);
      Network network = PeerNets.innvestigateLayer(layer, json.get("weights"));
      Target target = PeerNets.largestUnit(network, x);
      INDArray values = values(id, network, x, target);
      INDArray expected = PeerNets.array(json.get("attribution"));
      PeerTable.Row row =
          table.add(
              id, "iNNvestigate 10e4fc4", layer, values, expected.reshape(values.shape()), 1e-5);
      assertThat(row.missed()).as(row.toString()).isFalse();
    }
  }

  private static INDArray values(String id, Network network, INDArray x, Target target) {
    return switch (id) {
      case "gradient" -> Gradient.plain().attribute(network, x, target).values();
      case "input-x-gradient" -> inputTimesGradient(network, x, target);
      case "guided-backprop" ->
          timesOutput(Gradient.guidedBackprop().attribute(network, x, target));
      case "deconvnet" -> timesOutput(Gradient.deconvnet().attribute(network, x, target));
      default -> {
        // Its mean over 64 points with both ends: 63 left ends of intervals, and the end itself.
        INDArray left =
            IntegratedGradients.withDefaults()
                .withSteps(63)
                .withQuadrature(Quadrature.RIEMANN_LEFT)
                .attribute(network, x, target)
                .values();
        yield left.muli(63).addi(inputTimesGradient(network, x, target)).divi(64);
      }
    };
  }

  private static INDArray inputTimesGradient(Network network, INDArray x, Target target) {
    return Gradient.inputTimesGradient().attribute(network, x, target).values();
  }

  /** It begins with the output's value instead of one. */
  private static INDArray timesOutput(Attribution result) {
    return result.values().muli(result.outputs().get(0));
  }

  @AfterAll
  void write_the_table() throws IOException {
    table.write("innvestigate-gradient");
  }
}
