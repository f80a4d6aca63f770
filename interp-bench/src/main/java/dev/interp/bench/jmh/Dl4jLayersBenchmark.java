package dev.interp.bench.jmh;

import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The same nets through DeepLearning4J's own layers. Every call is timed by itself: a call takes up
 * to three quarters of a minute.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Xmx4g",
      "-Dorg.bytedeco.javacpp.maxbytes=12g",
      "-Dorg.bytedeco.javacpp.maxphysicalbytes=17g",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
public class Dl4jLayersBenchmark {

  /**
   * The output of the batch, in evaluation mode.
   *
   * @param state the net
   * @return a probability
   */
  @Benchmark
  public float forward(Dl4jState state) {
    try (INDArray output = state.graph().outputSingle(state.x())) {
      return output.getFloat(0, 0);
    }
  }

  /**
   * Forward and back through every layer down to the input, the only way there is for a
   * ComputationGraph: {@code computeGradientAndScore}. It runs in training mode (batch norm by the
   * batch's statistics), differentiates the loss instead of a logit, computes the gradients of all
   * parameters too, and throws the gradient at the input away; so it gives no explanation, but its
   * time is the time of a backward pass.
   *
   * @param state the net
   * @return the loss
   */
  @Benchmark
  public double forwardAndGradient(Dl4jState state) {
    ComputationGraph graph = state.graph();
    graph.setInputs(state.x());
    graph.setLabels(state.labels());
    graph.computeGradientAndScore();
    return graph.score();
  }
}
