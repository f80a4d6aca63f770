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
 * What of integrated gradients of a target flows through one hidden neuron or channel, told for
 * each input value: {@code (x − x′) · ∫₀¹ Σⱼ ∂y/∂hⱼ · ∂hⱼ/∂x dα} over the units j asked about. Over
 * all units of a tensor that every path leads through, these maps sum to integrated gradients.
 *
 * <p>Cost: {@code steps} forward and {@code 2 · steps} backward passes, of which the first stops at
 * the hidden tensor and the second begins there, and a forward pass for the output.
 *
 * <p>Dhamdhere, Sundararajan, Yan: How Important Is a Neuron?, ICLR 2019. The tests agree with
 * NeuronConductance of captum 0.7.0 in float64.
 */
public final class NeuronConductance implements Attributor {
  private final Target unit;
  private final int steps;
  private final Quadrature quadrature;
  private final Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private NeuronConductance(
      Target unit,
      int steps,
      Quadrature quadrature,
      Baseline baseline,
      int batchSize,
      Progress progress) {
    this.unit = unit;
    this.steps = steps;
    this.quadrature = quadrature;
    this.baseline = baseline;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 50 Gauss-Legendre steps from zero, 8 at a time.
   *
   * @param unit {@link Target#neuron} or {@link Target#channel}
   * @return the method
   * @throws IllegalArgumentException for any other target
   */
  public static NeuronConductance of(Target unit) {
    if (!(unit instanceof Target.Neuron) && !(unit instanceof Target.Channel)) {
      throw new IllegalArgumentException("the unit must be a neuron or a channel, was " + unit);
    }
    return new NeuronConductance(
        unit, 50, Quadrature.GAUSS_LEGENDRE, Baseline.zero(), 8, Progress.none());
  }

  /**
   * Sets the number of nodes of the integral.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public NeuronConductance withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new NeuronConductance(unit, number, quadrature, baseline, batchSize, progress);
  }

  /**
   * Sets the rule of the integral.
   *
   * @param rule where the gradients are taken and how they are weighted
   * @return the method with that rule
   */
  public NeuronConductance withQuadrature(Quadrature rule) {
    return new NeuronConductance(unit, steps, rule, baseline, batchSize, progress);
  }

  /**
   * Sets where the path begins.
   *
   * @param start x′
   * @return the method with that baseline
   */
  public NeuronConductance withBaseline(Baseline start) {
    return new NeuronConductance(unit, steps, quadrature, start, batchSize, progress);
  }

  /**
   * Sets how many points of the path are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public NeuronConductance withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new NeuronConductance(unit, steps, quadrature, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public NeuronConductance withProgress(Progress listener) {
    return new NeuronConductance(unit, steps, quadrature, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "neuron-conductance";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("unit", unit.toString());
    settings.put("steps", Integer.toString(steps));
    settings.put("quadrature", quadrature.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    settings.put("baseline", baseline.toString());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    String at = unit.tensor(network);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray start = baseline.of(run.x());
      Target.Resolved resolved = run.resolve();
      INDArray path = run.x().sub(start);
      double[] nodes = quadrature.nodes(steps);
      double[] weights = quadrature.weights(steps);
      INDArray values = Nd4j.zeros(path.dataType(), path.shape());
      new PathGradients(run, resolved, batchSize, progress, steps)
          .run(
              steps,
              Hooks.none().keep(at),
              PathGradients.straight(start, path, nodes),
              (trace, given, batch, examples, points) -> {
                INDArray above = trace.gradient(given, at);
                Target.Resolved units = trace.resolve(unit);
                // The seed is one at the units and zero elsewhere.
                Target.Resolved through =
                    new Target.Resolved(
                        at, List.copyOf(units.classes()), units.values(), above.muli(units.seed()));
                INDArray gradient = trace.gradient(through, Network.INPUT);
                for (int r = 0; r < examples.length; r++) {
                  values.slice(examples[r]).addi(gradient.slice(r).muli(weights[points[r]]));
                }
                gradient.close();
              });
      values.muli(path);
      path.close();
      start.close();
      return run.finish(Network.INPUT, values, resolved);
    }
  }
}
