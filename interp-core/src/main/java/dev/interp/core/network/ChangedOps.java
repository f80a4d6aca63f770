package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.rule.RelevanceRule.Change;
import dev.interp.core.rule.RelevanceRule.Term;
import dev.interp.core.rule.RelevanceRule.Usual;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Ops with the changed parameters of one backward pass: each is made once, and all are freed with
 * the pass.
 */
final class ChangedOps implements AutoCloseable {
  private final IdentityHashMap<INDArray, Map<Change, INDArray>> made = new IdentityHashMap<>();
  private final AdjointWeights adjointWeights = new AdjointWeights();
  private final PackedWeights packedWeights = new PackedWeights();
  private final Kernels asTheyAre;
  private final Kernels changed;

  /** Kernels of ops as they are use weights of the network's that need not be made again. */
  ChangedOps(Kernels asTheyAre) {
    this.asTheyAre = asTheyAre;
    this.changed = asTheyAre.with(adjointWeights, packedWeights);
  }

  Kernels kernels(Term term) {
    return term.weights() == Usual.KEEP ? asTheyAre : changed;
  }

  /** The op that a term runs. */
  Op op(Op op, Term term) {
    if (op instanceof Op.Convolution c) {
      INDArray bias = bias(c.bias(), term.bias());
      return new Op.Convolution(change(c.weights(), term.weights()), bias, c.window(), c.groups());
    } else if (op instanceof Op.TransposedConvolution t) {
      INDArray bias = bias(t.bias(), term.bias());
      return new Op.TransposedConvolution(change(t.weights(), term.weights()), bias, t.window());
    } else if (op instanceof Op.Dense d) {
      return new Op.Dense(change(d.weights(), term.weights()), bias(d.bias(), term.bias()));
    } else if (op instanceof Op.Affine a) {
      return new Op.Affine(change(a.scale(), term.weights()), change(a.shift(), term.bias()));
    }
    if (term.isPlain()) {
      return op;
    }
    throw new IllegalArgumentException("no weights to change in the " + op.kind());
  }

  private @Nullable INDArray bias(@Nullable INDArray bias, Change change) {
    return bias == null || change == Usual.ZERO ? null : change(bias, change);
  }

  private INDArray change(INDArray parameter, Change change) {
    return change == Usual.KEEP
        ? parameter
        : made.computeIfAbsent(parameter, k -> new HashMap<>())
            .computeIfAbsent(change, c -> c.apply(parameter));
  }

  /** The native memory that it takes. */
  long bytes(DataType type) {
    long numbers =
        adjointWeights.length()
            + made.values().stream()
                .flatMap(m -> m.values().stream())
                .mapToLong(INDArray::length)
                .sum();
    return numbers * type.width() + packedWeights.bytes() + changed.bytes();
  }

  @Override
  public void close() {
    made.values().forEach(m -> m.values().forEach(INDArray::close));
    made.clear();
    changed.close();
    adjointWeights.close();
    packedWeights.close();
  }
}
