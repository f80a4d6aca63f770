package dev.interp.core.network;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.RelevanceRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network laid out for one input shape: every intermediate array and every native op made once
 * and used again by run after run. One run at a time; the pool hands it out.
 *
 * <p>Arrays in here have their channels last, which is what the native kernels are fast with.
 */
final class Plan implements AutoCloseable {
  /** Backward passes kept ready; every composite and every set of tensors needs its own. */
  private static final int DESCENTS = 8;

  /** What a rule that changes nothing runs: the sum of one. */
  private static final Op PASS = new Op.Elementwise(Op.Combination.ADD);

  /**
   * What makes one plan differ from another.
   *
   * @param entry the tensor that the network begins with
   * @param input shape of the batch, public layout
   * @param retained the first tensor that stays, with what is read by the ops above it, for a
   *     backward pass that ends there; the others share their room
   * @param preserved tensors that no op may write over
   * @param careful the first op that is computed carefully because a gradient may pass it
   */
  record Key(String entry, List<Long> input, int retained, Set<String> preserved, int careful) {}

  private final Network network;
  private final Key key;
  private final List<Node> nodes;
  private final DataType type;
  private final int[][] inputs;
  private final long[][] shapes;
  private final INDArray[] values;

  /** What runs each op with those that are fused with it; null for those, and for the input. */
  private final @Nullable Runnable[] runs;

  /** What runs by themselves ops that are fused with others; made when asked for. */
  private final @Nullable Runnable[] alone;

  /** The first of the ops that each op is fused with. */
  private final int[] leader;

  private final boolean[] inPlace;
  private final BitSet overwritten = new BitSet();
  private final List<INDArray> slots = new ArrayList<>();
  private final Map<List<Object>, Descent> descents = new LinkedHashMap<>(8, 0.75f, true);
  private final Kernels kernels;
  private @Nullable INDArray scratch;

