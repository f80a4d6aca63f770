package dev.interp.core.network;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One run of a batch through a network: what its hooks kept, and the gradients at any tensor. The
 * run goes on as far as it is asked to: it stops at the last tensor kept, and a gradient takes it
 * on to its target.
 *
 * <p>A trace holds the memory of its run until it is closed; arrays it has given out stay valid.
 * Not safe for concurrent use: every thread runs its own.
 */
public final class Trace implements AutoCloseable {
  private final Network network;
  private final Hooks hooks;
  private final long examples;
  private @Nullable Plan plan;
  private int done = -1;

  Trace(Network network, Plan plan, Hooks hooks, long examples) {
    this.network = network;
    this.plan = plan;
    this.hooks = hooks;
    this.examples = examples;
  }

  /**
   * The number of examples of the batch.
   *
   * @return N
   */
  public long examples() {
    return examples;
  }

  /**
   * A tensor that the hooks keep.
   *
   * @param tensor its name
   * @return {@code [N, C, H, W]} or {@code [N, F]}, a copy owned by the caller
   * @throws IllegalArgumentException if the hooks of this run do not keep it
   */
  public INDArray activation(String tensor) {
    return read(tensor, Kernels::toPublic);
  }

  /**
   * A tensor that the hooks keep, read where it lies. Copying a large tensor into the public layout
   * can cost as much as the layers that made it; whoever only sums over it need not.
   *
   * @param tensor its name
   * @param reader is given the tensor with its channels last, {@code [N, H, W, C]} or {@code [N,
   *     F]}, in C order, valid until it returns and not to be modified
   * @param <T> what is read
   * @return what the reader returns
   * @throws IllegalArgumentException if the hooks of this run do not keep it
   */
  public <T> T read(String tensor, Function<INDArray, T> reader) {
    int index = network.index(tensor);
    if (!hooks.keepsAll() && !hooks.kept().contains(tensor) && !tensor.equals(network.logits())) {
      throw new IllegalArgumentException(
          "tensor '" + tensor + "' must be kept by the hooks of the run, kept are " + hooks.kept());
    }
    advance(index);
    return outside(() -> reader.apply(plan().current(index)));
  }

  /**
   * The logits.
   *
   * @return {@code [N, classes]}, a copy owned by the caller
   */
  public INDArray logits() {
    return activation(network.logits());
  }

  /**
   * The gradient of a target at a tensor, or the signal that the rules of the hooks make of it.
   * Runs what is missing of the forward pass, and one backward pass that stops at the tensor.
   *
   * @param target what is differentiated
   * @param tensor with respect to what, by name
   * @return in the tensor's shape, owned by the caller
   * @throws IllegalArgumentException if the target is not one of the network's, or the tensor does
   *     not lead to it
   */
  public INDArray gradient(Target target, String tensor) {
    return gradient(resolve(target), tensor);
  }

  /**
   * The same for a target that is already concrete.
   *
   * @param target from {@link #resolve}
   * @param tensor with respect to what, by name
   * @return in the tensor's shape, owned by the caller
   */
  public INDArray gradient(Target.Resolved target, String tensor) {
    return gradients(target, List.of(tensor)).get(0);
  }

  /**
   * The gradients of a target at several tensors, in one backward pass.
   *
   * @param target from {@link #resolve}
   * @param tensors with respect to what, by name
   * @return one array per tensor, in its shape, owned by the caller
   */
  public List<INDArray> gradients(Target.Resolved target, List<String> tensors) {
    return readGradients(target, tensors, Kernels::toPublic);
  }

  /**
   * The gradient of a target at a tensor, read where it lies; see {@link #read}.
   *
   * @param target from {@link #resolve}
   * @param tensor with respect to what, by name
   * @param reader is given the gradient with its channels last, valid until it returns and not to
   *     be modified
   * @param <T> what is read
   * @return what the reader returns
   */
  public <T> T readGradient(Target.Resolved target, String tensor, Function<INDArray, T> reader) {
    return readGradients(target, List.of(tensor), reader).get(0);
  }

