package dev.interp.bench.jmh;

import dev.interp.core.network.Hooks;
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

/**
 * What keeping activations costs. All three run the batch to the logits and read these; what is
 * kept lies in the trace, ready to be read. A kept tensor that is read is copied, which is not part
 * of this.
 */
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
public class HooksBenchmark {

  /**
   * Nothing kept.
   *
   * @param state the network
   * @return a logit
   */
  @Benchmark
  public float none(NetworkState state) {
    return run(state, Hooks.none());
  }

  /**
   * The last tensor with spatial extent kept.
   *
   * @param state the network
   * @return a logit
   */
  @Benchmark
  public float keepOne(NetworkState state) {
    return run(state, Hooks.none().keep(state.lastSpatial()));
  }

  /**
   * Every tensor kept.
   *
   * @param state the network
   * @return a logit
   */
  @Benchmark
  public float keepAll(NetworkState state) {
    return run(state, Hooks.none().keepAll());
  }

  private static float run(NetworkState state, Hooks hooks) {
    try (Trace trace = state.network().run(state.x(), hooks);
        INDArray logits = trace.logits()) {
      return logits.getFloat(0, 0);
    }
  }
}
