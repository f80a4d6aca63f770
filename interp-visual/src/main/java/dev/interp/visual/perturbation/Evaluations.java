package dev.interp.visual.perturbation;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.BatchRoom;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.IncrementalRun;
import dev.interp.core.network.Rectangle;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Streams changed copies of the examples forward through the network. One batch of inputs is held
 * at a time, and what a forward pass needs; nothing is kept for gradients.
 */
final class Evaluations {
  private final AttributionRun run;
  private final int batchSize;
  private final Progress progress;
  private final Cache pictures;
  private Target.@Nullable Resolved resolved;

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

  /** Takes the outputs, in order of examples. */
  @FunctionalInterface
  interface Outputs {
    void take(int example, int copy, double output);
  }

  /** Takes how far the target's value falls from the example to a copy, in order of examples. */
  @FunctionalInterface
  interface Falls {
    void take(int example, int copy, double fall);
  }

  /** What the examples are explained as costs a forward pass each when it is first needed. */
  Evaluations(AttributionRun run, int batchSize, Progress progress) {
    this.run = run;
    this.batchSize = batchSize;
    this.progress = progress;
    this.pictures = new Cache(run.x());
  }

  Target.Resolved resolved() {
    Target.Resolved known = resolved;
    if (known == null) {
      known = run.resolve();
      resolved = known;
    }
    return known;
  }

  int examples() {
    return run.examples();
  }

  /** The target's value at the example itself. */
  double output(int example) {
    return resolved().values().getDouble(example);
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
    Target.Resolved explained = resolved();
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
        INDArray found = run.resolve(batch, run.targetOf(explained, examples)).values();
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

  /**
   * Evaluates copies of every example that differ from it within rectangles. The network runs over
   * an example once and then recomputes for each copy only what its rectangle reaches; copies of
   * like rectangles are evaluated together, those of each example apart. Vectors are run in full.
   *
   * @param boxes for each example the rectangles of its copies, in the order of their numbers
   * @param change may change what lies in the copy's rectangle
   */
  void eachWithin(IntFunction<List<Rectangle>> boxes, Change change, Falls falls) {
    List<List<Rectangle>> all = IntStream.range(0, run.examples()).mapToObj(boxes).toList();
    int[] counts = all.stream().mapToInt(List::size).toArray();
    if (run.x().rank() != 4) {
      each(counts, change, (i, copy, output) -> falls.take(i, copy, output(i) - output));
      return;
    }
    long total = Arrays.stream(counts).asLongStream().sum();
    long done = 0;
    List<Target.Resolved> each = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      INDArray picture = run.rows(new int[] {i});
      try (IncrementalRun base = run.network().incremental(picture)) {
        Target own = run.targetOf(i);
        String tensor = own.tensor(run.network());
        Target.Resolved explained = own.resolve(run.network(), base.base(tensor));
        each.add(explained);
        List<Rectangle> places = all.get(i);
        Rows rows = new Rows(i, places, change);
        for (int[] copies : base.batches(places, batchSize)) {
          List<Rectangle> some = Arrays.stream(copies).mapToObj(places::get).toList();
          INDArray found = base.tensors(List.of(tensor), some, r -> rows.of(copies[r])).get(0);
          Target same = run.targetOf(explained, new int[copies.length]);
          INDArray values = same.resolve(run.network(), found).values();
          for (int r = 0; r < copies.length; r++) {
            falls.take(i, copies[r], explained.values().getDouble(0) - values.getDouble(r));
          }
          done += copies.length;
          progress.report(done, total);
        }
      } finally {
        picture.close();
      }
    }
    resolved = joined(each);
  }

  private static Target.Resolved joined(List<Target.Resolved> each) {
    return new Target.Resolved(
        each.get(0).tensor(),
        each.stream().flatMap(e -> e.classes().stream()).toList(),
        Nd4j.concat(0, each.stream().map(Target.Resolved::values).toArray(INDArray[]::new)),
        Nd4j.concat(0, each.stream().map(Target.Resolved::seed).toArray(INDArray[]::new)));
  }

  /** Copies of one example in one array, which is the example again outside their boxes. */
  private final class Rows {
    private final int example;
    private final List<Rectangle> boxes;
    private final Change change;
    private final double[] original;
    private final double[] row;
    private @Nullable Rectangle changed;

    Rows(int example, List<Rectangle> boxes, Change change) {
      this.example = example;
      this.boxes = boxes;
      this.change = change;
      this.original = pictures.of(example);
      this.row = original.clone();
    }

    double[] of(int copy) {
      Rectangle before = changed;
      if (before != null) {
        int height = (int) run.x().size(2);
        int width = (int) run.x().size(3);
        for (int at = 0; at < row.length; at += height * width) {
          for (int y = before.top(); y < before.bottom(); y++) {
            int from = at + y * width + before.left();
            System.arraycopy(original, from, row, from, before.width());
          }
        }
      }
      changed = boxes.get(copy);
      change.apply(example, copy, row);
      return row;
    }
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
