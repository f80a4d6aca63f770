package dev.interp.bench.jmh;

import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times networks, hooks, Grad-CAM and DeepLearning4J's own layers, and PyTorch in turn with them,
 * and writes one JSON file.
 *
 * <p>For each net and batch size the benchmarks and PyTorch take turns, so that a machine that
 * slows down does so for both; then DeepLearning4J's layers are timed. Every benchmark runs in a
 * JVM of its own. A sample is the mean time of a call over one second (at least one call), on both
 * sides; times are the medians of all samples. PyTorch is timed in two memory layouts, of which the
 * faster one counts.
 */
@Command(
    name = "speed",
    description = "Times networks and writes the times as JSON.",
    mixinStandardHelpOptions = true)
public final class SpeedSuite implements Callable<Integer> {
  private static final int THREADS = 2;
  private static final int ROUNDS = 2;
  private static final List<Integer> BATCHES = List.of(1, 8);
  private static final String STATISTIC =
      "median over iterations of the mean milliseconds of a call";

  @Option(names = "--out", required = true, description = "the JSON file to write")
  private Path out = Path.of("speed.json");

  @Option(names = "--peer", description = "the script that times PyTorch; none means no ratios")
  private @Nullable Path peer;

  @Option(
      names = "--quick",
      description = "try the suite out: SqueezeNet 1.1, batch 1, one short iteration")
  private boolean quick;

  @Option(names = "--skip-dl4j", description = "leave out DeepLearning4J's own layers")
  private boolean skipDl4j;

  /** Made by picocli. */
  public SpeedSuite() {}

  /**
   * Runs the suite.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new SpeedSuite()).execute(arguments));
  }

  private SpeedResult result(String commit, @Nullable Peer script, SpeedRows rows)
      throws IOException {
    Map<String, String> versions = new TreeMap<>(Surroundings.versions());
    if (script != null) {
      versions.putAll(script.versions());
    }
    return new SpeedResult(STATISTIC, quick, Surroundings.machine(), commit, versions, rows.rows());
  }

  /**
   * Runs the suite and prints its table.
   *
   * @return 0
   * @throws IOException if the peer fails or the file cannot be written
   * @throws RunnerException if a benchmark fails
   * @throws InterruptedException if the thread is interrupted while the peer runs
   * @throws IllegalArgumentException if there is no such peer or the number of threads is not two
   */
  @Override
  public Integer call() throws IOException, RunnerException, InterruptedException {
    checkThreads();
    Peer script = peer == null ? null : new Peer(peer, quick);
    String commit = Surroundings.commit();
    SpeedRows rows = new SpeedRows();
    for (String net : quick ? List.of(BenchNets.SQUEEZENET11) : BenchNets.measured()) {
      for (int batch : quick ? List.of(1) : BATCHES) {
        // In turns, so that a slow minute of the machine does not fall on one of two alone.
        for (int round = 0; round < (quick ? 1 : ROUNDS); round++) {
          for (Timing timing : Timing.ours(net, batch)) {
            time(timing, rows);
          }
          if (script != null) {
            script.time(net, batch, rows);
          }
        }
        if (!skipDl4j) {
          for (Timing timing : Timing.dl4j(net, batch)) {
            time(timing, rows);
          }
        }
        // Written after every net and batch, so that a run cut short leaves what it measured.
        result(commit, script, rows).write(out);
      }
    }
    System.out.println(SpeedTable.markdown(result(commit, script, rows)));
    return 0;
  }

  private static void checkThreads() {
    String threads = System.getenv("OMP_NUM_THREADS");
    int cores = Runtime.getRuntime().availableProcessors();
    if (threads == null ? cores != THREADS : !threads.equals(Integer.toString(THREADS))) {
      throw new IllegalArgumentException(
          "times are taken with "
              + THREADS
              + " threads, but this machine has "
              + cores
              + " cores and OMP_NUM_THREADS is "
              + (threads == null ? "not set" : threads)
              + "; start with OMP_NUM_THREADS="
              + THREADS);
    }
  }

  private void time(Timing timing, SpeedRows rows) throws RunnerException {
    System.err.println(timing.net() + " " + timing.pass() + " " + timing.batch());
    ChainedOptionsBuilder options =
        Forked.options(timing.pass().pattern())
            .param("net", timing.net())
            .param("batch", Integer.toString(timing.batch()));
    rows.add(timing, Forked.samples(quick ? Forked.quick(options) : options));
  }
}
