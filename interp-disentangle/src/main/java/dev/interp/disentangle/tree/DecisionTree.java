package dev.interp.disentangle.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * A tree of decision modes. Below the root are the modes of the second level, below each of them
 * the modes that it was merged of, and at the bottom a leaf for every picture, which gives exactly
 * the network's score. Immutable.
 */
public final class DecisionTree {
  private final Rationales rationales;
  private final List<TreeNode> nodes;
  private final List<Double> gains;
  private final int[] parents;

  DecisionTree(Rationales rationales, List<TreeNode> nodes, List<Double> gains) {
    this.rationales = rationales;
    this.nodes = List.copyOf(nodes);
    this.gains = List.copyOf(gains);
    parents = new int[nodes.size()];
    java.util.Arrays.fill(parents, -1);
    for (TreeNode node : nodes) {
      node.children().forEach(child -> parents[child] = node.id());
    }
  }

  /**
   * The rationales that it was grown of; leaf i is that of rationale i.
   *
   * @return the rationales
   */
  public Rationales rationales() {
    return rationales;
  }

  /**
   * All nodes by id: first the leaves, then merged ones in the order in which they were made, last
   * the root.
   *
   * @return the nodes
   */
  public List<TreeNode> nodes() {
    return nodes;
  }

  /**
   * The root, which stands for no mode: its weights are 0.
   *
   * @return the last node
   */
  public TreeNode root() {
    return nodes.get(nodes.size() - 1);
  }

  /**
   * The modes of the second level.
   *
   * @return the children of the root
   */
  public List<TreeNode> modes() {
    return root().children().stream().map(nodes::get).toList();
  }

  /**
   * By how much each merge made the logarithm of the objective grow.
   *
   * @return in the order of merging, all above 0
   */
  public List<Double> gains() {
    return gains;
  }

  /**
   * The number of levels, the root's and the leaves' included.
   *
   * @return at least 2
   */
  public int depth() {
    int depth = 0;
    for (int leaf = 0; leaf < rationales.all().size(); leaf++) {
      depth = Math.max(depth, path(leaf).size());
    }
    return depth;
  }

  /**
   * The nodes that cover a picture that the tree was grown of.
   *
   * @param rationale its index
   * @return from the second level to its own leaf, with the root before them
   */
  public List<TreeNode> path(int rationale) {
    List<TreeNode> path = new ArrayList<>();
    for (int id = rationale; id >= 0; id = parents[id]) {
      path.add(0, nodes.get(id));
    }
    return path;
  }

  /**
   * The parse tree of any picture: from the root on always the child whose weights are most like
   * the picture's gradient, by cosine; of equal ones the first.
   *
   * @param rationale of the picture
   * @return from the root to a leaf
   */
  public List<TreeNode> parse(Rationale rationale) {
    List<TreeNode> path = new ArrayList<>(List.of(root()));
    TreeNode node = root();
    while (!node.isLeaf()) {
      TreeNode best = nodes.get(node.children().get(0));
      for (int child : node.children()) {
        if (nodes.get(child).likeness(rationale) > best.likeness(rationale)) {
          best = nodes.get(child);
        }
      }
      path.add(best);
      node = best;
    }
    return path;
  }

  /**
   * A node of a path.
   *
   * @param path from {@link #path} or {@link #parse}
   * @param level 2 for the modes below the root, 3 for those below, and so on; a large number for
   *     the leaf
   * @return the node of that level, or the leaf if the path ends before
   */
  public static TreeNode at(List<TreeNode> path, int level) {
    return path.get(Math.min(level, path.size()) - 1);
  }

  /**
   * How many nodes a level has, with the leaves that end above it.
   *
   * @param level 2 for the modes below the root
   * @return the number of nodes that explain the tree's pictures at that level
   */
  public int size(int level) {
    return (int)
        java.util.stream.IntStream.range(0, rationales.all().size())
            .map(i -> at(path(i), level).id())
            .distinct()
            .count();
  }
}
