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
  private final LongAdder done = new LongAdder();
  private final LongAdder full = new LongAdder();

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

  /**
   * The work of the copies that {@linkplain IncrementalRun incremental runs} have computed so far.
   *
   * @return multiply-adds; those of other passes are not among them
   */
  public Work incremental() {
    return new Work(done.sum(), full.sum());
  }

  void incremental(Work work) {
    done.add(work.done());
    full.add(work.full());
  }

  void forward(long examples) {
    forwards.add(examples);
  }

  void backward(long examples) {
    backwards.add(examples);
  }
}
