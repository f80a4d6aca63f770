package dev.interp.bench.jmh;

import dev.interp.bench.jmh.SpeedResult.Row;
import dev.interp.bench.jmh.Timing.Pass;
import dev.interp.bench.nets.BenchNets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.util.ListStatistics;

/** Collects samples and makes rows of them. Samples are milliseconds a batch. */
final class SpeedRows {
  private static final double CONFIDENCE = 0.999;
  private static final double PEER_BATCH_OF_ONE = 1.5;
  private static final double PEER_LARGER_BATCH = 1.2;
  private static final double GRAD_CAM_FORWARDS = 1.3;
  private static final double KEEPING_ALL = 1.05;
  private static final double FASTER_THAN_DL4J = 10;

  private final Map<Timing, ListStatistics> samples = new LinkedHashMap<>();
  private final Map<Timing, Map<String, ListStatistics>> peers = new LinkedHashMap<>();

  /**
   * What a time is held against.
   *
   * @param name of it
   * @param ms milliseconds a batch
   */
  record Against(String name, double ms) {}

  void add(Timing timing, double[] iterations) {
    add(samples.computeIfAbsent(timing, t -> new ListStatistics()), iterations);
  }

  /**
   * Adds times of PyTorch.
   *
   * @param timing what was timed
   * @param layout its memory layout; the faster one counts
   * @param iterations samples
   */
  void addPeer(Timing timing, String layout, double[] iterations) {
    add(
        peers
            .computeIfAbsent(timing, t -> new LinkedHashMap<>())
            .computeIfAbsent(layout, l -> new ListStatistics()),
        iterations);
  }

  List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    samples.forEach((timing, statistics) -> rows.add(row(timing, statistics)));
    return rows;
  }

  private Row row(Timing timing, ListStatistics statistics) {
    double ms = median(statistics);
    double error = statistics.getMeanErrorAt(CONFIDENCE);
    Against against = against(timing);
    return new Row(
        timing.net(),
        timing.pass().toString(),
        timing.batch(),
        ms,
        Double.isFinite(error) ? error : null,
        against == null ? null : against.name(),
        against == null ? null : against.ms(),
        against == null ? null : ms / against.ms(),
        against == null ? null : atMost(timing),
        against == null ? null : atLeast(timing));
  }

  private @Nullable Against against(Timing timing) {
    return switch (timing.pass()) {
      case FORWARD, FORWARD_BACKWARD -> peer(timing);
      case GRAD_CAM -> ours(timing.with(Pass.FORWARD), "one forward");
      case HOOKS_NONE -> null;
      case HOOKS_KEEP_ONE, HOOKS_KEEP_ALL -> ours(timing.with(Pass.HOOKS_NONE), "no hooks");
      case DL4J_FORWARD -> ours(timing.with(Pass.FORWARD), "interp");
      case DL4J_FORWARD_BACKWARD -> ours(timing.with(Pass.FORWARD_BACKWARD), "interp");
    };
  }

  /** PyTorch in its faster layout; null if it was not timed. */
  @Nullable Against peer(Timing timing) {
    Against best = null;
    for (var layout : peers.getOrDefault(timing, Map.of()).entrySet()) {
      double ms = median(layout.getValue());
      if (best == null || ms < best.ms()) {
        best = new Against("PyTorch " + layout.getKey(), ms);
      }
    }
    return best;
  }

  private @Nullable Against ours(Timing timing, String name) {
    ListStatistics statistics = samples.get(timing);
    return statistics == null ? null : new Against(name, median(statistics));
  }

  private static @Nullable Double atMost(Timing timing) {
    return switch (timing.pass()) {
      case FORWARD, FORWARD_BACKWARD -> timing.batch() == 1 ? PEER_BATCH_OF_ONE : PEER_LARGER_BATCH;
      case GRAD_CAM -> GRAD_CAM_FORWARDS;
      case HOOKS_KEEP_ALL -> KEEPING_ALL;
      default -> null;
    };
  }

  private static @Nullable Double atLeast(Timing timing) {
    boolean wanted = timing.pass().isDl4j() && timing.net().equals(BenchNets.RESNET18);
    return wanted ? FASTER_THAN_DL4J : null;
  }

  private static void add(ListStatistics statistics, double[] numbers) {
    for (double number : numbers) {
      statistics.addValue(number);
    }
  }

  private static double median(ListStatistics statistics) {
    return statistics.getPercentile(50);
  }
}
