package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The nets of the peers' files are the peers' nets: they give their outputs. */
class PeerNetsTest {

  @Test
  void the_tiny_cnn_has_the_peers_activations() {
    JsonNode tiny = SharedData.orSkip().json("../conformance/tinycnn.json");
    Network network = PeerNets.tinyCnn(tiny);
    INDArray x = PeerNets.array(tiny.get("X"));
    assertThat(PeerTable.difference(network.logits(x), PeerNets.array(tiny.get("logits"))))
        .isLessThan(1e-14);
    tiny.get("activations")
        .properties()
        .forEach(
            e -> {
              try (var trace = network.run(x, Hooks.none().keep(e.getKey()))) {
                INDArray value = trace.activation(e.getKey());
                assertThat(PeerTable.difference(value, PeerNets.array(e.getValue())))
                    .as(e.getKey())
                    .isLessThan(1e-14);
              }
            });
  }

  @Test
  void every_captum_case_has_a_net_that_takes_its_input() {
    JsonNode file = SharedData.orSkip().json("../conformance/captum_cases.json");
    var cases = PeerNets.captumCases(file, "");
    assertThat(cases).hasSize(58);
    for (PeerNets.Case c : cases) {
      c.target().check(c.network(), c.input().size(0));
      assertThat(c.network().logits(c.input()).size(0)).isEqualTo(c.input().size(0));
    }
  }

  @Test
  void innvestigates_layers_give_its_outputs() {
    JsonNode file = SharedData.orSkip().json("../conformance/innvestigate_layers.json");
    for (JsonNode method : file.get("methods")) {
      INDArray x = PeerNets.array(method.get("input"));
      method
          .get("layers")
          .properties()
          .forEach(
              e -> {
                JsonNode layer = e.getValue();
                Network network = PeerNets.innvestigateLayer(e.getKey(), layer.get("weights"));
                INDArray expected = PeerNets.array(layer.get("output"));
                INDArray rows = network.logits(x).permute(0, 2, 3, 1).dup('c');
                assertThat(PeerTable.difference(rows, expected)).as(e.getKey()).isLessThan(1e-5);
              });
    }
  }
}
