package dev.interp.core.metric;

import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.List;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Networks made of others node by node. */
final class Rewriting {
  private static final String SHIFTED = "input shifted back";

  private Rewriting() {}

  static Network of(Network network, UnaryOperator<Node> change) {
    Network.Builder builder = builder(network);
    List<Node> nodes = network.nodes();
    for (Node node : nodes.subList(1, nodes.size())) {
      Node changed = change.apply(node);
      builder.add(changed.name(), changed.op(), changed.inputs().toArray(String[]::new));
    }
    return builder.logits(network.logits()).build();
  }

  /** The same function of an input to which a shift per channel has been added. */
  static Network shiftedBack(Network network, INDArray scale, INDArray shift) {
    Network.Builder builder = builder(network).add(SHIFTED, new Op.Affine(scale, shift));
    List<Node> nodes = network.nodes();
    for (Node node : nodes.subList(1, nodes.size())) {
      builder.add(
          node.name(),
          node.op(),
          node.inputs().stream()
              .map(i -> i.equals(Network.INPUT) ? SHIFTED : i)
              .toArray(String[]::new));
    }
    return builder.logits(network.logits()).build();
  }

  private static Network.Builder builder(Network network) {
    return Network.builder(network.inputShape()).typicalInput(network.typicalInput());
  }
}
