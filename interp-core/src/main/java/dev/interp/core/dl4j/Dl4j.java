package dev.interp.core.dl4j;

import dev.interp.core.network.Network;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;

/**
 * Lowers DeepLearning4J nets into {@link Network}s. The user's net is only read: its parameter
 * arrays are shared, nothing else of it is touched, and it must not be trained while the network is
 * in use.
 *
 * <p>A layer's own name is its output after activation; what the layer computes before a fused
 * activation is {@code name:preactivation}. Layers without a name are called {@code layer0}, {@code
 * layer1} … as DeepLearning4J does. A net that takes flat vectors ({@code
 * InputType.convolutionalFlat}) becomes one that takes {@code [N, C, H, W]}; a channels-last net
 * likewise.
 */
public final class Dl4j {
  private static final Dl4j STANDARD = new Dl4j(Map.of(), null);

  private final Map<Class<?>, LayerLowering<Layer>> custom;
  private final long @Nullable [] inputShape;

  private Dl4j(Map<Class<?>, LayerLowering<Layer>> custom, long @Nullable [] inputShape) {
    this.custom = custom;
    this.inputShape = inputShape;
  }

  /**
   * Lowers a net with the standard lowerings.
   *
   * @param net an initialised net; not modified
   * @return the network
   * @throws IllegalArgumentException if a layer cannot be lowered; the message names it and says
   *     why
   */
  public static Network network(MultiLayerNetwork net) {
    return STANDARD.lower(net);
  }

  /**
   * Lowers a net with the standard lowerings.
   *
   * @param net an initialised net with one input; not modified. Of several outputs the first is
   *     explained
   * @return the network
   * @throws IllegalArgumentException if a layer cannot be lowered; the message names it and says
   *     why
   */
  public static Network network(ComputationGraph net) {
    return STANDARD.lower(net);
  }

  /**
   * The standard lowerings, to be refined.
   *
   * @return lowerings for the layers of DeepLearning4J
   */
  public static Dl4j standard() {
    return STANDARD;
  }

  /**
   * These lowerings with one for a layer of the user's own, or in place of a standard one.
   *
   * @param <L> the configuration class
   * @param layer the configuration class, matched exactly
   * @param lowering adds the ops that the layer stands for
   * @return the new lowerings
   */
  @SuppressWarnings("unchecked")
  public <L extends Layer> Dl4j with(Class<L> layer, LayerLowering<? super L> lowering) {
    Map<Class<?>, LayerLowering<Layer>> more = new HashMap<>(custom);
    more.put(layer, (LayerLowering<Layer>) lowering);
    return new Dl4j(Map.copyOf(more), inputShape);
  }

  /**
   * These lowerings for a net whose input size cannot be told from its layers. That is the case for
   * nets that take pictures which are not square.
   *
   * @param shape of one example, {@code [C, H, W]}
   * @return the new lowerings
   */
  public Dl4j withInput(long... shape) {
    return new Dl4j(custom, shape.clone());
  }

  /**
   * Lowers a net.
   *
   * @param net an initialised net; not modified
   * @return the network
   * @throws IllegalArgumentException if a layer cannot be lowered; the message names it and says
   *     why
   */
  public Network lower(MultiLayerNetwork net) {
    return new NetLowering(custom, inputShape).lower(net);
  }

  /**
   * Lowers a net.
   *
   * @param net an initialised net with one input; not modified
   * @return the network
   * @throws IllegalArgumentException if a layer cannot be lowered; the message names it and says
   *     why
   */
  public Network lower(ComputationGraph net) {
    return new NetLowering(custom, inputShape).lower(net);
  }
}
