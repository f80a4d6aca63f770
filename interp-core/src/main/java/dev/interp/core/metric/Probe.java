package dev.interp.core.metric;

import dev.interp.core.network.IncrementalRun;
import dev.interp.core.network.Network;
import dev.interp.core.network.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Evaluates changed copies of pictures in batches of one size, whichever pictures they belong to.
 */
final class Probe {
  static final int BATCH = 64;

  private Probe() {}

  /** Changes one copy of a picture; called from several threads. */
  @FunctionalInterface
  interface RowWriter {
    /**
     * Writes one row.
     *
     * @param example the picture
     * @param row which of its copies
     * @param rows holds a copy of the picture from the offset on, channel by channel
     * @param offset where that copy starts
     */
    void write(int example, int row, Canvas rows, int offset);
  }

  /** The output for each picture and each of its copies. */
  static double[][] outputs(
      Examples examples, Output output, int copies, int batchSize, RowWriter writer) {
    return Examples.outside(() -> run(examples, output, copies, batchSize, writer));
  }

  private static double[][] run(
      Examples examples, Output output, int copies, int batchSize, RowWriter writer) {
    Network network = examples.network();
    Canvas original = Canvas.of(examples.x());
    int size = examples.channels() * examples.pixels();
    int total = examples.size() * copies;
    double[][] outputs = new double[examples.size()][copies];
    int largest = Math.min(batchSize, total);
    Canvas rows = Canvas.empty(network.precision(), largest * size);
    for (int start = 0; start < total; start += batchSize) {
      int first = start;
      int count = Math.min(batchSize, total - first);
      IntStream.range(0, count)
          .parallel()
          .forEach(
              r -> {
                int example = (first + r) / copies;
                rows.copy(original, example * size, r * size, size);
                writer.write(example, (first + r) % copies, rows, r * size);
              });
      int[] classes =
          IntStream.range(first, first + count).map(i -> examples.classOf(i / copies)).toArray();
      double[] values;
      try (INDArray batch =
          rows.array(count, examples.channels(), examples.height(), examples.width())) {
        INDArray logits = examples.clock().time(() -> network.logits(batch));
        values = output.of(network, logits, classes);
      }
      for (int r = 0; r < count; r++) {
        outputs[(first + r) / copies][(first + r) % copies] = values[r];
      }
    }
    return outputs;
  }

  /** Says where a copy differs from its picture. */
  @FunctionalInterface
  interface Extent {
    /**
     * The pixels outside which a copy is its picture.
     *
     * @param example the picture
     * @param row which of its copies
     * @return the box; null if the copy is the picture
     */
    @Nullable Rectangle of(int example, int row);
  }

  /**
   * The output for each picture and each of its copies, of which only what their boxes reach is
   * computed again. Copies of like boxes are evaluated together, those of each picture apart.
   */
  static double[][] outputsWithin(
      Examples examples,
      Output output,
      int copies,
      int batchSize,
      Extent extent,
      RowWriter writer) {
    return Examples.outside(
        () -> {
          double[][] outputs = new double[examples.size()][];
          Canvas original = Canvas.of(examples.x());
          for (int i = 0; i < outputs.length; i++) {
            outputs[i] = within(examples, original, i, output, copies, batchSize, extent, writer);
          }
          return outputs;
        });
  }

  private static double[] within(
      Examples examples,
      Canvas original,
      int example,
      Output output,
      int copies,
      int batchSize,
      Extent extent,
      RowWriter writer) {
    Network network = examples.network();
    int size = examples.channels() * examples.pixels();
    Canvas rows = Canvas.empty(network.precision(), Math.min(batchSize, copies) * size);
    double[] outputs = new double[copies];
    try (INDArray picture = examples.slice(example, example + 1).x();
        IncrementalRun run = examples.clock().time(() -> network.incremental(picture))) {
      List<Integer> changed = new ArrayList<>();
      List<Rectangle> boxes = new ArrayList<>();
      INDArray own = examples.clock().time(() -> run.base(network.logits()));
      int[] known = {examples.classOf(example)};
      for (int row = 0; row < copies; row++) {
        Rectangle box = extent.of(example, row);
        if (box == null) {
          outputs[row] = output.of(network, own, known)[0];
        } else {
          changed.add(row);
          boxes.add(box);
        }
      }
      for (int[] batch : run.batches(boxes, batchSize)) {
        IntStream.range(0, batch.length)
            .parallel()
            .forEach(
                r -> {
                  rows.copy(original, example * size, r * size, size);
                  writer.write(example, changed.get(batch[r]), rows, r * size);
                });
        List<Rectangle> places = Arrays.stream(batch).mapToObj(boxes::get).toList();
        List<String> asked = List.of(network.logits());
        INDArray logits =
            examples
                .clock()
                .time(() -> run.tensors(asked, places, r -> rows.numbers(r * size, size)).get(0));
        int[] classes = new int[batch.length];
        Arrays.fill(classes, known[0]);
        double[] values = output.of(network, logits, classes);
        for (int r = 0; r < values.length; r++) {
          outputs[changed.get(batch[r])] = values[r];
        }
      }
    }
    return outputs;
  }

  /** The box around some pixels; null if there are none. */
  static @Nullable Rectangle around(int[] pixels, int from, int to, int width) {
    if (from == to) {
      return null;
    }
    int left = width;
    int top = Integer.MAX_VALUE;
    int right = 0;
    int bottom = 0;
    for (int i = from; i < to; i++) {
      int column = pixels[i] % width;
      int row = pixels[i] / width;
      left = Math.min(left, column);
      right = Math.max(right, column + 1);
      top = Math.min(top, row);
      bottom = Math.max(bottom, row + 1);
    }
    return new Rectangle(left, top, right, bottom);
  }

  /** The class with the largest logit, for each picture. */
  static int[] predicted(Examples examples) {
    return Examples.outside(
        () ->
            examples
                .clock()
                .time(() -> examples.network().logits(examples.x()))
                .argMax(1)
                .toIntVector());
  }
}
