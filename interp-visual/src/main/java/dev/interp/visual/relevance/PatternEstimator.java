package dev.interp.visual.relevance;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Estimates {@link Patterns} from a data set, batch by batch. Where a rectifier follows, the
 * two-component estimator takes the samples with a positive output: {@code a ∝ E₊[x y] − E₊[x]
 * E[y]}; elsewhere the linear one takes all: {@code a ∝ E[x y] − E[x] E[y]}. Then a is scaled to
 * {@code wᵀa = 1}; an output without active samples, or with {@code wᵀa = 0}, keeps a zero or
 * unscaled pattern. For a convolution every place of the output is a sample, zero padding included.
 *
 * <p>Sums are held in float64 and add up: estimators of parts of a data set can be {@linkplain
 * #merge merged}. One forward pass per example, and sums that cost about two more.
 *
 * <p>Kindermans et al.: Learning How to Explain Neural Networks, ICLR 2018, section 3.3. As in the
 * authors' program, E[y] is the mean over all samples, also beside E₊. A batch norm that alone
 * follows an op counts to it, and y is what comes out of it.
 *
 * <p>Not safe for concurrent use: give every thread its own and merge.
 */
public final class PatternEstimator {
  private final Network network;
  private final Map<String, Sums> sums = new LinkedHashMap<>();

  private PatternEstimator(Network network) {
    this.network = network;
    for (LinearBlock block : LinearBlock.of(network)) {
      if (block.linear().op() instanceof Op.TransposedConvolution) {
        throw new IllegalArgumentException(
            "patterns are estimated for convolutions and dense ops, but '"
                + block.linear().name()
                + "' is a transposed convolution");
      }
      sums.put(block.linear().name(), new Sums(block));
    }
    if (sums.isEmpty()) {
      throw new IllegalArgumentException(
          "patterns are estimated for convolutions and dense ops, but the network has none");
    }
  }

  /**
   * An estimator that has seen nothing.
   *
   * @param network the network; not changed
   * @return the estimator
   * @throws IllegalArgumentException if the network has no linear op, or a transposed convolution
   */
  public static PatternEstimator of(Network network) {
    try (MemoryWorkspace ignored = outside()) {
      return new PatternEstimator(network);
    }
  }

  /**
   * Takes in a batch.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}, preprocessed as the network expects; not
   *     modified
   * @throws IllegalArgumentException if the batch does not fit the network
   */
  public void add(INDArray x) {
    Set<String> kept = new LinkedHashSet<>();
    for (Sums s : sums.values()) {
      kept.add(s.block.linear().inputs().get(0));
      kept.add(s.block.end());
    }
    try (MemoryWorkspace ignored = outside();
        Trace trace =
            network.run(
                x.castTo(network.precision()), Hooks.none().keep(kept.toArray(String[]::new)))) {
      for (Sums s : sums.values()) {
        s.add(trace.activation(s.block.linear().inputs().get(0)), trace.activation(s.block.end()));
      }
    }
  }

  /**
   * Takes in what another estimator has seen.
   *
   * @param other of the same network; not changed
   * @throws IllegalArgumentException if it is of another network
   */
  public void merge(PatternEstimator other) {
    if (!other.network.fingerprint().equals(network.fingerprint())) {
      throw new IllegalArgumentException(
          "only estimators of one network can be merged, were of "
              + network.fingerprint()
              + " and "
              + other.network.fingerprint());
    }
    try (MemoryWorkspace ignored = outside()) {
      sums.forEach((name, s) -> s.merge(Objects.requireNonNull(other.sums.get(name))));
    }
  }

  /**
   * The patterns of what has been seen.
   *
   * @return in float64
   * @throws IllegalStateException if nothing has been seen
   */
  public Patterns patterns() {
    Map<String, INDArray> patterns = new LinkedHashMap<>();
    try (MemoryWorkspace ignored = outside()) {
      sums.forEach((name, s) -> patterns.put(name, s.pattern()));
    }
    return new Patterns(patterns);
  }

  /** What is held must not live in a workspace that the caller may have open. */
  private static MemoryWorkspace outside() {
    return Nd4j.getMemoryManager().scopeOutOfWorkspaces();
  }

  /** The sums of one op, over samples; outputs in rows. */
  private static final class Sums {
    private final LinearBlock block;
    private final boolean rectified;
    private final INDArray active;
    private final INDArray y;
    private final INDArray x;
    private final INDArray xy;
    private long samples;

    Sums(LinearBlock block) {
      this.block = block;
      this.rectified =
          block
              .activation()
              .filter(n -> n.op() instanceof Op.Activation a && a.isRectifier())
              .isPresent();
      INDArray weights = rows(block, block.weights());
      long outputs = weights.size(0);
      this.active = Nd4j.zeros(DataType.DOUBLE, outputs, 1);
      this.y = Nd4j.zeros(DataType.DOUBLE, outputs, 1);
      this.x = Nd4j.zeros(DataType.DOUBLE, weights.shape());
      this.xy = Nd4j.zeros(DataType.DOUBLE, weights.shape());
    }

    /** Weights with an output in each row, whatever their layout. */
    private static INDArray rows(LinearBlock block, INDArray weights) {
      return block.outputAxis() == 0 ? weights : weights.transpose();
    }

    void add(INDArray input, INDArray output) {
      INDArray out = columns(output.castTo(DataType.DOUBLE));
      INDArray mask = rectified ? out.gt(0).castTo(DataType.DOUBLE) : Nd4j.onesLike(out);
      samples += out.size(1);
      active.addi(mask.sum(true, 1));
      y.addi(out.sum(true, 1));
      out.muli(mask);
      INDArray in = input.castTo(DataType.DOUBLE);
      if (block.linear().op() instanceof Op.Convolution c) {
        convolved(c, in, output.size(2), output.size(3), mask, out);
      } else {
        x.addi(mask.mmul(in));
        xy.addi(out.mmul(in));
      }
    }

    /** A kernel tap at a time, since patches side by side would take its area times the memory. */
    private void convolved(
        Op.Convolution c, INDArray in, long height, long width, INDArray mask, INDArray masked) {
      Window.Axis rows = c.window().height();
      Window.Axis columns = c.window().width();
      INDArray padded = padded(in, rows, height, columns, width);
      long inputs = c.weights().size(1);
      long outputs = c.weights().size(0) / c.groups();
      for (int g = 0; g < c.groups(); g++) {
        var own = NDArrayIndex.interval(g * outputs, (g + 1) * outputs);
        var read = NDArrayIndex.interval(g * inputs, (g + 1) * inputs);
        INDArray ownMask = mask.get(own, NDArrayIndex.all());
        INDArray ownMasked = masked.get(own, NDArrayIndex.all());
        for (int i = 0; i < rows.kernel(); i++) {
          for (int j = 0; j < columns.kernel(); j++) {
            INDArray seen =
                columns(
                        padded.get(
                            NDArrayIndex.all(),
                            read,
                            taps(i, rows, height),
                            taps(j, columns, width)))
                    .transpose();
            var at = List.of(NDArrayIndex.point(i), NDArrayIndex.point(j));
            x.get(own, NDArrayIndex.all(), at.get(0), at.get(1)).addi(ownMask.mmul(seen));
            xy.get(own, NDArrayIndex.all(), at.get(0), at.get(1)).addi(ownMasked.mmul(seen));
          }
        }
      }
    }

    private static org.nd4j.linalg.indexing.INDArrayIndex taps(
        int tap, Window.Axis axis, long outputs) {
      long first = (long) tap * axis.dilation();
      return NDArrayIndex.interval(first, axis.stride(), first + (outputs - 1) * axis.stride() + 1);
    }

    private static INDArray padded(
        INDArray in, Window.Axis rows, long height, Window.Axis columns, long width) {
      long top = rows.before(in.size(2));
      long left = columns.before(in.size(3));
      long h = Math.max(top + in.size(2), (height - 1) * rows.stride() + rows.extent());
      long w = Math.max(left + in.size(3), (width - 1) * columns.stride() + columns.extent());
      INDArray padded = Nd4j.zeros(in.dataType(), in.size(0), in.size(1), h, w);
      padded
          .get(
              NDArrayIndex.all(),
              NDArrayIndex.all(),
              NDArrayIndex.interval(top, top + in.size(2)),
              NDArrayIndex.interval(left, left + in.size(3)))
          .assign(in);
      return padded;
    }

    /** Channels in rows, samples in columns. */
    private static INDArray columns(INDArray values) {
      return values.rank() == 4
          ? values.permute(1, 0, 2, 3).dup('c').reshape('c', values.size(1), -1)
          : values.transpose().dup('c');
    }

    void merge(Sums other) {
      samples += other.samples;
      active.addi(other.active);
      y.addi(other.y);
      x.addi(other.x);
      xy.addi(other.xy);
    }

    INDArray pattern() {
      if (samples == 0) {
        throw new IllegalStateException("patterns need data; add a batch first");
      }
      long outputs = x.size(0);
      INDArray weights = rows(block, block.weights()).castTo(DataType.DOUBLE).dup('c');
      INDArray w = weights.reshape('c', outputs, -1);
      INDArray pattern = xy.dup('c').reshape('c', outputs, -1);
      INDArray mean = x.dup('c').reshape('c', outputs, -1).muliColumnVector(y.div(samples));
      pattern.subi(mean).diviColumnVector(withoutZeros(active.dup()));
      pattern.diviColumnVector(withoutZeros(pattern.mul(w).sum(true, 1)));
      return rows(block, pattern.reshape('c', weights.shape())).dup('c');
    }

    private static INDArray withoutZeros(INDArray numbers) {
      return numbers.addi(numbers.eq(0).castTo(numbers.dataType()));
    }
  }
}
