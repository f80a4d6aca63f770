package dev.interp.core.network;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the passes that a network runs, example by example: a batch of eight is eight passes. A
 * pass that stops early counts as one, as does a pass through a part of the network ({@link
 * Network#after}); a forward pass that is resumed counts once. Safe for concurrent use.
 */
public final class PassCounter {
  private final LongAdder forwards = new LongAdder();
  private final LongAdder backwards = new LongAdder();

  /**
   * Forward passes so far.
   *
   * @return examples run forward
   */
  public long forwards() {
    return forwards.sum();
  }

  /**
   * Backward passes so far.
   *
   * @return examples run backward
   */
  public long backwards() {
    return backwards.sum();
  }

  void forward(long examples) {
    forwards.add(examples);
  }

  void backward(long examples) {
    backwards.add(examples);
  }
}
