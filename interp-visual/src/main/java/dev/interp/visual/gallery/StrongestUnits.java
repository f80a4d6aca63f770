package dev.interp.visual.gallery;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Finds the pictures in which the filters of layers are strongest, and where; the same for random
 * directions in the space of a layer's filters.
 *
 * <p>A filter's strength in a picture is its largest activation at any place, that of a direction
 * the largest inner product with the activations at a place. Directions have the length one and are
 * drawn evenly from the sphere.
 *
 * <p>Cost: one forward pass for every picture to the highest of the layers.
 *
 * <p>Immutable; {@code withX} returns a copy. Safe for concurrent use.
 */
public final class StrongestUnits {
  private final int kept;
  private final int directions;
  private final long seed;
  private final int batchSize;
  private final Progress progress;

  private StrongestUnits(int kept, int directions, long seed, int batchSize, Progress progress) {
    this.kept = kept;
    this.directions = directions;
    this.seed = seed;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * Nine pictures of each filter, no directions, 16 pictures at once.
   *
   * @return the method
   */
  public static StrongestUnits withDefaults() {
    return new StrongestUnits(9, 0, 0, 16, Progress.none());
  }

  /**
   * Sets how many pictures are kept.
   *
   * @param pictures of each filter and direction, at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public StrongestUnits withKept(int pictures) {
    return new StrongestUnits(
        atLeastOne("the number of pictures kept", pictures), directions, seed, batchSize, progress);
  }

  /**
   * Asks for random directions.
   *
   * @param count of each layer, at least 0
   * @param newSeed of the directions
   * @return a copy
   * @throws IllegalArgumentException if the count is below 0
   */
  public StrongestUnits withDirections(int count, long newSeed) {
    if (count < 0) {
      throw new IllegalArgumentException(
          "the number of directions must be at least 0, was " + count);
    }
    return new StrongestUnits(kept, count, newSeed, batchSize, progress);
  }

  /**
   * Sets how many pictures go through the network at once; changes no result beyond rounding.
   *
   * @param pictures at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public StrongestUnits withBatchSize(int pictures) {
    return new StrongestUnits(
        kept, directions, seed, atLeastOne("the batch size", pictures), progress);
  }

  /**
   * Sets who is told of the progress, in pictures.
   *
   * @param listener may cancel
   * @return a copy
   */
  public StrongestUnits withProgress(Progress listener) {
    return new StrongestUnits(kept, directions, seed, batchSize, listener);
  }

  private static int atLeastOne(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, was " + number);
    }
    return number;
  }

  /**
   * The strongest of a layer.
   *
   * @param layer the layer, for the size of these pictures
   * @param filters for each filter the pictures in which it is strongest, best first; the place is
   *     {@code row * columns + column}
   * @param directions the same for each random direction
   */
  public record Found(
      LayerInfo layer,
      List<List<TopPictures.Shot>> filters,
      List<List<TopPictures.Shot>> directions) {
    /** Copies the lists. */
    public Found {
      filters = List.copyOf(filters);
      directions = List.copyOf(directions);
    }
  }

  /**
   * Looks through all pictures.
   *
   * @param network the network
   * @param layers names of tensors, {@code [C, H, W]} or {@code [F]}; an entry of a vector counts
   *     as a filter with one place
   * @param pictures the pictures
   * @param preprocessor their way into the network
   * @return one result per layer, in their order
   * @throws IllegalArgumentException if there is no picture or no such layer, or pictures differ in
   *     size when they enter the network
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<Found> find(
      Network network, List<String> layers, PartDataset pictures, Preprocessor preprocessor) {
    layers.forEach(network::layer);
    if (pictures.size() == 0) {
      throw new IllegalArgumentException("at least 1 picture is needed, the data set has none");
    }
    List<Search> searches = new ArrayList<>();
    for (int from = 0; from < pictures.size(); from += batchSize) {
      int first = from;
      int to = Math.min(pictures.size(), from + batchSize);
      List<Image> images =
          IntStream.range(from, to).parallel().mapToObj(i -> image(pictures.get(i))).toList();
      try (INDArray x = preprocessor.apply(images)) {
        if (searches.isEmpty()) {
          Network sized = network.withInput(Arrays.copyOfRange(x.shape(), 1, x.rank()));
          layers.forEach(layer -> searches.add(search(sized.layer(layer))));
        }
        String[] names = layers.toArray(String[]::new);
        try (Trace trace = network.run(x, Hooks.none().keep(names).forgetBelow())) {
          for (Search search : searches) {
            trace.read(search.layer.name(), maps -> search.offer(maps, first));
          }
        }
      }
      progress.report(to, pictures.size());
    }
    return searches.stream().map(Search::found).toList();
  }

  /** A picture with its three planes. */
  static Image image(PartImage picture) {
    return Image.of(
        3, picture.image().height(), picture.image().width(), picture.image().toPlanar());
  }

