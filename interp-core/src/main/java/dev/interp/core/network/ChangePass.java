package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The arrays and bound kernels that compute what changes of each tensor, for changes of given sizes
 * anywhere. One run at a time.
 */
final class ChangePass implements AutoCloseable {
  private final Network network;
  private final DataType type;
  private final Kernels kernels;
  private final PixelRows.Filling zeros;
  private final PixelRows.Filling lowest;
  private final PixelRows[] patches;
  private final List<Step> steps = new ArrayList<>();

  /** One op. */
  private static final class Step {
    private final int node;

    /** What it reads of each input; null where it reads just what has changed. */
    private final @Nullable PixelRows[] windows;

    /** The op and those that follow it in place and have become one with it. */
    private final List<Op> ops;

    private final INDArray[] in;

    /** Null where moving is all there is to do. */
    private @Nullable Runnable kernel;

    Step(int node, @Nullable PixelRows[] windows, Op op, INDArray[] in) {
      this.node = node;
      this.windows = windows;
      this.ops = new ArrayList<>(List.of(op));
      this.in = in;
    }
  }

  /**
   * @param flow of the sizes
   * @param slots where room is; what is allocated is added to it
   */
  ChangePass(Network network, ChangeFlow flow, List<INDArray> slots) {
    this.network = network;
    this.type = network.precision();
    this.kernels = network.pool().kernels(shape -> Kernels.room(type, shape));
    this.zeros = new PixelRows.Filling(type, false);
    this.lowest = new PixelRows.Filling(type, true);
    this.patches = new PixelRows[flow.dense()];
    layOut(flow, Room.of(type, slots));
  }

  private void layOut(ChangeFlow flow, Room room) {
    ChangeFlow.Graph graph = flow.graph();
    int[] lastReader = new int[graph.size()];
    int[] readers = new int[graph.size()];
    for (int i = 1; i < graph.size(); i++) {
      for (int j : flow.leads(i) ? graph.inputs(i) : new int[0]) {
        lastReader[j] = i;
        readers[j]++;
      }
    }
    Arrays.stream(flow.wanted()).forEach(i -> readers[i]++);
    int[] owner = new int[flow.dense()];
    @Nullable Step[] makers = new Step[flow.dense()];
    for (int i = 0; i < flow.dense(); i++) {
      Region region = flow.region(i);
      if (region == null) {
        continue;
      }
      Op op = graph.op(i);
      int[] inputs = graph.inputs(i);
      boolean moves = op instanceof Op.Pad;
      @Nullable PixelRows[] windows = new PixelRows[inputs.length];
      PixelRows[] in = new PixelRows[inputs.length];
      for (int k = 0; k < inputs.length; k++) {
        if (!flow.isDirect(i, k) || (moves && readers[inputs[k]] > 1)) {
          windows[k] = new PixelRows(room.take(flow.window(i, k).shape(graph.shape(inputs[k])[0])));
        }
        PixelRows window = windows[k];
        in[k] = window == null ? patches[inputs[k]] : window;
      }
      long[] shape = region.shape(graph.shape(i)[0]);
      owner[i] = i;
      boolean fits = i > 0 && Arrays.equals(in[0].array().shape(), shape);
      if (fits && windows[0] != null && (moves || Kernels.runsInPlace(op))) {
        patches[i] = windows[0];
      } else if (fits && windows[0] == null && readers[inputs[0]] == 1 && inPlace(op, moves)) {
        patches[i] = in[0];
        owner[i] = owner[inputs[0]];
        lastReader[owner[i]] = Math.max(lastReader[owner[i]], lastReader[i]);
      } else {
        patches[i] = new PixelRows(room.take(shape));
      }
      if (i > 0 && !fuse(i, op, inputs, windows, makers)) {
        INDArray[] arrays = Arrays.stream(in).map(PixelRows::array).toArray(INDArray[]::new);
        Op own = Reach.unpadded(op);
        Step step = new Step(i, windows, own, arrays);
        step.kernel = moves ? null : kernels.forward(own, arrays, patches[i].array(), false);
        steps.add(step);
        makers[i] = step;
      }
      for (PixelRows window : windows) {
        if (window != null && window != patches[i]) {
          room.giveBack(window.array());
        }
      }
      for (int j : Arrays.stream(inputs).distinct().toArray()) {
        if (flow.region(j) != null && lastReader[owner[j]] == i && owner[j] != owner[i]) {
          room.giveBack(patches[owner[j]].array());
        }
      }
    }
  }

  private static boolean inPlace(Op op, boolean moves) {
    return moves || Kernels.runsInPlace(op);
  }

  /** Makes an op in place part of the step that made its input, where kernels can. */
  private boolean fuse(
      int node, Op op, int[] inputs, @Nullable PixelRows[] windows, @Nullable Step[] makers) {
    if (inputs.length != 1 || windows[0] != null || patches[node] != patches[inputs[0]]) {
      return false;
    }
    Step maker = makers[inputs[0]];
    if (maker == null) {
      return false;
    }
    List<Op> ops = new ArrayList<>(maker.ops);
    ops.add(op);
    Runnable all = kernels.fused(ops, maker.in, null, patches[node].array(), false);
    if (all == null) {
      return false;
    }
    maker.kernel = all;
    maker.ops.add(op);
    makers[node] = maker;
    return true;
  }

  @Override
  public void close() {
    kernels.close();
  }

