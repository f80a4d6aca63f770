package dev.interp.core.network;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a change of the input goes: for each tensor the rectangle that it reaches, and the op from
 * which on it is cheaper to compute everything.
 */
final class ChangeFlow {
  /** What reading and writing a number costs, in multiply-adds of a convolution. */
  private static final double MOVE = 12;

  private final Graph graph;
  private final int[] wanted;
  private final BitSet path;
  private final @Nullable Region[] regions;
  private final int dense;
  private final Work work;

  /** A network laid out for one input shape. */
  static final class Graph {
    private final List<Node> nodes;
    private final int[][] inputs;
    private final long[][] shapes;
    private final @Nullable Reach[][] reaches;

    Graph(Network network, long[] input) {
      this.nodes = network.nodes();
      this.inputs = network.inputIndices();
      this.shapes = network.shapes(input).toArray(long[][]::new);
      this.reaches = new Reach[inputs.length][];
      for (int i = 0; i < reaches.length; i++) {
        int node = i;
        reaches[i] =
            Arrays.stream(inputs[i])
                .mapToObj(j -> Reach.of(nodes.get(node).op(), shapes[j], shapes[node]))
                .toArray(Reach[]::new);
      }
    }

    Op op(int node) {
      return nodes.get(node).op();
    }

    int size() {
      return nodes.size();
    }

    int[] inputs(int node) {
      return inputs[node];
    }

    /** Of one example, public layout. */
    long[] shape(int tensor) {
      return shapes[tensor];
    }

    private long length(int tensor) {
      return Arrays.stream(shapes[tensor]).reduce(1, (a, b) -> a * b);
    }

    /** Multiply-adds for one example, all of it or a rectangle of its outputs. */
    private long multiplyAdds(int node, @Nullable Region out) {
      long[] shape = shapes[node];
      if (op(node) instanceof Op.Convolution c) {
        return c.weights().length() * (out == null ? shape[1] * shape[2] : out.positions());
      } else if (op(node) instanceof Op.TransposedConvolution t) {
        long[] in = shapes[inputs[node][0]];
        return t.weights().length() * in[1] * in[2];
      }
      return op(node) instanceof Op.Dense d ? d.weights().length() : 0;
    }

    /** What a window costs for each of its outputs, beside moving them. */
    private double pooling(int node) {
      return op(node) instanceof Op.Pool p
          ? p.window().height().kernel() * (double) p.window().width().kernel()
          : 0;
    }
  }

  /**
   * @param wanted the tensors that are to be computed
   * @param changed the rectangles of the input
   * @param forgotten tensors of the unchanged run that have been written over
   */
  ChangeFlow(Graph graph, int[] wanted, Region changed, IntPredicate forgotten) {
    this.graph = graph;
    this.wanted = wanted;
    this.path = path();
    this.regions = new Region[graph.size()];
    regions[0] = changed;
    int last = Arrays.stream(wanted).max().orElse(0);
    int end = 1;
    while (end <= last && reach(end)) {
      end++;
    }
    this.dense = cheapest(end, last, forgotten);
    Arrays.fill(regions, dense, regions.length, null);
    long done = 0;
    long full = 0;
    for (int i = path.nextSetBit(1); i >= 0; i = path.nextSetBit(i + 1)) {
      full += graph.multiplyAdds(i, null);
      if (i >= dense) {
        done += graph.multiplyAdds(i, null);
      } else if (regions[i] != null) {
        done += graph.multiplyAdds(i, regions[i]);
      }
    }
    this.work = new Work(done * changed.copies(), full * changed.copies());
  }

  /** The tensors that lead to a wanted one. */
  private BitSet path() {
    BitSet leading = new BitSet();
    Arrays.stream(wanted).forEach(leading::set);
    for (int i = leading.length() - 1; i > 0; i--) {
      if (leading.get(i)) {
        Arrays.stream(graph.inputs(i)).forEach(leading::set);
      }
    }
    return leading;
  }

