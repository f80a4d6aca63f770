package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import org.jspecify.annotations.Nullable;

/**
 * How far a change of an op's input reaches: which outputs come of a rectangle of inputs, and which
 * inputs these outputs read.
 *
 * @param rows along the height
 * @param columns along the width
 */
record Reach(Axis rows, Axis columns) {
  private static final Axis SAME = new Slide(1, 0, 1);

  /** One axis. */
  sealed interface Axis {
    /** The outputs that read some of these inputs, on an output axis of that size. */
    Span outputs(Span in, int size);

    /** The inputs that these outputs read; they may reach over the rim. */
    Span inputs(Span out);
  }

  /** A window that slides; positions before the first input are padding. */
  private record Slide(int stride, int before, int extent) implements Axis {
    @Override
    public Span outputs(Span in, int size) {
      int[] from = new int[in.copies()];
      int[] to = new int[from.length];
      for (int i = 0; i < from.length; i++) {
        from[i] = -Math.floorDiv(extent - 1 - before - in.start(i), stride);
        to[i] = Math.floorDiv(in.end(i) - 1 + before, stride) + 1;
      }
      return Span.covering(from, to, size);
    }

    @Override
    public Span inputs(Span out) {
      int[] from = new int[out.copies()];
      for (int i = 0; i < from.length; i++) {
        from[i] = out.start(i) * stride - before;
      }
      return new Span(from, (out.length() - 1) * stride + extent);
    }
  }

  /** Every input some times, one after the other. */
  private record Repeat(int times) implements Axis {
    @Override
    public Span outputs(Span in, int size) {
      return scaled(in, times, 1);
    }

    @Override
    public Span inputs(Span out) {
      return scaled(out, 1, times);
    }

    private static Span scaled(Span span, int factor, int divisor) {
      int[] from = new int[span.copies()];
      for (int i = 0; i < from.length; i++) {
        from[i] = span.start(i) * factor / divisor;
      }
      return new Span(from, span.length() * factor / divisor);
    }
  }

  /** One input that all outputs read. */
  private record Spread() implements Axis {
    @Override
    public Span outputs(Span in, int size) {
      return new Span(new int[in.copies()], size);
    }

    @Override
    public Span inputs(Span out) {
      return new Span(new int[out.copies()], 1);
    }
  }

  Region outputs(Region in, long[] shape) {
    return new Region(
        rows.outputs(in.rows(), (int) shape[1]), columns.outputs(in.columns(), (int) shape[2]));
  }

  Region inputs(Region out) {
    return new Region(rows.inputs(out.rows()), columns.inputs(out.columns()));
  }

  /**
   * The reach of an op from one of its inputs.
   *
   * @param in shape of one example's input, public layout
   * @param out shape of its result
   * @return null if the op has no rectangles in or out, or what it does depends on the position
   */
  static @Nullable Reach of(Op op, long[] in, long[] out) {
    if (in.length != 3 || out.length != 3) {
      return null;
    }
    if (op instanceof Op.Convolution c) {
      return slide(c.window(), in);
    } else if (op instanceof Op.Pool p) {
      return slide(p.window(), in);
    } else if (op instanceof Op.SpaceToDepth s) {
      return slide(Window.of(s.block(), s.block(), 0), in);
    } else if (op instanceof Op.Pad p) {
      return new Reach(new Slide(1, p.top(), 1), new Slide(1, p.left(), 1));
    } else if (op instanceof Op.Upsample u) {
      return new Reach(new Repeat(u.height()), new Repeat(u.width()));
    } else if (op instanceof Op.Elementwise) {
      return new Reach(
          in[1] == out[1] ? SAME : new Spread(), in[2] == out[2] ? SAME : new Spread());
    }
    boolean alike =
        op instanceof Op.Affine
            || op instanceof Op.Activation
            || op instanceof Op.Scale
            || op instanceof Op.Softmax
            || op instanceof Op.Subset
            || op instanceof Op.Concat
            || op instanceof Op.LocalResponseNormalization
            || (op instanceof Op.ParametricRelu p
                && p.alpha().size(1) == 1
                && p.alpha().size(2) == 1);
    return alike ? new Reach(SAME, SAME) : null;
  }

  private static Reach slide(Window window, long[] in) {
    return new Reach(slide(window.height(), in[1]), slide(window.width(), in[2]));
  }

  private static Slide slide(Window.Axis axis, long inputs) {
    return new Slide(axis.stride(), axis.before(inputs), axis.extent());
  }

  /** The op on inputs that hold all it reads, the padding included. */
  static Op unpadded(Op op) {
    if (op instanceof Op.Convolution c) {
      return new Op.Convolution(c.weights(), c.bias(), unpadded(c.window()), c.groups());
    } else if (op instanceof Op.Pool p) {
      return new Op.Pool(p.reduction(), unpadded(p.window()), p.p());
    }
    return op;
  }

  private static Window unpadded(Window window) {
    return new Window(unpadded(window.height()), unpadded(window.width()));
  }

  private static Window.Axis unpadded(Window.Axis axis) {
    return new Window.Axis(axis.kernel(), axis.stride(), 0, axis.dilation(), false);
  }
}
