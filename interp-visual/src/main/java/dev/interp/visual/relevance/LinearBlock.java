package dev.interp.visual.relevance;

import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A linear op with the batch norms that follow it and nothing else reads: together one linear map.
 *
 * @param linear a convolution, transposed convolution or dense op
 * @param norms the batch norms, in order
 * @param activation the element-wise function that alone reads the result, if there is one
 */
record LinearBlock(Node linear, List<Node> norms, Optional<Node> activation) {

  /** Every block of a network, in order. */
  static List<LinearBlock> of(Network network) {
    List<LinearBlock> blocks = new ArrayList<>();
    for (Node node : network.nodes()) {
      if (isLinear(node.op())) {
        List<Node> norms = new ArrayList<>();
        Optional<Node> next = onlyReader(network, node);
        while (next.isPresent() && next.get().op() instanceof Op.Affine) {
          norms.add(next.get());
          next = onlyReader(network, next.get());
        }
        blocks.add(
            new LinearBlock(node, List.copyOf(norms), next.filter(n -> isElementwise(n.op()))));
      }
    }
    return blocks;
  }

  static boolean isElementwise(Op op) {
    return op instanceof Op.ParametricRelu
        || (op instanceof Op.Activation activation && !activation.isIdentity());
  }

  private static boolean isLinear(Op op) {
    return op instanceof Op.Convolution
        || op instanceof Op.TransposedConvolution
        || op instanceof Op.Dense;
  }

  private static Optional<Node> onlyReader(Network network, Node node) {
    List<Node> readers =
        network.nodes().stream().filter(n -> n.inputs().contains(node.name())).toList();
    return readers.size() == 1 && readers.get(0).inputs().size() == 1
        ? Optional.of(readers.get(0))
        : Optional.empty();
  }

  /** The tensor that the block makes, before the activation. */
  String end() {
    return norms.isEmpty() ? linear.name() : norms.get(norms.size() - 1).name();
  }

  /** The tensors within: what the linear op and the norms make. */
  List<String> tensors() {
    List<String> tensors = new ArrayList<>(List.of(linear.name()));
    norms.forEach(n -> tensors.add(n.name()));
    return tensors;
  }

  /** The whole map without its shift, its weights changed. */
  Op op(UnaryOperator<INDArray> change) {
    Op op = linear.op();
    INDArray weights = change.apply(weights());
    if (op instanceof Op.Convolution c) {
      return new Op.Convolution(weights, null, c.window(), c.groups());
    } else if (op instanceof Op.TransposedConvolution t) {
      return new Op.TransposedConvolution(weights, null, t.window());
    }
    return new Op.Dense(weights, null);
  }

  /** The weights of the whole map, in the shape of the linear op's; a copy. */
  INDArray weights() {
    INDArray weights = linear.op().parameters().get(0);
    long[] shape = new long[weights.rank()];
    Arrays.fill(shape, 1);
    shape[outputAxis()] = weights.size(outputAxis());
    return weights.mul(scale().reshape('c', shape));
  }

  /** The axis of {@link #weights} that counts outputs. */
  int outputAxis() {
    return linear.op() instanceof Op.Convolution ? 0 : 1;
  }

  /** What the norms make of a number per output: a product, channels in the last axis. */
  INDArray normed(INDArray linearOutput) {
    INDArray result = linearOutput.dup('c');
    for (Node norm : norms) {
      Op.Affine affine = (Op.Affine) norm.op();
      result
          .muli(row(affine.scale(), result.rank()).broadcast(result.shape()))
          .addi(row(affine.shift(), result.rank()).broadcast(result.shape()));
    }
    return result;
  }

  private static INDArray row(INDArray vector, int rank) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    shape[rank - 1] = vector.length();
    return vector.reshape('c', shape);
  }

  private INDArray scale() {
    INDArray weights = linear.op().parameters().get(0);
    INDArray scale = Nd4j.ones(weights.dataType(), weights.size(outputAxis()));
    norms.forEach(n -> scale.muli(((Op.Affine) n.op()).scale().reshape(scale.length())));
    return scale;
  }
}
