package dev.interp.visual.gradient;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Runs a network at many points per example, a batch at a time, in order of the examples and of the
 * points of each. The target is the one that was decided on the examples themselves.
 */
final class PathGradients {
  private final AttributionRun run;
  private final Target.Resolved resolved;
  private final int batchSize;
  private final Progress progress;
  private final long total;
  private long done;

  /** Writes point {@code k} of an example. */
  interface Point {
    void write(int example, int k, INDArray into);
  }

  /** Takes what a network made of a batch of points; may not keep or change the batch. */
  interface Use {
    void take(Trace trace, Target target, INDArray batch, int[] examples, int[] points);
  }

  /** Takes the gradient of one point at the input. */
  interface GradientUse {
    void take(int example, int k, INDArray gradient);
  }

  /** Points on straight lines: start + node · path. */
  static Point straight(INDArray start, INDArray path, double[] nodes) {
    return (example, k, into) ->
        into.assign(path.slice(example)).muli(nodes[k]).addi(start.slice(example));
  }

  /** For {@code points} points per example in all, by one or several calls of this object. */
  PathGradients(
      AttributionRun run, Target.Resolved resolved, int batchSize, Progress progress, long points) {
    this.run = run;
    this.resolved = resolved;
    this.batchSize = batchSize;
    this.progress = progress;
    this.total = points * run.examples();
  }

  /** Runs the network forward at every point; whoever uses the trace may go back down. */
  void run(int perExample, Hooks hooks, Point point, Use use) {
    long count = (long) perExample * run.examples();
    for (long first : AttributionRun.batches(count, batchSize)) {
      int size = (int) Math.min(batchSize, count - first);
      long[] shape = run.x().shape().clone();
      shape[0] = size;
      INDArray batch = Nd4j.createUninitialized(run.x().dataType(), shape, 'c');
      int[] examples = new int[size];
      int[] points = new int[size];
      for (int r = 0; r < size; r++) {
        examples[r] = (int) ((first + r) / perExample);
        points[r] = (int) ((first + r) % perExample);
        point.write(examples[r], points[r], batch.slice(r));
      }
      try (Trace trace = run.network().run(batch, hooks)) {
        use.take(trace, run.targetOf(resolved, examples), batch, examples, points);
      }
      batch.close();
      done += size;
      progress.report(done, total);
    }
  }

  /** The gradient at the input at every point. */
  void gradients(int perExample, Point point, GradientUse use) {
    run(
        perExample,
        Hooks.none(),
        point,
        (trace, target, batch, examples, points) -> {
          INDArray gradient = trace.gradient(target, Network.INPUT);
          for (int r = 0; r < examples.length; r++) {
            use.take(examples[r], points[r], gradient.slice(r));
          }
          gradient.close();
        });
  }

  /**
   * Shows a tensor and the target's gradient there where they lie, channels last; neither may be
   * kept or changed.
   */
  static void read(
      Trace trace, Target target, String tensor, BiConsumer<INDArray, INDArray> reader) {
    trace.readGradient(
        trace.resolve(target),
        tensor,
        gradients ->
            trace.read(
                tensor,
                activations -> {
                  reader.accept(activations, gradients);
                  return true;
                }));
  }

  /** Examples with their channels last as one batch in the public layout; closes them. */
  static INDArray stack(INDArray[] examples) {
    INDArray batch = Nd4j.stack(0, examples);
    Arrays.stream(examples).forEach(INDArray::close);
    if (batch.rank() != 4) {
      return batch;
    }
    INDArray maps = batch.permute(0, 3, 1, 2).dup('c');
    batch.close();
    return maps;
  }

  /** The output of the target at other inputs, an entry per example. */
  static double[] outputs(AttributionRun run, INDArray x, Target.Resolved resolved) {
    int[] rows = new int[run.examples()];
    Arrays.setAll(rows, i -> i);
    return run.resolve(x, run.targetOf(resolved, rows)).values().toDoubleVector();
  }

  /** For each example the sum of the values minus the output's difference to {@code start}. */
  static List<Double> gaps(INDArray values, Target.Resolved resolved, double[] start) {
    List<Double> gaps = new ArrayList<>();
    for (int i = 0; i < start.length; i++) {
      double sum = values.slice(i).castTo(DataType.DOUBLE).sumNumber().doubleValue();
      gaps.add(sum - (resolved.values().getDouble(i) - start[i]));
    }
    return gaps;
  }

  /** Refuses a number that is too small. */
  static int atLeast(String what, int least, int value) {
    if (value < least) {
      throw new IllegalArgumentException(what + " must be at least " + least + ", was " + value);
    }
    return value;
  }
}
