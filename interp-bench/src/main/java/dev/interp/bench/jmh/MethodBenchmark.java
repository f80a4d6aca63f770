package dev.interp.bench.jmh;

import dev.interp.bench.nets.BenchNets;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.AtLayer;
import dev.interp.visual.Method;
import dev.interp.visual.MethodOptions;
import dev.interp.visual.gradient.IntegratedGradients;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
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
 * An attribution method on one picture of 224 by 224 pixels, class 3, eight inputs at a time: the
 * same settings as in {@code peer/methods_speed.py}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Xmx4g",
      "-Dorg.bytedeco.javacpp.maxbytes=8g",
      "-Dorg.bytedeco.javacpp.maxphysicalbytes=14g",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
public class MethodBenchmark {
  private static final int TARGET = 3;
  private static final int BATCH = 8;
  private static final int LAYER_STEPS = 20;

  /** Integrated gradients of a tensor in the middle. */
  static final String LAYER_GRADIENTS = "layer-integrated-gradients";

  @Param({BenchNets.SQUEEZENET11, BenchNets.RESNET18})
  String net = "";

  @Param({"saliency"})
  String method = "";

  private @Nullable Network network;
  private @Nullable Attributor attributor;
  private @Nullable INDArray x;

  /** Builds the network and the method. */
  @Setup
  public void setUp() {
    network = Dl4j.network(BenchNets.graph(net));
    attributor =
        method.equals(LAYER_GRADIENTS)
            ? AtLayer.of(
                middle(net),
                push ->
                    IntegratedGradients.withDefaults()
                        .withSteps(LAYER_STEPS)
                        .withBatchSize(BATCH)
                        .withBaseline(push.apply(Baseline.zero())))
            : Method.of(method).with(options(net, method));
    x = BenchNets.input(net, 1);
  }

  /**
   * One explanation.
   *
   * @return a number of the map
   */
  @Benchmark
  public double explain() {
    Attributor ready = Objects.requireNonNull(attributor);
    try (INDArray map =
        ready
            .attribute(
                Objects.requireNonNull(network), Objects.requireNonNull(x), Target.ofClass(TARGET))
            .values()) {
      return map.getDouble(0);
    }
  }

  /** A layer in the middle, for the methods of layers. */
  static String middle(String net) {
    return net.equals(BenchNets.SQUEEZENET11) ? "fire5_concat" : "layer2.1.relu2";
  }

  private static MethodOptions options(String net, String method) {
    Integer steps =
        switch (method) {
          case "integrated-gradients" -> 50;
          case "smoothgrad" -> 25;
          case "conductance", "internal-influence" -> LAYER_STEPS;
          case "lime", "kernel-shap" -> 200;
          case "shapley-sampling" -> 4;
          default -> null;
        };
    Map<String, String> values = new LinkedHashMap<>();
    switch (method) {
      case "feature-ablation", "lime", "kernel-shap", "shapley-sampling" ->
          values.put(method + ".segments", "grid-7");
      case "prediction-difference-analysis" -> {
        // One draw from elsewhere in the picture: as many passes as occlusion takes.
        values.put(method + ".sampler", "marginal");
        values.put(method + ".samples", "1");
        values.put(method + ".window", "32");
        values.put(method + ".stride", "16");
      }
      default -> {
        // The method's defaults are the peer's.
      }
    }
    boolean occludes = method.equals("occlusion");
    String layer =
        method.equals("conductance") || method.equals("internal-influence") ? middle(net) : null;
    return new MethodOptions(
        layer,
        steps,
        null,
        occludes ? 32 : null,
        occludes ? 16 : null,
        Baseline.zero(),
        1L,
        BATCH,
        Progress.none(),
        values);
  }
}