  private Search search(LayerInfo layer) {
    int filters = Math.toIntExact(layer.shape().get(0));
    float[] vectors = new float[filters * directions];
    Random random = new Random(seed * 31 + layer.name().hashCode());
    for (int d = 0; d < directions; d++) {
      double squares = 0;
      for (int f = 0; f < filters; f++) {
        float value = (float) random.nextGaussian();
        vectors[f * directions + d] = value;
        squares += value * value;
      }
      for (int f = 0; f < filters; f++) {
        vectors[f * directions + d] /= (float) Math.sqrt(squares);
      }
    }
    return new Search(layer, filters, vectors);
  }

  /** The search in one layer. */
  private final class Search {
    private final LayerInfo layer;
    private final float[] vectors;
    private final int filters;
    private final TopPictures ofFilters;
    private final TopPictures ofDirections;

    Search(LayerInfo layer, int filters, float[] vectors) {
      this.layer = layer;
      this.filters = filters;
      this.vectors = vectors;
      ofFilters = new TopPictures(filters, kept);
      ofDirections = new TopPictures(Math.max(1, directions), kept);
    }

    /** Offers maps with their channels last. */
    boolean offer(INDArray maps, int first) {
      int examples = (int) maps.size(0);
      offer(floats(maps), examples, filters, ofFilters, first);
      if (directions > 0) {
        INDArray single = maps.castTo(DataType.FLOAT);
        try (INDArray basis = Nd4j.createFromArray(vectors).reshape('c', filters, directions);
            INDArray onto = single.reshape('c', maps.length() / filters, filters).mmul(basis)) {
          offer(floats(onto), examples, directions, ofDirections, first);
        }
      }
      return true;
    }

    private static void offer(
        float[] maps, int examples, int channels, TopPictures top, int first) {
      int cells = maps.length / examples / channels;
      for (int n = 0; n < examples; n++) {
        int at = n * cells * channels;
        float[] best = Arrays.copyOfRange(maps, at, at + channels);
        int[] where = new int[channels];
        for (int cell = 0; cell < cells; cell++) {
          for (int c = 0; c < channels; c++, at++) {
            if (maps[at] > best[c]) {
              best[c] = maps[at];
              where[c] = cell;
            }
          }
        }
        for (int c = 0; c < channels; c++) {
          top.offer(c, first + n, best[c], where[c]);
        }
      }
    }

    Found found() {
      return new Found(
          layer,
          IntStream.range(0, filters).mapToObj(ofFilters::of).toList(),
          IntStream.range(0, directions).mapToObj(ofDirections::of).toList());
    }
  }

  /** What lies in an array in C order, as a copy. */
  static float[] floats(INDArray array) {
    INDArray single = array.dataType() == DataType.FLOAT ? array : array.castTo(DataType.FLOAT);
    boolean inRows =
        single.offset() == 0
            && Arrays.equals(single.stride(), Nd4j.getStrides(single.shape(), 'c'));
    INDArray plain = inRows ? single : single.dup('c');
    float[] values = new float[Math.toIntExact(plain.length())];
    plain.data().asNioFloat().get(values);
    return values;
  }
}
