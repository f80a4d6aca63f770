package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What a step of activation maximisation takes beside a bare pass forward and back: {@link
 * AscentBenchmark} for one channel and for eight at once.
 *
 * <p>Both take turns, each time in a JVM of its own. A sample is 512 steps or passes; times are the
 * medians of all samples, and the fastest of them tell how it would be on a machine that does
 * nothing else.
 *
 * <pre>java -cp interp.jar dev.interp.bench.jmh.AscentSuite RESULT.json
 * </pre>
 */
public final class AscentSuite {
  private static final int ROUNDS = 2;

  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final PrintStream out;

  private AscentSuite(PrintStream out) {
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
    new AscentSuite(System.out).run(Path.of(arguments[0]));
  }

  private void run(Path file) throws IOException, RunnerException, InterruptedException {
    ObjectNode result = json.createObjectNode();
    result.put(
        "what",
        "a step of activation maximisation of channels of SqueezeNet's fire5 at 128 x 128, and a"
            + " bare pass forward and back; milliseconds");
    Surroundings.describe(result, Surroundings.commit());
    ArrayNode rows = result.putArray("rows");
    for (int channels : new int[] {1, 8}) {
      List<Double> bare = new ArrayList<>();
      List<Double> steps = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        bare.addAll(times("barePasses", channels));
        steps.addAll(times("maximisation", channels));
      }
      ObjectNode row = rows.addObject();
      row.put("channels", channels);
      row.put("bare_pass", median(bare));
      row.put("step", median(steps));
      row.put("ratio", median(steps) / median(bare));
      row.put("ratio_of_fastest", Collections.min(steps) / Collections.min(bare));
      row.set("bare_pass_samples", json.valueToTree(bare));
      row.set("step_samples", json.valueToTree(steps));
      out.println(row);
    }
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }

  private static double median(List<Double> times) {
    List<Double> sorted = times.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return (sorted.get(middle) + sorted.get((sorted.size() - 1) / 2)) / 2;
  }

  private static List<Double> times(String benchmark, int channels) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(Timing.pattern(AscentBenchmark.class, benchmark))
            .param("channels", Integer.toString(channels))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    List<Double> times = new ArrayList<>();
    for (RunResult run : new Runner(options.build()).run()) {
      for (BenchmarkResult fork : run.getBenchmarkResults()) {
        for (IterationResult iteration : fork.getIterationResults()) {
          times.add(iteration.getPrimaryResult().getScore());
        }
      }
    }
    return times;
  }
}
