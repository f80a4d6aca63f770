package dev.interp.core.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a node computes, with the parameters it reads. The set is closed so that an executor, a rule
 * or a rewrite can be complete; what is not in it enters as {@link Opaque}.
 *
 * <p>Shapes here are those of one example in public layout: {@code [C, H, W]} for maps, {@code [F]}
 * for vectors. Parameter arrays are shared with whoever made the op and are never modified by this
 * library; their owner must not modify them while the network is in use.
 */
public sealed interface Op {

  /**
   * The kind of op in words that a user knows.
   *
   * @return for example {@code "convolution"} or {@code "max pooling"}
   */
  String kind();

  /**
   * The shape of the result.
   *
   * @param inputs shapes of the inputs of one example
   * @return shape of one example's result
   * @throws IllegalArgumentException if the shapes do not fit; the message says what was expected
   */
  long[] outputShape(List<long[]> inputs);

  /**
   * The parameters.
   *
   * @return the arrays themselves, in a fixed order; not to be modified
   */
  default List<INDArray> parameters() {
    return List.of();
  }

  /**
   * The same op with other parameters: another precision, folded or randomised ones.
   *
   * @param change maps each array of {@link #parameters} to its replacement of the same shape
   * @return the new op
   */
  default Op withParameters(UnaryOperator<INDArray> change) {
    return this;
  }

  /** The picture (or vector) that enters the network. */
  record Input() implements Op {
    @Override
    public String kind() {
      return "input";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      throw new IllegalStateException("the shape of the input is given, not computed");
    }
  }

  /**
   * A tensor that does not depend on the input: the same for every example, and no signal goes into
   * it. It reads nothing.
   *
   * @param value {@code [C, H, W]} or {@code [F]}
   */
  record Constant(INDArray value) implements Op {
    @Override
    public String kind() {
      return "constant";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return value.shape().clone();
    }

    @Override
    public List<INDArray> parameters() {
      return List.of(value);
    }

    @Override
    public long parameterCount() {
      return 0;
    }

    @Override
    public Constant withParameters(UnaryOperator<INDArray> change) {
      return new Constant(change.apply(value));
    }
  }

  /**
   * Cross-correlation, in groups.
   *
   * @param weights {@code [outC, inC / groups, kH, kW]}
   * @param bias {@code [outC]}, or null for none
   * @param window kernel, stride, padding and dilation
   * @param groups 1 for an ordinary convolution, inC for a depthwise one
   */
  record Convolution(INDArray weights, @Nullable INDArray bias, Window window, int groups)
      implements Op {
    @Override
    public String kind() {
      return groups == 1
          ? "convolution"
          : weights.size(1) == 1 ? "depthwise convolution" : "grouped convolution";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      Shapes.channels(this, in[0], weights.size(1) * groups);
      return Shapes.windowed(this, weights.size(0), in, window);
    }

    @Override
    public List<INDArray> parameters() {
      return bias == null ? List.of(weights) : List.of(weights, bias);
    }

    @Override
    public Convolution withParameters(UnaryOperator<INDArray> change) {
      return new Convolution(
          change.apply(weights), bias == null ? null : change.apply(bias), window, groups);
    }
  }

  /**
   * The adjoint of a convolution plus a bias.
   *
   * @param weights {@code [inC, outC, kH, kW]}: those of the convolution it is the adjoint of
   * @param bias {@code [outC]}, or null for none
   * @param window the window of that convolution
   */
  record TransposedConvolution(INDArray weights, @Nullable INDArray bias, Window window)
      implements Op {
    @Override
    public String kind() {
      return "transposed convolution";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      Shapes.channels(this, in[0], weights.size(0));
      return new long[] {
        weights.size(1),
        window.height().transposedOutputs(in[1]),
        window.width().transposedOutputs(in[2])
      };
    }

    @Override
    public List<INDArray> parameters() {
      return bias == null ? List.of(weights) : List.of(weights, bias);
    }

    @Override
    public TransposedConvolution withParameters(UnaryOperator<INDArray> change) {
      return new TransposedConvolution(
          change.apply(weights), bias == null ? null : change.apply(bias), window);
    }
  }

