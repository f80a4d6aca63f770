package dev.interp.core.network;

import dev.interp.core.op.Window;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The adjoint of a convolution of any stride as a convolution of stride 1. The positions below that
 * are equal modulo the stride, a phase, read the same taps of the kernel; so each phase is a
 * channel of its own, and a position above gives a block of positions below, stride by stride. With
 * stride 1 there is one phase, and the kernel is turned round.
 *
 * @param rows along the height
 * @param columns along the width
 */
record Phases(Axis rows, Axis columns) {
  /**
   * One axis. Position {@code stride · q + r} below reads position {@code q + e} above through tap
   * {@code k} if {@code r + before − k = stride · e}.
   *
   * @param least the smallest {@code e}
   * @param taps how many {@code e} there are
   */
  record Axis(int kernel, int stride, int before, int least, int taps) {
    static Axis of(Window.Axis axis, long below) {
      int before = axis.before(below);
      int stride = axis.stride();
      int least = Integer.MAX_VALUE;
      int most = Integer.MIN_VALUE;
      for (int r = 0; r < stride; r++) {
        for (int k = 0; k < axis.kernel(); k++) {
          if (Math.floorMod(r + before - k, stride) == 0) {
            least = Math.min(least, (r + before - k) / stride);
            most = Math.max(most, (r + before - k) / stride);
          }
        }
      }
      return new Axis(axis.kernel(), stride, before, least, most - least + 1);
    }

    /** The tap between a phase and a position above; outside the kernel if there is none. */
    int tap(int phase, int t) {
      return phase + before - stride * (least + t);
    }

    boolean reads(int tap) {
      return tap >= 0 && tap < kernel;
    }
  }

  /** The weights of the adjoint of a convolution with stride 1. */
  static INDArray turned(INDArray weights) {
    Window window =
        new Window(
            new Window.Axis((int) weights.size(2), 1, 0, 1, false),
            new Window.Axis((int) weights.size(3), 1, 0, 1, false));
    // Where the padding is does not matter to the taps.
    return of(window, weights.size(2), weights.size(3)).weights(weights);
  }

  static Phases of(Window window, long height, long width) {
    return new Phases(Axis.of(window.height(), height), Axis.of(window.width(), width));
  }

  int count() {
    return rows.stride * columns.stride;
  }

  /** The convolution that makes the phases of what is above. */
  Window window() {
    return new Window(
        new Window.Axis(rows.taps, 1, -rows.least, 1, false),
        new Window.Axis(columns.taps, 1, -columns.least, 1, false));
  }

  /** Whether no position above lies wholly beyond the padding in front. */
  boolean fits() {
    return rows.least <= 0 && columns.least <= 0;
  }

  /**
   * The weights of that convolution.
   *
   * @param weights {@code [outC, inC, kH, kW]} of the convolution whose adjoint it is
   * @return {@code [phases · inC, outC, taps, taps]}, the phases of a row in front of each other
   */
  INDArray weights(INDArray weights) {
    int above = (int) weights.size(0);
    int below = (int) weights.size(1);
    int width = columns.kernel;
    double[] from = weights.castTo(DataType.DOUBLE).dup('c').ravel().toDoubleVector();
    double[] to = new double[count() * below * above * rows.taps * columns.taps];
    int at = 0;
    for (int phase = 0; phase < count(); phase++) {
      for (int c = 0; c < below; c++) {
        for (int o = 0; o < above; o++) {
          for (int t = 0; t < rows.taps; t++) {
            int row = rows.tap(phase / columns.stride, t);
            for (int u = 0; u < columns.taps; u++, at++) {
              int column = columns.tap(phase % columns.stride, u);
              if (rows.reads(row) && columns.reads(column)) {
                to[at] = from[((o * below + c) * rows.kernel + row) * width + column];
              }
            }
          }
        }
      }
    }
    return Nd4j.createFromArray(to)
        .castTo(weights.dataType())
        .reshape('c', (long) count() * below, above, rows.taps, columns.taps);
  }
}
