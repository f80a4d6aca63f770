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
import java.util.Arrays;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.util.ListStatistics;

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
      ListStatistics bare = new ListStatistics();
      ListStatistics steps = new ListStatistics();
      for (int round = 0; round < ROUNDS; round++) {
        time("barePasses", channels, bare);
        time("maximisation", channels, steps);
      }
      ObjectNode row = rows.addObject();
      row.put("channels", channels);
      row.put("bare_pass", bare.getPercentile(50));
      row.put("step", steps.getPercentile(50));
      row.put("ratio", steps.getPercentile(50) / bare.getPercentile(50));
      row.put("ratio_of_fastest", steps.getMin() / bare.getMin());
      out.println(row);
    }
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }

  private static void time(String benchmark, int channels, ListStatistics times)
      throws RunnerException {
    ChainedOptionsBuilder options =
        Forked.options(Timing.pattern(AscentBenchmark.class, benchmark))
            .param("channels", Integer.toString(channels));
    Arrays.stream(Forked.samples(options)).forEach(times::addValue);
  }
}
