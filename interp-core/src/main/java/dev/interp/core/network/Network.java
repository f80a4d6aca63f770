package dev.interp.core.network;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A convolutional network as an immutable graph of ops, run forward and backward in evaluation
 * mode.
 *
 * <p>Parameter arrays are shared with the net it was made of, read only. Apart from buffers waiting
 * for their next run it holds no state, and it is safe for any number of threads. A net that goes
 * on training must be lowered again.
 *
 * <p>Arrays that go in and come out are {@code [N, C, H, W]} for maps and {@code [N, F]} for
 * vectors, whatever layout the user's net has. Each example of a batch gets what it gets alone.
 */
public final class Network {
  /** The name of the tensor that enters the network. */
  public static final String INPUT = "input";

  /** What a part of a network that begins elsewhere calls the input of the whole. */
  private static final String WHOLE_INPUT = "input:whole";

  private static final int NEAREST = 12;
  private static final long USUAL_SIDE = 224;

  private final List<Node> nodes;
  private final Map<String, Integer> index;
  private final int[][] inputs;
  private final long[] inputShape;
  private final long[] typicalInput;
  private final String logits;
  private final DataType precision;
  private final String entry;
  private final PlanPool pool;
  private final List<PassCounter> counters;
  private final AtomicReference<String> fingerprint;
  private final AtomicReference<List<LayerInfo>> typicalLayers;
  private final AtomicReference<Network> folded;

  private Network(
      List<Node> nodes,
      long[] inputShape,
      long[] typicalInput,
      String logits,
      DataType precision,
      String entry,
      PlanPool pool,
      List<PassCounter> counters,
      AtomicReference<String> fingerprint,
      AtomicReference<List<LayerInfo>> typicalLayers,
      AtomicReference<Network> folded) {
    this.nodes = List.copyOf(nodes);
    this.index = new HashMap<>();
    this.inputs = new int[nodes.size()][];
    for (int i = 0; i < nodes.size(); i++) {
      index.put(nodes.get(i).name(), i);
      inputs[i] = nodes.get(i).inputs().stream().mapToInt(index::get).toArray();
    }
    this.inputShape = inputShape.clone();
    this.typicalInput = typicalInput.clone();
    this.logits = logits;
    this.precision = precision;
    this.entry = entry;
    this.pool = pool;
    this.counters = List.copyOf(counters);
    this.fingerprint = fingerprint;
    this.typicalLayers = typicalLayers;
    this.folded = folded;
  }

  /**
   * Starts a network by hand.
   *
   * @param inputShape of one example, {@code [C, H, W]} or {@code [F]}; −1 for a height and width
   *     that may be any
   * @return a builder that holds the input only
   */
  public static Builder builder(long... inputShape) {
    return new Builder(inputShape);
  }

  /**
   * The ops in an order in which they can run, the input first.
   *
   * @return the nodes
   */
  public List<Node> nodes() {
    return nodes;
  }

  /**
   * The tensor that the last op makes.
   *
   * @return its name
   */
  public String output() {
    return nodes.get(nodes.size() - 1).name();
  }

  /**
   * The tensor that class targets read: the one before the final softmax or sigmoid.
   *
   * @return its name
   */
  public String logits() {
    return logits;
  }

  /**
   * The number of classes.
   *
   * @return length of the logits
   * @throws IllegalArgumentException if the network does not end in a vector of logits
   */
  public long classCount() {
    List<Long> shape = layer(logits).shape();
    if (shape.size() != 1) {
      throw new IllegalArgumentException(
          "the network must end in a classifier with logits [classes], but its last tensor '"
              + logits
              + "' is "
              + shape
              + "; take a neuron or channel of a tensor as target instead");
    }
    return shape.get(0);
  }

  /**
   * The shape of one example.
   *
   * @return {@code [C, H, W]} or {@code [F]}, a copy; −1 for a height and width that may be any
   */
  public long[] inputShape() {
    return inputShape.clone();
  }

