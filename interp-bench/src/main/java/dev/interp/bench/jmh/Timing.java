package dev.interp.bench.jmh;

import dev.interp.bench.nets.BenchNets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A thing that is timed.
 *
 * @param net name of the net
 * @param batch number of examples
 * @param pass what is done with it
 */
record Timing(String net, int batch, Pass pass) {
  private static final List<String> HOOKED = List.of(BenchNets.RESNET18, BenchNets.SQUEEZENET11);

  /** What is done with a net, and the benchmark that does it. */
  enum Pass {
    FORWARD("forward", NetworkBenchmark.class, "forward"),
    FORWARD_BACKWARD("forward-backward", NetworkBenchmark.class, "forwardAndGradient"),
    GRAD_CAM("grad-cam", GradCamBenchmark.class, "gradCam"),
    HOOKS_NONE("hooks-none", HooksBenchmark.class, "none"),
    HOOKS_KEEP_ONE("hooks-keep-one", HooksBenchmark.class, "keepOne"),
    HOOKS_KEEP_ALL("hooks-keep-all", HooksBenchmark.class, "keepAll"),
    DL4J_FORWARD("dl4j-forward", Dl4jLayersBenchmark.class, "forward"),
    DL4J_FORWARD_BACKWARD("dl4j-forward-backward", Dl4jLayersBenchmark.class, "forwardAndGradient");

    private final String label;
    private final Class<?> benchmark;
    private final String method;

    Pass(String label, Class<?> benchmark, String method) {
      this.label = label;
      this.benchmark = benchmark;
      this.method = method;
    }

    /** A pattern that only this benchmark's name matches. */
    String pattern() {
      return Timing.pattern(benchmark, method);
    }

    boolean isDl4j() {
      return benchmark == Dl4jLayersBenchmark.class;
    }

    boolean isHooks() {
      return benchmark == HooksBenchmark.class;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  /** A pattern that only the name of that benchmark matches. */
  static String pattern(Class<?> benchmark, String method) {
    return "^" + (benchmark.getName() + "." + method).replace(".", "\\.") + "$";
  }

  Timing with(Pass other) {
    return new Timing(net, batch, other);
  }

  /** What is timed of a net besides DeepLearning4J's layers. */
  static List<Timing> ours(String net, int batch) {
    List<Timing> all = new ArrayList<>();
    // Grad-CAM right after the forward pass that it is held against.
    for (Pass pass : List.of(Pass.FORWARD, Pass.GRAD_CAM, Pass.FORWARD_BACKWARD)) {
      all.add(new Timing(net, batch, pass));
    }
    if (HOOKED.contains(net)) {
      Arrays.stream(Pass.values())
          .filter(Pass::isHooks)
          .forEach(p -> all.add(new Timing(net, batch, p)));
    }
    return all;
  }

  /** What is timed of DeepLearning4J's layers. */
  static List<Timing> dl4j(String net, int batch) {
    return Arrays.stream(Pass.values())
        .filter(Pass::isDl4j)
        .map(p -> new Timing(net, batch, p))
        .toList();
  }
}
