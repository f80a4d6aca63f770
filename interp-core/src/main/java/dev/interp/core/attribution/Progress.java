package dev.interp.core.attribution;

import java.util.concurrent.CancellationException;

/** Told how far long work is; can end it. Called on the thread that works. */
@FunctionalInterface
public interface Progress {
  /**
   * Tells how far the work is.
   *
   * @param done evaluations finished
   * @param total evaluations in all
   * @return true to go on, false to cancel
   */
  boolean update(long done, long total);

  /**
   * A listener that lets everything run.
   *
   * @return always true
   */
  static Progress none() {
    return (done, total) -> true;
  }

  /**
   * Tells the listener and stops if it says so.
   *
   * @param done evaluations finished
   * @param total evaluations in all
   * @throws CancellationException if the listener cancels
   */
  default void report(long done, long total) {
    if (!update(done, total)) {
      throw new CancellationException("cancelled after " + done + " of " + total + " evaluations");
    }
  }
}
