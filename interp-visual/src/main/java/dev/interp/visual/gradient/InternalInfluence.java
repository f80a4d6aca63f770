package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Internal influence of a hidden tensor h: {@code ∫₀¹ ∂y/∂h (x′ + α (x − x′)) dα}, the mean of the
 * gradient at the tensor along the straight path of the <em>input</em> from a baseline to x. In
 * units of output per activation; the values sum to nothing in particular.
 *
 * <p>Cost: {@code steps} forward and backward passes, which stop at the tensor, and a forward pass
 * for the output.
 *
 * <p>Leino, Sen, Datta, Fredrikson, Li: Influence-Directed Explanations for Deep Convolutional
 * Networks, ITC 2018, with the uniform distribution of interest on the path. The tests agree with
 * captum 0.7.0 in float64.
 */
public final class InternalInfluence implements Attributor {
  private final String tensor;
  private final int steps;
  private final Quadrature quadrature;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private InternalInfluence(
      String tensor,
      int steps,
      Quadrature quadrature,
      Baseline baseline,
      int batchSize,
      Progress progress) {
    this.tensor = tensor;
    this.steps = steps;
    this.quadrature = quadrature;
    this.baseline = baseline;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 50 Gauss-Legendre steps from zero at the last tensor with spatial extent, 8 at a time.
   *
   * @return the method
   */
  public static InternalInfluence withDefaults() {
    return new InternalInfluence(
        "", 50, Quadrature.GAUSS_LEGENDRE, Baseline.zero(), 8, Progress.none());
  }

  /**
   * Sets the tensor whose units are asked about.
   *
   * @param name the tensor's name; empty for the last with spatial extent
   * @return the method with that tensor
   */
  public InternalInfluence withTensor(String name) {
    return new InternalInfluence(name, steps, quadrature, baseline, batchSize, progress);
  }

  /**
   * Sets the number of nodes of the integral.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public InternalInfluence withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new InternalInfluence(tensor, number, quadrature, baseline, batchSize, progress);
  }

  /**
   * Sets the rule of the integral.
   *
   * @param rule where the gradient is taken and how it is weighted
   * @return the method with that rule
   */
  public InternalInfluence withQuadrature(Quadrature rule) {
    return new InternalInfluence(tensor, steps, rule, baseline, batchSize, progress);
  }

  /**
   * Sets where the path begins.
   *
   * @param start x′, at the network's input
   * @return the method with that baseline
   */
  public InternalInfluence withBaseline(Baseline start) {
    return new InternalInfluence(tensor, steps, quadrature, start, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public InternalInfluence withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new InternalInfluence(tensor, steps, quadrature, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public InternalInfluence withProgress(Progress listener) {
    return new InternalInfluence(tensor, steps, quadrature, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "internal-influence";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tensor", tensor.isEmpty() ? "last spatial" : tensor);
    settings.put("steps", Integer.toString(steps));
    settings.put("quadrature", quadrature.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    settings.put("baseline", baseline.toString());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    String at = tensor.isEmpty() ? network.lastSpatial() : network.layer(tensor).name();
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray start = baseline.of(run.x());
      Target.Resolved resolved = run.resolve();
      INDArray path = run.x().sub(start);
      double[] nodes = quadrature.nodes(steps);
      double[] weights = quadrature.weights(steps);
      INDArray[] sums = new INDArray[run.examples()];
      new PathGradients(run, resolved, batchSize, progress, steps)
          .run(
              steps,
              Hooks.none().keep(at).forgetBelow(),
              PathGradients.straight(start, path, nodes),
              (trace, given, batch, examples, points) ->
                  PathGradients.read(
                      trace,
                      given,
                      at,
                      (activations, gradients) -> {
                        for (int r = 0; r < examples.length; r++) {
                          INDArray gradient = gradients.slice(r).mul(weights[points[r]]);
                          if (points[r] == 0) {
                            sums[examples[r]] = gradient;
                          } else {
                            sums[examples[r]].addi(gradient);
                            gradient.close();
                          }
                        }
                      }));
      path.close();
      start.close();
      INDArray values = PathGradients.stack(sums);
      return run.finish(at, values, resolved);
    }
  }
}
