package dev.interp.core.metric;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Adds up the time that metrics wait for networks and methods, so that what they spend themselves
 * can be told. Safe for concurrent use.
 */
public final class WorkClock {
  private final LongAdder nanoseconds = new LongAdder();

  /** Makes a clock at zero. */
  public WorkClock() {}

  /**
   * The time spent in forward passes and in the method that is judged.
   *
   * @return seconds since the clock was made
   */
  public double seconds() {
    return nanoseconds.sum() / 1e9;
  }

  <T> T time(Supplier<T> work) {
    long start = System.nanoTime();
    try {
      return work.get();
    } finally {
      nanoseconds.add(System.nanoTime() - start);
    }
  }
}
