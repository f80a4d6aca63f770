package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarSubtraction;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Every op computed with ND4J, on any machine and in both precisions. Building an ND4J op costs as
 * much as running a small one, which binding it once saves.
 */
final class Nd4jKernels implements KernelSet {
  private static final long LONG_SUM = 256;
  static final long CHUNK = 32;
  private static final long[] NO_INTEGERS = {};
  private static final double[] NO_NUMBERS = {};

  /** Just below zero, so that zero counts as positive. */
  private static final double BELOW_ZERO = -Float.MIN_NORMAL;

  private static final boolean[] NO_FLAGS = {};

  /** Gives room for intermediate values, valid within one kernel's run. */
  private final Function<long[], INDArray> scratch;

  private final AdjointWeights adjointWeights;

  Nd4jKernels(Function<long[], INDArray> scratch, AdjointWeights adjointWeights) {
    this.adjointWeights = adjointWeights;
    this.scratch = scratch;
  }

  @Override
  public Runnable forward(Op op, INDArray[] in, INDArray out, boolean careful) {
    if (op instanceof Op.Constant c) {
      INDArray value = channelsLast(c.value());
      return () -> out.assign(value.broadcast(out.shape()));
    }
    INDArray x = in[0];
    if (careful && isLongSum(op)) {
      Op.Convolution c = (Op.Convolution) op;
      return longSum(c.weights(), c.bias(), c.window(), x, out);
    } else if (op instanceof Op.Convolution c) {
      return convolution(c, x, out);
    } else if (op instanceof Op.TransposedConvolution t) {
      Runnable spread = adjoint(t.weights(), t.window(), x, out);
      return t.bias() == null ? spread : both(spread, addBias(out, t.bias()));
    } else if (op instanceof Op.Dense d) {
      Runnable product =
          prepared("matmul", list(x, d.weights()), out, new long[] {0, 0, 0}, NO_NUMBERS);
      return d.bias() == null ? product : both(product, addBias(out, d.bias()));
    } else if (op instanceof Op.Affine a) {
      return affine(x, a.scale(), a.shift(), out);
    } else if (op instanceof Op.Activation a) {
      if (a.isRelu()) {
        return prepared("relu", list(x), out, NO_INTEGERS, new double[] {0});
      }
      return a.function() instanceof ActivationIdentity
          ? copy(x, out)
          : () -> assign(out, a.function().getActivation(x.dup(), false));
    } else if (op instanceof Op.ParametricRelu p) {
      INDArray alpha = channelsLast(p.alpha());
      return () -> assign(out, select(x, x, x.mul(alpha)));
    } else if (op instanceof Op.Softmax) {
      return prepared("softmax", list(x), out, new long[] {x.rank() - 1}, NO_NUMBERS);
    } else if (op instanceof Op.Pool p) {
      return pool("", p, x, list(x), out);
    } else if (op instanceof Op.GlobalPool g) {
      return globalPool(g, x, out);
    } else if (op instanceof Op.LocalResponseNormalization l) {
      return () -> assign(out, x.mul(Transforms.pow(lrnScale(l, x), -l.beta(), false)));
    } else if (op instanceof Op.Concat) {
      return prepared("concat", in, out, new long[] {x.rank() - 1}, NO_NUMBERS);
    } else if (op instanceof Op.Elementwise e) {
      return combine(e.combination(), in, out);
    } else if (op instanceof Op.Upsample u) {
      return prepared(
          "upsampling2d", list(x), out, new long[] {u.height(), u.width(), 0}, NO_NUMBERS);
    } else if (op instanceof Op.Pad p) {
      return pad(p.top(), p.left(), x, out);
    } else if (op instanceof Op.SpaceToDepth s) {
      return prepared("space_to_depth", list(x), out, new long[] {s.block(), 1}, NO_NUMBERS);
    } else if (op instanceof Op.Reshape r) {
      return () -> out.assign(reshape(x, r.from(), out.shape(), r.to()));
    } else if (op instanceof Op.Scale s) {
      return both(
          prepared("multiply", list(x, scalar(s.factor(), x)), out, NO_INTEGERS, NO_NUMBERS),
          prepared("add", list(out, scalar(s.offset(), x)), out, NO_INTEGERS, NO_NUMBERS));
    } else if (op instanceof Op.Subset s) {
      INDArray part = channels(x, s.from(), s.to());
      return () -> out.assign(part);
    } else if (op instanceof Op.L2Normalize l) {
      return () -> assign(out, x.div(norm(x, l.epsilon())));
    } else if (op instanceof Op.Opaque o) {
      return () -> out.assign(Kernels.toInner(o.function().forward(Kernels.toPublic(x))));
    }
    throw new IllegalStateException("no kernel for " + op.kind());
  }

