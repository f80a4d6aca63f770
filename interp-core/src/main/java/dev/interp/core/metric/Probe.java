package dev.interp.core.metric;

import dev.interp.core.network.Network;
import java.util.stream.IntStream;
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
