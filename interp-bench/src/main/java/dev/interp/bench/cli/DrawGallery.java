package dev.interp.bench.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.core.data.PartDataset;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.visual.gallery.GalleryFilter;
import dev.interp.visual.gallery.GalleryLayer;
import dev.interp.visual.gallery.GalleryPage;
import dev.interp.visual.gallery.NetworkGallery;
import dev.interp.visual.gallery.TopPictures;
import dev.interp.visual.report.Fact;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows all filters of a network on a page. */
@Command(
    name = "gallery",
    mixinStandardHelpOptions = true,
    description = "A page on which one can walk through a network and all of its filters.")
final class DrawGallery implements Callable<Integer> {
  private static final int BIRDS = 200;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private FilterOptions filters = new FilterOptions();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--data",
      paramLabel = "birds|DIR",
      description = "Rendered birds (the default), or a folder of pictures.")
  private String data = "birds";

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Pictures. Default: 200 birds, all of a folder.")
  private int images;

  @Option(
      names = "--layers",
      split = ",",
      paramLabel = "L",
      description = "Layers to show (see interp layers). Default: all convolutions and dense ones.")
  private List<String> layers = new ArrayList<>();

  @Option(
      names = "--drawn",
      paramLabel = "N",
      description = "Draw the first N filters of each layer by activation maximisation: 32.")
  private int drawn = 32;

  @Option(names = "--steps", paramLabel = "N", description = "Steps of each drawing: 128.")
  private int steps = 128;

  @Option(
      names = "--dissection",
      paramLabel = "F.json",
      description = "The result.json of interp dissect, for the concepts that filters detect.")
  private @Nullable Path dissection;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures at once. Default: 16.")
  private int batch = 16;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of birds, choice and drawings.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    PrintWriter lines = spec.commandLine().getOut();
    NetworkGallery method =
        NetworkGallery.withDefaults()
            .withLayers(layers)
            .withDrawing(steps, drawn)
            .withBatchSize(batch)
            .withSeed(seed)
            .withProgress(output.progress(spec.commandLine().getErr(), "passes"));
    FilterSubject subject = filters.subject(data, images, BIRDS, seed);
    Network network = subject.network();
    layers.forEach(network::layer);
    Map<String, Map<Integer, String>> labels = dissected(network);
    Map<Integer, String> classes = new HashMap<>();
    List<String> known = filters.classNames();
    for (int i = 0; i < known.size(); i++) {
      classes.put(i, known.get(i));
    }
    labels.putIfAbsent(network.logits(), classes);
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      long start = System.nanoTime();
      List<String> unreadable = new ArrayList<>();
      PartDataset pictures =
          subject.pictures().data().readable(e -> unreadable.add(String.valueOf(e.getMessage())));
      if (pictures.size() == 0) {
        throw new IOException(data + ": none of its pictures can be read: " + unreadable.get(0));
      }
      List<GalleryLayer> shown =
          method.withLabels(labels).of(network, subject.pictures().preprocessor(), pictures);
      double seconds = (System.nanoTime() - start) / 1e9;
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("model", subject.modelName());
      json.put("fingerprint", network.fingerprint());
      json.put("data", subject.dataName());
      json.put("images", pictures.size());
      unreadable.forEach(json.putArray("unreadable")::add);
      json.put("steps", steps);
      json.put("drawn_per_layer", drawn);
      json.put("seed", seed);
      json.put("seconds", seconds);
      ArrayNode rows = json.putArray("layers");
      shown.forEach(layer -> put(rows.addObject(), layer));
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("result.json").toFile(), json);
      List<String> notes = new ArrayList<>(subject.notes());
      List<String> names = shown.stream().map(layer -> layer.info().name()).toList();
      labels.keySet().stream()
          .filter(layer -> !names.contains(layer) && !layer.equals(network.logits()))
          .sorted()
          .map(
              layer ->
                  "The dissection has labels of " + layer + ", which is not shown; see --layers.")
          .forEach(notes::add);
      GalleryPage page =
          new GalleryPage(
              "Gallery of the " + subject.modelName(),
              List.of(
                  new Fact("Model", subject.modelName()),
                  new Fact("Data", subject.dataName()),
                  new Fact("Pictures", Integer.toString(pictures.size()))),
              notes,
              unreadable,
              subject.provenance(seed));
      Files.writeString(folder.file("report.html"), page.html(network, shown));
      folder.commit();
      for (GalleryLayer layer : shown) {
        lines.printf(
            Locale.ROOT,
            "%s: %d filters, %d dead%s%n",
            layer.info().name(),
            layer.filters().size(),
            layer.dead(),
            layer.field().isPresent()
                ? String.format(
                    Locale.ROOT,
                    "; they see %.0f of %.0f pixels",
                    layer.field().getAsDouble(),
                    layer.info().receptiveField().width().size())
                : "");
      }
      lines.printf(Locale.ROOT, "unreadable pictures: %d; %.1f s%n", unreadable.size(), seconds);
    }
    output.tell(lines, "Open", "report.html");
    return 0;
  }

  /** What a dissection found, by layer and filter. */
  private Map<String, Map<Integer, String>> dissected(Network network) throws IOException {
    Map<String, Map<Integer, String>> labels = new HashMap<>();
    Path file = dissection;
    if (file == null) {
      return labels;
    }
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(TextFile.read(file));
    } catch (JacksonException e) {
      throw new IOException(file + ": not JSON, " + e.getOriginalMessage(), e);
    }
    if (!json.path("layers").isArray() || !json.path("layers").path(0).has("units")) {
      throw new IllegalArgumentException(
          file
              + ": --dissection must be the result.json of interp dissect, but has no layers with"
              + " units");
    }
    if (!json.path("fingerprint").asText().equals(network.fingerprint())) {
      throw new IllegalArgumentException(
          file
              + ": the dissection is of another model, with the fingerprint "
              + json.path("fingerprint").asText()
              + "; this one has "
              + network.fingerprint());
    }
    for (JsonNode layer : json.get("layers")) {
      Map<Integer, String> own = new HashMap<>();
      for (JsonNode unit : layer.get("units")) {
        if (unit.path("detector").asBoolean()) {
          own.put(
              unit.get("unit").asInt(),
              String.format(
                  Locale.ROOT,
                  "%s (%s), IoU %.2f",
                  unit.get("concept").asText(),
                  unit.get("category").asText(),
                  unit.get("iou").asDouble()));
        }
      }
      labels.put(layer.get("layer").asText(), own);
    }
    return labels;
  }

  private static void put(ObjectNode node, GalleryLayer layer) {
    ReceptiveField field = layer.info().receptiveField();
    node.put("layer", layer.info().name());
    node.put("kind", layer.info().kind());
    ArrayNode shape = node.putArray("shape");
    layer.info().shape().forEach(shape::add);
    node.putObject("receptive_field")
        .put("height", field.height().size())
        .put("width", field.width().size());
    layer.field().ifPresent(side -> node.put("mean_empirical_field", side));
    node.put("dead", layer.dead());
    layer
        .semantics()
        .ifPresent(
            s ->
                node.putObject("label_entropy_bits")
                    .put("units", s.unitMean())
                    .put("random_directions", s.directionMean()));
    ArrayNode filters = node.putArray("filters");
    layer.filters().forEach(filter -> put(filters.addObject(), filter));
  }

  private static void put(ObjectNode node, GalleryFilter filter) {
    node.put("filter", filter.channel());
    if (!filter.label().isEmpty()) {
      node.put("label", filter.label());
    }
    node.put("silent", filter.silent());
    node.put("drawing", filter.drawing().name().toLowerCase(Locale.ROOT));
    filter.value().ifPresent(value -> node.put("drawn_value", value));
    filter.field().ifPresent(side -> node.put("empirical_field", side));
    ArrayNode top = node.putArray("top");
    for (TopPictures.Shot shot : filter.shots()) {
      top.addObject()
          .put("picture", shot.picture())
          .put("activation", shot.activation())
          .put("unit", shot.unit());
    }
  }
}
