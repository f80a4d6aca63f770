package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.rule.Composite;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Attribution by one backward pass: a {@link Composite} says how the signal travels down, and the
 * signal that arrives is taken as it is, in absolute value, or times the input. Cost: one forward
 * and one backward pass.
 *
 * <ul>
 *   <li>{@link #plain}: {@code ∂y/∂x}, signed.
 *   <li>{@link #saliency}: {@code |∂y/∂x|} per channel (Simonyan, Vedaldi, Zisserman: Deep Inside
 *       Convolutional Networks, ICLR workshop 2014, section 3). Deviation: the paper takes the
 *       maximum over channels; here that is left to whoever draws the map.
 *   <li>{@link #inputTimesGradient}: {@code x · ∂y/∂x} (Shrikumar et al.: Not Just a Black Box,
 *       2016).
 *   <li>{@link #guidedBackprop}: rectifiers pass {@code max(g, 0) · [x > 0]} (Springenberg et al.:
 *       Striving for Simplicity, ICLR workshop 2015, section 3.4).
 *   <li>{@link #deconvnet}: rectifiers pass {@code max(g, 0)}; max pools keep their switches
 *       (Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014).
 * </ul>
 *
 * <p>Guided backpropagation and the deconvnet change little when a network's weights are randomised
 * (Adebayo et al., NeurIPS 2018): they show edges of the picture more than reasons of the network.
 *
 * <p>The tests agree with captum 0.7.0 in float64.
 */
public final class Gradient implements Attributor {
  private final String id;
  private final Composite composite;
  private final Form form;
  private final String tensor;

  private enum Form {
    SIGNAL,
    ABSOLUTE,
    TIMES_INPUT
  }

  private Gradient(String id, Composite composite, Form form, String tensor) {
    this.id = id;
    this.composite = composite;
    this.form = form;
    this.tensor = tensor;
  }

  /**
   * The signed gradient.
   *
   * @return the method
   */
  public static Gradient plain() {
    return new Gradient("gradient", Composite.gradient(), Form.SIGNAL, Network.INPUT);
  }

  /**
   * The absolute gradient.
   *
   * @return the method
   */
  public static Gradient saliency() {
    return new Gradient("saliency", Composite.gradient(), Form.ABSOLUTE, Network.INPUT);
  }

  /**
   * The input times the gradient.
   *
   * @return the method
   */
  public static Gradient inputTimesGradient() {
    return new Gradient("input-x-gradient", Composite.gradient(), Form.TIMES_INPUT, Network.INPUT);
  }

  /**
   * Guided backpropagation.
   *
   * @return the method
   */
  public static Gradient guidedBackprop() {
    return new Gradient("guided-backprop", Composite.guidedBackprop(), Form.SIGNAL, Network.INPUT);
  }

  /**
   * The deconvnet.
   *
   * @return the method
   */
  public static Gradient deconvnet() {
    return new Gradient("deconvnet", Composite.deconvnet(), Form.SIGNAL, Network.INPUT);
  }

  /**
   * The same for a hidden tensor instead of the input.
   *
   * @param name the tensor's name
   * @return the method with that tensor
   */
  public Gradient withTensor(String name) {
    return new Gradient(id, composite, form, name);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Map<String, String> settings() {
    return Map.of("tensor", tensor);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.layer(tensor);
    try (AttributionRun run = AttributionRun.start(this, network, x, target);
        Trace trace = run.network().run(run.x(), Hooks.none().keep(tensor).withRules(composite))) {
      Target.Resolved resolved = trace.resolve(target);
      INDArray signal = trace.gradient(resolved, tensor);
      INDArray values =
          switch (form) {
            case SIGNAL -> signal;
            case ABSOLUTE -> Transforms.abs(signal, false);
            case TIMES_INPUT -> signal.muli(trace.activation(tensor));
          };
      return run.finish(tensor, values, resolved);
    }
  }
}
