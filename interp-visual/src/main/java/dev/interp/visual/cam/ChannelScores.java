package dev.interp.visual.cam;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.BatchRoom;
import dev.interp.core.attribution.Progress;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One number for every channel of every example, each by a changed copy of the example. */
final class ChannelScores {
  private final int batchSize;
  private final Progress progress;
  private final long total;
  private long done;

  /** A run of so many evaluations, of several layers or parts one after another. */
  ChannelScores(int batchSize, Progress progress, long total) {
    this.batchSize = batchSize;
    this.progress = progress;
    this.total = total;
  }

  /** Evaluates a batch; batches run on over the bounds of examples. */
  @FunctionalInterface
  interface Batch {
    /**
     * Evaluates changed copies.
     *
     * @param first the first row: example times channels plus channel
     * @param examples the example that each row is a copy of
     * @param batch room for them, {@code [rows, ...]}, to be filled
     * @return one number per row
     */
    INDArray values(long first, int[] examples, INDArray batch);
  }

  /**
   * Runs over all channels.
   *
   * @param like an activation {@code [N, C, h, w]}
   * @param changed what the changed copies have the shape and type of, {@code [N, ...]}
   * @param batch evaluates some rows
   * @return {@code [N, C]}
   */
  INDArray of(INDArray like, INDArray changed, Batch batch) {
    long channels = like.size(1);
    long count = like.size(0) * channels;
    INDArray scores = Nd4j.createUninitialized(like.dataType(), like.size(0), channels);
    try (BatchRoom room = new BatchRoom(changed, (int) Math.min(batchSize, count))) {
      for (long first : AttributionRun.batches(count, batchSize)) {
        int[] examples = new int[(int) Math.min(batchSize, count - first)];
        for (int r = 0; r < examples.length; r++) {
          examples[r] = (int) ((first + r) / channels);
        }
        INDArray values = batch.values(first, examples, room.of(examples.length));
        for (int r = 0; r < examples.length; r++) {
          scores.putScalar((first + r) / channels, (first + r) % channels, values.getDouble(r));
        }
        done += examples.length;
        progress.report(done, total);
      }
    }
    return scores;
  }

  static int atLeastOne(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, was " + size);
    }
    return size;
  }
}
