package dev.interp.bench.results;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** What numbers depend on besides the code: machine, working tree, versions. */
public final class Surroundings {
  private static final int SHORT = 12;

  private Surroundings() {}

  /**
   * Writes machine, commit and versions into a result.
   *
   * @param result is changed
   * @param commit from {@link #commit}, asked for when the measuring began
   */
  public static void describe(ObjectNode result, String commit) {
    ObjectMapper json = new ObjectMapper();
    result.set("machine", json.valueToTree(machine()));
    result.put("commit", commit);
    result.set("versions", json.valueToTree(versions()));
  }

  /**
   * The machine that this runs on.
   *
   * @return processor, cores, memory, system, Java, and the environment that chooses threads
   */
  public static Map<String, String> machine() {
    Map<String, String> facts = new TreeMap<>();
    facts.put("cpu", cpu());
    facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put("memory", gibibytes() + " GiB");
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
    // These choose threads, kernels and the allocation of memory in ND4J and in PyTorch alike.
    System.getenv()
        .forEach(
            (name, value) -> {
              if (name.matches("(OMP|OPENBLAS|DNNL|ONEDNN|KMP|MALLOC)_\\w+")) {
                facts.put("env " + name, value);
              }
            });
    return facts;
  }

  /**
   * What this was built with.
   *
   * @return versions by name
   */
  public static Map<String, String> versions() {
    Properties properties = new Properties();
    try (InputStream in = Surroundings.class.getResourceAsStream("build.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.forEach((name, value) -> versions.put(name.toString(), value.toString()));
    return versions;
  }

  /**
   * The commit of the working tree that this is started in; its own results do not count.
   *
   * @return the commit, with {@code -dirty} if the tree was changed, or {@code unknown}
   * @throws IOException if git cannot be started
   * @throws InterruptedException if the thread is interrupted while git runs
   */
  public static String commit() throws IOException, InterruptedException {
    String commit = git("rev-parse", "--short=" + SHORT, "HEAD");
    if (commit.isEmpty()) {
      return "unknown";
    }
    String changes = git("status", "--porcelain", "--", ":/", ":(top,exclude)interp-bench/results");
    return changes.isEmpty() ? commit : commit + "-dirty";
  }

  private static String git(String... arguments) throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 1];
    command[0] = "git";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? output.strip() : "";
  }

  private static String cpu() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(l -> l.startsWith("model name"))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch"); // not Linux
    }
  }

  private static long gibibytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? Math.round(system.getTotalMemorySize() / (double) (1 << 30))
        : -1;
  }
}
