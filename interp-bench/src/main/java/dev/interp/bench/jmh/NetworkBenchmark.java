package dev.interp.bench.jmh;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** A batch through a network, forward, and forward and back to its input. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Xmx4g",
      "-Dorg.bytedeco.javacpp.maxbytes=8g",
      "-Dorg.bytedeco.javacpp.maxphysicalbytes=14g",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
public class NetworkBenchmark {
  private static final Target TARGET = Target.ofClass(3);

  /**
   * The logits of the batch.
   *
   * @param state the network
   * @return a logit
   */
  @Benchmark
  public float forward(NetworkState state) {
    try (INDArray logits = state.network().logits(state.x())) {
      return logits.getFloat(0, 0);
    }
  }

  /**
   * The gradient of a logit of every example at the input.
   *
   * @param state the network
   * @return a number of the gradient
   */
  @Benchmark
  public float forwardAndGradient(NetworkState state) {
    try (Trace trace = state.network().run(state.x(), Hooks.none());
        INDArray gradient = trace.gradient(TARGET, Network.INPUT)) {
      return gradient.getFloat(0, 0, 0, 0);
    }
  }
}
