package dev.interp.bench.demo;

/** Told how far a training is; can end it. Called on the thread that trains. */
@FunctionalInterface
public interface TrainingProgress {
  /**
   * Tells how far the training is; called after every step.
   *
   * @param done pictures trained on so far
   * @param total pictures to train on in all
   * @param loss mean cross entropy of the last step's pictures, in nats
   * @return true to go on, false to cancel
   */
  boolean update(long done, long total, double loss);

  /**
   * A listener that lets everything run.
   *
   * @return always true
   */
  static TrainingProgress none() {
    return (done, total, loss) -> true;
  }
}