  /**
   * The input that shapes are told for when none is given.
   *
   * @return {@link #inputShape} with a usual size where the network takes any, a copy
   */
  public long[] typicalInput() {
    return typicalInput.clone();
  }

  /**
   * The type that all arithmetic is done in.
   *
   * @return FLOAT or DOUBLE
   */
  public DataType precision() {
    return precision;
  }

  /**
   * This network for inputs of another size: convolutions do not ask for one.
   *
   * @param shape of one example, {@code [C, H, W]} or {@code [F]}
   * @return the network for that input, with the same counters; parameters are shared
   * @throws IllegalArgumentException if an op does not take it, as dense layers do not; the message
   *     names it
   */
  public Network withInput(long... shape) {
    if (Arrays.equals(shape, inputShape)) {
      return this;
    }
    shapes(shape);
    return new Network(
        nodes,
        shape,
        shape,
        logits,
        precision,
        entry,
        pool.withSameWeights(),
        counters,
        fingerprint,
        new AtomicReference<>(),
        new AtomicReference<>());
  }

  /**
   * This network in another precision. Parameters are converted into copies.
   *
   * @param type FLOAT or DOUBLE
   * @return the network in that precision; this one if it is already
   */
  public Network withPrecision(DataType type) {
    if (type != DataType.FLOAT && type != DataType.DOUBLE) {
      throw new IllegalArgumentException("precision must be FLOAT or DOUBLE, was " + type);
    }
    if (type == precision) {
      return this;
    }
    List<Node> cast =
        nodes.stream()
            .map(n -> new Node(n.name(), n.op().withParameters(p -> p.castTo(type)), n.inputs()))
            .toList();
    return new Network(
        cast,
        inputShape,
        typicalInput,
        logits,
        type,
        entry,
        new PlanPool(pool.engine()),
        counters,
        new AtomicReference<>(),
        new AtomicReference<>(),
        new AtomicReference<>());
  }

  /**
   * What computes its ops.
   *
   * @return the engine; in double precision always {@link Engine#ND4J}
   */
  public Engine engine() {
    return precision == DataType.FLOAT ? pool.engine() : Engine.ND4J;
  }

  /**
   * This network on another engine, with which it computes the same up to rounding.
   *
   * @param engine used in float32; in double precision a network runs on ND4J whatever this says
   * @return the network on that engine, with the same counters; parameters are shared
   * @throws IllegalArgumentException if the engine's native library cannot be loaded
   */
  public Network withEngine(Engine engine) {
    return engine.checked() == pool.engine()
        ? this
        : new Network(
            nodes,
            inputShape,
            typicalInput,
            logits,
            precision,
            entry,
            new PlanPool(engine),
            counters,
            fingerprint,
            typicalLayers,
            new AtomicReference<>());
  }

  /**
   * This network, its passes counted; by the counters it has already, too.
   *
   * @param passes counts the passes run through the returned network
   * @return the same network with that counter
   */
  public Network counting(PassCounter passes) {
    List<PassCounter> all = new ArrayList<>(counters);
    all.add(passes);
    return countedBy(all);
  }

  private Network countedBy(List<PassCounter> all) {
    return new Network(
        nodes,
        inputShape,
        typicalInput,
        logits,
        precision,
        entry,
        pool,
        all,
        fingerprint,
        typicalLayers,
        folded);
  }

