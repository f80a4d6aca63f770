package dev.interp.bench.jmh;

import dev.interp.core.network.Target;
import dev.interp.visual.cam.Cam;
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
 * Grad-CAM (Selvaraju et al. 2017, section 3) of the predicted classes at the last tensor with
 * spatial extent, to be held against {@link NetworkBenchmark#forward}.
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
public class GradCamBenchmark {

  /**
   * The maps of the batch.
   *
   * @param state the network
   * @return a number of a map
   */
  @Benchmark
  public float gradCam(NetworkState state) {
    try (INDArray maps = explain(state)) {
      return maps.getFloat(0, 0, 0, 0);
    }
  }

  /** The maps, {@code [N, 1, h, w]}. */
  static INDArray explain(NetworkState state) {
    return Cam.gradCam().attribute(state.network(), state.x(), Target.predicted()).values();
  }
}
