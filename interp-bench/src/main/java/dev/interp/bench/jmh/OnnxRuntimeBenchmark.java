package dev.interp.bench.jmh;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.interp.bench.nets.BenchNets;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The forward pass of ONNX Runtime's Java binding, on two threads, with a network that {@code
 * torch_speed.py --onnx} has written.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx4g")
public class OnnxRuntimeBenchmark {
  private static final int THREADS = 2;

  /** A session and a batch for it. Not final because JMH extends it. */
  @State(Scope.Benchmark)
  public static class Session {
    @Param(BenchNets.SQUEEZENET11)
    String net = "";

    @Param({"1", "8"})
    int batch;

    @Param("net.onnx")
    String model = "";

    private @Nullable OrtSession session;
    private @Nullable OnnxTensor x;

    /**
     * Opens both.
     *
     * @throws OrtException if the model cannot be read
     */
    @Setup
    public void setUp() throws OrtException {
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      OrtSession.SessionOptions options = new OrtSession.SessionOptions();
      options.setIntraOpNumThreads(THREADS);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(model, options);
      FloatBuffer numbers = FloatBuffer.wrap(BenchNets.input(net, batch).ravel().toFloatVector());
      x = OnnxTensor.createTensor(environment, numbers, BenchNets.input(net, batch).shape());
    }

    /**
     * Closes both.
     *
     * @throws OrtException if the session cannot be closed
     */
    @TearDown
    public void tearDown() throws OrtException {
      Objects.requireNonNull(x).close();
      Objects.requireNonNull(session).close();
    }
  }

  /**
   * The logits of the batch.
   *
   * @param state the session
   * @return a logit
   * @throws OrtException if the run fails
   */
  @Benchmark
  public float forward(Session state) throws OrtException {
    Map<String, OnnxTensor> inputs = Map.of("x", Objects.requireNonNull(state.x));
    try (OrtSession.Result result = Objects.requireNonNull(state.session).run(inputs)) {
      return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0);
    }
  }
}
