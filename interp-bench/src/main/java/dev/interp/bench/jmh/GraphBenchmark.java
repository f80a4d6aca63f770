package dev.interp.bench.jmh;

import dev.interp.core.network.ReceptiveField;
import dev.interp.disentangle.graph.ExplanatoryGraph;
import dev.interp.disentangle.graph.FeatureMaps;
import dev.interp.disentangle.graph.GraphLayer;
import dev.interp.disentangle.graph.GraphLearner;
import dev.interp.disentangle.graph.GraphSettings;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Four steps of expectation and maximisation on maps of 13 x 13 units, of which a third fire, and
 * what comes before and after: how time grows with pictures, filters and patterns. A layer alone,
 * so that no neighbours are chosen.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class GraphBenchmark {
  private static final int SIDE = 13;

  /** Pictures. */
  @Param({"50", "100", "200"})
  public int pictures;

  /** Filters. */
  @Param({"16", "32"})
  public int filters;

  /** Patterns per filter. */
  @Param({"10", "20"})
  public int patterns;

  private FeatureMaps maps = emptyMaps();
  private GraphLearner learner = GraphLearner.withDefaults();

  private static FeatureMaps emptyMaps() {
    return FeatureMaps.of(layer(1), new float[SIDE * SIDE]);
  }

  private static GraphLayer layer(int filters) {
    ReceptiveField.Axis axis = new ReceptiveField.Axis(32, 16, 8);
    return new GraphLayer("maps", filters, SIDE, SIDE, new ReceptiveField(axis, axis), 224, 224);
  }

  /** Draws the maps. */
  @Setup
  public void prepare() {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[pictures * filters * SIDE * SIDE];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(3) == 0 ? (float) random.nextDouble() : 0;
    }
    maps = FeatureMaps.of(layer(filters), values);
    learner =
        GraphLearner.withDefaults()
            .withSettings(GraphSettings.defaults().withIterations(4).withPatterns(patterns));
  }

  /**
   * Learns.
   *
   * @return the graph
   * @throws IOException never
   */
  @Benchmark
  public ExplanatoryGraph learn() throws IOException {
    return learner.learn(List.of(maps));
  }
}
