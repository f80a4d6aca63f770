package dev.interp.disentangle.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The maps of one layer for a set of pictures, in memory or in a file that is mapped into it.
 * Values are read rectified, as what is below zero does not fire.
 *
 * <p>Closing deletes the file, if there is one. Safe for concurrent reading.
 */
public final class FeatureMaps implements AutoCloseable {
  /** Below this share of the filter's mean deviation a unit counts as if it had it. */
  private static final double LEAST_DEVIATION = 0.1;

  private final GraphLayer layer;
  private final int pictures;
  private final FloatBuffer[] values;
  private final float @Nullable [] scale;
  private final @Nullable Path file;
  private final @Nullable FeatureMaps mirrored;
  private final boolean[] turned;

  private FeatureMaps(
      GraphLayer layer,
      int pictures,
      FloatBuffer[] values,
      float @Nullable [] scale,
      @Nullable Path file) {
    this.layer = layer;
    this.pictures = pictures;
    this.values = values;
    this.scale = scale;
    this.file = file;
    this.mirrored = null;
    this.turned = new boolean[pictures];
  }

  /** The maps of some pictures with others in place of those that are turned. */
  private FeatureMaps(FeatureMaps own, FeatureMaps mirrored, boolean[] turned) {
    this.layer = own.layer;
    this.pictures = own.pictures;
    this.values = own.values;
    this.scale = own.scale;
    this.file = own.file;
    this.mirrored = mirrored;
    this.turned = turned.clone();
  }

  /**
   * Maps that are at hand.
   *
   * @param layer their layer
   * @param maps {@code [pictures, filters, height, width]} in C order, finite; copied
   * @return the maps
   * @throws IllegalArgumentException if there is no picture, the sizes do not fit or a value is not
   *     finite
   */
  public static FeatureMaps of(GraphLayer layer, float[] maps) {
    int size = layer.filters() * layer.cells();
    if (maps.length == 0 || maps.length % size != 0) {
      throw new IllegalArgumentException(
          "the maps must hold a multiple of "
              + size
              + " values, [pictures, "
              + layer.filters()
              + ", "
              + layer.height()
              + ", "
              + layer.width()
              + "], was "
              + maps.length);
    }
    FeatureMaps result = inMemory(layer, maps.length / size);
    for (int i = 0; i < result.pictures; i++) {
      result.put(i, maps, i * size);
    }
    return result;
  }

  static FeatureMaps inMemory(GraphLayer layer, int pictures) {
    FloatBuffer[] values = new FloatBuffer[layer.filters()];
    for (int f = 0; f < values.length; f++) {
      values[f] = FloatBuffer.allocate(Math.multiplyExact(pictures, layer.cells()));
    }
    return new FeatureMaps(layer, pictures, values, null, null);
  }

