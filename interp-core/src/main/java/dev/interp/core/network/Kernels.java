package dev.interp.core.network;

import dev.interp.core.op.Op;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The kernels that a plan, or a pass of it, binds its ops with: for each op those of the fastest
 * set that has one.
 */
final class Kernels implements AutoCloseable {
  private final Function<long[], INDArray> scratch;
  private final AdjointWeights adjointWeights;
  private final Nd4jKernels nd4j;
  private final @Nullable OneDnnKernels oneDnn;

  /**
   * Kernels of ND4J alone.
   *
   * @param scratch gives room for intermediate values, valid within one kernel's run
   */
  Kernels(Function<long[], INDArray> scratch, AdjointWeights adjointWeights) {
    this(scratch, adjointWeights, null);
  }

  private Kernels(
      Function<long[], INDArray> scratch,
      AdjointWeights adjointWeights,
      @Nullable OneDnnKernels oneDnn) {
    this.scratch = scratch;
    this.adjointWeights = adjointWeights;
    this.nd4j = new Nd4jKernels(scratch, adjointWeights);
    this.oneDnn = oneDnn;
  }

  /** The kernels of an engine, with weights that the engine has put in order before. */
  static Kernels of(
      Engine engine,
      Function<long[], INDArray> scratch,
      AdjointWeights adjointWeights,
      PackedWeights packed) {
    return new Kernels(
        scratch,
        adjointWeights,
        engine == Engine.ND4J ? null : new OneDnnKernels(packed, engine == Engine.ONEDNN_BFLOAT16));
  }

  /** Kernels that are freed apart from these and know what these have left for the way back. */
  Kernels apart() {
    return new Kernels(scratch, adjointWeights, oneDnn == null ? null : oneDnn.apart());
  }

  /** Kernels for other weights than the network's. */
  Kernels with(AdjointWeights otherAdjoint, PackedWeights otherPacked) {
    return new Kernels(
        scratch, otherAdjoint, oneDnn == null ? null : new OneDnnKernels(otherPacked, false));
  }

  /** Binds an op; see {@link KernelSet#forward}. */
  Runnable forward(Op op, INDArray[] in, INDArray out, boolean careful) {
    Runnable fast = oneDnn == null ? null : oneDnn.forward(op, in, out, careful);
    return fast != null ? fast : nd4j.forward(op, in, out, careful);
  }

  /** Binds the gradient of an op; see {@link KernelSet#backward}. */
  Runnable backward(
      Op op, INDArray[] in, INDArray out, INDArray gradient, int index, INDArray into) {
    Runnable fast = oneDnn == null ? null : oneDnn.backward(op, in, out, gradient, index, into);
    return fast != null ? fast : nd4j.backward(op, in, out, gradient, index, into);
  }

  /**
   * Binds an op and those that follow it in place as one.
   *
   * @param ops the op and its followers: each reads what the one before makes and nothing else does
   * @param addend what a sum among them adds; null if there is none
   * @return what runs them all; null if no set can
   */
  @Nullable Runnable fused(
      List<Op> ops, INDArray[] in, @Nullable INDArray addend, INDArray out, boolean careful) {
    return oneDnn == null ? null : oneDnn.fused(ops, in, addend, out, careful);
  }

  /**
   * Binds the gradient of an op so that it is added to what is there.
   *
   * @param more room that the gradient may be put into first
   */
  Runnable backwardAdding(
      Op op,
      INDArray[] in,
      INDArray out,
      INDArray gradient,
      int index,
      INDArray more,
      INDArray into) {
    Runnable fast = oneDnn == null ? null : oneDnn.backwardAdding(op, gradient, into);
    if (fast != null) {
      return fast;
    }
    Runnable first = backward(op, in, out, gradient, index, more);
    Runnable second = accumulate(more, into);
    return () -> {
      first.run();
      second.run();
    };
  }

  /** Binds the gradient of an op times another array. */
  Runnable backwardTimes(
      Op op,
      INDArray[] in,
      INDArray out,
      INDArray gradient,
      int index,
      INDArray factor,
      INDArray into) {
    Runnable fast = oneDnn == null ? null : oneDnn.backwardTimes(op, gradient, factor, into);
    if (fast != null) {
      return fast;
    }
    Runnable first = backward(op, in, out, gradient, index, into);
    Runnable second = elementwise("multiply", into, factor, into);
    return () -> {
      first.run();
      second.run();
    };
  }

  /**
   * {@code signal / (z + ε sign z)}, the sign of zero being one.
   *
   * @param into none of the others
   */
  Runnable quotient(INDArray signal, INDArray z, double epsilon, INDArray into) {
    Runnable fast = oneDnn == null ? null : oneDnn.quotient(signal, z, epsilon, into);
    return fast != null ? fast : Nd4jKernels.quotient(signal, z, epsilon, into);
  }

  /** Adds one array to another. */
  Runnable accumulate(INDArray more, INDArray into) {
    return elementwise("add", into, more, into);
  }

  /** The native memory that was taken besides the arrays that ops were bound to. */
  long bytes() {
    return oneDnn == null ? 0 : oneDnn.bytes();
  }

  @Override
  public void close() {
    if (oneDnn != null) {
      oneDnn.close();
    }
  }

  /** An element-wise op of ND4J's without arguments; {@code out} may be one of the inputs. */
  static Runnable elementwise(String name, INDArray x, INDArray y, INDArray out) {
    return Nd4jKernels.elementwise(name, x, y, out);
  }

  /** {@code max(x, 0)}. */
  static Runnable positive(INDArray x, INDArray out) {
    return Nd4jKernels.positive(x, out);
  }

  /** Whether kernels may write over their first input, forward and backward. */
  static boolean runsInPlace(Op op) {
    return op instanceof Op.Affine || op instanceof Op.Scale || isRelu(op) || isSum(op);
  }

  /** Whether the gradient reads the forward output, which then must not be written over. */
  static boolean readsOutputBackward(Op op) {
    return isRelu(op)
        || op instanceof Op.Softmax
        || (op instanceof Op.GlobalPool pool && pool.reduction() == Op.Reduction.P_NORM);
  }

  /** Whether there is a way of its own to compute an op carefully. */
  static boolean canBeCareful(Op op) {
    return Nd4jKernels.isLongSum(op);
  }

  static boolean isSum(Op op) {
    return op instanceof Op.Elementwise e && e.combination() == Op.Combination.ADD;
  }

  static boolean isRelu(Op op) {
    return op instanceof Op.Activation activation && activation.isRelu();
  }

  /** From the public layout to the one of kernels; a view where possible. */
  static INDArray toInner(INDArray x) {
    return x.rank() == 4 ? x.permute(0, 2, 3, 1) : x;
  }

  /** From the layout of kernels to the public one; a copy that the caller owns. */
  static INDArray toPublic(INDArray x) {
    return x.rank() == 4 ? x.permute(0, 3, 1, 2).dup('c') : x.dup('c');
  }

  static INDArray room(DataType type, long... shape) {
    return Nd4j.createUninitialized(type, shape, 'c');
  }
}