  /**
   * Computes what is wanted.
   *
   * @param flow of the sizes that this was made for
   * @param base the tensors of the unchanged run
   * @param changed {@code [N, C, h, w]}
   * @return the wanted tensors, public layout
   */
  List<INDArray> run(ChangeFlow flow, IntFunction<PixelRows> base, INDArray changed) {
    INDArray[] found = new INDArray[flow.wanted().length];
    boolean inPartOnly = Arrays.stream(flow.wanted()).allMatch(i -> i < flow.dense());
    Plan rest =
        inPartOnly ? null : network.plan(flow.copies(), flow.graph().shape(0), flow.wanted());
    boolean healthy = false;
    try {
      patches[0].array().assign(Kernels.toInner(changed));
      boolean[] crosses = crossing(flow);
      int next = 0;
      for (int i = 0; i < flow.dense(); i++) {
        if (next < steps.size() && steps.get(next).node == i) {
          run(flow, base, steps.get(next++));
        }
        if (rest != null && crosses[i]) {
          int tensor = i;
          rest.fill(i, whole -> paste(flow, base, tensor, whole));
        }
        for (int w = 0; w < found.length; w++) {
          if (flow.wanted()[w] == i) {
            found[w] = result(flow, base, i);
          }
        }
      }
      if (rest != null) {
        finish(flow, rest, found);
      }
      healthy = true;
    } finally {
      if (rest != null && healthy) {
        network.pool().giveBack(rest);
      } else if (rest != null) {
        rest.close();
      }
    }
    return List.of(found);
  }

  /** Which tensors ops in full read that are made before. */
  private static boolean[] crossing(ChangeFlow flow) {
    boolean[] crosses = new boolean[flow.graph().size()];
    for (int i = flow.dense(); i < crosses.length; i++) {
      for (int j : flow.leads(i) ? flow.graph().inputs(i) : new int[0]) {
        crosses[j] = true;
      }
    }
    return crosses;
  }

  private void run(ChangeFlow flow, IntFunction<PixelRows> base, Step step) {
    int node = step.node;
    int[] inputs = flow.graph().inputs(node);
    Op op = flow.graph().op(node);
    boolean max = op instanceof Op.Pool p && p.reduction() == Op.Reduction.MAX;
    for (int k = 0; k < inputs.length; k++) {
      PixelRows window = step.windows[k];
      if (window != null) {
        Region at = flow.region(inputs[k]);
        window.take(
            flow.window(node, k),
            base.apply(inputs[k]),
            at == null ? null : patches[inputs[k]],
            at,
            max ? lowest : zeros);
      }
    }
    Runnable kernel = step.kernel;
    if (kernel != null) {
      kernel.run();
    }
    if (op instanceof Op.Pool p && p.reduction() == Op.Reduction.AVERAGE) {
      Region from = flow.window(node, 0);
      long[] shape = flow.graph().shape(inputs[0]);
      countInside(p.window(), from, shape, patches[node]);
    }
  }

  /** Makes means over whole windows those over the positions inside the map. */
  private static void countInside(Window window, Region from, long[] shape, PixelRows out) {
    for (int i = 0; i < from.copies(); i++) {
      double[] rows = shares(window.height(), from.rows(), i, shape[1]);
      double[] columns = shares(window.width(), from.columns(), i, shape[2]);
      for (int row = 0; row < rows.length; row++) {
        for (int column = 0; column < columns.length; column++) {
          double share = rows[row] * columns[column];
          if (share < 1) {
            out.scale(i, row, column, 1 / share);
          }
        }
      }
    }
  }

  /** For each output the share of its taps that lie inside. */
  private static double[] shares(Window.Axis axis, Span from, int copy, long size) {
    double[] shares = new double[(from.length() - axis.extent()) / axis.stride() + 1];
    for (int o = 0; o < shares.length; o++) {
      int inside = 0;
      for (int tap = 0; tap < axis.kernel(); tap++) {
        int at = from.start(copy) + o * axis.stride() + tap * axis.dilation();
        inside += at >= 0 && at < size ? 1 : 0;
      }
      shares[o] = (double) Math.max(1, inside) / axis.kernel();
    }
    return shares;
  }

  private void paste(ChangeFlow flow, IntFunction<PixelRows> base, int tensor, INDArray whole) {
    if (whole.rank() == 4) {
      Region at = flow.region(tensor);
      new PixelRows(whole).paste(base.apply(tensor), at == null ? null : patches[tensor], at);
    } else {
      whole.assign(base.apply(tensor).array().reshape(1, whole.size(1)).broadcast(whole.shape()));
    }
  }

  private INDArray result(ChangeFlow flow, IntFunction<PixelRows> base, int tensor) {
    long[] shape = flow.graph().shape(tensor);
    long n = flow.copies();
    INDArray whole =
        shape.length == 3
            ? Kernels.room(type, n, shape[1], shape[2], shape[0])
            : Kernels.room(type, n, shape[0]);
    paste(flow, base, tensor, whole);
    INDArray shown = Kernels.toPublic(whole);
    whole.close();
    return shown;
  }

  private static void finish(ChangeFlow flow, Plan rest, INDArray[] found) {
    int last = Arrays.stream(flow.wanted()).max().orElse(0);
    int from = flow.dense();
    while (from <= last) {
      int to = from;
      while (to < last && flow.leads(to) == flow.leads(to + 1)) {
        to++;
      }
      if (flow.leads(from)) {
        rest.forward(flow.dense(), from, to);
      }
      from = to + 1;
    }
    for (int w = 0; w < found.length; w++) {
      if (flow.wanted()[w] >= flow.dense()) {
        found[w] = rest.value(flow.wanted()[w]);
      }
    }
  }
}