  static FeatureMaps inFile(GraphLayer layer, int pictures, Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "maps", ".f32");
    long bytes = 4L * pictures * layer.cells();
    FloatBuffer[] values = new FloatBuffer[layer.filters()];
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int f = 0; f < values.length; f++) {
        values[f] =
            channel
                .map(FileChannel.MapMode.READ_WRITE, f * bytes, bytes)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
      }
      return new FeatureMaps(layer, pictures, values, null, file);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Stores the maps of a picture, {@code [filters, h, w]} from an offset on. */
  void put(int picture, float[] maps, int offset) {
    int cells = layer.cells();
    for (int i = 0; i < layer.filters() * cells; i++) {
      if (!Float.isFinite(maps[offset + i])) {
        throw new IllegalArgumentException(
            "maps must be finite, but picture "
                + picture
                + " has "
                + maps[offset + i]
                + " in filter "
                + i / cells
                + " of '"
                + layer.name()
                + "'; is the picture preprocessed as the network expects?");
      }
    }
    for (int f = 0; f < layer.filters(); f++) {
      values[f].put(picture * cells, maps, offset + f * cells, cells);
    }
  }

  /**
   * What the maps are of.
   *
   * @return the layer
   */
  public GraphLayer layer() {
    return layer;
  }

  /**
   * The number of pictures.
   *
   * @return at least 1
   */
  public int pictures() {
    return pictures;
  }

  /**
   * Whether the maps lie in a file.
   *
   * @return true if they were larger than the memory they were allowed
   */
  public boolean isSpilled() {
    return file != null;
  }

  /**
   * Reads one map.
   *
   * @param picture its index
   * @param filter its index
   * @param into {@code [height, width]} in C order: never negative, divided by the deviation if the
   *     maps are normalised
   */
  public void read(int picture, int filter, float[] into) {
    FeatureMaps other = mirrored;
    if (other != null && turned[picture]) {
      other.read(picture, filter, into);
      return;
    }
    int cells = layer.cells();
    values[filter].get(picture * cells, into, 0, cells);
    float[] factors = scale;
    for (int i = 0; i < cells; i++) {
      float rectified = Math.max(0, into[i]);
      into[i] = factors == null ? rectified : rectified * factors[filter * cells + i];
    }
  }

  /**
   * The same maps, but of some pictures those of their mirror images; see {@link Facing}. Normalise
   * before.
   *
   * @param images maps of the mirror images, of the same layer and pictures
   * @param which the pictures to be turned
   * @return a view of both storages, which stay open
   * @throws IllegalArgumentException if layers or numbers of pictures differ
   */
  public FeatureMaps turned(FeatureMaps images, boolean[] which) {
    if (!images.layer.equals(layer) || images.pictures != pictures || which.length != pictures) {
      throw new IllegalArgumentException(
          "mirror images must have the layer and the number of the pictures, "
              + layer
              + " of "
              + pictures
              + ", was "
              + images.layer
              + " of "
              + images.pictures
              + " and a choice for "
              + which.length);
    }
    return new FeatureMaps(this, images, which);
  }

  /**
   * The same maps, each unit divided by its standard deviation over these pictures. A filter that
   * is the same in all pictures becomes 0.
   *
   * @return a view of the same storage
   */
  public FeatureMaps normalised() {
    return normalisedBy(this);
  }

  /**
   * The same maps, each unit divided by its standard deviation over other pictures, as the paper's
   * authors do with pictures of other categories. A unit whose deviation is less than a tenth of
   * its filter's mean deviation counts as if it had that, so that a unit that hardly ever fires
   * cannot outweigh all others. A filter that is constant there becomes 0.
   *
   * @param negatives maps of the same layer
   * @return a view of the same storage
   * @throws IllegalArgumentException if the layers differ
   */
  public FeatureMaps normalisedBy(FeatureMaps negatives) {
    if (!negatives.layer.equals(layer)) {
      throw new IllegalArgumentException(
          "only maps of the same layer can normalise " + layer + ", was " + negatives.layer);
    }
    if (mirrored != null || negatives.mirrored != null) {
      throw new IllegalArgumentException("maps must be normalised before some are turned");
    }
    int cells = layer.cells();
    float[] factors = new float[layer.filters() * cells];
    float[] map = new float[cells];
    FeatureMaps raw = new FeatureMaps(layer, negatives.pictures, negatives.values, null, null);
    for (int f = 0; f < layer.filters(); f++) {
      double[] sum = new double[cells];
      double[] squares = new double[cells];
      for (int i = 0; i < raw.pictures; i++) {
        raw.read(i, f, map);
        for (int c = 0; c < cells; c++) {
          sum[c] += map[c];
          squares[c] += (double) map[c] * map[c];
        }
      }
      double mean = 0;
      for (int c = 0; c < cells; c++) {
        double m = sum[c] / raw.pictures;
        squares[c] = Math.sqrt(Math.max(0, squares[c] / raw.pictures - m * m));
        // What is left of a constant is rounding.
        squares[c] = squares[c] < 1e-6 * m ? 0 : squares[c];
        mean += squares[c] / cells;
      }
      for (int c = 0; c < cells && mean > 0; c++) {
        factors[f * cells + c] = (float) (1 / Math.max(squares[c], LEAST_DEVIATION * mean));
      }
    }
    return new FeatureMaps(layer, pictures, values, factors, file);
  }

  /**
   * These pictures followed by others, so that parts of a set can be run apart. Normalise after
   * joining.
   *
   * @param other maps of the same layer, not normalised
   * @return a copy in memory
   * @throws IllegalArgumentException if the layers differ or one of them is normalised
   */
  public FeatureMaps plus(FeatureMaps other) {
    if (!other.layer.equals(layer)
        || scale != null
        || other.scale != null
        || mirrored != null
        || other.mirrored != null) {
      throw new IllegalArgumentException(
          "only maps of the same layer that are not normalised can be joined, was "
              + layer
              + " and "
              + other.layer
              + "; normalise what they become together");
    }
    FeatureMaps both = inMemory(layer, pictures + other.pictures);
    for (int f = 0; f < values.length; f++) {
      both.values[f].put(0, values[f], 0, values[f].capacity());
      both.values[f].put(values[f].capacity(), other.values[f], 0, other.values[f].capacity());
    }
    return both;
  }

  @Override
  public void close() {
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
