package dev.interp.training.filter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.core.data.PartImage;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.file.WholeFile;
import dev.interp.core.metric.LocationInstability;
import dev.interp.core.metric.PartInterpretability;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import dev.interp.training.filter.FilterReport.Shot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Watches what the filters of a net turn into while it is trained: after each epoch it measures the
 * filter layers on a fixed set of pictures and writes {@code filters.jsonl} (a line per epoch and
 * layer) and {@code filters.html} (a page that holds everything it shows, with each filter's
 * strongest pictures).
 *
 * <p>DeepLearning4J tells listeners of epochs only when it is given an iterator; with a loop of
 * one's own call {@link #measure} instead. The cost of an epoch is one forward pass of the pictures
 * through a {@code Network} and the search of the metrics; with a tenth as many pictures as are
 * trained on it stays far below 5 % of an epoch, since forward passes there are faster and there is
 * no backward pass.
 *
 * <p>Instability and part interpretability are measured on the masked maps; in nets whose filters
 * are assigned to categories each filter counts with the category that suits it best. One monitor
 * watches one net at a time.
 */
public final class FilterMonitor extends BaseTrainingListener {
  /** The name of the file of lines. */
  public static final String LINES = "filters.jsonl";

  /** The name of the page. */
  public static final String PAGE = "filters.html";

  private static final int BATCH = 32;
  private static final int SHOWN = 6;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final INDArray x;
  private final List<PartImage> pictures;
  private final List<String> classes;
  private final FilterPage page;
  private final StringBuilder lines = new StringBuilder();
  private final Map<String, List<Integer>> assigned = new HashMap<>();
  private int epoch;