  @Override
  public Runnable backward(
      Op op, INDArray[] in, INDArray out, INDArray gradient, int index, INDArray into) {
    INDArray x = in[index];
    if (op instanceof Op.Convolution c) {
      return c.groups() == 1
          ? adjoint(c.weights(), c.window(), gradient, into)
          : groupedAdjoint(c, gradient, into);
    } else if (op instanceof Op.TransposedConvolution t) {
      return correlate(t.weights(), null, t.window(), gradient, into);
    } else if (op instanceof Op.Dense d) {
      return prepared(
          "matmul", list(gradient, d.weights()), into, new long[] {0, 1, 0}, NO_NUMBERS);
    } else if (op instanceof Op.Affine a) {
      return prepared("multiply", list(gradient, a.scale()), into, NO_INTEGERS, NO_NUMBERS);
    } else if (op instanceof Op.Activation a) {
      if (a.isRelu()) {
        // ND4J's relu_bp takes twenty times as long as these two.
        INDArray mask = scratch.apply(x.shape());
        Step step = new Step(out, mask);
        Runnable product =
            prepared("multiply", list(gradient, mask), into, NO_INTEGERS, NO_NUMBERS);
        return () -> {
          Nd4j.getExecutioner().exec(step);
          product.run();
        };
      }
      return a.function() instanceof ActivationIdentity
          ? copy(gradient, into)
          : () -> assign(into, ActivationGradients.backward(a.function(), x, gradient));
    } else if (op instanceof Op.ParametricRelu p) {
      INDArray alpha = channelsLast(p.alpha());
      return () -> assign(into, select(x, gradient, gradient.mul(alpha)));
    } else if (op instanceof Op.Softmax) {
      return () -> {
        INDArray weighted = out.mul(gradient);
        assign(into, weighted.sub(out.mul(weighted.sum(true, out.rank() - 1))));
      };
    } else if (op instanceof Op.Pool p) {
      return pool("_bp", p, x, list(x, gradient), into);
    } else if (op instanceof Op.GlobalPool g) {
      return globalPoolBackward(g, x, out, gradient, into);
    } else if (op instanceof Op.LocalResponseNormalization l) {
      return () -> {
        INDArray scale = lrnScale(l, x);
        INDArray power = Transforms.pow(scale, -l.beta(), true);
        INDArray spread = neighbours(gradient.mul(x).muli(power).divi(scale), l.radius());
        assign(into, gradient.mul(power).subi(spread.muli(x).muli(2 * l.alpha() * l.beta())));
      };
    } else if (op instanceof Op.Concat) {
      long from = 0;
      for (int i = 0; i < index; i++) {
        from += in[i].size(in[i].rank() - 1);
      }
      INDArray part = channels(gradient, from, from + x.size(x.rank() - 1));
      return () -> into.assign(part);
    } else if (op instanceof Op.Elementwise e) {
      if (Kernels.isSum(op) && x.equalShapes(gradient)) {
        return copy(gradient, into);
      }
      return () -> assign(into, combineBackward(e.combination(), in, gradient, index));
    } else if (op instanceof Op.Upsample u) {
      Runnable mean =
          prepared(
              "avgpool2d",
              list(gradient),
              into,
              new long[] {u.height(), u.width(), u.height(), u.width(), 0, 0, 1, 1, 0, 0, 1},
              NO_NUMBERS);
      return both(mean, () -> into.muli(u.height() * u.width()));
    } else if (op instanceof Op.Pad p) {
      return pad(-p.top(), -p.left(), gradient, into);
    } else if (op instanceof Op.SpaceToDepth s) {
      return prepared(
          "depth_to_space", list(gradient), into, new long[] {s.block(), 1}, NO_NUMBERS);
    } else if (op instanceof Op.Reshape r) {
      return () -> into.assign(reshape(gradient, r.to(), into.shape(), r.from()));
    } else if (op instanceof Op.Scale s) {
      return prepared(
          "multiply", list(gradient, scalar(s.factor(), x)), into, NO_INTEGERS, NO_NUMBERS);
    } else if (op instanceof Op.Subset s) {
      INDArray part = channels(into, s.from(), s.to());
      return () -> {
        into.assign(0);
        part.assign(gradient);
      };
    } else if (op instanceof Op.L2Normalize l) {
      return () -> {
        INDArray norm = norm(x, l.epsilon());
        int[] axes = exampleAxes(x);
        INDArray along = gradient.mul(x).sum(true, axes).divi(norm).divi(norm).divi(norm);
        along.muli(norm.gt(l.epsilon()).castTo(x.dataType()));
        assign(into, gradient.div(norm).subi(x.mul(along)));
      };
    } else if (op instanceof Op.Opaque o) {
      return () ->
          into.assign(
              Kernels.toInner(
                  o.function().backward(Kernels.toPublic(x), Kernels.toPublic(gradient))));
    }
    throw new IllegalStateException("no gradient for " + op.kind());
  }

