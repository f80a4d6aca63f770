package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.bench.jmh.SpeedResult.Row;
import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.util.ListStatistics;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times attribution methods and, in turn with each of them, the same method of Captum or
 * pytorch-grad-cam, and writes one JSON file.
 */
@Command(
    name = "method-speed",
    description = "Times attribution methods beside their peers and writes the times as JSON.",
    mixinStandardHelpOptions = true)
public final class MethodSuite implements Callable<Integer> {
  private static final double CONFIDENCE = 0.999;
  private static final double AT_MOST = 1.3;
  private static final List<String> METHODS =
      List.of(
          "saliency",
          "input-x-gradient",
          "guided-backprop",
          "deconvnet",
          "integrated-gradients",
          "smoothgrad",
          "deep-lift",
          "lrp-epsilon",
          "full-grad",
          "conductance",
          "internal-influence",
          MethodBenchmark.LAYER_GRADIENTS,
          "grad-cam",
          "grad-cam-plus-plus",
          "hires-cam",
          "xgrad-cam",
          "layer-cam",
          "eigen-cam",
          "score-cam",
          "ablation-cam",
          "guided-grad-cam",
          "occlusion",
          "feature-ablation",
          "lime",
          "kernel-shap",
          "shapley-sampling",
          "prediction-difference-analysis");

  /** What is to be reached, as a share of the peer's time. */
  private static final Map<String, Double> LIMITS =
      Map.ofEntries(
          Map.entry("saliency", 0.9),
          Map.entry("integrated-gradients", 0.9),
          Map.entry("grad-cam", 0.9),
          Map.entry("lrp-epsilon", 0.3),
          Map.entry("score-cam", 0.5),
          Map.entry("ablation-cam", 0.5),
          Map.entry("lime", 0.7),
          Map.entry("kernel-shap", 0.7),
          Map.entry("occlusion", 1.0),
          Map.entry("conductance", 1.0),
          Map.entry("internal-influence", 1.0),
          Map.entry(MethodBenchmark.LAYER_GRADIENTS, 1.0),
          Map.entry("prediction-difference-analysis", 1.0));

  @Option(names = "--out", required = true, description = "the JSON file to write")
  private Path out = Path.of("methods.json");

  @Option(names = "--peer", required = true, description = "peer/methods_speed.py")
  private Path peer = Path.of("interp-bench/peer/methods_speed.py");

  @Option(names = "--captum", required = true, description = "the folder that holds captum 0.7.0")
  private Path captum = Path.of("captum");

  @Option(names = "--grad-cam", required = true, description = "the folder that holds the package")
  private Path gradCam = Path.of("pytorch-grad-cam");

  @Option(names = "--methods", split = ",", description = "which; default: all with a peer")
  private List<String> methods = METHODS;

  private final Map<String, String> versions = new TreeMap<>(Surroundings.versions());

  /** Made by picocli. */
  public MethodSuite() {}

  /**
   * Runs the suite.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new MethodSuite()).execute(arguments));
  }

  /**
   * Runs the suite.
   *
   * @return 0
   * @throws IOException if the peer fails or the file cannot be written
   * @throws RunnerException if a benchmark fails
   * @throws InterruptedException if the thread is interrupted while the peer runs
   */
  @Override
  public Integer call() throws IOException, RunnerException, InterruptedException {
    String commit = Surroundings.commit();
    List<Row> rows = new ArrayList<>();
    for (String method : methods) {
      for (String net : List.of(BenchNets.SQUEEZENET11, BenchNets.RESNET18)) {
        System.err.println(net + " " + method);
        rows.add(row(net, method, ours(net, method), theirs(net, method)));
        new SpeedResult(
                "median over iterations of the mean milliseconds of a call",
                false,
                Surroundings.machine(),
                commit,
                versions,
                rows)
            .write(out);
      }
    }
    return 0;
  }

  private static Row row(
      String net, String method, ListStatistics ours, @Nullable ListStatistics theirs) {
    double ms = ours.getPercentile(50);
    double error = ours.getMeanErrorAt(CONFIDENCE);
    Double peerMs = theirs == null ? null : theirs.getPercentile(50);
    boolean cam =
        method.endsWith("-cam") || method.endsWith("plus-plus") || method.equals("full-grad");
    boolean captums = !cam || method.equals("guided-grad-cam");
    return new Row(
        net,
        method,
        1,
        ms,
        Double.isFinite(error) ? error : null,
        captums ? "Captum" : "pytorch-grad-cam",
        peerMs,
        peerMs == null ? null : ms / peerMs,
        LIMITS.getOrDefault(method, AT_MOST),
        null);
  }

  private static ListStatistics ours(String net, String method) throws RunnerException {
    return new ListStatistics(
        Forked.samples(
            Forked.options(Timing.pattern(MethodBenchmark.class, "explain"))
                .param("net", net)
                .param("method", method)));
  }

  /** With the faster way of waiting. */
  private @Nullable ListStatistics theirs(String net, String method)
      throws IOException, InterruptedException {
    ListStatistics best = null;
    for (Peer.Waiting waiting : Peer.Waiting.values()) {
      ListStatistics samples = theirs(net, method, waiting);
      if (samples != null && (best == null || samples.getPercentile(50) < best.getPercentile(50))) {
        best = samples;
      }
    }
    return best;
  }

  private @Nullable ListStatistics theirs(String net, String method, Peer.Waiting waiting)
      throws IOException, InterruptedException {
    byte[] output =
        Peer.run(
            peer,
            waiting,
            List.of(
                "--net",
                net,
                "--methods",
                method,
                "--captum",
                captum.toString(),
                "--grad-cam",
                gradCam.toString()));
    JsonNode answer = new ObjectMapper().readTree(output);
    answer
        .path("versions")
        .properties()
        .forEach(e -> versions.put(e.getKey(), e.getValue().asText()));
    versions.put("torch_threads", answer.path("threads").asText());
    versions.put("torch_blas", answer.path("blas").asText());
    JsonNode times = answer.path("rows").path(0).path("iterations_ms");
    if (times.isMissingNode()) {
      return null;
    }
    ListStatistics samples = new ListStatistics();
    StreamSupport.stream(times.spliterator(), false).forEach(t -> samples.addValue(t.asDouble()));
    return samples;
  }
}