  /**
   * A fully connected map {@code y = x W + b}.
   *
   * @param weights {@code [in, out]}
   * @param bias {@code [out]}, or null for none
   */
  record Dense(INDArray weights, @Nullable INDArray bias) implements Op {
    @Override
    public String kind() {
      return "dense";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.single(this, inputs);
      if (in.length != 1 || in[0] != weights.size(0)) {
        throw new IllegalArgumentException(
            "dense: the input must be ["
                + weights.size(0)
                + "], was "
                + Arrays.toString(in)
                + " (is the input size of the network another one?)");
      }
      return new long[] {weights.size(1)};
    }

    @Override
    public List<INDArray> parameters() {
      return bias == null ? List.of(weights) : List.of(weights, bias);
    }

    @Override
    public Dense withParameters(UnaryOperator<INDArray> change) {
      return new Dense(change.apply(weights), bias == null ? null : change.apply(bias));
    }
  }

  /**
   * A scale and a shift per channel: batch normalisation with its running statistics.
   *
   * @param scale {@code [C]}; gamma / sqrt(variance + epsilon)
   * @param shift {@code [C]}; beta − mean · scale
   */
  record Affine(INDArray scale, INDArray shift) implements Op {
    @Override
    public String kind() {
      return "batch norm";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.single(this, inputs);
      Shapes.channels(this, in[0], scale.length());
      return in;
    }

    @Override
    public List<INDArray> parameters() {
      return List.of(scale, shift);
    }

    @Override
    public Affine withParameters(UnaryOperator<INDArray> change) {
      return new Affine(change.apply(scale), change.apply(shift));
    }
  }

  /**
   * An element-wise function.
   *
   * @param function one of ND4J's, without state of its own
   */
  record Activation(IActivation function) implements Op {
    @Override
    public String kind() {
      return function.toString().replaceAll("\\(.*", "");
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return Shapes.single(this, inputs);
    }

    /**
     * Whether this is the plain rectifier max(x, 0).
     *
     * @return true for ReLU without cap, leak or threshold
     */
    public boolean isRelu() {
      return function.getClass() == ActivationReLU.class
          && ((ActivationReLU) function).equals(new ActivationReLU());
    }

    /**
     * Whether this belongs to the rectifiers, for which guided backpropagation and the deconvnet
     * are defined: zero for negative input, rising for positive.
     *
     * @return true for ReLU and ReLU6
     */
    public boolean isRectifier() {
      return isRelu() || function instanceof ActivationReLU6;
    }

    /**
     * Whether this is the logistic function.
     *
     * @return true for the sigmoid
     */
    public boolean isSigmoid() {
      return function instanceof ActivationSigmoid;
    }

    /**
     * Whether this changes nothing.
     *
     * @return true for the identity
     */
    public boolean isIdentity() {
      return function instanceof ActivationIdentity;
    }
  }

  /**
   * A leaky rectifier with a learned slope: {@code max(x, 0) + alpha · min(x, 0)}.
   *
   * @param alpha {@code [C, H, W]} or {@code [F]}, with 1 on shared axes
   */
  record ParametricRelu(INDArray alpha) implements Op {
    @Override
    public String kind() {
      return "prelu";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.single(this, inputs);
      boolean fits = alpha.rank() == in.length;
      for (int i = 0; fits && i < in.length; i++) {
        fits = alpha.size(i) == 1 || alpha.size(i) == in[i];
      }
      if (!fits) {
        throw new IllegalArgumentException(
            "prelu: alpha is "
                + Arrays.toString(alpha.shape())
                + " and does not fit the input "
                + Arrays.toString(in));
      }
      return in;
    }

    @Override
    public List<INDArray> parameters() {
      return List.of(alpha);
    }

    @Override
    public ParametricRelu withParameters(UnaryOperator<INDArray> change) {
      return new ParametricRelu(change.apply(alpha));
    }
  }

  /** Softmax over the channels (maps) or features (vectors). */
  record Softmax() implements Op {
    @Override
    public String kind() {
      return "softmax";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return Shapes.single(this, inputs);
    }
  }

