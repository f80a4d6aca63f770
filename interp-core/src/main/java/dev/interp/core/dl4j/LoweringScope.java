package dev.interp.core.dl4j;

import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The place in a network where one layer is being lowered. Not safe for concurrent use, and of no
 * use after the lowering returns.
 */
public final class LoweringScope {
  private final Network.Builder builder;
  private final String name;
  private final Map<String, INDArray> parameters;
  private final boolean channelsLast;
  private List<String> inputs;

  LoweringScope(
      Network.Builder builder,
      String name,
      Map<String, INDArray> parameters,
      boolean channelsLast,
      List<String> inputs) {
    this.builder = builder;
    this.name = name;
    this.parameters = parameters;
    this.channelsLast = channelsLast;
    this.inputs = inputs;
  }

  /**
   * The layer's name.
   *
   * @return the name that its output gets
   */
  public String name() {
    return name;
  }

  /**
   * Whether the net keeps its channels last. Ops do not depend on it; parameters shaped like maps
   * may.
   *
   * @return true for an NHWC net
   */
  public boolean channelsLast() {
    return channelsLast;
  }

  /**
   * A parameter of the layer.
   *
   * @param key as in the layer's {@code paramTable}
   * @return the net's own array; not to be modified
   * @throws IllegalArgumentException if the layer has none of that name
   */
  public INDArray parameter(String key) {
    INDArray array = parameters.get(key);
    if (array == null) {
      throw new IllegalArgumentException(
          "layer '" + name + "' has no parameter '" + key + "', it has " + parameters.keySet());
    }
    return array;
  }

  /**
   * A parameter that the layer may lack.
   *
   * @param key as in the layer's {@code paramTable}
   * @return the array flattened to one axis, or null
   */
  public @Nullable INDArray vector(String key) {
    INDArray array = parameters.get(key);
    return array == null ? null : array.reshape(array.length());
  }

  /**
   * Adds an op before the result; the next op reads it.
   *
   * @param part what the tensor is called within the layer; its name becomes {@code layer:part}
   * @param op what is computed
   */
  public void part(String part, Op op) {
    String tensor = name + ":" + part;
    builder.add(tensor, op, inputs.toArray(String[]::new));
    inputs = List.of(tensor);
  }

  /**
   * The tensors that the next op reads.
   *
   * @return names; at first those of the layer's inputs
   */
  public List<String> inputs() {
    return List.copyOf(inputs);
  }

  /**
   * Adds an op that reads given tensors, beside the line of parts: the next op does not read it.
   *
   * @param part what the tensor is called within the layer; its name becomes {@code layer:part}
   * @param op what is computed
   * @param from the tensors it reads
   * @return the tensor's name
   */
  public String branch(String part, Op op, String... from) {
    String tensor = name + ":" + part;
    builder.add(tensor, op, from);
    return tensor;
  }

  /**
   * Adds the op that makes the layer's output of given tensors.
   *
   * @param op what is computed
   * @param from the tensors it reads
   */
  public void resultOf(Op op, String... from) {
    builder.add(name, op, from);
  }

  /**
   * Adds the op that makes the layer's output.
   *
   * @param op what is computed
   */
  public void result(Op op) {
    builder.add(name, op, inputs.toArray(String[]::new));
  }

  /**
   * Adds the op that makes the layer's output, followed by the layer's activation unless that is
   * the identity.
   *
   * @param op what is computed before the activation
   * @param activation the layer's activation function
   */
  public void activated(Op op, IActivation activation) {
    if (activation instanceof ActivationIdentity) {
      result(op);
    } else {
      part("preactivation", op);
      result(Activations.op(activation));
    }
  }
}
