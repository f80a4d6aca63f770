package dev.interp.bench.soak;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.Method;
import dev.interp.visual.MethodOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures how far the resident memory of this process rises above what it was while a method
 * explains one picture of 224 by 224 pixels with SqueezeNet, 32 inputs at a time, beside a bare
 * forward pass of 32 pictures. Every measurement begins with a network that has run nothing, so it
 * counts the arrays that the network makes for itself. Linux only: the peak is {@code VmHWM} of
 * {@code /proc/self/status}.
 */
@Command(
    name = "peak-memory",
    mixinStandardHelpOptions = true,
    description = "Measures the peak memory of attribution methods.")
public final class PeakMemory implements Callable<Integer> {
  private static final int BATCH = 32;
  private static final int TARGET = 3;

  /** What evaluates changed pictures, and two that build gradients to compare with. */
  private static final List<String> METHODS =
      List.of(
          "occlusion",
          "feature-ablation",
          "feature-permutation",
          "lime",
          "kernel-shap",
          "shapley-sampling",
          "shapley-exact",
          "rise",
          "sobol",
          "hsic",
          "prediction-difference-analysis",
          "score-cam",
          "ablation-cam",
          "integrated-gradients",
          "smoothgrad");

  @Option(names = "--out", required = true, description = "the JSON file to write")
  private Path out = Path.of("peak-memory.json");

  @Option(names = "--readme", description = "a Markdown file to put the table into")
  private Path readme = Path.of("README.md");

  /** Made by picocli. */
  public PeakMemory() {}

  /**
   * Measures.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new PeakMemory()).execute(arguments));
  }

  /**
   * Measures and writes.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written, or the system does not tell
   * @throws InterruptedException if the thread is interrupted
   */
  @Override
  public Integer call() throws IOException, InterruptedException {
    String commit = Surroundings.commit();
    INDArray one = BenchNets.input(BenchNets.SQUEEZENET11, 1);
    INDArray many = BenchNets.input(BenchNets.SQUEEZENET11, BATCH);
    Map<String, Double> peaks = new LinkedHashMap<>();
    // The first run also loads what all later ones use.
    for (String round : List.of("", "forward")) {
      double peak = peak(network -> network.logits(many).close());
      if (!round.isEmpty()) {
        peaks.put(round, peak);
      }
    }
    for (String id : METHODS) {
      Attributor method = Method.of(id).with(options(id));
      peaks.put(
          id,
          peak(network -> method.attribute(network, one, Target.ofClass(TARGET)).values().close()));
      System.err.printf(Locale.ROOT, "%s %.0f MiB%n", id, peaks.get(id));
    }
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode result = json.createObjectNode();
    result.put(
        "what", "peak resident memory above idle, SqueezeNet 1.1, 224 x 224, batch " + BATCH);
    Surroundings.describe(result, commit);
    ArrayNode rows = result.putArray("rows");
    peaks.forEach((name, mib) -> rows.addObject().put("method", name).put("mib", mib));
    ResultFile.write(out, json.writeValueAsString(result) + "\n");
    ResultFile.insert(readme, "memory", markdown(peaks, commit));
    return 0;
  }

  private static String markdown(Map<String, Double> peaks, String commit) {
    StringBuilder table = new StringBuilder("| Method | MiB |\n|---|--:|\n");
    peaks.forEach(
        (name, mib) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "| %s | %.0f |%n",
                    name.equals("forward") ? "a bare forward pass of 32" : '`' + name + '`',
                    mib)));
    return table + "\nMeasured at commit " + commit + ".\n";
  }

  private static MethodOptions options(String id) {
    Integer steps =
        switch (id) {
          case "feature-permutation", "shapley-sampling", "sobol" -> 2;
          default -> 2 * BATCH;
        };
    Map<String, String> values = new LinkedHashMap<>();
    switch (id) {
      case "feature-ablation", "feature-permutation", "lime", "kernel-shap", "shapley-sampling" ->
          values.put(id + ".segments", "grid-7");
      case "prediction-difference-analysis" -> {
        values.put(id + ".samples", "2");
        values.put(id + ".window", "10");
        values.put(id + ".stride", "10");
      }
      default -> {
        // The defaults evaluate more than one batch.
      }
    }
    return new MethodOptions(null, steps, null, 32, 32, null, 1L, BATCH, Progress.none(), values);
  }

  private static double peak(Consumer<Network> work) throws IOException, InterruptedException {
    Network network = Dl4j.network(BenchNets.graph(BenchNets.SQUEEZENET11));
    return ResidentPeak.mebibytes(() -> work.accept(network));
  }
}
