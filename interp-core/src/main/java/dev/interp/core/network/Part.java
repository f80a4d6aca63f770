package dev.interp.core.network;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What is left to run of some examples from a tensor on.
 *
 * @param network the part of the network above the tensor, see {@link Network#after}
 * @param activation the tensor of these examples, {@code [n, …]}; owned by whoever holds the record
 * @param first the index of the first of them in the whole batch
 */
public record Part(Network network, INDArray activation, int first) {

  /**
   * Runs a batch up to a tensor. If all paths to the logits go through it, the batch stays
   * together; otherwise every example becomes a part of its own, in which what lies beside the
   * tensor is held fast.
   *
   * @param network the network
   * @param x the batch; not modified
   * @param tensor the name of the tensor to stop at
   * @return the parts in the order of the examples; costs a forward pass per example
   * @throws IllegalArgumentException if the batch does not fit, or the tensor does not lead to the
   *     logits
   */
  public static List<Part> of(Network network, INDArray x, String tensor) {
    String[] sides = network.beside(tensor).toArray(String[]::new);
    long together = sides.length == 0 ? x.size(0) : 1;
    List<Part> parts = new ArrayList<>();
    for (long i = 0; i < x.size(0); i += together) {
      INDArray some = x.get(NDArrayIndex.interval(i, i + together));
      try (Trace trace = network.run(some, Hooks.none().keep(tensor).keep(sides).forgetBelow())) {
        INDArray activation = trace.activation(tensor);
        parts.add(new Part(network.after(tensor, trace), activation, (int) i));
      }
    }
    return List.copyOf(parts);
  }

  /**
   * Checks that a target can be asked of the part above a tensor.
   *
   * @param network the network
   * @param tensor the name of the tensor that the part begins with
   * @param target the target
   * @throws IllegalArgumentException if the target does not come of the tensor, or the tensor does
   *     not lead to the logits
   */
  public static void check(Network network, String tensor, Target target) {
    String read = target.tensor(network);
    if (!network.above(tensor).contains(read)) {
      throw new IllegalArgumentException(
          "the target must lie above the layer '" + tensor + "', but it reads '" + read + "'");
    }
  }

  /**
   * The target of the examples of this part.
   *
   * @param target the target of the whole batch
   * @return the same, a list of classes cut to this part's examples
   */
  public Target of(Target target) {
    return target instanceof Target.Classes c && c.indices().size() > 1
        ? new Target.Classes(c.indices().subList(first, first + (int) activation.size(0)))
        : target;
  }

  /**
   * The examples of this part.
   *
   * @param batch the whole batch
   * @return a view of its rows
   */
  public INDArray of(INDArray batch) {
    return batch.get(NDArrayIndex.interval(first, first + activation.size(0)));
  }
}
