package dev.interp.disentangle.dissect;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartImage;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.core.network.UnitInterpolation;
import dev.interp.visual.gallery.TopPictures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Network dissection: names the concept that each filter of a layer detects. Two passes over the
 * pictures: the first finds for every filter the threshold that 0.5 % of its activations exceed
 * ({@link ActivationQuantiles}) and the pictures in which it is strongest, the second how its
 * regions overlap with those of concepts ({@link ConceptOverlap}). A filter is a detector of the
 * concept with the largest intersection over union, if that exceeds 0.04.
 *
 * <p>Source: D. Bau, B. Zhou, A. Khosla, A. Oliva, A. Torralba, Network dissection (CVPR 2017).
 * Deviations: all concepts are counted for all filters, not only the largest 2048 overlaps; the
 * random rotation is a whole one, of no fractional power; thresholds are rounded up by at most
 * 1/256 of their value.
 *
 * <p>Costs two forward passes per picture, which end at the uppermost layer. Immutable; {@code
 * withX} returns a copy. Safe for concurrent use.
 */
public final class Dissection {
  private final double quantile;
  private final double limit;
  private final int fewest;
  private final int batchSize;
  private final int topPictures;
  private final OptionalLong rotation;
  private final Progress progress;

  private Dissection(
      double quantile,
      double limit,
      int fewest,
      int batchSize,
      int topPictures,
      OptionalLong rotation,
      Progress progress) {
    this.quantile = quantile;
    this.limit = limit;
    this.fewest = fewest;
    this.batchSize = batchSize;
    this.topPictures = topPictures;
    this.rotation = rotation;
    this.progress = progress;
  }

  /**
   * The settings of the paper: quantile 0.005, detectors above 0.04, concepts that at least 10
   * pictures show; batches of 32, 9 top pictures, no rotation.
   *
   * @return the method
   */
  public static Dissection withDefaults() {
    return new Dissection(0.005, 0.04, 10, 32, 9, OptionalLong.empty(), Progress.none());
  }

