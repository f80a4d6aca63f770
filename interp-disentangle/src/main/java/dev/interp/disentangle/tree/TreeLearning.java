package dev.interp.disentangle.tree;

import dev.interp.core.attribution.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Grows a decision tree: starts with a leaf for every picture and merges, again and again, the two
 * nodes of the second level that make the objective grow most, until no merge does.
 *
 * <p>The mean direction of a merged node is the normalised sum of the gradients of its pictures.
 * Its filters (alpha) are those with a Lasso coefficient other than 0 when the scores are fitted
 * with {@code gbar ∘ x}, with a penalty of {@code 1e-6 * sqrt(pictures)}, or all; its bias makes
 * the mean of its scores right, which is the best for given filters.
 *
 * <p>Objective, with gamma = 1 / mean score: the product over pictures of {@code exp(gamma h(x_i))
 * / sum_j exp(gamma h(x_j))}, times {@code exp(-beta * number of second level nodes)}. What a merge
 * changes in sums over its pictures is cached for every pair; only the pairs of the new node are
 * computed again.
 *
 * <p>Source: Q. Zhang, Y. Yang, H. Ma, Y. N. Wu, Interpreting CNNs via decision trees (CVPR 2019),
 * section 3. Deviations: all filters are used unless {@link #withSelection} says otherwise, since
 * the Lasso of two or three pictures keeps as many filters and their fit is not the Lasso's.
 *
 * <p>Costs of the order of {@code pictures² * filters} operations per merge at most. Equal
 * rationales give equal trees. Immutable; {@code withX} returns a copy.
 */
public final class TreeLearning {
  private final boolean selection;
  private final boolean perPicture;
  private final double beta;
  private final double lambda;
  private final Progress progress;

  private TreeLearning(
      boolean selection, boolean perPicture, double beta, double lambda, Progress progress) {
    this.selection = selection;
    this.perPicture = perPicture;
    this.beta = beta;
    this.lambda = lambda;
    this.progress = progress;
  }

  /**
   * All filters, plain gains, beta 1.
   *
   * @return the method
   */
  public static TreeLearning withDefaults() {
    return new TreeLearning(false, false, 1, 1e-6, Progress.none());
  }

  /**
   * Sets whether filters are selected by the Lasso, as in the paper.
   *
   * @param selects false for all filters
   * @return a copy
   */
  public TreeLearning withSelection(boolean selects) {
    return new TreeLearning(selects, perPicture, beta, lambda, progress);
  }

  /**
   * Sets whether the gain of a merge is divided by the number of pictures that the new node covers
   * when the best merge is looked for, which favours small nodes.
   *
   * @param divides true to divide
   * @return a copy
   */
  public TreeLearning withGainPerPicture(boolean divides) {
    return new TreeLearning(selection, divides, beta, lambda, progress);
  }

  /**
   * Sets the price of a node of the second level.
   *
   * @param price beta, at least 0 and finite
   * @return a copy
   * @throws IllegalArgumentException if it is not legal
   */
  public TreeLearning withBeta(double price) {
    if (!(price >= 0 && price < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("beta must be at least 0 and finite, was " + price);
    }
    return new TreeLearning(selection, perPicture, price, lambda, progress);
  }

  /**
   * Sets the penalty of the Lasso, to be multiplied by the root of the number of pictures.
   *
   * @param penalty lambda, above 0 and finite
   * @return a copy
   * @throws IllegalArgumentException if it is not legal
   */
  public TreeLearning withPenalty(double penalty) {
    if (!(penalty > 0 && penalty < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the penalty must be above 0 and finite, was " + penalty);
    }
    return new TreeLearning(selection, perPicture, beta, penalty, progress);
  }

  /**
   * Sets who is told of merges.
   *
   * @param listener told of merges out of the most there can be; may cancel
   * @return a copy
   */
  public TreeLearning withProgress(Progress listener) {
    return new TreeLearning(selection, perPicture, beta, lambda, listener);
  }

  /**
   * Grows a tree.
   *
   * @param rationales of pictures of one class
   * @return the tree
   * @throws IllegalArgumentException if there are no rationales, or the mean score is not above 0
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public DecisionTree learn(Rationales rationales) {
    List<Rationale> all = rationales.all();
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "a tree needs at least 1 picture that has a score above 0 and a gradient at layer '"
              + rationales.layer()
              + "', there is none ("
              + rationales.silent().size()
              + " have no gradient); does the network know the class, and is it the right one?");
    }
    double mean = all.stream().mapToDouble(Rationale::score).average().orElseThrow();
    if (!(mean > 0)) {
      throw new IllegalArgumentException(
          "the pictures of the class must have a positive score on average, was "
              + mean
              + "; does the network know the class, and is it the right one?");
    }
    return new Growth(rationales, 1 / mean).grow();
  }

  /** A node of the second level on its way. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Open(TreeNode node, double[] sum, double[] scores, double[] powers) {}

  /** What a merge would change: the sum of gamma h, and that of exp(gamma h). */
  private record Change(double sum, double power) {}

  private final class Growth {
    private final Rationales rationales;
    private final List<Rationale> all;
    private final double gamma;
    private final List<TreeNode> nodes = new ArrayList<>();
    private final TreeMap<Integer, Open> open = new TreeMap<>();
    private final TreeMap<Integer, TreeMap<Integer, Change>> changes = new TreeMap<>();
    private final List<Double> gains = new ArrayList<>();

    Growth(Rationales rationales, double gamma) {
      this.rationales = rationales;
      this.all = rationales.all();
      this.gamma = gamma;
    }

    DecisionTree grow() {
      int filters = rationales.filters();
      for (int i = 0; i < all.size(); i++) {
        Rationale one = all.get(i);
        TreeNode leaf =
            new TreeNode(
                i,
                List.of(),
                List.of(i),
                one.weights().clone(),
                one.weights().clone(),
                filters,
                one.bias(),
                0);
        nodes.add(leaf);
        open.put(i, opened(leaf, one.weights()));
      }
      open.keySet().forEach(this::compare);
      int most = Math.max(1, all.size() - 1);
      while (open.size() > 1 && merge()) {
        progress.report(gains.size(), most);
      }
      progress.report(most, most);
      TreeNode root =
          new TreeNode(
              nodes.size(),
              List.copyOf(open.keySet()),
              IntStream.range(0, all.size()).boxed().toList(),
              new double[filters],
              new double[filters],
              0,
              0,
              0);
      nodes.add(root);
      return new DecisionTree(rationales, nodes, gains);
    }

    private Open opened(TreeNode node, double[] sum) {
      double[] scores = new double[node.members().size()];
      double[] powers = new double[scores.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = gamma * node.score(all.get(node.members().get(i)));
        powers[i] = Math.exp(scores[i]);
      }
      return new Open(node, sum, scores, powers);
    }

    /** Caches what merging a node with each open one before it would change. */
    private void compare(int id) {
      Open own = open.get(id);
      if (own == null) {
        throw new IllegalStateException("node " + id + " is not open");
      }
      List<Open> before = List.copyOf(open.headMap(id).values());
      Change[] found = new Change[before.size()];
      IntStream.range(0, found.length)
          .parallel()
          .forEach(
              i -> {
                Open merged = merged(before.get(i), own, -1, 0);
                found[i] =
                    new Change(
                        total(merged.scores) - total(before.get(i).scores) - total(own.scores),
                        total(merged.powers) - total(before.get(i).powers) - total(own.powers));
              });
      TreeMap<Integer, Change> row = new TreeMap<>();
      for (int i = 0; i < found.length; i++) {
        row.put(before.get(i).node.id(), found[i]);
      }
      changes.put(id, row);
    }

    private Open merged(Open a, Open b, int id, double gain) {
      List<Integer> members = new ArrayList<>(a.node.members());
      members.addAll(b.node.members());
      double[] sum = Vectors.sum(a.sum, b.sum);
      return opened(fit(id, List.of(a.node.id(), b.node.id()), members, sum, gain), sum);
    }

    private TreeNode fit(
        int id, List<Integer> children, List<Integer> members, double[] sum, double gain) {
      double[] direction = Vectors.unit(sum);
      double[] weights = direction.clone();
      int used = weights.length;
      if (selection) {
        double[] coefficients = coefficients(members, direction);
        used = 0;
        for (int d = 0; d < weights.length; d++) {
          weights[d] = coefficients[d] == 0 ? 0 : weights[d];
          used += coefficients[d] == 0 ? 0 : 1;
        }
      }
      double bias = 0;
      for (int i : members) {
        bias += (all.get(i).score() - Vectors.dot(weights, all.get(i).x())) / members.size();
      }
      return new TreeNode(id, children, members, direction, weights, used, bias, gain);
    }

    private double[] coefficients(List<Integer> members, double[] direction) {
      double[][] rows = new double[members.size()][direction.length];
      double[] scores = new double[rows.length];
      for (int i = 0; i < rows.length; i++) {
        Rationale one = all.get(members.get(i));
        scores[i] = one.score();
        for (int d = 0; d < direction.length; d++) {
          rows[i][d] = direction[d] * one.x()[d];
        }
      }
      return Lasso.solve(rows, scores, lambda * Math.sqrt(rows.length));
    }

    /** Makes the best merge, if one makes the objective grow. */
    private boolean merge() {
      double power = open.values().stream().mapToDouble(o -> total(o.powers)).sum();
      int first = -1;
      int second = -1;
      double best = 0;
      double bestGain = 0;
      for (var row : changes.entrySet()) {
        for (var entry : row.getValue().entrySet()) {
          double gain = gain(entry.getValue(), power);
          int covered =
              nodes.get(row.getKey()).members().size() + nodes.get(entry.getKey()).members().size();
          double value = perPicture ? gain / covered : gain;
          if (gain > 0 && value > best) {
            best = value;
            bestGain = gain;
            first = entry.getKey();
            second = row.getKey();
          }
        }
      }
      if (first < 0) {
        return false;
      }
      Open a = open.remove(first);
      Open b = open.remove(second);
      if (a == null || b == null) {
        throw new IllegalStateException("a merged node is not open");
      }
      int closedFirst = first;
      int closedSecond = second;
      changes.remove(first);
      changes.remove(second);
      changes
          .values()
          .forEach(
              row -> {
                row.remove(closedFirst);
                row.remove(closedSecond);
              });
      Open merged = merged(a, b, nodes.size(), bestGain);
      nodes.add(merged.node);
      gains.add(bestGain);
      open.put(merged.node.id(), merged);
      compare(merged.node.id());
      return true;
    }

    private double gain(Change change, double power) {
      double gain =
          beta + change.sum + all.size() * (Math.log(power) - Math.log(power + change.power));
      return Double.isFinite(gain) ? gain : Double.NEGATIVE_INFINITY;
    }
  }

  private static double total(double[] values) {
    return Arrays.stream(values).sum();
  }
}
