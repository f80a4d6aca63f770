package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.bench.jmh.Timing.Pass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * The script that times PyTorch, run by the system's Python.
 *
 * <p>Debian builds PyTorch on whatever BLAS is installed, and on many machines that is the
 * reference one, several times slower than it could be in VGG-16's dense layers. On Linux it is
 * given the OpenBLAS that ND4J uses, so that nothing is won by that. Its threads can wait for each
 * other in two ways, of which now one, now the other is several times faster on a virtual machine;
 * both are timed, and the faster one counts.
 */
final class Peer {
  private static final String PYTHON = "/usr/bin/python3";

  private final Path script;
  private final List<String> lengths;
  private final Map<String, String> versions = new LinkedHashMap<>();

  Peer(Path script, boolean quick) {
    if (!Files.isRegularFile(script)) {
      throw new IllegalArgumentException(
          "the peer must be a script such as interp-bench/peer/torch_speed.py, but there is no file '"
              + script
              + "'");
    }
    this.script = script;
    this.lengths =
        quick ? List.of("--repeats", "1", "--warmups", "1", "--seconds", "0.2") : List.of();
  }

  /** How the threads of OpenMP wait for work: turning round, or asleep. */
  enum Waiting {
    ACTIVE,
    PASSIVE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Times a net with both ways of waiting and adds the samples to the rows. */
  void time(String net, int batch, SpeedRows rows) throws IOException, InterruptedException {
    for (Waiting waiting : Waiting.values()) {
      time(net, batch, waiting, rows);
    }
  }

  /** Times a net and adds the samples to the rows. */
  void time(String net, int batch, Waiting waiting, SpeedRows rows)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--net", net, "--batch", Integer.toString(batch)));
    arguments.addAll(lengths);
    byte[] output = run(script, waiting, arguments);
    read(new ObjectMapper().readTree(output), waiting, rows);
  }

  /** What a script prints. */
  static byte[] run(Path script, Waiting waiting, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PYTHON, script.toString()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(blas());
    builder.environment().put("OMP_WAIT_POLICY", waiting.toString());
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException(
          "the peer must end with exit code 0, ended with "
              + code
              + ": "
              + String.join(" ", command)
              + " (is python3-torch installed?)");
    }
    return output;
  }

  /** Adds what the script printed to the rows. */
  void read(JsonNode answer, Waiting waiting, SpeedRows rows) {
    versions.put("torch", answer.path("torch").asText());
    versions.put("torch_threads", answer.path("threads").asText());
    versions.put("torch_blas", answer.path("blas").asText());
    String net = answer.path("net").asText();
    int batch = answer.path("batch").asInt();
    for (JsonNode row : answer.path("rows")) {
      Pass pass =
          row.path("pass").asText().equals("forward") ? Pass.FORWARD : Pass.FORWARD_BACKWARD;
      rows.addPeer(
          new Timing(net, batch, pass),
          row.path("layout").asText() + ", threads " + waiting,
          StreamSupport.stream(row.path("iterations_ms").spliterator(), false)
              .mapToDouble(JsonNode::asDouble)
              .toArray());
    }
  }

  /** What the script said about itself. */
  Map<String, String> versions() {
    return versions;
  }

  private static Map<String, String> blas() throws IOException {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Map.of();
    }
    Path folder = Path.of(Loader.load(openblas_nolapack.class)).getParent();
    if (folder == null) {
      return Map.of();
    }
    try (var files = Files.list(folder)) {
      String library =
          files
              .filter(f -> f.getFileName().toString().startsWith("libopenblas.so"))
              .map(Path::toString)
              .sorted()
              .limit(1)
              .collect(Collectors.joining());
      return library.isEmpty()
          ? Map.of()
          : Map.of("LD_PRELOAD", library, "LD_LIBRARY_PATH", folder.toString());
    }
  }
}