  /**
   * Sets how large a share of a filter's activations exceeds its threshold.
   *
   * @param share above 0 and below 1
   * @return a copy
   * @throws IllegalArgumentException if it is not legal
   */
  public Dissection withQuantile(double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException("the quantile must lie between 0 and 1, was " + share);
    }
    return new Dissection(share, limit, fewest, batchSize, topPictures, rotation, progress);
  }

  /**
   * Sets above which intersection over union a filter is a detector.
   *
   * @param iou at least 0, below 1
   * @return a copy
   * @throws IllegalArgumentException if it is not legal
   */
  public Dissection withDetectorLimit(double iou) {
    if (!(iou >= 0 && iou < 1)) {
      throw new IllegalArgumentException("the limit of detectors must be in [0, 1), was " + iou);
    }
    return new Dissection(quantile, iou, fewest, batchSize, topPictures, rotation, progress);
  }

  /**
   * Sets how many pictures must show a concept for it to be told of filters.
   *
   * @param pictures at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is less
   */
  public Dissection withFewestPictures(int pictures) {
    return new Dissection(
        quantile,
        limit,
        atLeastOne("the fewest pictures of a concept", pictures),
        batchSize,
        topPictures,
        rotation,
        progress);
  }

  /**
   * Sets how many pictures go through the network at once.
   *
   * @param pictures at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is less
   */
  public Dissection withBatchSize(int pictures) {
    return new Dissection(
        quantile,
        limit,
        fewest,
        atLeastOne("the batch size", pictures),
        topPictures,
        rotation,
        progress);
  }

  /**
   * Sets how many top pictures are kept of each filter.
   *
   * @param pictures at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is less
   */
  public Dissection withTopPictures(int pictures) {
    return new Dissection(
        quantile,
        limit,
        fewest,
        batchSize,
        atLeastOne("the number of top pictures", pictures),
        rotation,
        progress);
  }

  /**
   * Dissects random directions of the space of filters as well: the filters rotated as a whole.
   *
   * @param seed of the rotation
   * @return a copy
   */
  public Dissection withRotation(long seed) {
    return new Dissection(
        quantile, limit, fewest, batchSize, topPictures, OptionalLong.of(seed), progress);
  }

  /**
   * Sets who is told of the progress, in pictures of both passes.
   *
   * @param listener may cancel
   * @return a copy
   */
  public Dissection withProgress(Progress listener) {
    return new Dissection(quantile, limit, fewest, batchSize, topPictures, rotation, listener);
  }

  private static int atLeastOne(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, was " + value);
    }
    return value;
  }

  /**
   * Dissects layers of a network.
   *
   * @param network the network
   * @param layers names of layers with spatial extent
   * @param pictures what it is shown
   * @param concepts what is known of the pictures
   * @return one result per layer, in their order
   * @throws IllegalArgumentException if a layer does not exist or has no spatial extent, or an
   *     activation is not finite
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<LayerDissection> run(
      Network network, List<String> layers, Pictures pictures, ConceptSource concepts) {
    List<Layer> found = layers(network, layers, pictures);
    Counter counter = new Counter(2L * pictures.size());
    found.forEach(Layer::begin);
    statistics(network, found, pictures, counter);
    for (Layer layer : found) {
      layer.prepare(concepts.concepts());
    }
    overlaps(network, found, pictures, concepts, counter);
    List<LayerDissection> results = new ArrayList<>();
    for (Layer layer : found) {
      results.add(layer.result(pictures.size()));
    }
    return List.copyOf(results);
  }

  /**
   * The first pass alone, for pictures that are dissected in parts: merge the results of the parts.
   *
   * @param network the network
   * @param layers names of layers with spatial extent
   * @param pictures one part
   * @return the quantiles of each layer, by its name
   * @throws IllegalArgumentException as {@link #run}
   */
  public Map<String, ActivationQuantiles> quantiles(
      Network network, List<String> layers, Pictures pictures) {
    List<Layer> found = layers(network, layers, pictures);
    found.forEach(Layer::begin);
    statistics(network, found, pictures, new Counter(pictures.size()));
    Map<String, ActivationQuantiles> results = new LinkedHashMap<>();
    found.forEach(layer -> results.put(layer.info.name(), layer.quantiles));
    return results;
  }

  /**
   * The second pass alone; see {@link #quantiles}.
   *
   * @param network the network
   * @param thresholds of the filters of each layer, by its name
   * @param pictures one part
   * @param concepts what is known of the pictures
   * @return the overlaps of each layer, by its name
   * @throws IllegalArgumentException as {@link #run}, or if there are more or fewer thresholds than
   *     filters
   */
  public Map<String, ConceptOverlap> overlaps(
      Network network, Map<String, float[]> thresholds, Pictures pictures, ConceptSource concepts) {
    List<Layer> found = layers(network, List.copyOf(thresholds.keySet()), pictures);
    for (Layer layer : found) {
      float[] own = thresholds.getOrDefault(layer.info.name(), new float[0]);
      if (own.length != layer.filters) {
        throw new IllegalArgumentException(
            "layer '"
                + layer.info.name()
                + "' needs "
                + layer.filters
                + " thresholds, was "
                + own.length);
      }
      layer.parts = parts(own, concepts.concepts());
    }
    overlaps(network, found, pictures, concepts, new Counter(pictures.size()));
    Map<String, ConceptOverlap> results = new LinkedHashMap<>();
    found.forEach(layer -> results.put(layer.info.name(), merged(layer.parts)));
    return results;
  }

  private List<Layer> layers(Network network, List<String> layers, Pictures pictures) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("at least 1 layer must be named for a dissection");
    }
    INDArray first = pictures.batch(0, 1).x();
    network.checkInput(first);
    List<Layer> found = new ArrayList<>();
    for (String name : layers) {
      found.add(new Layer(Maps.layer(network, name, first), Maps.input(first)));
    }
    return found;
  }

  private static int workers() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static ConceptOverlap[] parts(float[] thresholds, List<Concept> concepts) {
    ConceptOverlap[] parts = new ConceptOverlap[workers()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = new ConceptOverlap(thresholds, concepts);
    }
    return parts;
  }

  private static ConceptOverlap merged(ConceptOverlap[] parts) {
    ConceptOverlap all = parts[0];
    for (int i = 1; i < parts.length; i++) {
      all = all.merge(parts[i]);
    }
    return all;
  }

  /** Pictures done in both passes. */
  private final class Counter {
    private final long total;
    private long done;

    Counter(long total) {
      this.total = total;
    }

    void add(int pictures) {
      done += pictures;
      progress.report(done, total);
    }
  }

  /** A layer on its way. */
  private final class Layer {
    final LayerInfo info;
    final long[] input;
    final int filters;
    final int cells;
    ActivationQuantiles quantiles;
    TopPictures top;
    ConceptOverlap[] parts = new ConceptOverlap[0];
    @Nullable INDArray turn;
    @Nullable ActivationQuantiles turned;
    ConceptOverlap[] turnedParts = new ConceptOverlap[0];
    final Map<Long, UnitInterpolation> rows = new HashMap<>();
    final Map<Long, UnitInterpolation> columns = new HashMap<>();

    Layer(LayerInfo info, long[] input) {
      this.info = info;
      this.input = input;
      this.filters = Maps.size(info, 0);
      this.cells = Maps.size(info, 1) * Maps.size(info, 2);
      this.quantiles = new ActivationQuantiles(filters);
      this.top = new TopPictures(filters, topPictures);
    }

    void begin() {
      if (rotation.isPresent()) {
        turn =
            Nd4j.createFromArray(Rotation.random(filters, rotation.getAsLong()))
                .reshape('c', filters, filters);
        turned = new ActivationQuantiles(filters);
      }
    }

    void prepare(List<Concept> concepts) {
      parts = parts(quantiles.quantiles(quantile), concepts);
      ActivationQuantiles other = turned;
      if (other != null) {
        turnedParts = parts(other.quantiles(quantile), concepts);
      }
    }

    float @Nullable [] turn(float[] maps) {
      INDArray matrix = turn;
      if (matrix == null) {
        return null;
      }
      INDArray positions = Nd4j.createFromArray(maps).reshape('c', maps.length / filters, filters);
      return Maps.floats(
          positions.mmul(
              matrix, Nd4j.createUninitialized(positions.dataType(), positions.shape(), 'c')));
    }

    void statistics(float[] maps, int pictures, int first) {
      float[] other = turn(maps);
      int parts = Math.min(filters, workers());
      IntStream.range(0, parts)
          .parallel()
          .forEach(
              part -> {
                int from = filters * part / parts;
                int to = filters * (part + 1) / parts;
                quantiles.add(maps, pictures * cells, from, to);
                peaks(maps, pictures, first, from, to);
                ActivationQuantiles turnedOnes = turned;
                if (other != null && turnedOnes != null) {
                  turnedOnes.add(other, pictures * cells, from, to);
                }
              });
    }

    private void peaks(float[] maps, int pictures, int first, int from, int to) {
      float[] best = new float[to - from];
      int[] at = new int[to - from];
      for (int n = 0; n < pictures; n++) {
        java.util.Arrays.fill(best, Float.NEGATIVE_INFINITY);
        for (int cell = 0; cell < cells; cell++) {
          int offset = (n * cells + cell) * filters;
          for (int f = from; f < to; f++) {
            if (maps[offset + f] > best[f - from]) {
              best[f - from] = maps[offset + f];
              at[f - from] = cell;
            }
          }
        }
        for (int f = from; f < to; f++) {
          top.offer(f, first + n, best[f - from], at[f - from]);
        }
      }
    }

    UnitInterpolation rows(int pixels) {
      return rows.computeIfAbsent(
          (long) pixels,
          k ->
              new UnitInterpolation(
                  info.receptiveField().height(), Maps.size(info, 1), input[1], pixels));
    }

    UnitInterpolation columns(int pixels) {
      return columns.computeIfAbsent(
          (long) pixels,
          k ->
              new UnitInterpolation(
                  info.receptiveField().width(), Maps.size(info, 2), input[2], pixels));
    }

    void overlaps(float[] maps, Labelled batch) {
      float[] other = turn(maps);
      List<PartImage> images = batch.pictures().images();
      UnitInterpolation[] own = new UnitInterpolation[2 * images.size()];
      for (int n = 0; n < images.size(); n++) {
        own[2 * n] = rows(images.get(n).image().height());
        own[2 * n + 1] = columns(images.get(n).image().width());
      }
      IntStream.range(0, parts.length)
          .parallel()
          .forEach(
              part -> {
                for (int n = part; n < images.size(); n += parts.length) {
                  List<short[]> planes = batch.planes().get(n);
                  int offset = n * cells * filters;
                  parts[part].add(maps, offset, own[2 * n], own[2 * n + 1], planes);
                  if (other != null) {
                    turnedParts[part].add(other, offset, own[2 * n], own[2 * n + 1], planes);
                  }
                }
              });
    }

    LayerDissection result(int pictures) {
      ConceptOverlap overlap = merged(parts);
      float[] thresholds = overlap.thresholds();
      List<LayerDissection.Filter> all = new ArrayList<>();
      for (int f = 0; f < filters; f++) {
        Optional<LayerDissection.Match> best = LayerDissection.best(overlap, f, fewest);
        all.add(
            new LayerDissection.Filter(
                f,
                thresholds[f],
                quantiles.largest(f),
                best,
                best.map(LayerDissection.Match::score).orElse(0.0) > limit,
                LayerDissection.part(overlap, f, fewest),
                top.of(f)));
      }
      return new LayerDissection(
          info.name(),
          Maps.size(info, 1),
          Maps.size(info, 2),
          info.receptiveField(),
          (int) input[1],
          (int) input[2],
          pictures,
          overlap,
          all,
          LayerDissection.Detectors.of(overlap, fewest, limit),
          turnedParts.length == 0
              ? Optional.empty()
              : Optional.of(LayerDissection.Detectors.of(merged(turnedParts), fewest, limit)));
    }
  }

  private void statistics(Network network, List<Layer> layers, Pictures pictures, Counter counter) {
    each(
        pictures,
        batch -> batch,
        batch -> {
          int size = batch.images().size();
          List<float[]> maps = maps(network, layers, batch.x());
          for (int i = 0; i < layers.size(); i++) {
            layers.get(i).statistics(maps.get(i), size, batch.first());
          }
          counter.add(size);
        });
  }

  /** A batch with the concepts of its pictures. */
  private record Labelled(Pictures.Batch pictures, List<List<short[]>> planes) {}

  private void overlaps(
      Network network,
      List<Layer> layers,
      Pictures pictures,
      ConceptSource concepts,
      Counter counter) {
    each(
        pictures,
        batch -> new Labelled(batch, label(batch.images(), concepts)),
        batch -> {
          List<float[]> maps = maps(network, layers, batch.pictures().x());
          for (int i = 0; i < layers.size(); i++) {
            layers.get(i).overlaps(maps.get(i), batch);
          }
          counter.add(batch.planes().size());
        });
  }

  private static List<List<short[]>> label(List<PartImage> images, ConceptSource concepts) {
    return images.stream()
        .parallel()
        .map(
            image -> {
              List<short[]> planes = concepts.label(image);
              for (short[] plane : planes) {
                if (plane.length != image.image().width() * image.image().height()) {
                  throw new IllegalArgumentException(
                      "planes of concepts must have the size of "
                          + image.image()
                          + ", was "
                          + plane.length
                          + " pixels");
                }
              }
              return planes;
            })
        .toList();
  }

  private static List<float[]> maps(Network network, List<Layer> layers, INDArray x) {
    String[] names = layers.stream().map(layer -> layer.info.name()).toArray(String[]::new);
    List<float[]> maps = new ArrayList<>();
    try (Trace trace = network.run(x, Hooks.none().keep(names).forgetBelow())) {
      for (String name : names) {
        maps.add(trace.read(name, Maps::floats));
      }
    }
    return maps;
  }

  private interface Work<T> {
    void take(T batch);
  }

  /** Prepares a batch while the one before is worked on. */
  private <T> void each(Pictures pictures, Function<Pictures.Batch, T> preparation, Work<T> work) {
    CompletableFuture<T> next = prepare(pictures, 0, preparation);
    for (int from = 0; from < pictures.size(); from += batchSize) {
      T batch = result(next);
      int following = from + batchSize;
      if (following < pictures.size()) {
        next = prepare(pictures, following, preparation);
      }
      work.take(batch);
    }
  }

  private <T> CompletableFuture<T> prepare(
      Pictures pictures, int from, Function<Pictures.Batch, T> preparation) {
    return CompletableFuture.supplyAsync(
        () -> preparation.apply(pictures.batch(from, from + batchSize)));
  }

  private static <T> T result(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