  /**
   * This network with every batch norm folded into the convolution or dense layer beside it where
   * that is exact: into the one before, if nothing else reads that one; else into those after, if
   * nothing else reads the batch norm and no padding comes between. Layers keep their names: the
   * one with weights gives what the batch norm gave, and the batch norm changes nothing.
   *
   * <p>Folded parameters are copies, made at the first call and kept with the network. The same
   * counters count.
   *
   * @return a network that computes the same; this one if there is nothing to fold
   */
  public Network withFoldedBatchNorms() {
    Network known = folded.get();
    if (known == null) {
      List<Node> less = Trace.outside(() -> BatchNormFolding.of(nodes, logits));
      Network made =
          less == nodes
              ? countedBy(List.of())
              : new Network(
                  less,
                  inputShape,
                  typicalInput,
                  logits,
                  precision,
                  entry,
                  new PlanPool(pool.engine()),
                  List.of(),
                  new AtomicReference<>(),
                  new AtomicReference<>(),
                  new AtomicReference<>());
      folded.compareAndSet(null, made);
      known = java.util.Objects.requireNonNull(folded.get());
    }
    return known.pool == pool ? this : known.countedBy(counters);
  }

  /**
   * The part of this network above a tensor: a network whose input is that tensor. It shares
   * parameters and buffers with this one and runs only what comes of the tensor, so that a changed
   * activation costs no more than what lies above it. Its input is named {@link #INPUT}, all else
   * keeps its name; receptive fields count positions of the tensor.
   *
   * <p>The passes of the part count as passes, in the counters that this network has.
   *
   * @param tensor a tensor past which nothing leads upwards, see {@link #beside}
   * @return the part; this network if the tensor is its input
   * @throws IllegalArgumentException if other tensors lead around it, or it does not lead to the
   *     logits
   */
  public Network after(String tensor) {
    if (tensor.equals(INPUT)) {
      return this;
    }
    List<String> sides = beside(tensor);
    if (!sides.isEmpty()) {
      throw new IllegalArgumentException(
          "a network after '"
              + tensor
              + "' alone needs a tensor that all paths to the logits go through, but what is above"
              + " it also reads "
              + sides
              + "; give a trace of one example that kept them");
    }
    long[] shape =
        LayerShape.of(this, tensor).sizes().stream().mapToLong(Long::longValue).toArray();
    long[] typical = layer(tensor).shape().stream().mapToLong(Long::longValue).toArray();
    Network part = pool.part(tensor, t -> part(t, Map.of(), shape, typical, pool, List.of()));
    for (PassCounter counter : counters) {
      part = part.counting(counter);
    }
    return part;
  }

  /**
   * The part of this network above any tensor, for one example: what the part reads {@link #beside
   * the tensor} is held fast at the values of a run, the same for every row of a batch, and no
   * gradient goes there.
   *
   * @param tensor the name of the tensor that the part begins with
   * @param trace a run of one example through this network that keeps what is beside the tensor
   * @return the part; its input has the size that the tensor has in the run
   * @throws IllegalArgumentException if the run is another network's, has several examples or did
   *     not keep what is needed, or the tensor does not lead to the logits
   */
  public Network after(String tensor, Trace trace) {
    List<String> sides = beside(tensor);
    if (sides.isEmpty()) {
      return after(tensor);
    }
    if (trace.network().nodes != nodes) {
      throw new IllegalArgumentException("the trace must be a run of the network itself");
    }
    if (trace.examples() != 1) {
      throw new IllegalArgumentException(
          "what is beside '"
              + tensor
              + "' differs between examples; the trace must have one example, has "
              + trace.examples());
    }
    Map<String, INDArray> fixed = new HashMap<>();
    for (String side : sides) {
      INDArray value = trace.activation(side);
      fixed.put(side, value.reshape(Arrays.copyOfRange(value.shape(), 1, value.rank())));
    }
    long[] shape = shapes(trace.inputShape()).get(index(tensor));
    return part(tensor, fixed, shape, shape, pool.withSameWeights(), counters);
  }

  /**
   * The tensors that ops above a tensor read beside it and what comes of it.
   *
   * @param tensor its name
   * @return their names in order; empty if everything above comes of the tensor alone
   * @throws IllegalArgumentException if the tensor does not lead to the logits
   */
  public List<String> beside(String tensor) {
    BitSet above = flow(tensor);
    Set<Integer> sides = new TreeSet<>();
    for (int i = above.nextSetBit(index(tensor) + 1); i >= 0; i = above.nextSetBit(i + 1)) {
      Arrays.stream(inputs[i]).filter(j -> !above.get(j)).forEach(sides::add);
    }
    return sides.stream().map(i -> nodes.get(i).name()).toList();
  }

