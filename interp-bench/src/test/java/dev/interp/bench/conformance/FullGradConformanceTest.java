package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.network.Target;
import dev.interp.visual.relevance.FullGrad;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** FullGrad against pytorch-grad-cam, whose map is in float32, scaled from 0 to 1 at the end. */
class FullGradConformanceTest {

  @Test
  void the_small_cnn() throws IOException {
    JsonNode tiny = SharedData.orSkip().json("../conformance/tinycnn.json");
    Target target =
        Target.ofClasses(tiny.get("target").get(0).asInt(), tiny.get("target").get(1).asInt());
    Attribution result =
        FullGrad.withDefaults()
            .attribute(PeerNets.tinyCnn(tiny), PeerNets.array(tiny.get("X")), target);
    INDArray map = result.values();
    map.subi(map.min(true, 1, 2, 3).broadcast(map.shape()));
    map.divi(map.max(true, 1, 2, 3).broadcast(map.shape()));
    PeerTable table = new PeerTable();
    table.add(
        "full-grad",
        "pytorch-grad-cam 084273b",
        "tinycnn, which the peer computes in float32",
        map,
        PeerNets.array(tiny.get("results").get("gradcam/FullGrad").get("value")),
        1e-6);
    table.write("full-grad");
    assertThat(table.missed()).isEmpty();
    assertThat(result.completenessGaps())
        .allSatisfy(gap -> assertThat(gap).isCloseTo(0, within(1e-13)));
  }
}
