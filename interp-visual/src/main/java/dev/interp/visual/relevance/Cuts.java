package dev.interp.visual.relevance;

import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import java.util.HashSet;
import java.util.Set;

/** Which tensors everything passes through. */
final class Cuts {
  private Cuts() {}

  /** Whether every path from the input to a target's tensor leads through another tensor. */
  static boolean isCut(Network network, String tensor, String target) {
    Set<String> reached = new HashSet<>();
    for (Node node : network.nodes()) {
      boolean fromInput =
          node.name().equals(Network.INPUT) || node.inputs().stream().anyMatch(reached::contains);
      if (fromInput && !node.name().equals(tensor)) {
        reached.add(node.name());
      }
    }
    return !reached.contains(target);
  }
}
