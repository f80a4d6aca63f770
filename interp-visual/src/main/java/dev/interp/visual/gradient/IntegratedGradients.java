package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Integrated gradients: {@code (x − x′) · ∫₀¹ ∂y/∂x (x′ + α (x − x′)) dα}. The values sum to the
 * difference of the outputs at x and at the baseline x′; what the numerical integral misses of it
 * is reported as the completeness gap. With several baselines the result is the mean over them, and
 * so is the output that the sum is held against.
 *
 * <p>Cost for b baselines: {@code b · steps} forward and backward passes, and {@code 1 + b} forward
 * passes for the outputs at x and at the baselines.
 *
 * <p>Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017. Deviation: the
 * paper sums at the right ends of the intervals ({@link Quadrature#RIEMANN_RIGHT}); Gauss-Legendre
 * is the default because its gap is smaller for the same number of steps. The tests agree with
 * captum 0.7.0 in float64, except for its trapezoids, whose weights do not sum to one.
 */
public final class IntegratedGradients implements Attributor {
  private final int steps;
  private final Quadrature quadrature;
  private final List<Baseline> baselines;
  private final boolean timesPath;
  private final int batchSize;
  private final Progress progress;

  private IntegratedGradients(
      int steps,
      Quadrature quadrature,
      List<Baseline> baselines,
      boolean timesPath,
      int batchSize,
      Progress progress) {
    this.steps = steps;
    this.quadrature = quadrature;
    this.baselines = List.copyOf(baselines);
    this.timesPath = timesPath;
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
        50, Quadrature.GAUSS_LEGENDRE, List.of(Baseline.zero()), true, 8, Progress.none());
  }

  /**
   * Sets the number of nodes of the integral.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public IntegratedGradients withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new IntegratedGradients(number, quadrature, baselines, timesPath, batchSize, progress);
  }

  /**
   * Sets the rule of the integral.
   *
   * @param rule where the gradient is taken and how it is weighted
   * @return the method with that rule
   */
  public IntegratedGradients withQuadrature(Quadrature rule) {
    return new IntegratedGradients(steps, rule, baselines, timesPath, batchSize, progress);
  }

  /**
   * Sets where the path begins.
   *
   * @param start x′
   * @return the method with that baseline
   */
  public IntegratedGradients withBaseline(Baseline start) {
    return withBaselines(List.of(start));
  }

  /**
   * Sets where paths begin, one from each baseline; the result is the mean.
   *
   * @param starts at least one
   * @return the method with those baselines
   * @throws IllegalArgumentException if there is none
   */
  public IntegratedGradients withBaselines(List<Baseline> starts) {
    PathGradients.atLeast("the number of baselines", 1, starts.size());
    return new IntegratedGradients(steps, quadrature, starts, timesPath, batchSize, progress);
  }

  /**
   * Leaves out the factor {@code x − x′}: the mean gradient along the path, in units of output per
   * input instead of output. It sums to nothing in particular, so no gap is reported.
   *
   * @return the method without that factor
   */
  public IntegratedGradients withoutInputs() {
    return new IntegratedGradients(steps, quadrature, baselines, false, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public IntegratedGradients withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new IntegratedGradients(steps, quadrature, baselines, timesPath, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public IntegratedGradients withProgress(Progress listener) {
    return new IntegratedGradients(steps, quadrature, baselines, timesPath, batchSize, listener);
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
    settings.put(
        "baseline", baselines.stream().map(Baseline::toString).collect(Collectors.joining("; ")));
    if (!timesPath) {
      settings.put("times inputs", "no");
    }
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      List<INDArray> starts = baselines.stream().map(b -> b.of(run.x())).toList();
      Target.Resolved resolved = run.resolve();
      PathGradients points =
          new PathGradients(run, resolved, batchSize, progress, (long) baselines.size() * steps);
      INDArray values = Nd4j.zeros(run.x().dataType(), run.x().shape());
      double[] atStart = new double[run.examples()];
      for (INDArray start : starts) {
        INDArray path = run.x().sub(start);
        INDArray integral = integrate(points, start, path);
        if (timesPath) {
          integral.muli(path);
          double[] outputs = PathGradients.outputs(run, start, resolved);
          for (int i = 0; i < outputs.length; i++) {
            atStart[i] += outputs[i] / starts.size();
          }
        }
        values.addi(integral);
        integral.close();
        path.close();
        start.close();
      }
      if (starts.size() > 1) {
        values.divi(starts.size());
      }
      return timesPath
          ? run.finish(
              Network.INPUT, values, resolved, PathGradients.gaps(values, resolved, atStart))
          : run.finish(Network.INPUT, values, resolved);
    }
  }

  /** Sum of weight · gradient over the path, in order of the steps for each example. */
  private INDArray integrate(PathGradients points, INDArray start, INDArray path) {
    double[] nodes = quadrature.nodes(steps);
    double[] weights = quadrature.weights(steps);
    INDArray sum = Nd4j.zeros(path.dataType(), path.shape());
    points.gradients(
        steps,
        PathGradients.straight(start, path, nodes),
        (example, k, gradient) -> sum.slice(example).addi(gradient.muli(weights[k])));
    return sum;
  }
}