  /**
   * A monitor.
   *
   * @param folder where the files go; must exist, files of their names are replaced
   * @param x the pictures as the net takes them, channels first, {@code [N, C, H, W]}; not
   *     modified, and must not change
   * @param pictures the same pictures as people see them, with landmarks and, if known, masks
   * @param classes the names of the classes; may be empty
   * @throws IllegalArgumentException if there are no pictures or not as many as in the batch
   * @throws IOException if the folder does not exist
   */
  public FilterMonitor(Path folder, INDArray x, List<PartImage> pictures, List<String> classes)
      throws IOException {
    if (pictures.isEmpty() || x.rank() != 4 || x.size(0) != pictures.size()) {
      throw new IllegalArgumentException(
          "a monitor needs pictures and the same ones as [N, C, H, W], was "
              + pictures.size()
              + " pictures and "
              + java.util.Arrays.toString(x.shape()));
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    this.folder = folder;
    this.x = x;
    this.pictures = List.copyOf(pictures);
    this.classes = List.copyOf(classes);
    this.page = new FilterPage(this.pictures, this.classes);
  }

  @Override
  public void onEpochEnd(Model model) {
    try {
      measure(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Measures the filter layers of a net as it is now, and writes the files.
   *
   * @param net a MultiLayerNetwork or ComputationGraph; not modified
   * @return one report per filter layer
   * @throws IOException if a file cannot be written
   * @throws IllegalArgumentException if the net has no filter layer
   */
  public List<FilterReport> measure(Model net) throws IOException {
    Map<String, FilterLayer> layers = layers(net);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          "the net has no filter layer: nothing to watch; use InterpretableConvolution or"
              + " InterpretableMask");
    }
    try (var ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      Network network =
          net instanceof MultiLayerNetwork layered
              ? Dl4j.network(layered)
              : Dl4j.network((ComputationGraph) net);
      List<FilterReport> reports = new ArrayList<>();
      for (Map.Entry<String, FilterLayer> layer : layers.entrySet()) {
        FilterReport report = measure(network, layer.getKey(), layer.getValue());
        reports.add(report);
        lines.append(line(report)).append('\n');
      }
      write(LINES, lines.toString());
      write(PAGE, page.page(reports));
      epoch++;
      return reports;
    }
  }

  private static Map<String, FilterLayer> layers(Model net) {
    Map<String, FilterLayer> layers = new LinkedHashMap<>();
    FilterLabels.filterLayers(net)
        .forEach(
            layer -> {
              var own = (org.deeplearning4j.nn.api.Layer) layer;
              String name = own.conf().getLayer().getLayerName();
              layers.put(name == null ? "layer" + own.getIndex() : name, layer);
            });
    return layers;
  }

  private FilterReport measure(Network network, String name, FilterLayer layer) {
    // What the masked maps are the product of; the loss sees the maps before the mask.
    Node product =
        network.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
    String maps = product.inputs().get(0);
    LayerInfo info =
        network.layers(shape()).stream()
            .filter(l -> l.name().equals(name))
            .findFirst()
            .orElseThrow();
    Map<String, INDArray> parameters = ((org.deeplearning4j.nn.api.Layer) layer).paramTable();
    List<INDArray> masked = new ArrayList<>();
    double interCategory = 0;
    double spatial = 0;
    Templates templates = null;
    for (int from = 0; from < pictures.size(); from += BATCH) {
      INDArray batch = rows(from, Math.min(from + BATCH, pictures.size()));
      try (Trace trace = network.run(batch, Hooks.none().keep(maps, name))) {
        INDArray before = trace.activation(maps);
        masked.add(trace.activation(name));
        templates = Templates.fitting(before, templates);
        FilterLosses.Entropies terms =
            FilterLosses.entropies(
                Normalized.of(
                        before,
                        layer.unit().settings().getGain(),
                        Templates.peaks(before),
                        FilterUnit.value(parameters, FilterParameters.ACTIVATION))
                    .maps(),
                templates);
        interCategory += terms.interCategory().meanNumber().doubleValue();
        spatial += terms.spatial().meanNumber().doubleValue();
      }
    }
    int filters = info.shape().get(0).intValue();
    List<Integer> categories =
        java.util.Arrays.stream(
                FilterCategories.assigned(layer.unit().settings(), parameters, filters))
            .boxed()
            .toList();
    List<Integer> before = assigned.put(name, categories);
    boolean perCategory = layer.unit().settings().getCategories() > 0;
    return new FilterReport(
        epoch,
        name,
        instability(masked, info.receptiveField(), filters, perCategory),
        interpretability(masked, info.receptiveField(), filters, perCategory),
        interCategory / masked.size(),
        spatial / masked.size(),
        categories,
        before == null
            ? 0
            : (int)
                IntStream.range(0, filters)
                    .filter(f -> !before.get(f).equals(categories.get(f)))
                    .count(),
        FilterReport.strongest(masked, info.receptiveField(), shape(), SHOWN));
  }

  private long[] shape() {
    return new long[] {x.size(1), x.size(2), x.size(3)};
  }

  private INDArray rows(int from, int to) {
    return x.get(NDArrayIndex.interval(from, to)).dup('c');
  }

  private double instability(
      List<INDArray> masked, ReceptiveField field, int filters, boolean perCategory) {
    int landmarks = pictures.get(0).landmarks().size();
    if (landmarks == 0) {
      return Double.NaN;
    }
    Map<Integer, LocationInstability> metrics = new HashMap<>();
    for (int n = 0; n < pictures.size(); n++) {
      metrics
          .computeIfAbsent(
              perCategory ? pictures.get(n).label() : 0,
              k -> new LocationInstability(filters, landmarks))
          .add(maps(masked, n), field, shape(), List.of(pictures.get(n)));
    }
    return LocationInstability.meanOfBest(List.copyOf(metrics.values()));
  }

  private OptionalDouble interpretability(
      List<INDArray> masked, ReceptiveField field, int filters, boolean perCategory) {
    if (pictures.stream().anyMatch(p -> p.mask().isEmpty())) {
      return OptionalDouble.empty();
    }
    PartInterpretability.Thresholds thresholds = new PartInterpretability.Thresholds(filters);
    masked.forEach(thresholds::add);
    float[] values = thresholds.values();
    List<String> parts = pictures.get(0).mask().orElseThrow().parts();
    Map<Integer, PartInterpretability> metrics = new HashMap<>();
    for (int n = 0; n < pictures.size(); n++) {
      metrics
          .computeIfAbsent(
              perCategory ? pictures.get(n).label() : 0,
              k -> new PartInterpretability(values, parts))
          .add(maps(masked, n), field, shape(), List.of(pictures.get(n)));
    }
    return OptionalDouble.of(PartInterpretability.meanOfBest(List.copyOf(metrics.values())));
  }

  private static INDArray maps(List<INDArray> masked, int picture) {
    long at = picture % BATCH;
    return masked.get(picture / BATCH).get(NDArrayIndex.interval(at, at + 1));
  }

  private static String line(FilterReport report) throws JsonProcessingException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("epoch", report.epoch());
    line.put("layer", report.layer());
    if (!Double.isNaN(report.instability())) {
      line.put("instability", report.instability());
    }
    report.partInterpretability().ifPresent(v -> line.put("part_interpretability", v));
    line.put("inter_category_entropy", report.interCategory());
    line.put("spatial_entropy", report.spatial());
    line.put("categories", report.categories());
    line.put("reassigned", report.reassigned());
    line.put(
        "strongest",
        report.strongest().stream()
            .map(shots -> shots.stream().map(Shot::picture).toList())
            .toList());
    return JSON.writeValueAsString(line);
  }

  private void write(String name, String text) throws IOException {
    WholeFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
