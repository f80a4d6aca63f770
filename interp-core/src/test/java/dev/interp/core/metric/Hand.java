package dev.interp.core.metric;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.Tensors;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Cases small enough to solve by hand: one picture of one channel and a linear network. */
final class Hand {
  private Hand() {}

  /** Class 0 has the logit Σ w x, class 1 the logit 0. */
  static Network linear(int height, int width, double... w) {
    double[] both = new double[2 * w.length];
    for (int i = 0; i < w.length; i++) {
      both[2 * i] = w[i];
    }
    return Network.builder(1, height, width)
        .add("flat", new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
        .add("logits", new Op.Dense(Tensors.array(new long[] {w.length, 2}, both), null))
        .add("softmax", new Op.Softmax())
        .build();
  }

  static INDArray picture(int height, int width, double... values) {
    return Tensors.array(new long[] {values.length / height / width, 1, height, width}, values);
  }

  /** One picture, explained for class 0. */
  static Examples of(int height, int width, double[] w, double[] x, double[] map) {
    return Examples.of(linear(height, width, w), picture(height, width, x), 0)
        .withAttribution(picture(height, width, map));
  }

  static double[] numbers(double... values) {
    return values;
  }

  static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  static double score(Metric metric, Examples examples) {
    return metric.scores(examples)[0];
  }

  /** A method that makes a map of the picture alone. */
  static Attributor reading(BiFunction<Network, INDArray, INDArray> map) {
    return new Reading(map);
  }

  /** Gradient at the input, times the input or not. */
  static Attributor gradient(boolean timesInput) {
    return new Gradient(timesInput);
  }

  /** One picture with what a method says about it. */
  static Examples explained(Network network, Attributor method, INDArray x, int... classes) {
    return Examples.of(network, x, classes)
        .withAttributor(method)
        .withAttribution(method.attribute(network, x, Target.ofClasses(classes)).values());
  }

  private record Reading(BiFunction<Network, INDArray, INDArray> map) implements Attributor {
    @Override
    public String id() {
      return "reading";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Attribution attribute(Network network, INDArray x, Target target) {
      try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
        return run.finish(Network.INPUT, map.apply(network, run.x()), run.resolve());
      }
    }
  }

  private record Gradient(boolean timesInput) implements Attributor {
    @Override
    public String id() {
      return "gradient";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Attribution attribute(Network network, INDArray x, Target target) {
      try (AttributionRun run = AttributionRun.start(this, network, x, target);
          Trace trace = run.network().run(run.x(), Hooks.none())) {
        Target.Resolved resolved = trace.resolve(target);
        INDArray gradient = trace.gradient(resolved, Network.INPUT);
        return run.finish(Network.INPUT, timesInput ? gradient.mul(run.x()) : gradient, resolved);
      }
    }
  }
}