  /** Adds one array to another. */
  Runnable accumulate(INDArray more, INDArray into) {
    return prepared("add", list(into, more), into, NO_INTEGERS, NO_NUMBERS);
  }

  /** An element-wise op of ND4J's without arguments; {@code out} may be one of the inputs. */
  static Runnable elementwise(String name, INDArray x, INDArray y, INDArray out) {
    return prepared(name, list(x, y), out, NO_INTEGERS, NO_NUMBERS);
  }

  /** {@code max(x, 0)}. */
  static Runnable positive(INDArray x, INDArray out) {
    return prepared("relu", list(x), out, NO_INTEGERS, new double[] {0});
  }

  /** {@code signal / (z + ε sign z)}, the sign of zero being one. */
  static Runnable quotient(INDArray signal, INDArray z, double epsilon, INDArray into) {
    List<org.nd4j.linalg.api.ops.Op> steps =
        List.of(
            new Step(z, into, BELOW_ZERO),
            new Axpy(into, z, into, 2 * epsilon),
            new ScalarSubtraction(into, null, into, epsilon));
    Runnable divide = elementwise("divide", signal, into, into);
    return () -> {
      steps.forEach(Nd4j.getExecutioner()::exec);
      divide.run();
    };
  }

  // ---------------------------------------------------------------- convolutions

  private Runnable convolution(Op.Convolution c, INDArray x, INDArray out) {
    if (c.groups() == 1) {
      return correlate(c.weights(), c.bias(), c.window(), x, out);
    }
    long inPerGroup = c.weights().size(1);
    if (inPerGroup == 1) {
      return depthwise(c, x, out);
    }
    long outPerGroup = c.weights().size(0) / c.groups();
    List<Runnable> parts = new ArrayList<>();
    for (int g = 0; g < c.groups(); g++) {
      INDArray weights = outputs(c.weights(), g * outPerGroup, (g + 1) * outPerGroup);
      INDArray source = channels(x, g * inPerGroup, (g + 1) * inPerGroup);
      INDArray target = channels(out, g * outPerGroup, (g + 1) * outPerGroup);
      INDArray from = empty(x, source.shape());
      INDArray to = empty(x, target.shape());
      Runnable part = correlate(weights, null, c.window(), from, to);
      parts.add(
          () -> {
            from.assign(source);
            part.run();
            target.assign(to);
          });
    }
    Runnable all = () -> parts.forEach(Runnable::run);
    return c.bias() == null ? all : both(all, addBias(out, c.bias()));
  }

