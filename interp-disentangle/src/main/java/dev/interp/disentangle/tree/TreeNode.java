package dev.interp.disentangle.tree;

import java.util.List;

/**
 * A decision mode: how the pictures that a node covers are explained together, by {@code h(x) =
 * weights · x + bias}.
 *
 * @param id its index in the tree
 * @param children ids of the two nodes it was merged of, of all nodes below the root, or none
 * @param members the rationales that it covers, by index
 * @param direction gbar, the mean direction of their gradients, of length 1; owned by the record
 *     and not to be modified
 * @param weights w = alpha ∘ gbar: gbar with the filters that are left out set to 0; owned by the
 *     record and not to be modified
 * @param filters how many filters are used, the ones of alpha
 * @param bias b
 * @param gain by how much the logarithm of the objective grew by making the node; 0 for leaves and
 *     the root
 */
// Nobody compares two of them, so equality by identity of the arrays does no harm.
@SuppressWarnings("ArrayRecordComponent")
public record TreeNode(
    int id,
    List<Integer> children,
    List<Integer> members,
    double[] direction,
    double[] weights,
    int filters,
    double bias,
    double gain) {
  /** Copies the lists. */
  public TreeNode {
    children = List.copyOf(children);
    members = List.copyOf(members);
  }

  /**
   * The score that the node gives a picture.
   *
   * @param rationale of the picture; only its x is read
   * @return h(x), in the unit of the rationale's score
   */
  public double score(Rationale rationale) {
    return Vectors.dot(weights, rationale.x()) + bias;
  }

  /**
   * What each filter adds to the score of a picture.
   *
   * @param rationale of the picture; only its x is read
   * @return rho = w ∘ x, one per filter; the sum is {@code score - bias}
   */
  public double[] contributions(Rationale rationale) {
    double[] contributions = weights.clone();
    for (int d = 0; d < contributions.length; d++) {
      contributions[d] *= rationale.x()[d];
    }
    return contributions;
  }

  /** How alike the weights are to those of a picture, −1 to 1. */
  double likeness(Rationale rationale) {
    double norm = Vectors.norm(weights);
    return norm > 0 ? Vectors.dot(weights, rationale.weights()) / norm : -1;
  }

  /**
   * Whether it explains a single picture.
   *
   * @return true if it has no children
   */
  public boolean isLeaf() {
    return children.isEmpty();
  }
}
