package dev.interp.core.network;

/**
 * A rectangle of a tensor's positions for each copy in a batch, all of one size.
 *
 * @param rows along the height
 * @param columns along the width
 */
record Region(Span rows, Span columns) {
  Region union(Region other, long[] shape) {
    return new Region(
        rows.union(other.rows, (int) shape[1]), columns.union(other.columns, (int) shape[2]));
  }

  int copies() {
    return rows.copies();
  }

  int height() {
    return rows.length();
  }

  int width() {
    return columns.length();
  }

  long positions() {
    return (long) height() * width();
  }

  /** The shape of what lies in it, channels last. */
  long[] shape(long channels) {
    return new long[] {copies(), height(), width(), channels};
  }
}
