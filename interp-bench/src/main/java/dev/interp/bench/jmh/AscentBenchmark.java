package dev.interp.bench.jmh;

import dev.interp.bench.nets.BenchNets;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.visual.optimize.ActivationMaximization;
import dev.interp.visual.optimize.Objective;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A step of activation maximisation of channels of {@code fire5} of SqueezeNet at 128 by 128
 * pixels, with all that belongs to it, beside a bare pass forward and back over the same batch. The
 * network is shown 128 by 128 pixels in both, since looks at the picture do not change its size.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"})
public class AscentBenchmark {
  private static final int STEPS = 512;
  private static final int SIDE = 128;
  private static final String LAYER = "fire5_concat";

  @Param({"1", "8"})
  int channels;

  private @Nullable Network network;
  private @Nullable INDArray x;
  private List<Objective> objectives = List.of();

  /** Builds the network. */
  @Setup
  public void setUp() {
    network = Dl4j.network(BenchNets.graph(BenchNets.SQUEEZENET11)).withInput(3, SIDE, SIDE);
    x = Nd4j.rand(channels, 3, SIDE, SIDE);
    objectives = IntStream.range(0, channels).mapToObj(c -> Objective.channel(LAYER, c)).toList();
  }

  /**
   * As many passes as there are steps.
   *
   * @return a number of the last gradient
   */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public float barePasses() {
    INDArray batch = Objects.requireNonNull(x);
    float last = 0;
    for (int i = 0; i < STEPS; i++) {
      try (Trace trace = Objects.requireNonNull(network).run(batch, Hooks.none().keep(LAYER));
          INDArray gradient = trace.gradient(Target.channel(LAYER, 0), Network.INPUT)) {
        last = gradient.getFloat(0, 0, 0, 0);
      }
    }
    return last;
  }

  /**
   * Pictures of the channels.
   *
   * @return the value reached by the first
   */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public double maximisation() {
    return ActivationMaximization.withDefaults()
        .withSteps(STEPS)
        .run(Objects.requireNonNull(network), Preprocessor.none().withDivisor(255), objectives)
        .get(0)
        .value();
  }
}