  private Runnable groupedAdjoint(Op.Convolution c, INDArray gradient, INDArray into) {
    long inPerGroup = c.weights().size(1);
    long outPerGroup = c.weights().size(0) / c.groups();
    if (inPerGroup == 1) {
      return depthwiseAdjoint(c, gradient, into);
    }
    List<Runnable> parts = new ArrayList<>();
    for (int g = 0; g < c.groups(); g++) {
      INDArray weights = outputs(c.weights(), g * outPerGroup, (g + 1) * outPerGroup);
      INDArray source = channels(gradient, g * outPerGroup, (g + 1) * outPerGroup);
      INDArray target = channels(into, g * inPerGroup, (g + 1) * inPerGroup);
      INDArray from = empty(gradient, source.shape());
      INDArray to = empty(gradient, target.shape());
      Runnable part =
          windowed(
              "deconv2d", list(from, weights), to, c.window(), to.size(1), to.size(2), weights);
      parts.add(
          () -> {
            from.assign(source);
            part.run();
            target.assign(to);
          });
    }
    return () -> parts.forEach(Runnable::run);
  }

  /** Whether an op has a way of its own to be computed carefully. */
  static boolean isLongSum(Op op) {
    return op instanceof Op.Convolution c
        && c.groups() == 1
        && c.window().isPointwise()
        && c.weights().size(1) >= LONG_SUM
        && c.weights().size(0) < c.weights().size(1);
  }

  private static Runnable correlate(
      INDArray weights, @Nullable INDArray bias, Window window, INDArray x, INDArray out) {
    INDArray[] in = bias == null ? list(x, weights) : list(x, weights, bias);
    return windowed("conv2d", in, out, window, x.size(1), x.size(2), weights);
  }

  /**
   * The adjoint of a correlation. The sizes of {@code out} say how the right and bottom padding
   * was, so this is exact for strides that leave a rim and for uneven padding.
   */
  private Runnable adjoint(INDArray weights, Window window, INDArray y, INDArray out) {
    Window.Axis rows = window.height();
    Window.Axis columns = window.width();
    int top = rows.kernel() - 1 - rows.before(out.size(1));
    int left = columns.kernel() - 1 - columns.before(out.size(2));
    if (rows.stride() == 1
        && columns.stride() == 1
        && rows.dilation() == 1
        && columns.dilation() == 1
        && top >= 0
        && left >= 0) {
      // The forward kernel is the faster one.
      Window turned =
          new Window(
              new Window.Axis(rows.kernel(), 1, top, 1, false),
              new Window.Axis(columns.kernel(), 1, left, 1, false));
      return correlate(adjointWeights.of(weights), null, turned, y, out);
    }
    return windowed("deconv2d", list(y, weights), out, window, out.size(1), out.size(2), weights);
  }

  /**
   * A 1×1 convolution that sums many channels into few, summed in chunks: a sum of short sums
   * rounds less than one long chain of additions, so that fewer rectifiers near zero fall to the
   * wrong side in float32. The few output channels make it cheap.
   */
  private Runnable longSum(
      INDArray weights, @Nullable INDArray bias, Window window, INDArray x, INDArray out) {
    INDArray part = empty(out, out.shape());
    long channels = x.size(3);
    List<Runnable> steps = new ArrayList<>();
    for (long from = 0; from < channels; from += CHUNK) {
      long to = Math.min(from + CHUNK, channels);
      INDArray source = channels(x, from, to);
      INDArray chunk = scratch.apply(source.shape());
      INDArray kernel =
          weights
              .get(
                  NDArrayIndex.all(),
                  NDArrayIndex.interval(from, to),
                  NDArrayIndex.all(),
                  NDArrayIndex.all())
              .dup('c');
      boolean first = from == 0;
      Runnable product = correlate(kernel, first ? bias : null, window, chunk, first ? out : part);
      steps.add(() -> chunk.assign(source));
      steps.add(first ? product : both(product, accumulate(part, out)));
    }
    return () -> steps.forEach(Runnable::run);
  }

  private static Runnable windowed(
      String name,
      INDArray[] in,
      INDArray out,
      Window w,
      long height,
      long width,
      INDArray weights) {
    long[] arguments = {
      weights.size(2),
      weights.size(3),
      w.height().stride(),
      w.width().stride(),
      w.height().before(height),
      w.width().before(width),
      w.height().dilation(),
      w.width().dilation(),
      0,
      1,
      1
    };
    return new Prepared(name, in, out, arguments, NO_NUMBERS, isDense(w));
  }

  /**
   * Whether the oneDNN helpers may be used: with dilation those of convolutions compute a wrong far
   * padding and refuse, and those of pools ignore it.
   */
  private static boolean isDense(Window w) {
    return w.height().dilation() == 1 && w.width().dilation() == 1;
  }

