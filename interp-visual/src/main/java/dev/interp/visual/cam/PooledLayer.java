package dev.interp.visual.cam;

import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The layer whose channel means a linear classifier reads. */
final class PooledLayer {
  private PooledLayer() {}

  /**
   * Finds it.
   *
   * @param asked the layer that the user asked for, or none
   * @throws NotApplicableException if the network does not end that way
   */
  static String of(Network network, Target target, List<String> asked) {
    if (!target.tensor(network).equals(network.logits())) {
      throw new NotApplicableException(
          "cam explains classes, but the target " + target + " is not one; grad-cam takes any");
    }
    Map<String, Node> nodes =
        network.nodes().stream().collect(Collectors.toMap(Node::name, Function.identity()));
    String tensor = network.logits();
    boolean dense = false;
    while (true) {
      Node node = at(nodes, tensor);
      if (isMean(node, network)) {
        break;
      }
      boolean passes = node.op() instanceof Op.Reshape && network.layer(tensor).shape().size() == 1;
      if (!passes && (dense || !(node.op() instanceof Op.Dense))) {
        throw new NotApplicableException(
            "cam needs a network that ends in a global average pooling and at most one dense layer"
                + " after it, but above the pooling comes '"
                + tensor
                + "' ("
                + node.op().kind()
                + "); grad-cam and hires-cam need neither");
      }
      dense |= node.op() instanceof Op.Dense;
      tensor = node.inputs().get(0);
    }
    String pooled = at(nodes, tensor).inputs().get(0);
    if (!asked.isEmpty() && !asked.equals(List.of(pooled))) {
      throw new NotApplicableException(
          "cam looks at the layer that is pooled, '" + pooled + "', was asked for " + asked);
    }
    return pooled;
  }

  private static Node at(Map<String, Node> nodes, String tensor) {
    Node node = nodes.get(tensor);
    if (node == null) {
      throw new IllegalStateException(tensor);
    }
    return node;
  }

  private static boolean isMean(Node node, Network network) {
    if (node.op() instanceof Op.GlobalPool pool) {
      return isAverage(pool.reduction());
    }
    if (!(node.op() instanceof Op.Pool pool) || !isAverage(pool.reduction())) {
      return false;
    }
    LayerInfo below = network.layer(node.inputs().get(0));
    return pool.window().height().kernel() == below.shape().get(1)
        && pool.window().width().kernel() == below.shape().get(2)
        && network.layer(node.name()).shape().subList(1, 3).equals(List.of(1L, 1L));
  }

  private static boolean isAverage(Op.Reduction reduction) {
    return reduction == Op.Reduction.AVERAGE || reduction == Op.Reduction.AVERAGE_WITH_PADDING;
  }
}