  /**
   * The tensors that come of a tensor.
   *
   * @param tensor its name
   * @return their names in order, without its own
   * @throws IllegalArgumentException if the tensor does not lead to the logits
   */
  public List<String> above(String tensor) {
    int own = index(tensor);
    return flow(tensor).stream().filter(i -> i != own).mapToObj(i -> nodes.get(i).name()).toList();
  }

  /** A tensor and all that comes of it. */
  private BitSet flow(String tensor) {
    BitSet above = new BitSet();
    above.set(index(tensor));
    for (int i = index(tensor) + 1; i < nodes.size(); i++) {
      if (Arrays.stream(inputs[i]).anyMatch(above::get)) {
        above.set(i);
      }
    }
    if (!above.get(index(logits))) {
      throw new IllegalArgumentException(
          "tensor '" + tensor + "' must lead to the logits '" + logits + "', but no path does");
    }
    return above;
  }

  private Network part(
      String tensor,
      Map<String, INDArray> fixed,
      long[] shape,
      long[] typical,
      PlanPool plans,
      List<PassCounter> counting) {
    BitSet above = flow(tensor);
    List<Node> kept = new ArrayList<>();
    kept.add(new Node(INPUT, new Op.Input(), List.of()));
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      INDArray value = fixed.get(node.name());
      if (value != null) {
        kept.add(new Node(inPart(node.name(), tensor), new Op.Constant(value), List.of()));
      } else if (above.get(i) && !node.name().equals(tensor)) {
        List<String> from = node.inputs().stream().map(n -> inPart(n, tensor)).toList();
        kept.add(new Node(node.name(), node.op(), from));
      }
    }
    return new Network(
        kept,
        shape,
        typical,
        inPart(logits, tensor),
        precision,
        fixed.isEmpty() ? tensor : INPUT,
        plans,
        counting,
        new AtomicReference<>(),
        new AtomicReference<>(),
        new AtomicReference<>());
  }

  private static String inPart(String name, String tensor) {
    return name.equals(tensor) ? INPUT : name.equals(INPUT) ? WHOLE_INPUT : name;
  }

  /**
   * Its tensors, for the input size it was made for; for a network that takes any height and width,
   * for {@link #typicalInput}.
   *
   * @return one entry per tensor, the input first
   */
  public List<LayerInfo> layers() {
    List<LayerInfo> known = typicalLayers.get();
    if (known == null) {
      known = layers(typicalInput);
      typicalLayers.set(known);
    }
    return known;
  }

  /**
   * Its tensors for a given input.
   *
   * @param input shape of one example
   * @return one entry per tensor, the input first
   * @throws IllegalArgumentException if the input does not fit
   */
  public List<LayerInfo> layers(long... input) {
    List<long[]> shapes = shapes(input);
    List<LayerInfo> layers = new ArrayList<>();
    List<ReceptiveField> fields = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      fields.add(
          i == 0
              ? ReceptiveField.ofInput()
              : inputs[i].length == 0
                  ? ReceptiveField.ofConstant()
                  : ReceptiveField.of(
                      node,
                      Arrays.stream(inputs[i]).mapToObj(fields::get).toList(),
                      shapes.get(inputs[i][0]),
                      input));
      layers.add(
          new LayerInfo(
              node.name(),
              node.op().kind(),
              node.inputs(),
              Arrays.stream(shapes.get(i)).boxed().toList(),
              fields.get(i),
              node.op().parameterCount()));
    }
    return List.copyOf(layers);
  }

  /**
   * One tensor.
   *
   * @param tensor its name
   * @return what is known about it
   * @throws IllegalArgumentException if there is none of that name; the message lists all
   */
  public LayerInfo layer(String tensor) {
    return layers().get(index(tensor));
  }

  /**
   * The last tensor with more than one position: where class activation maps look by default.
   *
   * @return its name
   * @throws IllegalArgumentException if no tensor has spatial extent
   */
  public String lastSpatial() {
    List<LayerInfo> spatial = layers().stream().filter(LayerInfo::isSpatial).toList();
    if (spatial.size() < 2) {
      throw new IllegalArgumentException(
          "the network must have a layer with spatial extent, but has none: " + describeTensors());
    }
    return spatial.get(spatial.size() - 1).name();
  }

  /**
   * The logits of a batch: a forward pass that keeps nothing. The room of intermediate tensors is
   * shared, so this needs the least memory.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @return {@code [N, classes]} (or whatever shape {@link #logits} has), owned by the caller
   * @throws IllegalArgumentException if {@code x} has the wrong shape or holds NaN or infinity
   */
  public INDArray logits(INDArray x) {
    return logits(x, Hooks.none());
  }

  /**
   * The logits of a batch with activations observed or edited on the way.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @param hooks what is done to activations; what they keep is not kept
   * @return {@code [N, classes]}, owned by the caller
   */
  public INDArray logits(INDArray x, Hooks hooks) {
    check(x, hooks);
    int last = index(logits);
    // What a hook reads or changes must be there by itself, not as part of what follows it.
    Set<String> preserved = new LinkedHashSet<>(hooks.activations().keySet());
    preserved.add(logits);
    Plan plan = take(x.shape(), nodes.size(), preserved, nodes.size());
    boolean healthy = false;
    try {
      INDArray result =
          Trace.outside(
              () -> {
                countForward(x.size(0));
                plan.setInput(x);
                plan.forward(0, last, hooks.activations());
                return plan.value(last);
              });
      healthy = true;
      return result;
    } finally {
      if (healthy) {
        pool.giveBack(plan);
      } else {
        plan.close();
      }
    }
  }

  /**
   * Runs a batch forward to the last tensor that the hooks keep, or to the logits if they keep
   * none. Everything that a backward pass needs is held until the trace is closed.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @param hooks what to keep, show and change
   * @return the run; close it
   * @throws IllegalArgumentException if {@code x} has the wrong shape or holds NaN or infinity, a
   *     hook names a tensor that does not exist, or the rules of the hooks leave an op without one
   */
  public Trace run(INDArray x, Hooks hooks) {
    check(x, hooks);
    // What is kept need not be preserved: a trace computes again what was written over, when asked.
    Set<String> preserved = new LinkedHashSet<>();
    List<BackwardRule> rules = rules(hooks.composite());
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      boolean edited = hooks.activations().containsKey(node.name());
      boolean ruled =
          rules.get(i) != BackwardRule.gradient() && rules.get(i) != BackwardRule.pass();
      if (edited || ruled) {
        preserved.add(node.name());
        preserved.addAll(node.inputs());
      }
    }
    preserved.add(logits);
    int last = hooks.kept().stream().mapToInt(this::index).max().orElse(index(logits));
    if (hooks.keepsAll()) {
      last = nodes.size() - 1;
    }
    int until = last;
    // Gradients are asked for at what is kept, or else at the input.
    int first = hooks.kept().stream().mapToInt(this::index).min().orElse(0);
    int retained = hooks.forgetsBelow() && !hooks.keepsAll() ? first : 0;
    Plan plan = take(x.shape(), retained, preserved, hooks.keepsAll() ? 0 : first);
    Trace trace = new Trace(this, plan, hooks, x.size(0));
    boolean healthy = false;
    try {
      Trace.outside(
          () -> {
            countForward(x.size(0));
            plan.setInput(x);
            return true;
          });
      trace.advance(until);
      healthy = true;
      return trace;
    } finally {
      if (!healthy) {
        trace.close();
      }
    }
  }

  /**
   * Runs one picture forward and keeps all of it, so that copies of it that differ within a
   * rectangle can be run at a part of the cost.
   *
   * @param x {@code [1, C, H, W]}; not modified
   * @return the run; close it
   * @throws IllegalArgumentException if {@code x} has the wrong shape, is not one picture, or holds
   *     NaN or infinity
   */
  public IncrementalRun incremental(INDArray x) {
    checkInput(x);
    if (x.rank() != 4 || x.size(0) != 1) {
      throw new IllegalArgumentException(
          "an incremental run needs one picture [1, C, H, W], was "
              + Arrays.toString(x.shape())
              + " (open one for each picture)");
    }
    Plan plan = take(x.shape(), 0, Set.of(), nodes.size());
    Trace.outside(
        () -> {
          countForward(1);
          plan.setInput(x);
          return true;
        });
    ChangePasses passes = pool.passes(List.of(entry, plan.key().input()));
    return new IncrementalRun(this, plan, passes, Arrays.copyOfRange(x.shape(), 1, 4));
  }

  /**
   * What the end of the network makes of logits.
   *
   * @param logits {@code [N, classes]}; not modified
   * @return the probabilities, owned by the caller
   * @throws IllegalArgumentException if the network does not end in a softmax or sigmoid
   */
  public INDArray probabilities(INDArray logits) {
    if (isSoftmax()) {
      return Transforms.softmax(logits, true);
    }
    if (hasProbabilities()) {
      return Transforms.sigmoid(logits, true);
    }
    throw new IllegalArgumentException(
        "probabilities need a network that ends in a softmax or sigmoid, but the last op is '"
            + last().op().kind()
            + "' at '"
            + output()
            + "'");
  }

  /**
   * Whether the network ends in a softmax.
   *
   * @return true if {@link #probabilities} sum to one
   */
  public boolean isSoftmax() {
    return last().op() instanceof Op.Softmax && hasHead();
  }

  /**
   * Whether the network ends in a softmax or sigmoid.
   *
   * @return true if {@link #probabilities} can be asked for
   */
  public boolean hasProbabilities() {
    return isSoftmax() || (last().op() instanceof Op.Activation a && a.isSigmoid() && hasHead());
  }

  /**
   * A hash of structure and parameters: equal networks have equal fingerprints, and a single
   * changed weight gives another. Reads all parameters at its first call; after that it costs
   * nothing.
   *
   * @return 16 hexadecimal digits
   */
  public String fingerprint() {
    String known = fingerprint.get();
    if (known == null) {
      known = Trace.outside(() -> Fingerprint.of(nodes));
      fingerprint.set(known);
    }
    return known;
  }

  // ---------------------------------------------------------------- inside

  int[][] inputIndices() {
    return inputs;
  }

  PlanPool pool() {
    return pool;
  }

  /** The rule of every node. What comes after the logits is no part of what rules explain. */
  List<BackwardRule> rules(Composite composite) {
    int end = index(logits) + 1;
    List<BackwardRule> rules = new ArrayList<>(composite.rules(nodes.subList(0, end)));
    rules.addAll(Collections.nCopies(nodes.size() - end, BackwardRule.gradient()));
    return rules;
  }

  void countBackward(long examples) {
    counters.forEach(c -> c.backward(examples));
  }

  int index(String tensor) {
    Integer i = index.get(tensor);
    if (i == null) {
      throw new IllegalArgumentException(
          "no tensor is named '"
              + tensor
              + "'"
              + nearest(tensor).map(n -> "; did you mean '" + n + "'?").orElse(".")
              + " The tensors are: "
              + describeTensors());
    }
    return i;
  }

  /** Shapes of one example at every node, public layout. */
  List<long[]> shapes(long[] input) {
    List<long[]> shapes = new ArrayList<>();
    shapes.add(input.clone());
    for (int i = 1; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      try {
        shapes.add(node.op().outputShape(Arrays.stream(inputs[i]).mapToObj(shapes::get).toList()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "at '"
                + node.name()
                + "', for the input "
                + Arrays.toString(input)
                + ": "
                + e.getMessage(),
            e);
      }
    }
    return shapes;
  }

  void countForward(long examples) {
    counters.forEach(c -> c.forward(examples));
  }

  void countWork(Work work) {
    counters.forEach(c -> c.incremental(work));
  }

  /** A plan that runs a batch forward and keeps some tensors. */
  Plan plan(long examples, long[] example, int[] kept) {
    long[] shape = LongStream.concat(LongStream.of(examples), LongStream.of(example)).toArray();
    Set<String> names =
        Arrays.stream(kept).mapToObj(i -> nodes.get(i).name()).collect(Collectors.toSet());
    return take(shape, nodes.size(), names, nodes.size());
  }

  private Plan take(long[] x, int retained, Set<String> preserved, int careful) {
    List<Long> shape = Arrays.stream(x).boxed().toList();
    Set<String> relevant =
        preserved.stream()
            .filter(name -> isOverwritable(name) || retained > 0)
            .collect(Collectors.toSet());
    // Runs that treat the same ops carefully share their plans.
    int from = careful;
    while (from < nodes.size() && !Kernels.canBeCareful(nodes.get(from).op())) {
      from++;
    }
    return pool.take(
        new Plan.Key(entry, shape, retained, relevant, from), key -> new Plan(this, key));
  }

  /** Only tensors that an op in place could write over make plans differ. */
  private boolean isOverwritable(String tensor) {
    return nodes.stream()
        .anyMatch(
            n ->
                Kernels.runsInPlace(n.op())
                    && !n.inputs().isEmpty()
                    && n.inputs().get(0).equals(tensor));
  }

  private void check(INDArray x, Hooks hooks) {
    hooks.names().forEach(this::index);
    checkInput(x);
  }

  /**
   * Checks that a batch can go into this network, as every run does.
   *
   * @param x the batch
   * @throws IllegalArgumentException if it has the wrong shape or holds NaN or infinity
   */
  public void checkInput(INDArray x) {
    boolean fits = x.rank() == inputShape.length + 1 && x.size(0) > 0;
    for (int i = 0; fits && i < inputShape.length; i++) {
      fits = inputShape[i] < 0 || x.size(i + 1) == inputShape[i];
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "the input must be "
              + expected()
              + ", was "
              + Arrays.toString(x.shape())
              + likelyCause(x));
    }
    checkFinite(x, "the input");
  }

  static void checkFinite(INDArray x, String what) {
    if (!Double.isFinite(x.sumNumber().doubleValue()) && !isFinite(x)) {
      throw new IllegalArgumentException(
          what
              + " must hold finite numbers, but it holds NaN or infinity (was a picture divided"
              + " by a standard deviation of zero?)");
    }
  }

  private String expected() {
    return "[N, "
        + Arrays.stream(inputShape)
            .mapToObj(n -> n < 0 ? "any" : Long.toString(n))
            .collect(Collectors.joining(", "))
        + "]";
  }

  private String likelyCause(INDArray x) {
    if (x.rank() == inputShape.length) {
      return " (is the batch axis missing?)";
    }
    if (x.rank() == 4 && inputShape.length == 3 && x.size(3) == inputShape[0]) {
      return " (are the channels last? then use permute(0, 3, 1, 2))";
    }
    return "";
  }

  private static boolean isFinite(INDArray x) {
    return Arrays.stream(x.dup().data().asDouble()).allMatch(Double::isFinite);
  }

  private Node last() {
    return nodes.get(nodes.size() - 1);
  }

  private boolean hasHead() {
    return !logits.equals(output());
  }

  private java.util.Optional<String> nearest(String name) {
    return index.keySet().stream()
        .filter(n -> distance(n, name) <= Math.max(2, Math.min(NEAREST, name.length() / 2)))
        .min(Comparator.comparingInt((String n) -> distance(n, name)).thenComparing(n -> n));
  }

  private String describeTensors() {
    return layers().stream().map(l -> l.name() + " " + l.shape()).collect(Collectors.joining(", "));
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  /** Puts a network together op by op. Not safe for concurrent use. */
  public static final class Builder {
    private final long[] inputShape;
    private long[] typicalInput;
    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> names = new LinkedHashSet<>();
    private @Nullable String logits;

    private Builder(long[] inputShape) {
      if (inputShape.length != 1 && inputShape.length != 3) {
        throw new IllegalArgumentException(
            "the input shape must be [C, H, W] or [F], was " + Arrays.toString(inputShape));
      }
      this.inputShape = inputShape.clone();
      this.typicalInput = Arrays.stream(inputShape).map(n -> n < 0 ? USUAL_SIDE : n).toArray();
      nodes.add(new Node(INPUT, new Op.Input(), List.of()));
      names.add(INPUT);
    }

    /**
     * Adds an op.
     *
     * @param name the tensor it makes, not used so far
     * @param op what it computes
     * @param inputs tensors added before; none means the one added last (a constant reads none)
     * @return this builder
     */
    public Builder add(String name, Op op, String... inputs) {
      List<String> from =
          inputs.length == 0 && !(op instanceof Op.Constant)
              ? List.of(nodes.get(nodes.size() - 1).name())
              : List.of(inputs);
      if (!names.containsAll(from)) {
        throw new IllegalArgumentException(
            "'" + name + "' must read tensors added before it, reads " + from + ", has " + names);
      }
      if (!names.add(name)) {
        throw new IllegalArgumentException("two tensors are named '" + name + "'");
      }
      nodes.add(new Node(name, op, from));
      return this;
    }

    /**
     * Names the tensor that class targets read, where it is not the one before a final softmax or
     * sigmoid.
     *
     * @param tensor a tensor added before
     * @return this builder
     */
    public Builder logits(String tensor) {
      this.logits = tensor;
      return this;
    }

    /**
     * Says which input shapes are told for where the network takes any height and width.
     *
     * @param shape of one example; 224 by 224 if this is not called
     * @return this builder
     */
    public Builder typicalInput(long... shape) {
      this.typicalInput = shape.clone();
      return this;
    }

    /**
     * The name of the tensor added last.
     *
     * @return its name
     */
    public String last() {
      return nodes.get(nodes.size() - 1).name();
    }

    /**
     * Whether a name is taken.
     *
     * @param name a tensor name
     * @return true if a tensor has it
     */
    public boolean has(String name) {
      return names.contains(name);
    }

    /**
     * The network.
     *
     * @return the network in the precision of its parameters, FLOAT if it has none
     * @throws IllegalArgumentException if shapes do not fit, the message says where
     */
    public Network build() {
      Node last = nodes.get(nodes.size() - 1);
      boolean head =
          last.op() instanceof Op.Softmax
              || (last.op() instanceof Op.Activation a && a.isSigmoid());
      String end = logits != null ? logits : head ? last.inputs().get(0) : last.name();
      DataType type =
          nodes.stream()
              .flatMap(n -> n.op().parameters().stream())
              .map(INDArray::dataType)
              .findFirst()
              .orElse(DataType.FLOAT);
      if (type != DataType.DOUBLE) {
        type = DataType.FLOAT;
      }
      DataType precision = type;
      List<Node> cast =
          nodes.stream()
              .map(
                  n ->
                      new Node(
                          n.name(), n.op().withParameters(p -> p.castTo(precision)), n.inputs()))
              .toList();
      Network network =
          new Network(
              cast,
              inputShape,
              typicalInput,
              end,
              precision,
              INPUT,
              new PlanPool(Engine.usual()),
              List.of(),
              new AtomicReference<>(),
              new AtomicReference<>(),
              new AtomicReference<>());
      network.index(end);
      network.shapes(typicalInput);
      return network;
    }
  }
}