  /** Finds what a change reaches of a tensor; false if that cannot be said. */
  private boolean reach(int i) {
    int[] in = graph.inputs(i);
    if (!path.get(i) || Arrays.stream(in).allMatch(j -> regions[j] == null)) {
      return true;
    }
    Region out = null;
    for (int k = 0; k < in.length; k++) {
      Reach reach = graph.reaches[i][k];
      if (reach == null) {
        return false;
      }
      Region from = regions[in[k]];
      if (from != null) {
        Region more = reach.outputs(from, graph.shape(i));
        out = out == null ? more : out.union(more, graph.shape(i));
      }
    }
    regions[i] = out;
    return true;
  }

  /** The first op to compute in full so that all takes least. */
  private int cheapest(int end, int last, IntPredicate forgotten) {
    double[] crossing = crossing(last, forgotten);
    double cost = 0;
    for (int i = 1; i <= last; i++) {
      cost += path.get(i) ? inFull(i) : 0;
    }
    int best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 1; i <= end; i++) {
      double total = cost + crossing[i];
      if (total < least) {
        least = total;
        best = i;
      }
      if (i < end && path.get(i)) {
        cost += inPart(i) - inFull(i);
      }
    }
    return best;
  }

  /** What it costs to put whole tensors in place for the ops from each one on. */
  private double[] crossing(int last, IntPredicate forgotten) {
    int[] lastReader = new int[graph.size()];
    for (int i = 1; i <= last; i++) {
      for (int j : path.get(i) ? graph.inputs(i) : new int[0]) {
        lastReader[j] = i;
      }
    }
    Arrays.stream(wanted).forEach(i -> lastReader[i] = Math.max(lastReader[i], i));
    double[] steps = new double[last + 3];
    for (int j = 0; j <= last; j++) {
      if (lastReader[j] > j) {
        double moved = forgotten.test(j) ? 1e30 : MOVE * graph.length(j);
        steps[j + 1] += moved;
        steps[lastReader[j] + 1] -= moved;
      }
    }
    for (int i = 1; i < steps.length; i++) {
      steps[i] += steps[i - 1];
    }
    return steps;
  }

  private double inFull(int i) {
    return graph.multiplyAdds(i, null) + (MOVE + graph.pooling(i)) * graph.length(i);
  }

  private double inPart(int i) {
    Region out = regions[i];
    if (out == null) {
      return 0;
    }
    double cost =
        graph.multiplyAdds(i, out)
            + (MOVE + graph.pooling(i)) * graph.shape(i)[0] * out.positions();
    for (int k = 0; k < graph.inputs(i).length; k++) {
      if (!isDirect(i, k)) {
        cost += MOVE * graph.shape(graph.inputs(i)[k])[0] * window(i, k).positions();
      }
    }
    return cost;
  }

  Graph graph() {
    return graph;
  }

  int[] wanted() {
    return wanted;
  }

  /** Whether something wanted comes of a tensor, or it is wanted itself. */
  boolean leads(int tensor) {
    return path.get(tensor);
  }

  int copies() {
    return java.util.Objects.requireNonNull(regions[0]).copies();
  }

  /** The first op to compute in full; behind the last wanted one if there is none. */
  int dense() {
    return dense;
  }

  /** What changes of a tensor below {@link #dense}; null if nothing does. */
  @Nullable Region region(int tensor) {
    return regions[tensor];
  }

  /** What an op that computes a rectangle reads of an input. */
  Region window(int node, int index) {
    Region out = regions[node];
    Reach reach = graph.reaches[node][index];
    if (out == null || reach == null) {
      throw new IllegalStateException("nothing of '" + graph.nodes.get(node).name() + "' changes");
    }
    return reach.inputs(out);
  }

  /** Whether what an op reads of an input is just what has changed of it. */
  boolean isDirect(int node, int index) {
    return window(node, index).equals(regions[graph.inputs(node)[index]]);
  }

  /** For all copies. */
  Work work() {
    return work;
  }

  /** What arrays and kernels have to be made for; places do not matter to them. */
  List<Integer> key() {
    List<Integer> key = new ArrayList<>(List.of(copies(), dense, wanted.length));
    Arrays.stream(wanted).forEach(key::add);
    for (int i = 0; i < dense; i++) {
      Region region = regions[i];
      if (region != null) {
        key.add(region.height());
        key.add(region.width());
        for (int k = 0; k < graph.inputs(i).length; k++) {
          key.add(isDirect(i, k) ? 1 : 0);
        }
      }
    }
    return key;
  }
}
