package dev.interp.visual;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Part;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Any method for a hidden tensor: how much each of its numbers had to do with the target. The
 * method is run on the part of the network above the tensor, with the tensor's activation as input
 * and the activations that baselines cause as baselines. The values have the tensor's shape, {@code
 * [N, C, H, W]} or {@code [N, F]}.
 *
 * <pre>{@code
 * AtLayer.of("pool1", Gradient.inputTimesGradient());
 * AtLayer.of("pool1", push ->
 *     IntegratedGradients.withDefaults().withBaseline(push.apply(Baseline.constant(0.5))));
 * }</pre>
 *
 * <p>Where other tensors lead around the tensor (inside a residual block, say), they are held fast
 * at their values for the example, also for baselines, and examples are explained one by one.
 *
 * <p>Cost: a forward pass that stops at the tensor, another one for every baseline, and what the
 * method costs on the part above. A pass through the part counts as a pass.
 */
public final class AtLayer implements Attributor {
  private final String tensor;
  private final Function<UnaryOperator<Baseline>, Attributor> method;

  private AtLayer(String tensor, Function<UnaryOperator<Baseline>, Attributor> method) {
    this.tensor = tensor;
    this.method = method;
  }

  /**
   * A method without a baseline. A method that has one takes it as an activation of the tensor.
   *
   * @param tensor the tensor's name
   * @param method what is run on the part of the network above it
   * @return the method for that tensor
   */
  public static AtLayer of(String tensor, Attributor method) {
    return new AtLayer(tensor, push -> method);
  }

  /**
   * A method with baselines that are given as inputs of the whole network.
   *
   * @param tensor the tensor's name
   * @param method makes the method; what it is given turns a baseline for the input into the
   *     activation of the tensor that this baseline causes
   * @return the method for that tensor
   */
  public static AtLayer of(String tensor, Function<UnaryOperator<Baseline>, Attributor> method) {
    return new AtLayer(tensor, method);
  }

  @Override
  public String id() {
    return described().id();
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("layer", tensor);
    settings.putAll(described().settings());
    return Collections.unmodifiableMap(settings);
  }

  /** With the baselines as they were given, which is how people know them. */
  private Attributor described() {
    return method.apply(UnaryOperator.identity());
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    Part.check(network, tensor, target);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      List<Attribution> results = new ArrayList<>();
      String place = tensor;
      for (Part part : Part.of(run.network(), run.x(), tensor)) {
        INDArray pictures = part.of(run.x());
        Attributor above = method.apply(baseline -> push(run.network(), baseline, pictures));
        Attribution result = above.attribute(part.network(), part.activation(), part.of(target));
        results.add(result);
        place = result.tensor().equals(Network.INPUT) ? tensor : result.tensor();
      }
      return run.join(place, results);
    }
  }

  private Baseline push(Network network, Baseline baseline, INDArray pictures) {
    INDArray start = baseline.of(pictures);
    try (Trace trace = network.run(start, Hooks.none().keep(tensor).forgetBelow())) {
      return Baseline.array(trace.activation(tensor));
    }
  }
}
