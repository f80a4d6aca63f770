package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Integrated gradients: {@code (x − x′) · ∫₀¹ ∂y/∂x (x′ + α (x − x′)) dα}. The values sum to the
 * difference of the outputs at x and at the baseline x′; what the numerical integral misses of it
 * is reported as the completeness gap.
 *
 * <p>Cost: {@code steps} forward and backward passes, and two forward passes for the outputs at x
 * and at the baseline.
 *
 * <p>Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017. Deviation: the
 * paper sums at the right ends of the intervals ({@link Quadrature#RIEMANN_RIGHT}); Gauss-Legendre
 * is the default because its gap is smaller for the same number of steps. The tests agree with
 * captum 0.7.0 in float64.
 */
public final class IntegratedGradients implements Attributor {
  private final int steps;
  private final Quadrature quadrature;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private IntegratedGradients(
      int steps, Quadrature quadrature, Baseline baseline, int batchSize, Progress progress) {
    this.steps = steps;
    this.quadrature = quadrature;
    this.baseline = baseline;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 50 Gauss-Legendre steps from zero, 8 at a time.
   *
   * @return the method
   */
  public static IntegratedGradients withDefaults() {
    return new IntegratedGradients(
        50, Quadrature.GAUSS_LEGENDRE, Baseline.zero(), 8, Progress.none());
  }

  /**
   * Sets the number of nodes of the integral.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public IntegratedGradients withSteps(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("steps must be at least 1, was " + number);
    }
    return new IntegratedGradients(number, quadrature, baseline, batchSize, progress);
  }

  /**
   * Sets the rule of the integral.
   *
   * @param rule where the gradient is taken and how it is weighted
   * @return the method with that rule
   */
  public IntegratedGradients withQuadrature(Quadrature rule) {
    return new IntegratedGradients(steps, rule, baseline, batchSize, progress);
  }

  /**
   * Sets where the path begins.
   *
   * @param start x′
   * @return the method with that baseline
   */
  public IntegratedGradients withBaseline(Baseline start) {
    return new IntegratedGradients(steps, quadrature, start, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public IntegratedGradients withBatchSize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, was " + size);
    }
    return new IntegratedGradients(steps, quadrature, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public IntegratedGradients withProgress(Progress listener) {
    return new IntegratedGradients(steps, quadrature, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "integrated-gradients";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("steps", Integer.toString(steps));
    settings.put("quadrature", quadrature.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    settings.put("baseline", baseline.toString());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray start = baseline.of(run.x());
      INDArray path = run.x().sub(start);
      Target.Resolved resolved = run.resolve();
      Target fixed = run.targetOf(resolved, all(run.examples()));
      INDArray atStart = run.resolve(start, fixed).values();
      INDArray sum = integrate(run, start, path, resolved);
      start.close();
      sum.muli(path);
      path.close();
      List<Double> gaps = new ArrayList<>();
      for (int i = 0; i < run.examples(); i++) {
        double difference = resolved.values().getDouble(i) - atStart.getDouble(i);
        gaps.add(
            sum.slice(i)
                    .castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE)
                    .sumNumber()
                    .doubleValue()
                - difference);
      }
      return run.finish(Network.INPUT, sum, resolved, gaps);
    }
  }

  /** Sum of weight · gradient over the path, in order of the steps for each example. */
  private INDArray integrate(
      AttributionRun run, INDArray start, INDArray path, Target.Resolved resolved) {
    double[] nodes = quadrature.nodes(steps);
    double[] weights = quadrature.weights(steps);
    INDArray sum = Nd4j.zeros(run.x().dataType(), run.x().shape());
    long count = (long) steps * run.examples();
    for (long first : AttributionRun.batches(count, batchSize)) {
      int size = (int) Math.min(batchSize, count - first);
      long[] shape = run.x().shape().clone();
      shape[0] = size;
      INDArray points = Nd4j.createUninitialized(run.x().dataType(), shape, 'c');
      int[] rows = new int[size];
      for (int r = 0; r < size; r++) {
        rows[r] = (int) ((first + r) / steps);
        double alpha = nodes[(int) ((first + r) % steps)];
        points.slice(r).assign(path.slice(rows[r])).muli(alpha).addi(start.slice(rows[r]));
      }
      try (Trace trace = run.network().run(points, Hooks.none())) {
        INDArray gradient = trace.gradient(run.targetOf(resolved, rows), Network.INPUT);
        for (int r = 0; r < size; r++) {
          double weight = weights[(int) ((first + r) % steps)];
          sum.slice(rows[r]).addi(gradient.slice(r).muli(weight));
        }
        gradient.close();
      }
      points.close();
      progress.report(first + size, count);
    }
    return sum;
  }

  private static int[] all(int n) {
    return java.util.stream.IntStream.range(0, n).toArray();
  }
}
