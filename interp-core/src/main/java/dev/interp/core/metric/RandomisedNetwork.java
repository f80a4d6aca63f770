package dev.interp.core.metric;

import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Copies of a network in which some layers have forgotten what they learned. */
public final class RandomisedNetwork {
  private RandomisedNetwork() {}

  /**
   * The layers that have parameters, from the input to the output.
   *
   * @param network a network
   * @return names of tensors
   */
  public static List<String> layers(Network network) {
    return network.nodes().stream()
        .filter(n -> !n.op().parameters().isEmpty())
        .map(Node::name)
        .toList();
  }

  /**
   * A copy with the parameters of some layers drawn anew from a normal distribution with the mean
   * and standard deviation of the old ones, array by array, so that signals keep their size. The
   * draws of a layer do not depend on which others are drawn.
   *
   * @param network the network; not changed
   * @param layers names from {@link #layers}
   * @param seed of the draws
   * @return a network of the same structure; parameters of other layers are shared
   * @throws IllegalArgumentException if a layer has no parameters; the message lists those that do
   */
  public static Network of(Network network, Set<String> layers, long seed) {
    List<String> known = layers(network);
    if (!known.containsAll(layers)) {
      throw new IllegalArgumentException(
          "the layers must be among those with parameters " + known + ", was " + layers);
    }
    return Rewriting.of(
        network,
        node -> {
          if (!layers.contains(node.name())) {
            return node;
          }
          SplittableRandom random =
              new SplittableRandom(seed * 1_000_003 + known.indexOf(node.name()));
          UnaryOperator<INDArray> redraw = p -> redrawn(p, random);
          Op op = Examples.outside(() -> node.op().withParameters(redraw));
          return new Node(node.name(), op, node.inputs());
        });
  }

  private static INDArray redrawn(INDArray parameters, SplittableRandom random) {
    double[] values = parameters.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double mean = Statistics.mean(values);
    double squares = 0;
    for (double v : values) {
      squares += (v - mean) * (v - mean);
    }
    double deviation = Math.sqrt(squares / values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = mean + deviation * random.nextGaussian();
    }
    return Nd4j.createFromArray(values)
        .reshape('c', parameters.shape())
        .castTo(parameters.dataType());
  }
}
