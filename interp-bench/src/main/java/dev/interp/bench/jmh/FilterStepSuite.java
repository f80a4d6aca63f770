package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.bench.soak.ResidentPeak;
import dev.interp.training.filter.FilterLoss;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.runner.RunnerException;

/**
 * What the filter loss costs a step of training in time and memory: {@link FilterStepBenchmark} for
 * an ordinary net, a masked one and each form of the loss.
 *
 * <pre>java -cp interp.jar dev.interp.bench.jmh.FilterStepSuite RESULT.json
 * </pre>
 */
public final class FilterStepSuite {
  private static final int ROUNDS = 2;

  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final PrintStream out;

  private FilterStepSuite(PrintStream out) {
    this.out = out;
  }

  /**
   * Measures.
   *
   * @param arguments the file of results
   * @throws Exception if a benchmark fails or the file cannot be written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      throw new IllegalArgumentException("give: RESULT.json");
    }
    new FilterStepSuite(System.out).run(Path.of(arguments[0]));
  }

  private void run(Path file) throws IOException, RunnerException, InterruptedException {
    ObjectNode result = json.createObjectNode();
    result.put("what", "a training step of 512 filters on 512 x 14 x 14, batch 32");
    Surroundings.describe(result, Surroundings.commit());
    List<String> nets = new ArrayList<>(List.of(FilterStepBenchmark.ORDINARY));
    Arrays.stream(FilterLoss.values()).map(Enum::name).forEach(nets::add);
    // Machines drift; rounds let all nets have the same share of it.
    Map<String, double[]> times = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (String net : nets) {
        times.computeIfAbsent(net, k -> new double[ROUNDS])[round] = time("step", net);
      }
    }
    double ordinary = mean(times, FilterStepBenchmark.ORDINARY);
    double masked = mean(times, FilterLoss.NONE.name());
    ArrayNode rows = result.putArray("rows");
    for (String net : nets) {
      ObjectNode row = rows.addObject();
      row.put("net", net);
      row.put("ms", mean(times, net));
      row.set("rounds_ms", json.valueToTree(times.get(net)));
      row.put("over_ordinary", mean(times, net) / ordinary - 1);
      row.put("over_masked", mean(times, net) / masked - 1);
      row.put("peak_mib", peak(net));
      out.println(row);
    }
    for (String alone : List.of("mutualInformation", "products")) {
      double ms = time(alone, FilterStepBenchmark.ORDINARY);
      result.putObject(alone).put("ms", ms).put("share_of_ordinary_step", ms / ordinary);
      out.println(alone + " " + result.get(alone));
    }
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }

  private static double mean(Map<String, double[]> times, String net) {
    return Arrays.stream(times.getOrDefault(net, new double[0])).average().orElseThrow();
  }

  private static double time(String benchmark, String net) throws RunnerException {
    return Arrays.stream(
            Forked.samples(
                Forked.options(Timing.pattern(FilterStepBenchmark.class, benchmark))
                    .param("loss", net)))
        .average()
        .orElseThrow();
  }

  /** Resident memory of a net and two of its steps, in MiB. */
  private static double peak(String net) throws IOException, InterruptedException {
    double peak =
        ResidentPeak.mebibytes(
            () -> {
              FilterStepBenchmark benchmark = new FilterStepBenchmark();
              benchmark.loss = net;
              benchmark.setUp();
              benchmark.step();
              benchmark.step();
            });
    Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread();
    return peak;
  }
}
