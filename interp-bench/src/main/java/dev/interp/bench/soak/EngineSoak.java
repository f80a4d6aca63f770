package dev.interp.bench.soak;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Runs SqueezeNet 1.1 forward and back on batches whose shapes never stay the same, and writes how
 * large the resident memory of the process is on the way: kernels, packed weights and scratch
 * memory that are native must not pile up. Linux only.
 *
 * <pre>java -Xmx1g -cp interp.jar dev.interp.bench.soak.EngineSoak RESULT.json [RUNS]</pre>
 *
 * <p>Default: 10,000 runs, of one to four pictures of 48 to 111 pixels a side, with seed 1.
 */
public final class EngineSoak {
  private static final int LEAST_SIDE = 48;
  private static final int SIDES = 64;
  private static final int LARGEST_BATCH = 4;
  private static final int STOPS = 10;
  private static final int COLLECTED = 50;

  private EngineSoak() {}

  /**
   * Runs it.
   *
   * @param arguments the file of results, how many runs
   * @throws IOException if this is not Linux, or the file cannot be written
   * @throws InterruptedException if the thread is interrupted
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 1 || arguments.length > 2) {
      throw new IllegalArgumentException("give: RESULT.json [RUNS]");
    }
    int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10_000;
    String commit = Surroundings.commit();
    Network squeeze = Dl4j.network(BenchNets.graph(BenchNets.SQUEEZENET11));
    Random random = new Random(1);
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ArrayNode rows = json.createArrayNode();
    for (int run = 1; run <= runs; run++) {
      pass(squeeze, random);
      if (run % COLLECTED == 0) {
        // ND4J frees its small arrays when their Java objects are collected.
        System.gc();
      }
      if (run % Math.max(1, runs / STOPS) == 0) {
        ObjectNode row = rows.addObject();
        row.put("runs", run).put("resident_mib", ResidentPeak.kibibytes("VmRSS:") / 1024);
        System.out.println(row);
      }
    }
    ObjectNode result = json.createObjectNode();
    result.put("engine", squeeze.engine().toString());
    Surroundings.describe(result, commit);
    result.set("rows", rows);
    ResultFile.write(Path.of(arguments[0]), json.writeValueAsString(result) + "\n");
  }

  private static void pass(Network squeeze, Random random) {
    long batch = 1L + random.nextInt(LARGEST_BATCH);
    long height = (long) LEAST_SIDE + random.nextInt(SIDES);
    long width = (long) LEAST_SIDE + random.nextInt(SIDES);
    Network network = squeeze.withInput(3, height, width);
    try (INDArray x = Nd4j.rand(DataType.FLOAT, batch, 3, height, width);
        Trace trace = network.run(x, Hooks.none());
        INDArray gradient = trace.gradient(Target.ofClass(1), Network.INPUT)) {
      network.logits(gradient).close();
    }
  }
}
