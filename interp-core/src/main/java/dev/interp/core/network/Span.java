package dev.interp.core.network;

import java.util.Arrays;

/**
 * A stretch of one axis of a tensor for each copy in a batch, all of one length. It may reach over
 * the rim.
 *
 * <p>Not a record: its equality is that of its numbers.
 */
final class Span {
  private final int[] starts;
  private final int length;

  Span(int[] starts, int length) {
    this.starts = starts;
    this.length = length;
  }

  /**
   * Stretches of one length that hold the given ones as far as these lie on the axis, and lie on it
   * themselves: a shorter one is made longer, and one that would reach over the rim is moved.
   *
   * @param ends behind the last position of each
   * @param size of the axis
   */
  static Span covering(int[] starts, int[] ends, int size) {
    int longest = 1;
    for (int i = 0; i < starts.length; i++) {
      longest = Math.max(longest, Math.min(ends[i], size) - Math.max(starts[i], 0));
    }
    int[] moved = new int[starts.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = Math.max(0, Math.min(starts[i], size - longest));
    }
    return new Span(moved, longest);
  }

  Span union(Span other, int size) {
    int[] from = new int[starts.length];
    int[] to = new int[starts.length];
    for (int i = 0; i < from.length; i++) {
      from[i] = Math.min(starts[i], other.starts[i]);
      to[i] = Math.max(end(i), other.end(i));
    }
    return covering(from, to, size);
  }

  int copies() {
    return starts.length;
  }

  int start(int copy) {
    return starts[copy];
  }

  int end(int copy) {
    return starts[copy] + length;
  }

  int length() {
    return length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Span s && length == s.length && Arrays.equals(starts, s.starts);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(starts) + length;
  }
}