  private static Runnable depthwise(Op.Convolution c, INDArray x, INDArray out) {
    Window w = c.window();
    long channels = x.size(3);
    long perChannel = c.weights().size(0) / channels;
    long kh = c.weights().size(2);
    long kw = c.weights().size(3);
    INDArray weights =
        c.weights().reshape(channels, perChannel, kh, kw).permute(2, 3, 0, 1).dup('c');
    long[] arguments = {
      kh,
      kw,
      w.height().stride(),
      w.width().stride(),
      w.height().before(x.size(1)),
      w.width().before(x.size(2)),
      w.height().dilation(),
      w.width().dilation(),
      0,
      1,
      0
    };
    Runnable product =
        new Prepared("depthwise_conv2d", list(x, weights), out, arguments, NO_NUMBERS, isDense(w));
    return c.bias() == null ? product : both(product, addBias(out, c.bias()));
  }

  /**
   * The adjoint of a depthwise convolution as another one: the gradient is spread by the stride
   * over a grid with a rim as wide as the kernel reaches, and correlated with the flipped kernel.
   */
  private static Runnable depthwiseAdjoint(Op.Convolution c, INDArray gradient, INDArray into) {
    Window.Axis rows = c.window().height();
    Window.Axis columns = c.window().width();
    long n = into.size(0);
    long h = into.size(1);
    long w = into.size(2);
    long channels = into.size(3);
    long outChannels = c.weights().size(0);
    long perChannel = outChannels / channels;
    long top = rows.extent() - 1L - rows.before(h);
    long left = columns.extent() - 1L - columns.before(w);
    INDArray grid = zeros(into, n, h + rows.extent() - 1L, w + columns.extent() - 1L, outChannels);
    long lastRow = top + (gradient.size(1) - 1) * rows.stride() + 1;
    long lastColumn = left + (gradient.size(2) - 1) * columns.stride() + 1;
    INDArray spots =
        grid.get(
            NDArrayIndex.all(),
            every(top, rows.stride(), lastRow),
            every(left, columns.stride(), lastColumn),
            NDArrayIndex.all());
    long kh = c.weights().size(2);
    long kw = c.weights().size(3);
    INDArray kernel = empty(into, kh, kw, outChannels, 1);
    for (long i = 0; i < kh; i++) {
      for (long j = 0; j < kw; j++) {
        kernel
            .get(
                NDArrayIndex.point(i),
                NDArrayIndex.point(j),
                NDArrayIndex.all(),
                NDArrayIndex.point(0))
            .assign(
                c.weights()
                    .get(
                        NDArrayIndex.all(),
                        NDArrayIndex.point(0),
                        NDArrayIndex.point(kh - 1 - i),
                        NDArrayIndex.point(kw - 1 - j)));
      }
    }
    INDArray full = perChannel == 1 ? into : empty(into, n, h, w, outChannels);
    long[] arguments = {kh, kw, 1, 1, 0, 0, rows.dilation(), columns.dilation(), 0, 1, 0};
    Runnable product =
        new Prepared(
            "depthwise_conv2d",
            list(grid, kernel),
            full,
            arguments,
            NO_NUMBERS,
            isDense(c.window()));
    return () -> {
      spots.assign(gradient);
      product.run();
      if (perChannel > 1) {
        into.assign(full.reshape(n, h, w, channels, perChannel).sum(4));
      }
    };
  }

  /** An interval with a stride longer than itself is widened by ND4J. */
  private static INDArrayIndex every(long from, int stride, long to) {
    return NDArrayIndex.interval(from, Math.min(stride, to - from), to);
  }

  // ---------------------------------------------------------------- pools

  private static String poolName(Op.Reduction reduction) {
    return switch (reduction) {
      case MAX -> "maxpool2d";
      case AVERAGE, AVERAGE_WITH_PADDING -> "avgpool2d";
      case P_NORM -> "pnormpool2d";
      case SUM -> throw new IllegalStateException("sum pooling is global only");
    };
  }