  /** How a pool reduces its window. */
  enum Reduction {
    /** The largest value; the first one in row order passes the gradient. */
    MAX,
    /** The mean over the positions inside the input. */
    AVERAGE,
    /** The mean over all positions, padded zeros included. */
    AVERAGE_WITH_PADDING,
    /** The sum; global pooling only. */
    SUM,
    /** The p-norm. */
    P_NORM
  }

  /**
   * Pooling by a sliding window.
   *
   * @param reduction how values are reduced
   * @param window kernel, stride and padding
   * @param p the p of {@link Reduction#P_NORM}, else 0
   */
  record Pool(Reduction reduction, Window window, int p) implements Op {
    @Override
    public String kind() {
      return Shapes.name(reduction) + " pooling";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      return Shapes.windowed(this, in[0], in, window);
    }
  }

  /**
   * Pooling over all positions.
   *
   * @param reduction how values are reduced
   * @param p the p of {@link Reduction#P_NORM}, else 0
   * @param flat whether the result is {@code [C]}; else it is {@code [C, 1, 1]}
   */
  record GlobalPool(Reduction reduction, int p, boolean flat) implements Op {
    @Override
    public String kind() {
      return "global " + Shapes.name(reduction) + " pooling";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      return flat ? new long[] {in[0]} : new long[] {in[0], 1, 1};
    }
  }

  /**
   * Local response normalisation across channels: {@code x / (k + alpha · Σ x²)^beta}, the sum over
   * {@code radius} channels on each side.
   *
   * @param k the constant
   * @param radius neighbours on each side
   * @param alpha factor of the sum of squares
   * @param beta exponent
   */
  record LocalResponseNormalization(double k, int radius, double alpha, double beta) implements Op {
    @Override
    public String kind() {
      return "local response normalization";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return Shapes.map(this, inputs);
    }
  }