  /**
   * The gradients of a target at several tensors, read where they lie in one backward pass; see
   * {@link #read}.
   *
   * @param target from {@link #resolve}
   * @param tensors with respect to what, by name
   * @param reader is given each gradient with its channels last, valid until it returns and not to
   *     be modified
   * @param <T> what is read
   * @return what the reader returns, one per tensor in the order of the names
   */
  public <T> List<T> readGradients(
      Target.Resolved target, List<String> tensors, Function<INDArray, T> reader) {
    return backward(target, tensors, null, reader);
  }

  /**
   * The same where rules compare this run with another one: DeepLIFT's multipliers. The other run
   * is taken as far forward as this one; it costs no backward pass.
   *
   * @param target from {@link #resolve}
   * @param tensors with respect to what, by name
   * @param reference an open run of the same network on a batch of the same shape, with the same
   *     rules; {@link dev.interp.core.rule.BackwardRule.Step#reference} shows it to rules
   * @return one array per tensor, in its shape, owned by the caller
   * @throws IllegalArgumentException if the reference is a run of another network or batch shape
   */
  public List<INDArray> gradients(Target.Resolved target, List<String> tensors, Trace reference) {
    List<Long> own = plan().key().input();
    List<Long> other = reference.plan().key().input();
    if (reference.network.pool() != network.pool() || !other.equals(own)) {
      throw new IllegalArgumentException(
          "the reference must be a run of the same network on a batch of shape "
              + own
              + ", was on "
              + other);
    }
    reference.advance(network.index(target.tensor()));
    return backward(target, tensors, reference, Kernels::toPublic);
  }

  private <T> List<T> backward(
      Target.Resolved target,
      List<String> tensors,
      @Nullable Trace reference,
      Function<INDArray, T> reader) {
    List<Integer> wanted = tensors.stream().map(network::index).toList();
    int lowest = plan().key().retained();
    for (int tensor : wanted) {
      if (tensor < lowest) {
        throw new IllegalArgumentException(
            "gradients must be asked for at or above '"
                + network.nodes().get(lowest).name()
                + "', because the hooks of this run forget what is below, was '"
                + network.nodes().get(tensor).name()
                + "'");
      }
    }
    int from = network.index(target.tensor());
    advance(from);
    network.countBackward(examples);
    Plan beside = reference == null ? null : reference.plan();
    return outside(
        () ->
            plan()
                .backward(
                    from,
                    target.seed(),
                    wanted,
                    hooks.composite(),
                    hooks.gradients(),
                    beside,
                    reader));
  }

  /**
   * Makes a target concrete for this batch, running the forward pass as far as it needs.
   *
   * @param target what is to be explained
   * @return the target with its values
   */
  public Target.Resolved resolve(Target target) {
    int from = network.index(target.tensor(network));
    advance(from);
    return outside(() -> target.resolve(network, plan().value(from)));
  }

  Network network() {
    return network;
  }

  /** The shape of one example of the input. */
  long[] inputShape() {
    return plan().key().input().stream().skip(1).mapToLong(Long::longValue).toArray();
  }

  void advance(int to) {
    if (to > done) {
      int from = done + 1;
      boolean healthy = false;
      try {
        outside(
            () -> {
              plan().forward(from, to, hooks.activations());
              return true;
            });
        done = to;
        healthy = true;
      } finally {
        if (!healthy) {
          close();
        }
      }
    }
  }

  @Override
  public void close() {
    Plan own = plan;
    plan = null;
    if (own != null) {
      network.pool().giveBack(own);
    }
  }

  private Plan plan() {
    Plan own = plan;
    if (own == null) {
      throw new IllegalStateException("the trace is closed; take arrays from it before");
    }
    return own;
  }

  /** Results must not live in a workspace that the caller may have open. */
  static <T> T outside(java.util.function.Supplier<T> body) {
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return body.get();
    }
  }
}