  private static long[] poolArguments(Op.Pool p, INDArray x) {
    Window w = p.window();
    long extra =
        switch (p.reduction()) {
          case P_NORM -> p.p();
          case AVERAGE_WITH_PADDING -> 1;
          default -> 0;
        };
    return new long[] {
      w.height().kernel(),
      w.width().kernel(),
      w.height().stride(),
      w.width().stride(),
      w.height().before(x.size(1)),
      w.width().before(x.size(2)),
      w.height().dilation(),
      w.width().dilation(),
      0,
      extra,
      1
    };
  }

  private static Runnable pool(String pass, Op.Pool p, INDArray x, INDArray[] in, INDArray out) {
    boolean bounded = !pass.isEmpty() && p.reduction() == Op.Reduction.P_NORM;
    return new Prepared(
        poolName(p.reduction()) + pass,
        in,
        out,
        poolArguments(p, x),
        bounded ? new double[] {1e-12} : NO_NUMBERS,
        isDense(p.window()));
  }

  private static Runnable globalPool(Op.GlobalPool g, INDArray x, INDArray out) {
    INDArray flat = out.reshape(out.size(0), x.size(3));
    INDArray one = out.reshape(out.size(0), 1, 1, x.size(3));
    return switch (g.reduction()) {
      case MAX -> prepared("maxpool2d", list(x), one, wholeWindow(x), NO_NUMBERS);
      case AVERAGE, AVERAGE_WITH_PADDING ->
          prepared("avgpool2d", list(x), one, wholeWindow(x), NO_NUMBERS);
      case SUM -> () -> flat.assign(x.sum(1, 2));
      case P_NORM ->
          () ->
              flat.assign(
                  Transforms.pow(
                      Transforms.pow(Transforms.abs(x), g.p(), false).sum(1, 2),
                      1.0 / g.p(),
                      false));
    };
  }

  private static Runnable globalPoolBackward(
      Op.GlobalPool g, INDArray x, INDArray out, INDArray gradient, INDArray into) {
    INDArray one = gradient.reshape(gradient.size(0), 1, 1, x.size(3));
    INDArray value = out.reshape(out.size(0), 1, 1, x.size(3));
    return switch (g.reduction()) {
      case MAX -> prepared("maxpool2d_bp", list(x, one), into, wholeWindow(x), NO_NUMBERS);
      case AVERAGE, AVERAGE_WITH_PADDING ->
          spread(one, 1.0 / (double) (x.size(1) * x.size(2)), into);
      case SUM -> () -> into.assign(one.broadcast(x.shape()));
      case P_NORM ->
          () -> {
            // At a norm of zero the derivative is taken as zero.
            INDArray zero = value.eq(0).castTo(value.dataType());
            INDArray factor = one.div(Transforms.pow(value.add(zero), g.p() - 1.0, false));
            factor.muli(zero.rsub(1));
            INDArray power = Transforms.pow(Transforms.abs(x), g.p() - 1.0, false);
            into.assign(power.muli(Transforms.sign(x)).muli(factor.broadcast(x.shape())));
          };
    };
  }

  /** The same vector at every position: a column times a row for each example. */
  private static Runnable spread(INDArray vectors, double factor, INDArray into) {
    long positions = into.size(1) * into.size(2);
    INDArray column = zeros(into, positions, 1).addi(factor);
    INDArray rows = vectors.reshape('c', vectors.size(0), vectors.size(3));
    INDArray maps = into.reshape('c', into.size(0), positions, into.size(3));
    List<Runnable> steps = new ArrayList<>();
    for (long i = 0; i < into.size(0); i++) {
      INDArray row = rows.get(NDArrayIndex.interval(i, i + 1), NDArrayIndex.all());
      INDArray map = maps.get(NDArrayIndex.point(i), NDArrayIndex.all(), NDArrayIndex.all());
      steps.add(prepared("multiply", list(column, row), map, NO_INTEGERS, NO_NUMBERS));
    }
    return () -> steps.forEach(Runnable::run);
  }

  private static long[] wholeWindow(INDArray x) {
    return new long[] {x.size(1), x.size(2), 1, 1, 0, 0, 1, 1, 0, 0, 1};
  }

  // ---------------------------------------------------------------- element-wise

