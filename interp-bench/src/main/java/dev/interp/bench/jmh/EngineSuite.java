package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.jmh.Timing.Pass;
import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Engine;
import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.util.ListStatistics;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times the engines of networks, and PyTorch and ONNX Runtime in turn with them, and writes one
 * JSON file. Samples are as in {@link SpeedSuite}. Beside each time stand the multiply-adds a
 * second of the forward pass, as a share of what one large matrix product reaches in the same run.
 */
@Command(
    name = "engine",
    description = "Times the engines of networks beside their peers and writes the times as JSON.",
    mixinStandardHelpOptions = true)
public final class EngineSuite implements Callable<Integer> {
  private static final int ROUNDS = 2;
  private static final int PRODUCT = 5000;
  private static final int PRODUCTS = 5;
  private static final String PYTORCH = "PyTorch";
  private static final String ONNX_RUNTIME = "ONNX Runtime";

  @Option(names = "--out", required = true, description = "the JSON file to write")
  private Path out = Path.of("engine.json");

  @Option(names = "--peer", required = true, description = "interp-bench/peer/torch_speed.py")
  private Path peer = Path.of("interp-bench/peer/torch_speed.py");

  @Option(names = "--quick", description = "try the suite out: SqueezeNet 1.1, batch 1, once")
  private boolean quick;

  private final Map<String, ListStatistics> samples = new LinkedHashMap<>();
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final ArrayNode rows = json.createArrayNode();
  private final Map<String, String> versions = new TreeMap<>(Surroundings.versions());
  private double peak;

  /** Made by picocli. */
  public EngineSuite() {}

  /**
   * Runs the suite.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new EngineSuite()).execute(arguments));
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
    Peer torch = new Peer(peer, quick);
    peak = product();
    System.out.printf(Locale.ROOT, "a matrix product: %.1f G multiply-adds a second%n", peak / 1e9);
    for (String net : quick ? List.of(BenchNets.SQUEEZENET11) : BenchNets.measured()) {
      Path model = Files.createTempFile("net", ".onnx");
      try {
        Peer.run(
            peer,
            Peer.Waiting.PASSIVE,
            List.of("--net", net, "--batch", "1", "--onnx", model.toString()));
        for (int batch : quick ? List.of(1) : List.of(1, 8)) {
          samples.clear();
          SpeedRows theirs = new SpeedRows();
          // In turns, so that a slow minute of the machine does not fall on one of them alone.
          for (int round = 0; round < (quick ? 1 : ROUNDS); round++) {
            for (Pass pass : List.of(Pass.FORWARD, Pass.FORWARD_BACKWARD)) {
              for (Engine engine : engines(pass)) {
                time(
                    pass + " " + engine,
                    options(pass.pattern(), net, batch).param("engine", engine.toString()));
              }
            }
            torch.time(net, batch, round == 0 ? Peer.Waiting.ACTIVE : Peer.Waiting.PASSIVE, theirs);
            time(
                ONNX_RUNTIME,
                options(Timing.pattern(OnnxRuntimeBenchmark.class, "forward"), net, batch)
                    .param("model", model.toString()));
          }
          rows(net, batch, theirs);
          versions.putAll(torch.versions());
          write(commit);
        }
      } finally {
        Files.deleteIfExists(model);
      }
    }
    return 0;
  }

  private static List<Engine> engines(Pass pass) {
    return Arrays.stream(Engine.values())
        .filter(Engine::isThere)
        .filter(engine -> pass == Pass.FORWARD || engine != Engine.ONEDNN_BFLOAT16)
        .toList();
  }

  private void rows(String net, int batch, SpeedRows theirs) {
    double work = batch * multiplyAdds(net);
    for (Pass pass : List.of(Pass.FORWARD, Pass.FORWARD_BACKWARD)) {
      for (Engine engine : engines(pass)) {
        double ms = median(pass + " " + engine);
        // An estimate for the way back: it takes as many multiply-adds as the way forward.
        double adds = pass == Pass.FORWARD ? work : 2 * work;
        SpeedRows.Against against = theirs.peer(new Timing(net, batch, pass));
        row(net, pass, batch, engine, ms, PYTORCH, against == null ? Double.NaN : against.ms())
            .put("share_of_peak", adds / ms * 1000 / peak);
        if (pass == Pass.FORWARD) {
          row(net, pass, batch, engine, ms, ONNX_RUNTIME, median(ONNX_RUNTIME));
        }
      }
    }
  }

  private ObjectNode row(
      String net, Pass pass, int batch, Engine engine, double ms, String other, double peerMs) {
    ObjectNode row = rows.addObject();
    row.put("net", net).put("pass", pass.toString()).put("batch", batch);
    row.put("kernels", engine.toString()).put("ms", ms).put("peer", other).put("peer_ms", peerMs);
    row.put("ratio", ms / peerMs);
    System.out.printf(
        Locale.ROOT,
        "%-13s %-17s %d  %-7s %8.2f ms  %s %.2f ms, ratio %.2f%n",
        net,
        pass,
        batch,
        engine,
        ms,
        other,
        peerMs,
        ms / peerMs);
    return row;
  }

  private void write(String commit) throws IOException, InterruptedException {
    ObjectNode result = json.createObjectNode();
    result.put("statistic", "median over iterations of the mean milliseconds of a call");
    result.put("quick", quick);
    result.put("peak_multiply_adds_per_second", peak);
    Surroundings.describe(result, commit);
    result.set("versions", json.valueToTree(versions));
    result.set("rows", rows);
    ResultFile.write(out, json.writeValueAsString(result) + "\n");
  }

  /**
   * Multiply-adds a second of a large matrix product, the best of some, on the usual engine: what
   * ND4J reaches depends on which processor its BLAS takes this one for.
   */
  private static double product() {
    INDArray weights = Nd4j.rand(DataType.FLOAT, PRODUCT, PRODUCT);
    Network dense = Network.builder(PRODUCT).add("product", new Op.Dense(weights, null)).build();
    INDArray x = Nd4j.rand(DataType.FLOAT, PRODUCT, PRODUCT);
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < PRODUCTS; i++) {
      long start = System.nanoTime();
      dense.logits(x).close();
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return Math.pow(PRODUCT, 3) / best;
  }

  /** Of the forward pass of one example. */
  static double multiplyAdds(String net) {
    Network network = Dl4j.network(BenchNets.graph(net));
    double sum = 0;
    for (Node node : network.nodes()) {
      if (node.op() instanceof Op.Convolution c) {
        List<Long> shape = network.layer(node.name()).shape();
        sum += (double) c.weights().length() * shape.get(1) * shape.get(2);
      } else if (node.op() instanceof Op.Dense d) {
        sum += d.weights().length();
      }
    }
    return sum;
  }

  private ChainedOptionsBuilder options(String pattern, String net, int batch) {
    ChainedOptionsBuilder options =
        Forked.options(pattern).param("net", net).param("batch", Integer.toString(batch));
    return quick ? Forked.quick(options) : options;
  }

  private void time(String name, ChainedOptionsBuilder options) throws RunnerException {
    ListStatistics own = samples.computeIfAbsent(name, n -> new ListStatistics());
    Arrays.stream(Forked.samples(options)).forEach(own::addValue);
  }

  private double median(String name) {
    ListStatistics own = samples.get(name);
    return own == null ? Double.NaN : own.getPercentile(50);
  }
}
