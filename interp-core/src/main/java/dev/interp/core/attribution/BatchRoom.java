package dev.interp.core.attribution;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One array for a stream of batches, filled again and again: the memory of large arrays that are
 * freed is not always found again by the system's allocator. Another one is made only where the
 * number of rows changes, as it does for the last batch.
 *
 * <p>Not safe for concurrent use; close it.
 */
public final class BatchRoom implements AutoCloseable {
  private final INDArray like;
  private INDArray room;

  /**
   * Makes room for batches.
   *
   * @param like what the batches have the type and the shape of, but for the number of examples,
   *     which come first; not modified
   * @param rows examples of the first batch
   */
  public BatchRoom(INDArray like, int rows) {
    this.like = like;
    this.room = make(rows);
  }

  /**
   * Room for the next batch.
   *
   * @param rows its examples
   * @return an array in row order, no view, to be filled; it holds what was written before, and
   *     belongs to this object
   */
  public INDArray of(int rows) {
    if (rows != room.size(0)) {
      room.close();
      room = make(rows);
    }
    return room;
  }

  private INDArray make(int rows) {
    long[] shape = like.shape().clone();
    shape[0] = rows;
    return Nd4j.createUninitialized(like.dataType(), shape, 'c');
  }

  @Override
  public void close() {
    room.close();
  }
}
