package dev.interp.visual.relevance;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Full-gradient: the output of a network is exactly its gradient times the input plus, for every
 * bias, its gradient times the bias. {@link #decompose} gives these terms; {@link #attribute} makes
 * a map of them: {@code ψ(∂y/∂x ∘ x) + Σ ψ(∂y/∂b ∘ b)} over all channels of the input and of all
 * biases on maps, ψ the absolute value, scaled per channel to [0, 1] and brought to the input's
 * size bilinearly.
 *
 * <p>Biases are those of convolutions and dense ops, the shifts of batch norms, and what an op that
 * is not linear adds to its own linearisation (section 3.1, "implicit biases"): {@code g ∘ f(z) − z
 * ∘ Jᵀg}, which is zero for rectifiers and pools.
 *
 * <p>Cost: one forward and one backward pass. The completeness gap is that of the terms: their sum
 * minus the output; a target that is no sum of tensor values, such as a probability, has one. Where
 * a map is constant, ψ is zero.
 *
 * <p>Srinivas, Fleuret: Full-Gradient Representation for Neural Network Visualization, NeurIPS
 * 2019, sections 3 and 5. Deviation: the authors' program scales all channels of a layer together;
 * here each is scaled by itself, as the paper's formula reads and as pytorch-grad-cam does. The
 * tests agree with pytorch-grad-cam 084273b, which computes this in float32.
 */
public final class FullGrad implements Attributor {
  private static final double EPSILON = 1e-7;

  private FullGrad() {}

  /**
   * The exact terms of an output.
   *
   * @param input {@code ∂y/∂x ∘ x} in the shape of the input, owned by the record
   * @param biases by the tensor that the bias is part of, {@code ∂y/∂b ∘ b} in that tensor's shape,
   *     in the network's order; arrays owned by the record
   * @param outputs the number decomposed for each example
   * @param gaps for each example the sum of all terms minus the output
   */
  public record Terms(
      INDArray input, Map<String, INDArray> biases, List<Double> outputs, List<Double> gaps) {
    /** Copies the collections, keeping their order. */
    public Terms {
      biases = Collections.unmodifiableMap(new LinkedHashMap<>(biases));
      outputs = List.copyOf(outputs);
      gaps = List.copyOf(gaps);
    }
  }

  /**
   * The method; it has no settings.
   *
   * @return the method
   */
  public static FullGrad withDefaults() {
    return new FullGrad();
  }

  @Override
  public String id() {
    return "full-grad";
  }

  @Override
  public Map<String, String> settings() {
    return Map.of();
  }

  /**
   * Splits an output into the input's and the biases' terms.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @param target the number to split
   * @return the terms, whose sum is the output
   * @throws IllegalArgumentException if input or target do not fit the network
   */
  public Terms decompose(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      return terms(run).terms();
    }
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    if (x.rank() == 2) {
      throw new IllegalArgumentException(
          "full-grad maps need pictures [N, C, H, W]; decompose(…) takes vectors, too");
    }
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Found found = terms(run);
      long height = x.size(2);
      long width = x.size(3);
      INDArray map = saliency(found.terms().input(), height, width);
      for (Map.Entry<String, INDArray> bias : found.terms().biases().entrySet()) {
        if (bias.getValue().rank() == 4) {
          map.addi(saliency(bias.getValue(), height, width));
        }
      }
      return run.finish(Network.INPUT, map, found.resolved(), found.terms().gaps());
    }
  }

  private record Found(Terms terms, Target.Resolved resolved) {}

  private static Found terms(AttributionRun run) {
    Network network = run.network();
    List<Node> path = path(network, run.target().tensor(network));
    Map<String, INDArray> implicit = new LinkedHashMap<>();
    Composite rules =
        path.stream().anyMatch(n -> hasImplicitBias(n.op()))
            ? Composite.named("full-grad")
                .on(n -> hasImplicitBias(n.op()), (step, g) -> record(step, g, implicit))
            : Composite.gradient();
    List<Node> biased = path.stream().filter(n -> !constant(n.op()).isEmpty()).toList();
    List<String> tensors = new ArrayList<>(List.of(Network.INPUT));
    biased.forEach(n -> tensors.add(n.name()));
    try (Trace trace = network.run(run.x(), Hooks.none().withRules(rules))) {
      Target.Resolved resolved = trace.resolve(run.target());
      List<INDArray> gradients = trace.gradients(resolved, tensors);
      INDArray input = gradients.get(0).muli(run.x());
      Map<String, INDArray> found = new LinkedHashMap<>(implicit);
      implicit.clear();
      for (int i = 0; i < biased.size(); i++) {
        INDArray gradient = gradients.get(i + 1);
        INDArray bias = constant(biased.get(i).op()).get(0);
        long[] shape = gradient.rank() == 4 ? new long[] {1, -1, 1, 1} : new long[] {1, -1};
        bias = bias.length() == 1 ? bias.reshape(1) : bias.reshape(shape);
        found.put(
            biased.get(i).name(),
            bias.length() == 1
                ? gradient.muli(bias.getDouble(0))
                : gradient.muli(bias.broadcast(gradient.shape())));
      }
      Map<String, INDArray> ordered = new LinkedHashMap<>();
      for (Node node : path) {
        INDArray term = found.get(node.name());
        if (term != null) {
          ordered.put(node.name(), term);
        }
      }
      List<Double> outputs = new ArrayList<>();
      List<Double> gaps = new ArrayList<>();
      for (int n = 0; n < run.examples(); n++) {
        double sum = sum(input, n);
        for (INDArray term : ordered.values()) {
          sum += sum(term, n);
        }
        double output = resolved.values().getDouble(n);
        outputs.add(output);
        gaps.add(sum - output);
      }
      return new Found(new Terms(input, ordered, outputs, gaps), resolved);
    }
  }

  private static double sum(INDArray array, int example) {
    return array.slice(example).castTo(DataType.DOUBLE).sumNumber().doubleValue();
  }

  /** The nodes that lead to a tensor, in order, and the tensor itself. */
  private static List<Node> path(Network network, String target) {
    Set<String> above = new HashSet<>(Set.of(target));
    List<Node> path = new ArrayList<>();
    for (int i = network.nodes().size() - 1; i > 0; i--) {
      Node node = network.nodes().get(i);
      if (above.contains(node.name())) {
        above.addAll(node.inputs());
        path.add(0, node);
      }
    }
    return path;
  }

  /** What an op that is otherwise linear adds, one number or one per channel; empty for nothing. */
  private static List<INDArray> constant(Op op) {
    INDArray bias =
        op instanceof Op.Convolution c
            ? c.bias()
            : op instanceof Op.TransposedConvolution t
                ? t.bias()
                : op instanceof Op.Dense d
                    ? d.bias()
                    : op instanceof Op.Affine a
                        ? a.shift()
                        : op instanceof Op.Scale s && s.offset() != 0
                            ? Nd4j.scalar(s.offset())
                            : null;
    return bias == null ? List.of() : List.of(bias);
  }

  /** Whether an op is not its own linearisation: f(z) ≠ J z. */
  private static boolean hasImplicitBias(Op op) {
    return (op instanceof Op.Activation a && !a.isRelu() && !a.isIdentity())
        || op instanceof Op.Softmax
        || op instanceof Op.LocalResponseNormalization
        || op instanceof Op.L2Normalize
        || op instanceof Op.Opaque
        || (op instanceof Op.Elementwise e && e.combination() == Op.Combination.MULTIPLY);
  }

  /** The gradient; keeps what the op adds to its linearisation, in public layout. */
  private static List<INDArray> record(
      BackwardRule.Step step, INDArray gradient, Map<String, INDArray> into) {
    List<INDArray> below = step.gradient(gradient);
    INDArray term = gradient.mul(step.output());
    for (int k = 0; k < below.size(); k++) {
      INDArray linear = below.get(k).mul(step.input(k));
      if (linear.equalShapes(term)) {
        term.subi(linear);
      } else {
        // Other shapes have no places in common; each example's part is spread evenly.
        for (int n = 0; n < term.size(0); n++) {
          term.slice(n)
              .subi(linear.slice(n).sumNumber().doubleValue() * term.size(0) / term.length());
        }
      }
    }
    into.put(
        step.node().name(), term.rank() == 4 ? term.permute(0, 3, 1, 2).dup('c') : term.dup('c'));
    return below;
  }

  /** ψ: absolute, each channel scaled to [0, 1], the channels summed, resized. */
  private static INDArray saliency(INDArray term, long height, long width) {
    double[] numbers = Numbers.of(term);
    int size = (int) (term.size(2) * term.size(3));
    int channels = (int) term.size(1);
    INDArray rows = bilinear(term.size(2), height, term.dataType());
    INDArray columns = bilinear(term.size(3), width, term.dataType()).transpose();
    INDArray map =
        Nd4j.createUninitialized(term.dataType(), new long[] {term.size(0), 1, height, width}, 'c');
    for (int n = 0; n < term.size(0); n++) {
      double[] sum = new double[size];
      for (int c = 0; c < channels; c++) {
        int from = (n * channels + c) * size;
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (int i = from; i < from + size; i++) {
          low = Math.min(low, Math.abs(numbers[i]));
          high = Math.max(high, Math.abs(numbers[i]));
        }
        for (int i = 0; i < size; i++) {
          sum[i] += (Math.abs(numbers[from + i]) - low) / (high - low + EPSILON);
        }
      }
      INDArray plane =
          Nd4j.createFromArray(sum).castTo(term.dataType()).reshape(term.size(2), term.size(3));
      map.slice(n).slice(0).assign(rows.mmul(plane).mmul(columns));
    }
    return map;
  }

  /** Bilinear interpolation of an axis as a matrix, pixel centres at halves, edges repeated. */
  private static INDArray bilinear(long from, long to, DataType type) {
    double[][] matrix = new double[(int) to][(int) from];
    for (int i = 0; i < to; i++) {
      double at = Math.max(0, Math.min((double) (from - 1), (i + 0.5) * from / to - 0.5));
      int low = (int) at;
      matrix[i][low] += 1 - (at - low);
      matrix[i][(int) Math.min(from - 1, low + 1)] += at - low;
    }
    return Nd4j.createFromArray(matrix).castTo(type);
  }
}