  /** Concatenation along the channels (maps) or features (vectors). */
  record Concat() implements Op {
    @Override
    public String kind() {
      return "concat";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] out = inputs.get(0).clone();
      for (long[] in : inputs.subList(1, inputs.size())) {
        if (in.length != out.length || !Arrays.equals(in, 1, in.length, out, 1, out.length)) {
          throw new IllegalArgumentException(
              "concat: all axes but the channels must be equal, was " + Shapes.text(inputs));
        }
        out[0] += in[0];
      }
      return out;
    }
  }

  /** How an {@link Elementwise} combines its inputs. */
  enum Combination {
    /** The sum. */
    ADD,
    /** The first minus the second. */
    SUBTRACT,
    /** The product. */
    MULTIPLY,
    /** The mean. */
    AVERAGE,
    /** The maximum; the first of equal ones passes the gradient. */
    MAX
  }

  /**
   * Element by element over several tensors; axes of length 1 are broadcast.
   *
   * @param combination what is computed
   */
  record Elementwise(Combination combination) implements Op {
    @Override
    public String kind() {
      return "element-wise " + combination.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] out = inputs.get(0).clone();
      for (long[] in : inputs) {
        boolean fits = in.length == out.length;
        for (int i = 0; fits && i < in.length; i++) {
          fits = in[i] == out[i] || in[i] == 1 || out[i] == 1;
          out[i] = Math.max(out[i], fits ? in[i] : 0);
        }
        if (!fits) {
          throw new IllegalArgumentException(
              kind() + ": the shapes must be equal or 1 on an axis, was " + Shapes.text(inputs));
        }
      }
      return out;
    }
  }

  /**
   * Up-sampling by repetition.
   *
   * @param height how often each row is repeated
   * @param width how often each column is repeated
   */
  record Upsample(int height, int width) implements Op {
    @Override
    public String kind() {
      return "upsampling";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      return new long[] {in[0], in[1] * height, in[2] * width};
    }
  }

  /**
   * Zeros added around a map, or (with negative numbers) rows and columns cut off.
   *
   * @param top rows added above
   * @param bottom rows added below
   * @param left columns added before
   * @param right columns added after
   */
  record Pad(int top, int bottom, int left, int right) implements Op {
    @Override
    public String kind() {
      return top + bottom + left + right < 0 ? "cropping" : "zero padding";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      long h = in[1] + top + bottom;
      long w = in[2] + left + right;
      if (h < 1 || w < 1) {
        throw new IllegalArgumentException(
            kind() + ": nothing is left of the input " + Arrays.toString(in));
      }
      return new long[] {in[0], h, w};
    }
  }

  /**
   * Blocks of pixels moved into the channels: channel {@code (dy · block + dx) · C + c} of the
   * result holds channel c of the pixel (dy, dx) of each block.
   *
   * @param block side of a block
   */
  record SpaceToDepth(int block) implements Op {
    @Override
    public String kind() {
      return "space to depth";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.map(this, inputs);
      if (in[1] % block != 0 || in[2] % block != 0) {
        throw new IllegalArgumentException(
            "space to depth: height and width must be multiples of "
                + block
                + ", was "
                + Arrays.toString(in));
      }
      return new long[] {in[0] * block * block, in[1] / block, in[2] / block};
    }
  }

  /**
   * The same numbers in another shape.
   *
   * @param shape the new shape, {@code [C, H, W]} or {@code [F]}; one entry may be −1, which stands
   *     for what is left
   * @param from the order in which the numbers are read
   * @param to the order in which they are written
   */
  record Reshape(List<Long> shape, Order from, Order to) implements Op {
    /** Copies the list. */
    public Reshape {
      shape = List.copyOf(shape);
    }

    @Override
    public String kind() {
      return shape.size() == 1 ? "flatten" : "reshape";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.single(this, inputs);
      long count = Arrays.stream(in).reduce(1, (a, b) -> a * b);
      long[] out = shape.stream().mapToLong(Long::longValue).toArray();
      long known = Arrays.stream(out).filter(n -> n >= 0).reduce(1, (a, b) -> a * b);
      for (int i = 0; i < out.length; i++) {
        out[i] = out[i] < 0 ? count / known : out[i];
      }
      if (Arrays.stream(out).reduce(1, (a, b) -> a * b) != count) {
        throw new IllegalArgumentException(
            kind()
                + ": "
                + Arrays.toString(in)
                + " does not hold as many numbers as "
                + shape
                + " (is the input size of the network another one?)");
      }
      return out;
    }
  }

  /** The order in which the numbers of a map are laid out in a row. */
  enum Order {
    /** Channel by channel. */
    CHANNELS_FIRST,
    /** Pixel by pixel. */
    CHANNELS_LAST
  }

  /**
   * {@code y = factor · x + offset} with two numbers.
   *
   * @param factor the factor
   * @param offset the offset
   */
  record Scale(double factor, double offset) implements Op {
    @Override
    public String kind() {
      return factor == 1 ? "shift" : "scale";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return Shapes.single(this, inputs);
    }
  }

  /**
   * A range of the channels (maps) or features (vectors).
   *
   * @param from the first, zero-based
   * @param to one after the last
   */
  record Subset(long from, long to) implements Op {
    @Override
    public String kind() {
      return "subset";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      long[] in = Shapes.single(this, inputs).clone();
      if (from < 0 || to > in[0] || from >= to) {
        throw new IllegalArgumentException(
            "subset: the range [" + from + ", " + to + ") must lie in [0, " + in[0] + ")");
      }
      in[0] = to - from;
      return in;
    }
  }

  /**
   * Each example divided by its Euclidean norm over all its numbers.
   *
   * @param epsilon the least norm that is divided by
   */
  record L2Normalize(double epsilon) implements Op {
    @Override
    public String kind() {
      return "l2 normalize";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return Shapes.single(this, inputs);
    }
  }

  /**
   * A function outside the set. Rules that need weights refuse it by name.
   *
   * @param name what the user calls it
   * @param function the function
   */
  record Opaque(String name, OpaqueFunction function) implements Op {
    @Override
    public String kind() {
      return "opaque (" + name + ")";
    }

    @Override
    public long[] outputShape(List<long[]> inputs) {
      return function.outputShape(Shapes.single(this, inputs));
    }

    @Override
    public List<INDArray> parameters() {
      return function.parameters();
    }
  }

  /**
   * The number of parameters.
   *
   * @return how many numbers {@link #parameters} hold
   */
  default long parameterCount() {
    List<Long> sizes = new ArrayList<>();
    parameters().forEach(p -> sizes.add(p.length()));
    return sizes.stream().mapToLong(Long::longValue).sum();
  }
}
