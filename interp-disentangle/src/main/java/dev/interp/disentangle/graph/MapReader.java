package dev.interp.disentangle.graph;

import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.IntFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Runs pictures through a network and keeps the maps of chosen layers. Immutable.
 *
 * <p>Maps stay in memory as long as those of all layers together need no more than a bound, half of
 * what Java may use unless said otherwise; layers beyond it go to files that are mapped.
 */
public final class MapReader {
  private static final int BATCH = 16;

  private final Network network;
  private final List<String> layers;
  private final int batch;
  private final long memory;
  private final Path folder;
  private final Progress progress;

  private MapReader(
      Network network,
      List<String> layers,
      int batch,
      long memory,
      Path folder,
      Progress progress) {
    this.network = network;
    this.layers = layers;
    this.batch = batch;
    this.memory = memory;
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * A reader of some layers.
   *
   * @param network what pictures are run through
   * @param layers names of tensors with maps; put into the network's order, the lowest first
   * @return the reader
   * @throws IllegalArgumentException if there is no layer, one twice or one the network lacks
   */
  public static MapReader of(Network network, List<String> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          "name at least one layer, such as '" + network.lastSpatial() + "'");
    }
    if (new HashSet<>(layers).size() < layers.size()) {
      throw new IllegalArgumentException("each layer must be named once, was " + layers);
    }
    layers.forEach(network::layer);
    List<String> ordered =
        network.layers(network.typicalInput()).stream()
            .map(LayerInfo::name)
            .filter(layers::contains)
            .toList();
    return new MapReader(
        network,
        ordered,
        BATCH,
        Runtime.getRuntime().maxMemory() / 2,
        Path.of(System.getProperty("java.io.tmpdir")),
        Progress.none());
  }

  /**
   * Sets how many pictures run at a time.
   *
   * @param pictures at least 1
   * @return a reader with that
   * @throws IllegalArgumentException if less
   */
  public MapReader withBatch(int pictures) {
    if (pictures < 1) {
      throw new IllegalArgumentException("the batch must be at least 1, was " + pictures);
    }
    return new MapReader(network, layers, pictures, memory, folder, progress);
  }

  /**
   * Sets how much memory maps may take and where the rest goes.
   *
   * @param bytes for the maps of all layers, at least 0
   * @param spill an existing folder for files that live as long as the maps
   * @return a reader with that
   * @throws IllegalArgumentException if negative
   */
  public MapReader withMemory(long bytes, Path spill) {
    if (bytes < 0) {
      throw new IllegalArgumentException("the memory for maps must be at least 0, was " + bytes);
    }
    return new MapReader(network, layers, batch, bytes, spill, progress);
  }

  /**
   * Sets who is told of each picture.
   *
   * @param listener told after each batch
   * @return a reader with that
   */
  public MapReader withProgress(Progress listener) {
    return new MapReader(network, layers, batch, memory, folder, listener);
  }

  /**
   * Runs pictures.
   *
   * @param pictures how many, at least 1
   * @param input gives picture i as the network takes it, {@code [1, C, H, W]}, all of one size
   * @return the maps of each layer, the lowest first; the caller closes them
   * @throws IOException if a file cannot be written
   * @throws IllegalArgumentException if there is no picture, or a layer has no maps
   */
  public List<FeatureMaps> read(int pictures, IntFunction<INDArray> input) throws IOException {
    if (pictures < 1) {
      throw new IllegalArgumentException("at least one picture is needed, was " + pictures);
    }
    List<FeatureMaps> maps = new ArrayList<>();
    boolean complete = false;
    try {
      for (int from = 0; from < pictures; from += batch) {
        int to = Math.min(pictures, from + batch);
        INDArray[] rows = new INDArray[to - from];
        for (int i = from; i < to; i++) {
          rows[i - from] = input.apply(i);
        }
        INDArray x = Nd4j.concat(0, rows);
        if (maps.isEmpty()) {
          allocate(maps, x, pictures);
        }
        run(x, from, maps);
        progress.report(to, pictures);
      }
      complete = true;
    } finally {
      if (!complete) {
        maps.forEach(FeatureMaps::close);
      }
    }
    return List.copyOf(maps);
  }

  private void allocate(List<FeatureMaps> maps, INDArray x, int pictures) throws IOException {
    long[] shape = {x.size(1), x.size(2), x.size(3)};
    List<LayerInfo> infos = network.layers(shape);
    long used = 0;
    List<GraphLayer> geometries = new ArrayList<>();
    for (String name : layers) {
      LayerInfo info = infos.stream().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
      geometries.add(GraphLayer.of(info, shape));
    }
    for (GraphLayer layer : geometries) {
      long bytes = 4L * pictures * layer.filters() * layer.cells();
      boolean fits = used + bytes <= memory;
      used += fits ? bytes : 0;
      maps.add(
          fits
              ? FeatureMaps.inMemory(layer, pictures)
              : FeatureMaps.inFile(layer, pictures, folder));
    }
  }

  private void run(INDArray x, int from, List<FeatureMaps> maps) {
    try (Trace trace =
        network.run(x, Hooks.none().keep(layers.toArray(new String[0])).forgetBelow())) {
      for (FeatureMaps one : maps) {
        float[] values = trace.activation(one.layer().name()).dup('c').data().asFloat();
        int size = one.layer().filters() * one.layer().cells();
        for (int i = 0; i < x.size(0); i++) {
          one.put(from + i, values, i * size);
        }
      }
    }
  }
}
