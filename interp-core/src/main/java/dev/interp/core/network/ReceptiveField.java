package dev.interp.core.network;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.List;

/**
 * The region of the input that a unit of a tensor can depend on, by the arithmetic of kernels and
 * strides. It may reach beyond the picture, into the padding.
 *
 * @param height along the rows
 * @param width along the columns
 */
public record ReceptiveField(Axis height, Axis width) {

  /**
   * One axis of a receptive field, in input pixels. Unit {@code i} sees the {@code size} pixels
   * centred on {@code center + i · stride}; pixel centres are at whole numbers, the first at 0.
   *
   * <p>After an up-sampling neighbouring units see pixels at uneven distances. The size then is a
   * bound, maybe fractional: the shortest span that, moved by {@code stride}, holds all they see.
   *
   * @param size how many pixels a unit sees
   * @param stride distance between the centres of neighbouring units; 0 if all see the same
   * @param center centre of the first unit
   */
  public record Axis(double size, double stride, double center) {
    private double first() {
      return center - (size - 1) / 2;
    }

    private double last() {
      return center + (size - 1) / 2;
    }

    private Axis slide(Window.Axis window, long inputs) {
      return new Axis(
          size + (window.extent() - 1) * stride,
          stride * window.stride(),
          center + ((window.extent() - 1) / 2.0 - window.before(inputs)) * stride);
    }

    private Axis spread(Window.Axis window, long inputs) {
      // Output i of the adjoint reads the inputs j with 0 <= i + before - j * stride < extent.
      long before = window.before(window.transposedOutputs(inputs));
      return new Axis(
          size + (window.extent() - 1.0) / window.stride() * stride,
          stride / window.stride(),
          center + (before - (window.extent() - 1) / 2.0) / window.stride() * stride);
    }

    private Axis union(Axis other) {
      if (size == 0 || other.size == 0) {
        return size == 0 ? other : this;
      }
      if (stride != other.stride && stride * other.stride == 0) {
        // One of them is broadcast and sees the whole picture already.
        return stride == 0 ? this : other;
      }
      double from = Math.min(first(), other.first());
      double to = Math.max(last(), other.last());
      return new Axis(to - from + 1, Math.max(stride, other.stride), (from + to) / 2);
    }

    private static Axis whole(long pixels) {
      return new Axis(pixels, 0, (pixels - 1) / 2.0);
    }
  }

  static ReceptiveField ofInput() {
    Axis pixel = new Axis(1, 1, 0);
    return new ReceptiveField(pixel, pixel);
  }

  /** What does not depend on the input sees no pixel. */
  static ReceptiveField ofConstant() {
    Axis none = new Axis(0, 0, 0);
    return new ReceptiveField(none, none);
  }

  /** The field of a node's output, from those of its inputs. */
  static ReceptiveField of(
      Node node, List<ReceptiveField> fields, long[] inputShape, long[] networkInput) {
    ReceptiveField field = fields.get(0);
    for (ReceptiveField other : fields) {
      field = new ReceptiveField(field.height.union(other.height), field.width.union(other.width));
    }
    Op op = node.op();
    if (op instanceof Op.Convolution convolution) {
      return field.slide(convolution.window(), inputShape);
    } else if (op instanceof Op.Pool pool) {
      return field.slide(pool.window(), inputShape);
    } else if (op instanceof Op.SpaceToDepth depth) {
      return field.slide(Window.of(depth.block(), depth.block(), 0), inputShape);
    } else if (op instanceof Op.TransposedConvolution transposed) {
      return new ReceptiveField(
          field.height.spread(transposed.window().height(), inputShape[1]),
          field.width.spread(transposed.window().width(), inputShape[2]));
    } else if (op instanceof Op.Upsample up) {
      return new ReceptiveField(
          field.height.spread(repeat(up.height()), inputShape[1]),
          field.width.spread(repeat(up.width()), inputShape[2]));
    } else if (op instanceof Op.Pad pad) {
      return new ReceptiveField(shift(field.height, -pad.top()), shift(field.width, -pad.left()));
    } else if (op instanceof Op.GlobalPool
        || op instanceof Op.Dense
        || op instanceof Op.Reshape
        || op instanceof Op.L2Normalize
        || (op instanceof Op.Opaque opaque && !opaque.function().keepsPositions())) {
      return networkInput.length == 3
          ? new ReceptiveField(Axis.whole(networkInput[1]), Axis.whole(networkInput[2]))
          : field;
    }
    return field;
  }

  private ReceptiveField slide(Window window, long[] in) {
    return new ReceptiveField(
        height.slide(window.height(), in[1]), width.slide(window.width(), in[2]));
  }

  private static Window.Axis repeat(int times) {
    return new Window.Axis(times, times, 0, 1, false);
  }

  private static Axis shift(Axis axis, int units) {
    return new Axis(axis.size, axis.stride, axis.center + units * axis.stride);
  }
}
