package dev.interp.disentangle.tree;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How well one level of a tree explains pictures.
 *
 * @param level 2 for the modes below the root; the leaves have the number of levels
 * @param isLeaves whether each picture is explained by a leaf
 * @param nodes how many nodes explain the tree's own pictures at this level
 * @param accuracy share of pictures, of the class and not, for which the sign of the score is
 *     right, 0 to 1
 * @param predictionError mean difference of the node's and the network's score in pictures of the
 *     class, divided by the range of the network's scores; 0 if that is
 * @param fitness of contributions of filters: mean over pictures of the class of the sum of the
 *     smaller of promised and true, divided by the sum of the larger, 0 to 1
 * @param partErrors of each part the mean difference of its contribution and of what the score
 *     loses without it, divided by the mean score; empty without parts
 */
public record TreeLevel(
    int level,
    boolean isLeaves,
    int nodes,
    double accuracy,
    double predictionError,
    double fitness,
    List<Double> partErrors) {
  /** Copies the list. */
  public TreeLevel {
    partErrors = List.copyOf(partErrors);
  }

  /**
   * The mean of the errors of parts.
   *
   * @return empty without parts
   */
  public OptionalDouble partError() {
    return partErrors.stream().mapToDouble(Double::doubleValue).average();
  }

  /**
   * The numbers for a file of results.
   *
   * @return level ({@code leaves} or its number), nodes, accuracy, prediction_error, fitness and,
   *     with parts, part_contribution_error
   */
  public ObjectNode json() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("level", isLeaves ? "leaves" : Integer.toString(level));
    node.put("nodes", nodes);
    node.put("accuracy", accuracy);
    node.put("prediction_error", predictionError);
    node.put("fitness", fitness);
    partError().ifPresent(error -> node.put("part_contribution_error", error));
    return node;
  }

  /**
   * Measures all levels of a tree. Pictures that the tree was grown of are explained by the nodes
   * that cover them, others by the nodes that their parse tree passes.
   *
   * @param tree the tree
   * @param positives of the class, the tree's own or others with the same scale
   * @param negatives of other classes, with the same scale; may hold none
   * @param effects of parts in the positives; may be empty
   * @param deepest the last level measured before the leaves, at least 2
   * @return levels 2 to {@code deepest}, as far as the tree goes, and the leaves
   * @throws IllegalArgumentException if there are no positives
   */
  public static List<TreeLevel> of(
      DecisionTree tree,
      Rationales positives,
      List<Rationale> negatives,
      Optional<PartEffects> effects,
      int deepest) {
    if (positives.all().isEmpty()) {
      throw new IllegalArgumentException("levels are measured on pictures of the class, was none");
    }
    boolean own = positives == tree.rationales();
    List<List<TreeNode>> paths = new ArrayList<>();
    for (int i = 0; i < positives.all().size(); i++) {
      paths.add(own ? tree.path(i) : tree.parse(positives.all().get(i)));
    }
    List<List<TreeNode>> others = negatives.stream().map(tree::parse).toList();
    List<TreeLevel> levels = new ArrayList<>();
    int depth = tree.depth();
    for (int level = 2; level <= Math.min(deepest, depth - 1); level++) {
      levels.add(of(tree, level, false, positives.all(), paths, negatives, others, effects));
    }
    levels.add(of(tree, depth, true, positives.all(), paths, negatives, others, effects));
    return List.copyOf(levels);
  }

  private static TreeLevel of(
      DecisionTree tree,
      int level,
      boolean leaves,
      List<Rationale> positives,
      List<List<TreeNode>> paths,
      List<Rationale> negatives,
      List<List<TreeNode>> others,
      Optional<PartEffects> effects) {
    int at = leaves ? Integer.MAX_VALUE : level;
    int right = 0;
    double error = 0;
    double fitness = 0;
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    double mean = 0;
    double[] partErrors = new double[effects.map(e -> e.parts().parts().size()).orElse(0)];
    for (int i = 0; i < positives.size(); i++) {
      Rationale one = positives.get(i);
      TreeNode node = DecisionTree.at(paths.get(i), at);
      double score = node.score(one);
      right += score > 0 ? 1 : 0;
      error += Math.abs(score - one.score());
      least = Math.min(least, one.score());
      most = Math.max(most, one.score());
      mean += one.score() / positives.size();
      fitness += fitness(node.contributions(one), one) / positives.size();
      if (effects.isPresent()) {
        double[] promised = effects.get().parts().contributions(node.contributions(one));
        double[] truth = effects.get().of(one);
        for (int p = 0; p < truth.length; p++) {
          partErrors[p] += Math.abs(promised[p] - truth[p]) / positives.size();
        }
      }
    }
    for (int i = 0; i < negatives.size(); i++) {
      Rationale one = negatives.get(i);
      double score = DecisionTree.at(others.get(i), at).score(one);
      right += score <= 0 ? 1 : 0;
    }
    int all = positives.size() + negatives.size();
    double unit = Math.abs(mean);
    return new TreeLevel(
        level,
        leaves,
        tree.size(at),
        (double) right / all,
        most > least ? error / positives.size() / (most - least) : 0,
        fitness,
        Arrays.stream(partErrors).mapToObj(e -> unit > 0 ? e / unit : 0).toList());
  }

  /** How far promised contributions are the true ones; opposite signs count as nothing promised. */
  static double fitness(double[] promised, Rationale rationale) {
    double smaller = 0;
    double larger = 0;
    for (int d = 0; d < promised.length; d++) {
      double truth = rationale.weights()[d] * rationale.x()[d];
      double size = Math.max(promised[d] * Math.signum(truth), 0);
      smaller += Math.min(size, Math.abs(truth));
      larger += Math.max(size, Math.abs(truth));
    }
    return larger == 0 ? 1 : smaller / larger;
  }
}
