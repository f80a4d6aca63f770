package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.training.filter.FilterLoss;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What the filter loss costs a step of training: {@link FilterStepBenchmark} for an ordinary net, a
 * masked one and each form of the loss.
 *
 * <pre>java -cp interp.jar dev.interp.bench.jmh.FilterStepSuite RESULT.json
 * </pre>
 */
public final class FilterStepSuite {
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
    ArrayNode rows = result.putArray("rows");
    List<String> nets = new ArrayList<>(List.of(FilterStepBenchmark.ORDINARY));
    Arrays.stream(FilterLoss.values()).map(Enum::name).forEach(nets::add);
    for (String net : nets) {
      ObjectNode row = rows.addObject();
      row.put("net", net);
      time(row, "step", net);
      out.println(row);
    }
    double masked = ms(rows, FilterLoss.NONE);
    for (FilterLoss form : FilterLoss.values()) {
      out.printf(
          Locale.ROOT,
          "%s: %+.1f %% over the masked step%n",
          form,
          100 * (ms(rows, form) / masked - 1));
    }
    for (String alone : List.of("mutualInformation", "products")) {
      ObjectNode row = result.putObject(alone);
      time(row, alone, FilterStepBenchmark.ORDINARY);
      row.put("share_of_masked_step", row.get("ms").asDouble() / masked);
      out.println(alone + " " + row);
    }
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }

  private static double ms(ArrayNode rows, FilterLoss form) {
    for (var row : rows) {
      if (row.get("net").asText().equals(form.name())) {
        return row.get("ms").asDouble();
      }
    }
    throw new IllegalStateException("not measured: " + form);
  }

  private static void time(ObjectNode row, String benchmark, String net) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(Timing.pattern(FilterStepBenchmark.class, benchmark))
            .param("loss", net)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    for (RunResult run : new Runner(options.build()).run()) {
      Result<?> score = run.getPrimaryResult();
      row.put("ms", score.getScore());
      row.put("ms_error", score.getScoreError());
    }
  }
}