  Plan(Network network, Key key) {
    this.network = network;
    this.key = key;
    this.kernels = network.pool().kernels(this::scratch);
    this.nodes = network.nodes();
    this.type = network.precision();
    this.inputs = network.inputIndices();
    this.shapes = batchShapes();
    this.values = new INDArray[nodes.size()];
    this.runs = new Runnable[nodes.size()];
    this.alone = new Runnable[nodes.size()];
    this.leader = IntStream.range(0, nodes.size()).toArray();
    this.inPlace = new boolean[nodes.size()];
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      layOut();
    }
  }

  Key key() {
    return key;
  }

  /** The value of a tensor of the run in progress, in public layout; a copy. */
  INDArray value(int tensor) {
    return Kernels.toPublic(current(tensor));
  }

  /** What was written over is computed again. No hook has edited it, or it would be preserved. */
  INDArray current(int tensor) {
    if (!overwritten.get(tensor)) {
      return values[tensor];
    }
    INDArray[] in = Arrays.stream(inputs[tensor]).mapToObj(this::current).toArray(INDArray[]::new);
    INDArray again = Kernels.room(type, shapes[tensor]);
    try (Kernels once = kernels.apart()) {
      once.forward(nodes.get(tensor).op(), in, again, tensor >= key.careful()).run();
    }
    return again;
  }

  /** Whether {@link #current} has to compute a tensor again. */
  boolean isOverwritten(int tensor) {
    return overwritten.get(tensor);
  }

  /** Puts a tensor in place for the ops above it, with its channels last. */
  void fill(int tensor, Consumer<INDArray> writer) {
    writer.accept(values[tensor]);
  }

  void setInput(INDArray x) {
    values[0].assign(Kernels.toInner(x));
  }

  /** Runs nodes {@code from} (inclusive) to {@code to} (inclusive). */
  void forward(int from, int to, Map<String, UnaryOperator<INDArray>> edits) {
    for (int i = from; i <= to; i++) {
      run(i);
      UnaryOperator<INDArray> edit = edits.get(nodes.get(i).name());
      if (edit != null) {
        replace(values[i], edit, nodes.get(i).name());
      }
    }
  }

  /**
   * Runs nodes {@code from} (inclusive) to {@code to} (inclusive) of a run that begins at {@code
   * first}, before which tensors were put in place; ops that would be fused with one from before
   * that run by themselves.
   */
  void forward(int first, int from, int to) {
    for (int i = from; i <= to; i++) {
      if (leader[i] < first) {
        alone(i).run();
      } else {
        run(i);
      }
    }
  }

  private void run(int node) {
    Runnable own = runs[node];
    if (own != null) {
      own.run();
    }
  }

  private Runnable alone(int node) {
    Runnable own = alone[node];
    if (own == null) {
      own = bind(node);
      alone[node] = own;
    }
    return own;
  }

  private Runnable bind(int node) {
    Op op = nodes.get(node).op();
    return kernels.forward(op, values(node), values[node], node >= key.careful());
  }

  /**
   * Runs the backward pass from one tensor down to others.
   *
   * @param reference the run that rules compare this one with, of the same shape
   * @return what the reader makes of the signals at {@code wanted}, which it is given in the layout
   *     of this plan and must copy to keep
   */
  <T> List<T> backward(
      int from,
      INDArray seed,
      List<Integer> wanted,
      Composite composite,
      Map<String, UnaryOperator<INDArray>> edits,
      @Nullable Plan reference,
      Function<INDArray, T> reader) {
    Descent descent;
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      descent =
          descents.computeIfAbsent(
              List.of(from, wanted, composite), k -> new Descent(from, wanted, composite));
    }
    if (descents.size() > DESCENTS) {
      var eldest = descents.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
    return descent.run(seed, edits, reference, reader);
  }

  @Override
  public void close() {
    descents.values().forEach(Descent::close);
    descents.clear();
    kernels.close();
    slots.forEach(INDArray::close);
    slots.clear();
  }

  /** The native memory that it takes. */
  long bytes() {
    long numbers = slots.stream().mapToLong(INDArray::length).sum();
    return numbers * type.width()
        + kernels.bytes()
        + descents.values().stream().mapToLong(Descent::bytes).sum();
  }

  private long[][] batchShapes() {
    List<Long> input = key.input();
    long[] example = input.subList(1, input.size()).stream().mapToLong(Long::longValue).toArray();
    List<long[]> examples = network.shapes(example);
    long[][] batch = new long[examples.size()][];
    for (int i = 0; i < batch.length; i++) {
      long[] s = examples.get(i);
      batch[i] =
          s.length == 3
              ? new long[] {input.get(0), s[1], s[2], s[0]}
              : new long[] {input.get(0), s[0]};
    }
    return batch;
  }

  private void layOut() {
    int[] lastReader = new int[nodes.size()];
    int[] readers = new int[nodes.size()];
    for (int i = 0; i < nodes.size(); i++) {
      for (int j : inputs[i]) {
        lastReader[j] = i;
        readers[j]++;
      }
    }
    BitSet retained = retained();
    Room room = new Room(type, slots);
    int[] owner = new int[nodes.size()];
    BitSet held = new BitSet();
    for (int i = 0; i < nodes.size(); i++) {
      Op op = nodes.get(i).op();
      int first = inputs[i].length == 0 ? -1 : inputs[i][0];
      inPlace[i] =
          first > 0
              && readers[first] == 1
              && Kernels.runsInPlace(op)
              && !key.preserved().contains(nodes.get(first).name())
              && Arrays.equals(shapes[first], shapes[i])
              // Whatever lies below could not be computed again.
              && !(retained.get(first) && first <= key.retained())
              && !(retained.get(first) && Kernels.readsOutputBackward(nodes.get(first).op()));
      if (inPlace[i]) {
        values[i] = values[first];
        overwritten.set(first);
        owner[i] = owner[first];
        lastReader[owner[i]] = Math.max(lastReader[i], i);
      } else {
        values[i] = room.take(shapes[i]);
        owner[i] = i;
      }
      if (retained.get(i) || key.preserved().contains(nodes.get(i).name())) {
        held.set(owner[i]);
      }
      for (int j : Arrays.stream(inputs[i]).map(j -> owner[j]).distinct().toArray()) {
        if (lastReader[j] == i && j != owner[i] && !held.get(j)) {
          room.giveBack(values[j]);
        }
      }
    }
    fuse();
    for (int i = 1; i < nodes.size(); i++) {
      if (leader[i] == i && runs[i] == null) {
        runs[i] = bind(i);
      }
    }
  }

  /** Ops that write over what one before them makes become one with it where kernels can. */
  private void fuse() {
    int[] follower = new int[nodes.size()];
    for (int i = 1; i < nodes.size(); i++) {
      if (inPlace[i]) {
        follower[inputs[i][0]] = i;
      }
    }
    for (int i = 1; i < nodes.size(); i++) {
      if (inPlace[i] || follower[i] == 0) {
        continue;
      }
      List<Integer> chain = new ArrayList<>(List.of(i));
      INDArray addend = null;
      for (int j = follower[i]; j != 0 && inputs[j].length <= 2; j = follower[j]) {
        if (inputs[j].length == 2) {
          // What is added must be there by the time the first of them runs.
          if (addend != null || inputs[j][1] >= i) {
            break;
          }
          addend = values[inputs[j][1]];
        }
        chain.add(j);
      }
      fuse(chain, addend);
    }
  }

  /** Fuses as much of the chain as can be. */
  private void fuse(List<Integer> chain, @Nullable INDArray addend) {
    INDArray[] in = values(chain.get(0));
    for (int length = chain.size(); length > 1; length--) {
      List<Integer> part = chain.subList(0, length);
      boolean sums = part.stream().anyMatch(j -> inputs[j].length == 2);
      List<Op> ops = part.stream().map(j -> nodes.get(j).op()).toList();
      boolean careful = chain.get(0) >= key.careful();
      Runnable all = kernels.fused(ops, in, sums ? addend : null, values[chain.get(0)], careful);
      if (all != null) {
        for (int j : part) {
          leader[j] = chain.get(0);
        }
        runs[chain.get(0)] = all;
        return;
      }
    }
  }

  /** The tensors that a backward pass down to the first retained one may read. */
  private BitSet retained() {
    BitSet retained = new BitSet();
    retained.set(key.retained(), nodes.size());
    for (int i = key.retained() + 1; i < nodes.size(); i++) {
      Arrays.stream(inputs[i]).forEach(retained::set);
    }
    return retained;
  }

  private INDArray scratch(long[] shape) {
    long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    INDArray room = scratch;
    if (room == null || room.length() < length) {
      long largest = length;
      for (long[] s : shapes) {
        largest = Math.max(largest, Arrays.stream(s).reduce(1, (a, b) -> a * b));
      }
      room = Kernels.room(type, largest);
      slots.add(room);
      scratch = room;
    }
    return Room.view(room, shape);
  }

  private static void replace(INDArray value, UnaryOperator<INDArray> edit, String tensor) {
    INDArray shown = Kernels.toPublic(value);
    long[] shape = shown.shape();
    INDArray edited = edit.apply(shown);
    if (!Arrays.equals(edited.shape(), shape)) {
      throw new IllegalArgumentException(
          "the hook at '"
              + tensor
              + "' must return the shape it was given, "
              + Arrays.toString(shape)
              + ", was "
              + Arrays.toString(edited.shape()));
    }
    value.assign(Kernels.toInner(edited));
  }

  /** A backward pass between fixed tensors. */
  private final class Descent {
    private final int from;
    private final List<Integer> wanted;
    private final BitSet path;
    private final List<INDArray> own = new ArrayList<>();
    private final INDArray[] signals = new INDArray[nodes.size()];
    private final Runnable[] steps = new Runnable[nodes.size()];
    private final Kernels kernels = Plan.this.kernels.apart();
    private final ChangedOps changed = new ChangedOps(kernels);

    /** Set while a pass runs. */
    private @Nullable Plan reference;

    Descent(int from, List<Integer> wanted, Composite composite) {
      this.from = from;
      this.wanted = wanted;
      this.path = path();
      Room room = new Room(type, own);
      List<BackwardRule> rules = network.rules(composite);
      signals[from] = room.take(shapes[from]);
      for (int i = from; i > 0; i--) {
        if (path.get(i) && Arrays.stream(inputs[i]).anyMatch(path::get)) {
          steps[i] = step(i, rules.get(i), room);
        }
      }
    }

    private Runnable step(int i, BackwardRule rule, Room room) {
      if (rule == BackwardRule.gradient()) {
        return gradientStep(i, nodes.get(i).op(), room);
      } else if (rule == BackwardRule.pass()) {
        return gradientStep(i, PASS, room);
      } else if (rule instanceof RelevanceRule relevance) {
        return relevanceStep(i, relevance, room);
      }
      return ruledStep(i, rule, room);
    }

    long bytes() {
      long numbers = own.stream().mapToLong(INDArray::length).sum();
      return numbers * type.width() + changed.bytes(type) + kernels.bytes();
    }

    void close() {
      own.forEach(INDArray::close);
      own.clear();
      changed.close();
      kernels.close();
    }

    /** The tensors that lead from a wanted one to {@link #from}. */
    private BitSet path() {
      BitSet below = new BitSet();
      wanted.forEach(below::set);
      for (int i = 0; i <= from; i++) {
        if (Arrays.stream(inputs[i]).anyMatch(below::get)) {
          below.set(i);
        }
      }
      BitSet above = new BitSet();
      above.set(from);
      for (int i = from; i > 0; i--) {
        if (above.get(i)) {
          Arrays.stream(inputs[i]).forEach(above::set);
        }
      }
      for (int tensor : wanted) {
        if (!above.get(tensor)) {
          throw new IllegalArgumentException(
              "tensor '"
                  + nodes.get(tensor).name()
                  + "' must lead to the target '"
                  + nodes.get(from).name()
                  + "', but no path does");
        }
      }
      below.and(above);
      return below;
    }

    private Runnable gradientStep(int i, Op op, Room room) {
      INDArray gradient = signals[i];
      INDArray[] in = values(i);
      boolean passedOn = false;
      List<Runnable> parts = new ArrayList<>();
      for (int k = 0; k < in.length; k++) {
        int j = inputs[i][k];
        boolean sameShape = Arrays.equals(shapes[j], shapes[i]);
        if (!path.get(j)) {
          continue;
        }
        if (signals[j] == null) {
          boolean readOnce = Arrays.stream(inputs[i]).filter(other -> other == j).count() == 1;
          boolean inPlace = sameShape && !passedOn && readOnce && Kernels.runsInPlace(op);
          signals[j] = inPlace ? gradient : room.take(shapes[j]);
          passedOn |= inPlace;
          parts.add(kernels.backward(op, in, values[i], gradient, k, signals[j]));
        } else if (sameShape && Kernels.isSum(op)) {
          parts.add(kernels.accumulate(gradient, signals[j]));
        } else {
          INDArray more = room.take(shapes[j]);
          parts.add(kernels.backwardAdding(op, in, values[i], gradient, k, more, signals[j]));
          room.giveBack(more);
        }
      }
      if (!passedOn) {
        room.giveBack(gradient);
      }
      return parts.size() == 1 ? parts.get(0) : () -> parts.forEach(Runnable::run);
    }

    private Runnable relevanceStep(int i, RelevanceRule rule, Room room) {
      INDArray[] in = values(i);
      INDArray[] into = new INDArray[in.length];
      List<Runnable> sums = new ArrayList<>();
      List<INDArray> added = new ArrayList<>();
      for (int k = 0; k < in.length; k++) {
        int j = inputs[i][k];
        if (path.get(j)) {
          into[k] = room.take(shapes[j]);
          if (signals[j] == null) {
            signals[j] = into[k];
          } else {
            added.add(into[k]);
            sums.add(kernels.accumulate(into[k], signals[j]));
          }
        }
      }
      Runnable relevance =
          RelevanceKernel.of(
              rule, nodes.get(i).op(), in, values[i], signals[i], into, changed, room);
      room.giveBack(signals[i]);
      added.forEach(room::giveBack);
      return () -> {
        relevance.run();
        sums.forEach(Runnable::run);
      };
    }

    private Runnable ruledStep(int i, BackwardRule rule, Room room) {
      INDArray gradient = signals[i];
      boolean[] first = new boolean[inputs[i].length];
      for (int k = 0; k < first.length; k++) {
        int j = inputs[i][k];
        first[k] = path.get(j) && signals[j] == null;
        if (first[k]) {
          signals[j] = room.take(shapes[j]);
        }
      }
      room.giveBack(gradient);
      BackwardRule.Step step = new RuleStep(i, this);
      return () -> {
        List<INDArray> below = rule.backward(step, gradient);
        for (int k = 0; k < first.length; k++) {
          INDArray signal = signals[inputs[i][k]];
          if (first[k]) {
            signal.assign(below.get(k));
          } else if (path.get(inputs[i][k])) {
            signal.addi(below.get(k));
          }
        }
        below.stream().filter(INDArray::closeable).forEach(INDArray::close);
      };
    }

    <T> List<T> run(
        INDArray seed,
        Map<String, UnaryOperator<INDArray>> edits,
        @Nullable Plan other,
        Function<INDArray, T> reader) {
      reference = other;
      try {
        return run(seed, edits, reader);
      } finally {
        reference = null;
      }
    }

    private <T> List<T> run(
        INDArray seed, Map<String, UnaryOperator<INDArray>> edits, Function<INDArray, T> reader) {
      signals[from].assign(Kernels.toInner(seed));
      List<T> results = new ArrayList<>(Collections.nCopies(wanted.size(), null));
      for (int i = from; i >= 0; i--) {
        if (!path.get(i)) {
          continue;
        }
        UnaryOperator<INDArray> edit = edits.get(nodes.get(i).name());
        if (edit != null) {
          replace(signals[i], edit, nodes.get(i).name());
        }
        for (int place = 0; place < wanted.size(); place++) {
          if (wanted.get(place) == i) {
            results.set(place, reader.apply(signals[i]));
          }
        }
        if (steps[i] != null) {
          steps[i].run();
        }
      }
      return results;
    }
  }

  private INDArray[] values(int node) {
    return Arrays.stream(inputs[node]).mapToObj(j -> values[j]).toArray(INDArray[]::new);
  }

  /** What a rule sees of an op. */
  private final class RuleStep implements BackwardRule.Step {
    private final int index;
    private final @Nullable Descent descent;
    private final IdentityHashMap<RelevanceRule, BoundRelevance> bound = new IdentityHashMap<>();

    /** A step of a pass, or without one of a reference run. */
    RuleStep(int index, @Nullable Descent descent) {
      this.index = index;
      this.descent = descent;
    }

    @Override
    public Node node() {
      return nodes.get(index);
    }

    @Override
    public INDArray input(int which) {
      return current(inputs[index][which]);
    }

    @Override
    public INDArray output() {
      return current(index);
    }

    @Override
    public List<INDArray> gradient(INDArray signal) {
      try (Kernels once = kernels.apart()) {
        return gradient(once, node().op(), signal);
      }
    }

    @Override
    public List<INDArray> gradient(Op op, INDArray signal) {
      return gradient(ofTheMoment(), op, signal);
    }

    /** For ops that are not the network's: what is made of weights else is kept for good. */
    private Kernels ofTheMoment() {
      return new Kernels(Plan.this::scratch, new AdjointWeights());
    }

    private List<INDArray> gradient(Kernels by, Op op, INDArray signal) {
      INDArray[] in =
          Arrays.stream(inputs[index]).mapToObj(j -> current(j)).toArray(INDArray[]::new);
      INDArray[] below = new INDArray[in.length];
      for (int k = 0; k < in.length; k++) {
        below[k] = Kernels.room(type, in[k].shape());
        by.backward(op, in, output(), signal, k, below[k]).run();
      }
      return List.of(below);
    }

    @Override
    public List<INDArray> relevance(RelevanceRule rule, INDArray signal) {
      if (!rule.fits(node().op())) {
        throw new IllegalArgumentException(
            "the rule " + rule + " does not fit the " + node().op().kind());
      }
      Descent pass = descent;
      if (pass == null) {
        throw new IllegalStateException("a reference run has no relevance");
      }
      BoundRelevance relevance = bound.computeIfAbsent(rule, r -> bind(r, signal, pass));
      relevance.signal.assign(signal);
      relevance.run.run();
      return relevance.into.stream().map(INDArray::dup).toList();
    }

    private BoundRelevance bind(RelevanceRule rule, INDArray signal, Descent pass) {
      // Nothing is given back to this room, so that nothing that is bound shares its arrays.
      Room room = new Room(type, pass.own);
      INDArray[] in = values(index);
      INDArray[] into = Arrays.stream(in).map(x -> room.take(x.shape())).toArray(INDArray[]::new);
      INDArray own = room.take(signal.shape());
      Runnable run =
          RelevanceKernel.of(rule, node().op(), in, output(), own, into, pass.changed, room);
      return new BoundRelevance(own, List.of(into), run);
    }

    @Override
    public INDArray forward(Op op, List<INDArray> in) {
      INDArray out = Kernels.room(type, shapes[index]);
      ofTheMoment().forward(op, in.toArray(INDArray[]::new), out, false).run();
      return out;
    }

    @Override
    public BackwardRule.Step reference() {
      Plan other = descent == null ? null : descent.reference;
      if (other == null) {
        throw new IllegalStateException(
            "a rule compares '"
                + node().name()
                + "' with a reference, but the pass has none; give Trace.gradients a reference run");
      }
      return other.new RuleStep(index, null);
    }
  }

  private record BoundRelevance(INDArray signal, List<INDArray> into, Runnable run) {}
}
