package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Engine;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.visual.perturbation.Occlusion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Times occlusion of one picture of 224 by 224 pixels, which recomputes only what a window reaches,
 * beside as many full forward passes in batches of the same size and, in turn with both, Captum's
 * occlusion; and says how much of the multiply-adds is saved. Where the processor has instructions
 * for it, also with bfloat16, with the correlation of the two maps.
 *
 * <pre>java -cp interp.jar dev.interp.bench.jmh.OcclusionSuite RESULT.json
 * interp-bench/peer/methods_speed.py CAPTUM-FOLDER</pre>
 *
 * <p>Each time is the median of three calls after one that does not count; Captum's of the small
 * window on VGG-16, which takes a minute, is one call after one.
 */
public final class OcclusionSuite {
  private static final int BATCH = 8;
  private static final int CALLS = 3;
  private static final List<Integer> WINDOWS = List.of(32, 16);
  private static final Target TARGET = Target.ofClass(3);

  private final Path peer;
  private final String captum;
  private final ArrayNode rows = new ObjectMapper().createArrayNode();

  private OcclusionSuite(Path peer, String captum) {
    this.peer = peer;
    this.captum = captum;
  }

  /**
   * Runs the suite.
   *
   * @param arguments the file of results, the peer's script, the folder that holds captum 0.7.0
   * @throws IOException if the peer fails or the file cannot be written
   * @throws InterruptedException if the thread is interrupted while the peer runs
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException("give: RESULT.json METHODS_SPEED.py CAPTUM-FOLDER");
    }
    String commit = Surroundings.commit();
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    OcclusionSuite run = new OcclusionSuite(Path.of(arguments[1]), arguments[2]);
    for (String net : BenchNets.measured()) {
      for (int window : WINDOWS) {
        run.measure(net, window);
        ObjectNode result = json.createObjectNode();
        Surroundings.describe(result, commit);
        result.set("rows", run.rows);
        ResultFile.write(Path.of(arguments[0]), json.writeValueAsString(result) + "\n");
      }
    }
  }

  private void measure(String net, int window) throws IOException, InterruptedException {
    Network network = Dl4j.network(BenchNets.graph(net));
    INDArray x = BenchNets.input(net, 1);
    INDArray batch = BenchNets.input(net, BATCH);
    Occlusion occlusion =
        Occlusion.withDefaults().withWindow(window, window / 2).withBatchSize(BATCH);
    PassCounter passes = new PassCounter();
    double[] map = map(occlusion, network.counting(passes), x);
    int batches = (int) ((passes.forwards() + BATCH - 1) / BATCH);
    double ms = median(() -> map(occlusion, network, x));
    double full =
        median(
            () -> {
              for (int i = 0; i < batches; i++) {
                network.logits(batch).close();
              }
            });
    double captumMs = captum(net, window);
    ObjectNode row = rows.addObject();
    row.put("net", net).put("window", window).put("stride", window / 2).put("batch", BATCH);
    row.put("kernels", network.engine().toString()).put("forwards", passes.forwards());
    row.put("ms", ms).put("full_forwards_ms", full);
    row.put("saved_multiply_adds", 1 - passes.incremental().share());
    row.put("saved_time", 1 - ms / full);
    row.put("peer", "Captum").put("peer_ms", captumMs).put("ratio", ms / captumMs);
    if (Engine.ONEDNN_BFLOAT16.isThere()) {
      Network rounded = network.withEngine(Engine.ONEDNN_BFLOAT16);
      row.put("bfloat16_ms", median(() -> map(occlusion, rounded, x)));
      double alike = new PearsonsCorrelation().correlation(map, map(occlusion, rounded, x));
      if (Double.isFinite(alike)) {
        row.put("bfloat16_correlation", alike);
      }
    }
    System.out.println(row);
  }

  private static double[] map(Occlusion occlusion, Network network, INDArray x) {
    return occlusion.attribute(network, x, TARGET).values().ravel().toDoubleVector();
  }

  private double captum(String net, int window) throws IOException, InterruptedException {
    boolean small = net.equals("vgg16") && window == 16;
    byte[] output =
        Peer.run(
            peer,
            Peer.Waiting.PASSIVE,
            List.of(
                "--net",
                net,
                "--methods",
                "occlusion",
                "--window",
                Integer.toString(window),
                "--batch-size",
                Integer.toString(BATCH),
                "--repeats",
                small ? "1" : Integer.toString(CALLS),
                "--captum",
                captum));
    JsonNode times = new ObjectMapper().readTree(output).path("rows").path(0).path("iterations_ms");
    double[] all =
        StreamSupport.stream(times.spliterator(), false).mapToDouble(JsonNode::asDouble).toArray();
    if (all.length == 0) {
      throw new IOException(
          String.format(Locale.ROOT, "the peer timed nothing for %s, window %d", net, window));
    }
    Arrays.sort(all);
    return all[all.length / 2];
  }

  private static double median(Runnable call) {
    call.run();
    double[] times = new double[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long start = System.nanoTime();
      call.run();
      times[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(times);
    return times[CALLS / 2];
  }
}
