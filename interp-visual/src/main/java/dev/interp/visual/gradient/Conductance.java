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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Conductance of a hidden tensor h: what of integrated gradients flows through each of its units,
 * {@code ∫ ∂y/∂hⱼ dhⱼ} along the straight path of the <em>input</em> from a baseline to x. If every
 * path from the input to the target leads through the tensor, the values sum to the output at x
 * minus the output at the baseline; what the sum over steps misses of it is reported as the
 * completeness gap.
 *
 * <p>The path is walked in {@code steps} pieces, and each piece adds the change of h times {@code
 * ∂y/∂h}. Which points, and where on a piece the gradient is taken, the {@link Quadrature} says:
 *
 * <ul>
 *   <li>{@link Quadrature#RIEMANN_TRAPEZOID}, the default: equal pieces, the mean of the gradients
 *       at both ends.
 *   <li>{@link Quadrature#RIEMANN_LEFT}, {@link Quadrature#RIEMANN_RIGHT}: equal pieces, the
 *       gradient at the beginning or at the end.
 *   <li>{@link Quadrature#GAUSS_LEGENDRE}: the pieces between {@code steps + 1} nodes of
 *       Gauss-Legendre, the gradient at the beginning. So does captum; what lies before the first
 *       and behind the last node is missing.
 * </ul>
 *
 * <p>Cost: {@code steps + 1} forward and backward passes, and two forward passes for the outputs at
 * x and at the baseline.
 *
 * <p>Dhamdhere, Sundararajan, Yan: How Important Is a Neuron?, ICLR 2019; the sum over changes of h
 * is by Shrikumar, Su, Kundaje: Computationally Efficient Measures of Internal Neuron Importance,
 * 2018. The tests agree with LayerConductance of captum 0.7.0 in float64 with Gauss-Legendre.
 */
public final class Conductance implements Attributor {
  private final String tensor;
  private final int steps;
  private final Quadrature quadrature;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private Conductance(
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
   * 50 equal steps from zero at the last tensor with spatial extent, 8 at a time.
   *
   * @return the method
   */
  public static Conductance withDefaults() {
    return new Conductance(
        "", 50, Quadrature.RIEMANN_TRAPEZOID, Baseline.zero(), 8, Progress.none());
  }

  /**
   * Sets the tensor whose units are asked about.
   *
   * @param name the tensor's name; empty for the last with spatial extent
   * @return the method with that tensor
   */
  public Conductance withTensor(String name) {
    return new Conductance(name, steps, quadrature, baseline, batchSize, progress);
  }

  /**
   * Sets the number of pieces of the path.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public Conductance withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new Conductance(tensor, number, quadrature, baseline, batchSize, progress);
  }

  /**
   * Sets the points of the path.
   *
   * @param rule any but {@link Quadrature#RIEMANN_MIDDLE}, whose points are no ends of pieces
   * @return the method with that rule
   * @throws IllegalArgumentException for {@code RIEMANN_MIDDLE}
   */
  public Conductance withQuadrature(Quadrature rule) {
    if (rule == Quadrature.RIEMANN_MIDDLE) {
      throw new IllegalArgumentException(
          "conductance needs gradients at the ends of pieces: gauss-legendre, riemann-left,"
              + " riemann-right or riemann-trapezoid, was riemann-middle");
    }
    return new Conductance(tensor, steps, rule, baseline, batchSize, progress);
  }

  /**
   * Sets where the path begins.
   *
   * @param start x′, at the network's input
   * @return the method with that baseline
   */
  public Conductance withBaseline(Baseline start) {
    return new Conductance(tensor, steps, quadrature, start, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public Conductance withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new Conductance(tensor, steps, quadrature, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public Conductance withProgress(Progress listener) {
    return new Conductance(tensor, steps, quadrature, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "conductance";
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
      boolean even = quadrature != Quadrature.GAUSS_LEGENDRE;
      double[] nodes = (even ? Quadrature.RIEMANN_TRAPEZOID : quadrature).nodes(steps + 1);
      INDArray[] sums = new INDArray[run.examples()];
      // Activation and gradient of the point before.
      INDArray[] before = new INDArray[2];
      new PathGradients(run, resolved, batchSize, progress, steps + 1L)
          .run(
              steps + 1,
              Hooks.none().keep(at).forgetBelow(),
              PathGradients.straight(start, path, nodes),
              (trace, given, batch, examples, points) ->
                  PathGradients.read(
                      trace,
                      given,
                      at,
                      (activations, gradients) -> {
                        for (int r = 0; r < examples.length; r++) {
                          INDArray h = activations.slice(r).dup('c');
                          INDArray slope = gradients.slice(r).dup('c');
                          if (points[r] == 0) {
                            sums[examples[r]] = Nd4j.zeros(h.dataType(), h.shape());
                          } else {
                            INDArray change = h.sub(before[0]);
                            sums[examples[r]].addi(change.muli(over(before[1], slope)));
                            change.close();
                            before[0].close();
                            before[1].close();
                          }
                          before[0] = h;
                          before[1] = slope;
                        }
                      }));
      path.close();
      INDArray values = PathGradients.stack(sums);
      List<Double> gaps =
          PathGradients.gaps(values, resolved, PathGradients.outputs(run, start, resolved));
      start.close();
      return run.finish(at, values, resolved, gaps);
    }
  }

  /** The gradient of a piece; may change its first argument. */
  private INDArray over(INDArray beginning, INDArray end) {
    return switch (quadrature) {
      case RIEMANN_RIGHT -> end;
      case RIEMANN_TRAPEZOID -> beginning.addi(end).muli(0.5);
      default -> beginning;
    };
  }
}