  private static Runnable affine(INDArray x, INDArray scale, INDArray shift, INDArray out) {
    if (x.rank() == 4) {
      INDArray zero = zeros(x, scale.length());
      INDArray one = zeros(x, scale.length()).addi(1);
      return new Prepared(
          "batchnorm",
          list(x, zero, one, scale, shift),
          out,
          new long[] {1, 1, 3},
          new double[] {0},
          true);
    }
    return both(
        prepared("multiply", list(x, scale), out, NO_INTEGERS, NO_NUMBERS),
        prepared("add", list(out, shift), out, NO_INTEGERS, NO_NUMBERS));
  }

  private static Runnable addBias(INDArray out, INDArray bias) {
    return prepared(
        "biasadd", list(out, bias.reshape(bias.length())), out, NO_INTEGERS, NO_NUMBERS);
  }

  private static Runnable combine(Op.Combination combination, INDArray[] in, INDArray out) {
    String name =
        switch (combination) {
          case ADD, AVERAGE -> "add";
          case SUBTRACT -> "subtract";
          case MULTIPLY -> "multiply";
          case MAX -> "maximum";
        };
    List<Runnable> steps = new ArrayList<>();
    boolean broadcast = Arrays.stream(in).anyMatch(x -> !x.equalShapes(out));
    INDArray left = in[0];
    if (in.length == 1 || broadcast) {
      INDArray first = in[0];
      steps.add(() -> out.assign(first.broadcast(out.shape())));
      left = out;
    }
    for (int i = 1; i < in.length; i++) {
      steps.add(prepared(name, list(left, in[i]), out, NO_INTEGERS, NO_NUMBERS));
      left = out;
    }
    if (combination == Op.Combination.AVERAGE) {
      steps.add(() -> out.divi(in.length));
    }
    return steps.size() == 1 ? steps.get(0) : () -> steps.forEach(Runnable::run);
  }

  private static INDArray combineBackward(
      Op.Combination combination, INDArray[] in, INDArray gradient, int index) {
    INDArray g =
        switch (combination) {
          case ADD -> gradient.dup();
          case SUBTRACT -> index == 0 ? gradient.dup() : gradient.neg();
          case AVERAGE -> gradient.div(in.length);
          case MULTIPLY -> {
            INDArray product = gradient.dup();
            for (int i = 0; i < in.length; i++) {
              if (i != index) {
                product.muli(in[i].broadcast(gradient.shape()));
              }
            }
            yield product;
          }
          case MAX -> {
            INDArray won = gradient.dup();
            INDArray own = in[index].broadcast(gradient.shape());
            for (int i = 0; i < in.length; i++) {
              INDArray other = in[i].broadcast(gradient.shape());
              if (i != index) {
                INDArray mask =
                    i < index
                        ? own.gt(other).castTo(won.dataType())
                        : own.lt(other).castTo(won.dataType()).rsub(1);
                won.muli(mask);
              }
            }
            yield won;
          }
        };
    INDArray x = in[index];
    int[] summed =
        java.util.stream.IntStream.range(1, x.rank())
            .filter(axis -> x.size(axis) == 1 && gradient.size(axis) > 1)
            .toArray();
    return summed.length == 0 ? g : g.sum(true, summed);
  }

  private static INDArray lrnScale(Op.LocalResponseNormalization l, INDArray x) {
    return neighbours(x.mul(x), l.radius()).muli(l.alpha()).addi(l.k());
  }

  private static INDArray neighbours(INDArray x, int radius) {
    INDArray sum = x.dup();
    long channels = x.size(3);
    for (int d = 1; d <= Math.min(radius, channels - 1); d++) {
      channels(sum, d, channels).addi(channels(x, 0, channels - d));
      channels(sum, 0, channels - d).addi(channels(x, d, channels));
    }
    return sum;
  }

  private static INDArray norm(INDArray x, double epsilon) {
    return Transforms.max(x.norm2(true, exampleAxes(x)), epsilon, false);
  }

  private static INDArray select(INDArray x, INDArray positive, INDArray negative) {
    INDArray mask = x.gt(0).castTo(x.dataType());
    return positive.mul(mask).addi(negative.mul(mask.rsub(1)));
  }

  // ---------------------------------------------------------------- layout

