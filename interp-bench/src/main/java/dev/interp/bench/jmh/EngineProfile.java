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
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where the time of a pass on oneDNN goes, by what the library itself says of each of its
 * primitives while whole passes run, with caches as they are then. What is left is ND4J's:
 * concatenations, softmax, and the calls.
 *
 * <pre>java -cp interp.jar dev.interp.bench.jmh.EngineProfile RESULT.json</pre>
 */
public final class EngineProfile {
  private static final int WARMUP = 10;
  private static final int PASSES = 40;
  private static final String BEGIN = "begin";
  private static final String TOOK = "took ";

  private EngineProfile() {}

  /**
   * Profiles; with a net, a pass and a batch instead of a file it is the process that is looked at.
   *
   * @param arguments the file of results
   * @throws IOException if a process fails or the file cannot be written
   * @throws InterruptedException if the thread is interrupted while one runs
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 3) {
      passes(arguments[0], Pass.valueOf(arguments[1]), Integer.parseInt(arguments[2]));
      return;
    }
    if (arguments.length != 1) {
      throw new IllegalArgumentException("give: RESULT.json");
    }
    String commit = Surroundings.commit();
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode result = json.createObjectNode();
    result.put(
        "what", "milliseconds of a pass, and of oneDNN's primitives in it while it reports them");
    Surroundings.describe(result, commit);
    ArrayNode rows = result.putArray("rows");
    for (String net : BenchNets.measured()) {
      for (int batch : new int[] {1, 8}) {
        for (Pass pass : List.of(Pass.FORWARD, Pass.FORWARD_BACKWARD)) {
          ObjectNode row = row(rows.addObject(), net, pass, batch);
          System.out.println(row);
        }
      }
    }
    ResultFile.write(Path.of(arguments[0]), json.writeValueAsString(result) + "\n");
  }

  private static ObjectNode row(ObjectNode row, String net, Pass pass, int batch)
      throws IOException, InterruptedException {
    double ms = whole(run(net, pass, batch, "none"));
    List<String> reported = run(net, pass, batch, "profile_exec");
    row.put("net", net).put("pass", pass.toString()).put("batch", batch).put("ms", ms);
    double convolutions = 0;
    double sum = 0;
    ObjectNode primitives = row.putObject("primitives");
    for (Map.Entry<String, double[]> kind : kinds(reported).entrySet()) {
      double own = kind.getValue()[1] / PASSES;
      primitives.putObject(kind.getKey()).put("calls", kind.getValue()[0] / PASSES).put("ms", own);
      sum += own;
      if (kind.getKey().startsWith("convolution")) {
        convolutions += own;
      }
    }
    double adds = batch * EngineSuite.multiplyAdds(net) * (pass == Pass.FORWARD ? 1 : 2);
    row.put("rest_while_reporting_ms", whole(reported) - sum);
    row.put("multiply_adds_per_second", adds / ms * 1000);
    row.put("multiply_adds_per_second_of_convolutions", adds / convolutions * 1000);
    return row;
  }

  /** Calls and milliseconds by kind of primitive. */
  private static Map<String, double[]> kinds(List<String> lines) {
    Map<String, double[]> kinds = new TreeMap<>();
    for (String line : lines.subList(lines.indexOf(BEGIN) + 1, lines.size())) {
      // onednn_verbose,v1,primitive,exec,cpu,convolution,brg_conv_fwd:avx512_core,...,0.0361328
      String[] fields = line.split(",", -1);
      if (fields.length > 7 && fields[0].equals("onednn_verbose") && fields[3].equals("exec")) {
        String kind = fields[5] + (fields[7].contains("backward") ? " backward" : "");
        double[] own = kinds.computeIfAbsent(kind, k -> new double[2]);
        own[0]++;
        own[1] += Double.parseDouble(fields[fields.length - 1]);
      }
    }
    return kinds;
  }

  private static double whole(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(TOOK))
        .mapToDouble(line -> Double.parseDouble(line.substring(TOOK.length())))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> run(String net, Pass pass, int batch, String verbose)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
            "-cp",
            System.getProperty("java.class.path"),
            EngineProfile.class.getName(),
            net,
            pass.name(),
            Integer.toString(batch));
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("ONEDNN_VERBOSE", verbose);
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("the profiled process ended with exit code " + code);
    }
    return new String(output, StandardCharsets.UTF_8).lines().toList();
  }

  private static void passes(String net, Pass pass, int batch) {
    Network network = Dl4j.network(BenchNets.graph(net)).withEngine(Engine.ONEDNN);
    INDArray x = BenchNets.input(net, batch);
    for (int i = 0; i < WARMUP; i++) {
      pass(network, x, pass);
    }
    System.out.println(BEGIN);
    System.out.flush();
    long start = System.nanoTime();
    for (int i = 0; i < PASSES; i++) {
      pass(network, x, pass);
    }
    System.out.println(TOOK + (System.nanoTime() - start) / 1e6 / PASSES);
  }

  private static void pass(Network network, INDArray x, Pass pass) {
    if (pass == Pass.FORWARD) {
      network.logits(x).close();
      return;
    }
    try (Trace trace = network.run(x, Hooks.none())) {
      trace.gradient(Target.ofClass(1), Network.INPUT).close();
    }
  }
}
