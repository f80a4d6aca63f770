package dev.interp.core.network;

import dev.interp.core.file.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A tensor of a network for many pictures, for those who learn on it: the network is run once, and
 * what it gave can be kept on disk.
 *
 * @param network the network; not modified
 * @param tensor its name
 */
public record Features(Network network, String tensor) {
  private static final int BATCH = 16;

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if the network lacks the tensor
   */
  public Features {
    network.layer(tensor);
  }

  /**
   * The features of pictures.
   *
   * @param x {@code [N, C, H, W]}; not modified
   * @return {@code [N, c, h, w]} or {@code [N, F]}, float32, owned by the caller
   */
  public INDArray of(INDArray x) {
    try (Trace trace = network.run(x, Hooks.none().keep(tensor).forgetBelow())) {
      return trace.activation(tensor).castTo(DataType.FLOAT);
    }
  }

  /**
   * The features of a set of pictures, in batches of 16.
   *
   * @param count how many pictures, at least 1
   * @param picture gives picture i as {@code [1, C, H, W]}
   * @return {@code [count, c, h, w]} or {@code [count, F]}, float32, owned by the caller
   * @throws IllegalArgumentException if there are no pictures
   */
  public INDArray of(int count, IntFunction<INDArray> picture) {
    if (count < 1) {
      throw new IllegalArgumentException("features need at least one picture, were " + count);
    }
    INDArray all = Nd4j.create(DataType.FLOAT, shape(count));
    for (int from = 0; from < count; from += BATCH) {
      int to = Math.min(count, from + BATCH);
      INDArray[] batch = new INDArray[to - from];
      for (int i = from; i < to; i++) {
        batch[i - from] = picture.apply(i);
      }
      INDArrayIndex[] rows = new INDArrayIndex[all.rank()];
      Arrays.fill(rows, NDArrayIndex.all());
      rows[0] = NDArrayIndex.interval(from, to);
      all.put(rows, of(Nd4j.concat(0, batch)));
    }
    return all;
  }

  private long[] shape(int count) {
    List<Long> one = network.layer(tensor).shape();
    long[] shape = new long[one.size() + 1];
    shape[0] = count;
    for (int i = 0; i < one.size(); i++) {
      shape[i + 1] = one.get(i);
    }
    return shape;
  }

  /**
   * The features of a set of pictures, from disk if they were computed before. The file is told by
   * the network's fingerprint, the tensor, the name of the set and its size.
   *
   * @param cache an existing folder
   * @param set a name for the pictures and how they were prepared: letters, digits, dots, dashes
   *     and underscores. Other pictures under the same name are not noticed
   * @param count how many pictures
   * @param picture gives picture i as {@code [1, C, H, W]}
   * @return {@code [count, c, h, w]} or {@code [count, F]}, float32, owned by the caller
   * @throws IOException if the cache cannot be read or written, or a file in it is damaged
   * @throws IllegalArgumentException if the name has other characters or there are no pictures
   */
  public INDArray of(Path cache, String set, int count, IntFunction<INDArray> picture)
      throws IOException {
    if (!set.matches("[A-Za-z0-9._-]+") || count < 1) {
      throw new IllegalArgumentException(
          "a set of pictures needs a name of letters, digits, dots, dashes and underscores and at"
              + " least one picture, was '"
              + set
              + "' with "
              + count);
    }
    if (!Files.isDirectory(cache)) {
      throw new NotDirectoryException(cache.toString());
    }
    Path file =
        cache.resolve(
            "features-%s-%s-%s-%d.bin"
                .formatted(
                    network.fingerprint(), tensor.replaceAll("[^A-Za-z0-9._-]", "_"), set, count));
    if (Files.exists(file)) {
      return read(file, shape(count));
    }
    INDArray all = of(count, picture);
    WholeFile.write(file, temporary -> Nd4j.saveBinary(all, temporary.toFile()));
    return all;
  }

  private static INDArray read(Path file, long[] expected) throws IOException {
    INDArray cached;
    try {
      cached = Nd4j.readBinary(file.toFile());
    } catch (IOException | RuntimeException e) {
      throw new IOException(file + ": the cached features are damaged; delete the file", e);
    }
    if (!Arrays.equals(cached.shape(), expected)) {
      throw new IOException(
          file
              + ": the cached features are "
              + Arrays.toString(cached.shape())
              + " instead of "
              + Arrays.toString(expected)
              + "; delete the file");
    }
    return cached;
  }
}
