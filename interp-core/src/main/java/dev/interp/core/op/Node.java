package dev.interp.core.op;

import java.util.List;

/**
 * An op in its place: it reads the tensors named by {@code inputs} and writes the tensor {@code
 * name}.
 *
 * @param name the tensor this node makes, unique within a network
 * @param op what it computes
 * @param inputs names of the tensors it reads, in the op's order; empty for {@link Op.Input}
 */
public record Node(String name, Op op, List<String> inputs) {
  /** Copies the list. */
  public Node {
    inputs = List.copyOf(inputs);
  }
}