  private static Runnable pad(int top, int left, INDArray x, INDArray out) {
    long fromRow = Math.max(0, -top);
    long fromColumn = Math.max(0, -left);
    long toRow = Math.max(0, top);
    long toColumn = Math.max(0, left);
    long rows = Math.min(x.size(1) - fromRow, out.size(1) - toRow);
    long columns = Math.min(x.size(2) - fromColumn, out.size(2) - toColumn);
    INDArray source = region(x, fromRow, rows, fromColumn, columns);
    INDArray target = region(out, toRow, rows, toColumn, columns);
    return () -> {
      out.assign(0);
      target.assign(source);
    };
  }

  private static INDArray region(INDArray x, long row, long rows, long column, long columns) {
    return x.get(
        NDArrayIndex.all(),
        NDArrayIndex.interval(row, row + rows),
        NDArrayIndex.interval(column, column + columns),
        NDArrayIndex.all());
  }

  private static INDArray reshape(INDArray x, Op.Order from, long[] shape, Op.Order to) {
    boolean pixelwise = x.rank() == 2 || from == Op.Order.CHANNELS_LAST;
    INDArray row = pixelwise ? x : x.permute(0, 3, 1, 2).dup('c');
    if (shape.length == 2 || to == Op.Order.CHANNELS_LAST) {
      return row.reshape('c', shape);
    }
    return row.reshape('c', shape[0], shape[3], shape[1], shape[2]).permute(0, 2, 3, 1);
  }

  private static INDArray channelsLast(INDArray perExample) {
    return perExample.rank() == 3
        ? perExample
            .permute(1, 2, 0)
            .dup('c')
            .reshape(1, perExample.size(1), perExample.size(2), perExample.size(0))
        : perExample.reshape(1, perExample.length());
  }

  private static INDArray channels(INDArray x, long from, long to) {
    INDArrayIndex[] index = new INDArrayIndex[x.rank()];
    Arrays.fill(index, NDArrayIndex.all());
    index[x.rank() - 1] = NDArrayIndex.interval(from, to);
    return x.get(index);
  }

  private static INDArray outputs(INDArray weights, long from, long to) {
    return weights
        .get(
            NDArrayIndex.interval(from, to),
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.all())
        .dup('c');
  }

  private static int[] exampleAxes(INDArray x) {
    return java.util.stream.IntStream.range(1, x.rank()).toArray();
  }

  // ---------------------------------------------------------------- plumbing

  private static INDArray scalar(double value, INDArray like) {
    return Nd4j.scalar(like.dataType(), value);
  }

  private static INDArray empty(INDArray like, long... shape) {
    return Nd4j.createUninitialized(like.dataType(), shape, 'c');
  }

  private static INDArray zeros(INDArray like, long... shape) {
    return Nd4j.create(like.dataType(), shape, 'c');
  }

  /** Moves a freshly made array, which nothing else shares, into its place. */
  private static void assign(INDArray into, INDArray fresh) {
    into.assign(fresh);
    if (fresh.closeable()) {
      fresh.close();
    }
  }

  private static Runnable copy(INDArray from, INDArray into) {
    return from == into ? () -> {} : () -> into.assign(from);
  }

  private static Runnable both(Runnable first, Runnable second) {
    return () -> {
      first.run();
      second.run();
    };
  }

  private static INDArray[] list(INDArray... arrays) {
    return arrays;
  }

  private static Runnable prepared(
      String name, INDArray[] in, INDArray out, long[] integers, double[] numbers) {
    return new Prepared(name, in, out, integers, numbers, true);
  }

  /** A native op with its arguments set once. */
  private static final class Prepared implements Runnable {
    private final CustomOp op;
    private final OpContext context;

    Prepared(
        String name,
        INDArray[] in,
        INDArray out,
        long[] integers,
        double[] numbers,
        boolean helpers) {
      op = DynamicCustomOp.builder(name).build();
      context = Nd4j.getExecutioner().buildContext();
      context.setInputArrays(in);
      context.setOutputArrays(out);
      context.setIArguments(integers);
      context.setTArguments(numbers);
      context.setBArguments(NO_FLAGS);
      context.shapeFunctionOverride(true);
      context.allowHelpers(helpers);
    }

    @Override
    public void run() {
      Nd4j.getExecutioner().exec(op, context);
    }
  }
}
