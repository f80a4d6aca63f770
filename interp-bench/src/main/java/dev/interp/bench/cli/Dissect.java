package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.disentangle.dissect.Concept;
import dev.interp.disentangle.dissect.Dissection;
import dev.interp.disentangle.dissect.DissectionJson;
import dev.interp.disentangle.dissect.FilterSheet;
import dev.interp.disentangle.dissect.LayerDissection;
import dev.interp.disentangle.dissect.Pictures;
import dev.interp.visual.gallery.EmpiricalField;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import dev.interp.visual.report.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

/** Names what filters detect. */
@Command(
    name = "dissect",
    mixinStandardHelpOptions = true,
    description = "Network dissection: names the concept that each filter of a layer detects.")
final class Dissect implements Callable<Integer> {
  private static final int BIRDS = 500;
  private static final int ROWS = 2;
  private static final int SHOWN = 5;
  private static final int CARDS = 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private FilterOptions filters = new FilterOptions();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--layer",
      split = ",",
      paramLabel = "L",
      description = "Layers to dissect (see interp layers). Default: the last with extent.")
  private List<String> layers = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "birds|DIR",
      description = "Rendered birds with exact masks (the default), or a folder of pictures.")
  private String data = "birds";

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Pictures. Default: 500 birds, all of a folder.")
  private int images;

  @Option(names = "--quantile", paramLabel = "Q", description = "Share above the threshold: 0.005.")
  private double quantile = 0.005;

  @Option(names = "--rotation", description = "Dissect random directions as well, as a control.")
  private boolean rotation;

  @Option(
      names = "--fields",
      paramLabel = "N",
      description = "Measure what the N best detectors of a layer see by occlusion. Default: 4.")
  private int fields = 4;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures at once. Default: 32.")
  private int batch = 32;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of birds, choice and rotation.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    if (fields < 0) {
      throw new IllegalArgumentException("--fields must be at least 0, was " + fields);
    }
    Dissection method = Dissection.withDefaults().withQuantile(quantile).withBatchSize(batch);
    method = rotation ? method.withRotation(seed) : method;
    FilterSubject subject = filters.subject(data, images, BIRDS, seed);
    List<String> names = layers.isEmpty() ? List.of(subject.network().lastSpatial()) : layers;
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter lines = spec.commandLine().getOut();
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      long start = System.nanoTime();
      List<LayerDissection> results =
          method
              .withProgress(output.progress(err, "pictures"))
              .run(subject.network(), names, subject.pictures(), subject.concepts());
      double seconds = (System.nanoTime() - start) / 1e9;
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("model", subject.modelName());
      json.put("fingerprint", subject.network().fingerprint());
      json.put("data", subject.dataName());
      json.put("images", subject.pictures().size());
      json.put("quantile", quantile);
      json.put("seed", seed);
      json.put("seconds", seconds);
      ArrayNode layersJson = json.putArray("layers");
      List<Card> cards = new ArrayList<>();
      for (LayerDissection layer : results) {
        Map<Integer, EmpiricalField.Measured> measured = measure(subject, layer, err);
        ObjectNode node = DissectionJson.of(layer);
        ArrayNode sizes = node.putArray("measured_fields");
        measured.forEach(
            (unit, field) ->
                sizes
                    .addObject()
                    .put("unit", unit)
                    .put("side", field.side())
                    .put("theoretical", field.theoretical())
                    .put("pictures", field.pictures()));
        layersJson.add(node);
        cards.add(overview(layer, subject));
        cards.addAll(detectors(subject, layer, measured));
        print(lines, layer);
      }
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("result.json").toFile(), json);
      new Report(
              "What filters detect",
              "The concept whose region overlaps most with what a filter marks.",
              subject.facts(),
              null,
              List.of(),
              cards,
              subject.provenance(seed))
          .write(folder.file("report.html"));
      folder.commit();
      lines.printf(
          Locale.ROOT,
          "%.1f pictures per second in each of two passes%n",
          2 * subject.pictures().size() / seconds);
    }
    output.tell(lines, "Open", "report.html");
    return 0;
  }

  private Map<Integer, EmpiricalField.Measured> measure(
      FilterSubject subject, LayerDissection layer, PrintWriter err) {
    Map<Integer, EmpiricalField.Measured> measured = new LinkedHashMap<>();
    List<LayerDissection.Filter> best =
        layer.bestDetectors().subList(0, Math.min(fields, layer.bestDetectors().size()));
    int side = Math.min(layer.inputHeight(), layer.inputWidth());
    int patch = Math.max(1, Math.round(side / 20f));
    Pictures pictures = subject.pictures();
    EmpiricalField.withDefaults()
        .withPatch(patch, Math.max(1, patch / 2))
        .withSeed(seed)
        .withProgress(output.progress(err, "covered pictures"))
        .measure(
            subject.network(),
            best.stream()
                .map(f -> new EmpiricalField.Filter(layer.layer(), f.filter(), f.top()))
                .toList(),
            2,
            picture -> pictures.batch(List.of(pictures.data().get(picture))))
        .forEach(field -> measured.put(field.filter().channel(), field));
    return measured;
  }

  private static void print(PrintWriter lines, LayerDissection layer) {
    lines.printf(
        Locale.ROOT,
        "%s: %d of %d filters are detectors, of %d concepts; %d are dead; part interpretability"
            + " %.3f%n",
        layer.layer(),
        layer.detectors().count(),
        layer.filters().size(),
        layer.detectors().unique(),
        layer.deadFilters(),
        layer.partInterpretability());
    layer
        .rotated()
        .ifPresent(
            rotated ->
                lines.printf(
                    Locale.ROOT,
                    "%s: of as many random directions %d are detectors, of %d concepts%n",
                    layer.layer(),
                    rotated.count(),
                    rotated.unique()));
    lines.flush();
  }

  private static Card overview(LayerDissection layer, FilterSubject subject) {
    List<String> columns = new ArrayList<>(List.of("Category", "Detectors", "Different concepts"));
    layer
        .rotated()
        .ifPresent(r -> columns.addAll(List.of("Detectors, rotated", "Concepts, rotated")));
    List<List<String>> rows = new ArrayList<>();
    for (String category : layer.overlap().categories()) {
      rows.add(row(category, layer, category));
    }
    rows.add(row("all", layer, null));
    List<String> notes = new ArrayList<>(subject.notes());
    List<String> rare = new ArrayList<>();
    for (int c = 0; c < layer.overlap().concepts().size(); c++) {
      if (layer.overlap().pictures(c) < 10) {
        rare.add(layer.overlap().concepts().get(c).toString());
      }
    }
    if (!rare.isEmpty()) {
      notes.add(
          "Fewer than 10 pictures show these concepts, so no filter is said to detect them: "
              + String.join(", ", rare)
              + ".");
    }
    return Card.of(
            "Layer " + layer.layer(),
            "A filter detects a concept if the region that it marks overlaps with the concept's by"
                + " more than 4 %, as intersection over union in all pictures.")
        .withSource("Bau et al.: Network dissection, CVPR 2017")
        .withTables(List.of(new Table("Detectors by category", columns, rows)))
        .withFacts(
            List.of(
                new Fact("Filters", Integer.toString(layer.filters().size())),
                new Fact("Dead filters", Integer.toString(layer.deadFilters())),
                new Fact("Mean of best overlaps", number(layer.detectors().meanBest())),
                new Fact("Part interpretability", number(layer.partInterpretability()))))
        .withNotes(notes);
  }

  private static List<String> row(String name, LayerDissection layer, @Nullable String category) {
    List<String> row = new ArrayList<>(List.of(name));
    row.addAll(numbers(layer.detectors(), category));
    layer.rotated().ifPresent(rotated -> row.addAll(numbers(rotated, category)));
    return row;
  }

  private static List<String> numbers(
      LayerDissection.Detectors detectors, @Nullable String category) {
    int count =
        category == null ? detectors.count() : detectors.byCategory().getOrDefault(category, 0);
    int unique =
        category == null
            ? detectors.unique()
            : detectors.uniqueByCategory().getOrDefault(category, 0);
    return List.of(Integer.toString(count), Integer.toString(unique));
  }

  /** A card for each concept detected, with its best filters. */
  private static List<Card> detectors(
      FilterSubject subject,
      LayerDissection layer,
      Map<Integer, EmpiricalField.Measured> measured) {
    Map<Concept, List<LayerDissection.Filter>> byConcept = new LinkedHashMap<>();
    for (LayerDissection.Filter filter : layer.bestDetectors()) {
      byConcept
          .computeIfAbsent(filter.best().orElseThrow().concept(), k -> new ArrayList<>())
          .add(filter);
    }
    List<Card> cards = new ArrayList<>();
    byConcept.forEach(
        (concept, filters) -> {
          if (cards.size() < CARDS) {
            cards.add(card(subject, layer, measured, concept, filters));
          }
        });
    return cards;
  }

  private static Card card(
      FilterSubject subject,
      LayerDissection layer,
      Map<Integer, EmpiricalField.Measured> measured,
      Concept concept,
      List<LayerDissection.Filter> filters) {
    List<Picture> pictures = new ArrayList<>();
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("Filters", Integer.toString(filters.size())));
    for (LayerDissection.Filter filter : filters.subList(0, Math.min(ROWS, filters.size()))) {
      double iou = filter.best().orElseThrow().score();
      pictures.add(
          new Picture(
              FilterSheet.of(subject.network(), layer, filter, subject.pictures(), SHOWN),
              String.format(
                  Locale.ROOT, "Filter %d, intersection over union %.3f", filter.filter(), iou),
              "Pictures in which filter "
                  + filter.filter()
                  + " is strongest, bright where it marks "
                  + concept.name()));
      facts.add(new Fact("Overlap of filter " + filter.filter(), number(iou)));
      EmpiricalField.Measured field = measured.get(filter.filter());
      if (field != null) {
        facts.add(
            new Fact(
                "Filter " + filter.filter() + " sees",
                String.format(
                    Locale.ROOT, "%.0f of %.0f pixels", field.side(), field.theoretical())));
      }
    }
    return Card.of(layer.layer() + ": " + concept.name(), "")
        .withBadges(List.of(concept.category()))
        .withPictures(pictures)
        .withFacts(facts);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
