package dev.interp.visual.perturbation;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.BatchRoom;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Target;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Streams changed copies of the examples forward through the network. One batch of inputs is held
 * at a time, and what a forward pass needs; nothing is kept for gradients.
 */
final class Evaluations {
  private final AttributionRun run;
  private final int batchSize;
  private final Progress progress;
  private final Target.Resolved resolved;
  private final Cache pictures;

  /** Makes a changed copy of an example. */
  @FunctionalInterface
  interface Change {
    /**
     * Changes a copy.
     *
     * @param example which example it is
     * @param copy which copy of the example
     * @param row the example's values in row order; to be modified
     */
    void apply(int example, int copy, double[] row);
  }

  /** Takes the outputs, in order of examples and copies. */
  @FunctionalInterface
  interface Outputs {
    void take(int example, int copy, double output);
  }

  /** Explains the examples as they are first, at the cost of a forward pass each. */
  Evaluations(AttributionRun run, int batchSize, Progress progress) {
    this.run = run;
    this.batchSize = batchSize;
    this.progress = progress;
    this.pictures = new Cache(run.x());
    this.resolved = run.resolve();
  }

  Target.Resolved resolved() {
    return resolved;
  }

  int examples() {
    return run.examples();
  }

  /** The target's value at the example itself. */
  double output(int example) {
    return resolved.values().getDouble(example);
  }

  /** Evaluates a number of changed copies of every example. */
  void each(int copies, Change change, Outputs outputs) {
    int[] counts = new int[run.examples()];
    Arrays.fill(counts, copies);
    each(counts, change, outputs);
  }

  /** Evaluates changed copies of the examples, as many of each as it says. */
  void each(int[] copies, Change change, Outputs outputs) {
    long total = Arrays.stream(copies).asLongStream().sum();
    long done = 0;
    int example = 0;
    int copy = 0;
    try (BatchRoom room = new BatchRoom(run.x(), (int) Math.min(batchSize, total))) {
      while (done < total) {
        int size = (int) Math.min(batchSize, total - done);
        int[] examples = new int[size];
        int[] numbers = new int[size];
        for (int r = 0; r < size; r++, copy++) {
          while (copy == copies[example]) {
            example++;
            copy = 0;
          }
          examples[r] = example;
          numbers[r] = copy;
        }
        INDArray batch = room.of(size);
        fill(batch, examples, numbers, change);
        INDArray found = run.resolve(batch, run.targetOf(resolved, examples)).values();
        for (int r = 0; r < size; r++) {
          outputs.take(examples[r], numbers[r], found.getDouble(r));
        }
        done += size;
        progress.report(done, total);
      }
    }
  }

  private void fill(INDArray batch, int[] examples, int[] numbers, Change change) {
    double[] row = new double[(int) (batch.length() / batch.size(0))];
    AttributionRun.fill(
        batch,
        r -> {
          System.arraycopy(pictures.of(examples[r]), 0, row, 0, row.length);
          change.apply(examples[r], numbers[r], row);
          return row;
        });
  }

  /** The numbers of one example of a batch; copies come in order of examples, so one is kept. */
  static final class Cache {
    private final INDArray batch;
    private int current = -1;
    private double[] numbers = new double[0];

    Cache(INDArray batch) {
      this.batch = batch;
    }

    /** In row order; not to be modified. */
    double[] of(int example) {
      if (current != example) {
        numbers = Evaluations.numbers(batch.slice(example));
        current = example;
      }
      return numbers;
    }
  }

  /** The numbers of an array in row order. */
  static double[] numbers(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').ravel().toDoubleVector();
  }
}
