package dev.interp.core.op;

/**
 * How a sliding kernel lies on the two spatial axes.
 *
 * @param height along the rows
 * @param width along the columns
 */
public record Window(Axis height, Axis width) {

  /**
   * A square window without dilation.
   *
   * @param kernel side in pixels, at least 1
   * @param stride step in pixels, at least 1
   * @param padding zeros before and after, at least 0
   * @return the window
   */
  public static Window of(int kernel, int stride, int padding) {
    Axis axis = new Axis(kernel, stride, padding, 1, false);
    return new Window(axis, axis);
  }

  /**
   * Whether the window is one pixel that moves one pixel at a time.
   *
   * @return true for a 1×1 kernel with stride 1 and no padding
   */
  public boolean isPointwise() {
    return height.isPoint() && width.isPoint();
  }

  /**
   * One axis of a window.
   *
   * @param kernel taps, at least 1
   * @param stride step in input positions, at least 1
   * @param padding positions added before and after; ignored if {@code same}
   * @param dilation distance between taps, at least 1
   * @param same whether the padding is chosen so that n inputs give ceil(n / stride) outputs, the
   *     smaller half before (TensorFlow's SAME)
   */
  public record Axis(int kernel, int stride, int padding, int dilation, boolean same) {
    /** Checks the ranges. */
    public Axis {
      if (kernel < 1 || stride < 1 || padding < 0 || dilation < 1) {
        throw new IllegalArgumentException(
            "kernel, stride and dilation must be at least 1 and padding at least 0, was kernel "
                + kernel
                + ", stride "
                + stride
                + ", dilation "
                + dilation
                + ", padding "
                + padding);
      }
    }

    /**
     * How many input positions the taps span.
     *
     * @return (kernel − 1) · dilation + 1
     */
    public int extent() {
      return (kernel - 1) * dilation + 1;
    }

    /**
     * The number of positions that fit.
     *
     * @param n input positions
     * @return output positions; 0 or less if the window is larger than the padded input
     */
    public long outputs(long n) {
      if (same) {
        return (n + stride - 1) / stride;
      }
      long room = n + 2L * padding - extent();
      return room < 0 ? 0 : room / stride + 1;
    }

    /**
     * The positions added before the first input.
     *
     * @param n input positions
     * @return the padding in front, at least 0
     */
    public int before(long n) {
      return same ? (int) Math.max(0, (outputs(n) - 1) * stride + extent() - n) / 2 : padding;
    }

    /**
     * The size that a transposed convolution gives.
     *
     * @param n its input positions
     * @return its output positions
     */
    public long transposedOutputs(long n) {
      return same ? n * stride : (n - 1) * stride + extent() - 2L * padding;
    }

    private boolean isPoint() {
      return kernel == 1 && stride == 1 && (same || padding == 0);
    }
  }
}
