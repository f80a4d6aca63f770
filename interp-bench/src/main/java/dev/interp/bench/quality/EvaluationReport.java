package dev.interp.bench.quality;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.interp.bench.quality.EvaluationResult.Place;
import dev.interp.bench.quality.EvaluationResult.Row;
import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo;
import dev.interp.core.metric.Scores;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import dev.interp.visual.report.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An evaluation as a JSON file and as a page.
 *
 * @param result what was found
 * @param notes what readers should know
 * @param versions of the software
 */
public record EvaluationReport(
    EvaluationResult result, List<String> notes, Map<String, String> versions) {
  private static final String REDUCTION =
      "Attributions are judged as one value per pixel: channels are summed with their signs, and"
          + " coarse maps are interpolated linearly to the picture's size.";

  /** Copies the list. */
  public EvaluationReport {
    notes = List.copyOf(notes);
  }

  /**
   * Writes the numbers.
   *
   * @param file the JSON file
   * @throws IOException if it cannot be written
   */
  public void writeJson(Path file) throws IOException {
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), json());
  }

  /**
   * The numbers, as they are written.
   *
   * @return maps, lists, texts and numbers, the caller's own
   */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rows", result.rows().stream().map(EvaluationReport::row).toList());
    List<Map<String, Object>> ranking = new ArrayList<>();
    for (Place place : result.ranking()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("method", place.contestant().id());
      one.put("mean_rank", place.rank());
      one.put("low", place.low());
      one.put("high", place.high());
      Map<String, Double> families = new LinkedHashMap<>();
      place.families().forEach((f, rank) -> families.put(name(f), rank));
      one.put("families", families);
      ranking.add(one);
    }
    json.put("ranking", ranking);
    json.put("provenance", provenance());
    json.put("time", time());
    json.put("notes", notes);
    return json;
  }

  private static Map<String, Object> row(Row row) {
    MetricInfo info = row.metric().info();
    Scores.Interval interval = row.interval();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("method", row.contestant().id());
    json.put("metric", info.id());
    json.put("value", finite(row.scores().mean()));
    json.put("low", finite(interval.low()));
    json.put("high", finite(interval.high()));
    json.put("n", row.scores().count());
    json.put("skipped", row.scores().skipped());
    json.put("seconds", row.seconds());
    json.put("better", info.direction().name().toLowerCase(Locale.ROOT));
    json.put("settings", row.metric().settings());
    return json;
  }

  private static @org.jspecify.annotations.Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private Map<String, Object> provenance() {
    Evaluation asked = result.evaluation();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", asked.model());
    json.put("fingerprint", asked.network().fingerprint());
    json.put("precision", asked.network().precision().toString());
    json.put("data", asked.gallery().name());
    json.put("preprocess", asked.gallery().preprocessor().toString());
    json.put("images", asked.images());
    json.put("batch", asked.batch());
    json.put("seed", asked.seed());
    json.put("target", "predicted");
    json.put("interval", "95 % percentile bootstrap over images, 1000 resamples");
    json.put("reduction", REDUCTION);
    Map<String, Object> methods = new LinkedHashMap<>();
    asked.contestants().forEach(c -> methods.put(c.id(), c.attributor().settings()));
    json.put("methods", methods);
    json.put("versions", versions);
    json.put("cores", Runtime.getRuntime().availableProcessors());
    return json;
  }

  private Map<String, Object> time() {
    double explaining =
        result.explaining().values().stream().mapToDouble(Double::doubleValue).sum();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("seconds", explaining + result.metricSeconds());
    json.put("explaining_seconds", explaining);
    json.put("metric_seconds", result.metricSeconds());
    json.put("metric_share_outside_networks", result.ownShare());
    Map<String, Object> each = new LinkedHashMap<>();
    for (Metric metric : result.evaluation().metrics()) {
      double seconds = result.of(metric).stream().mapToDouble(Row::seconds).sum();
      double waiting = result.of(metric).stream().mapToDouble(Row::waiting).sum();
      each.put(
          metric.info().id(),
          Map.of("seconds", seconds, "outside_networks", Math.max(0, seconds - waiting)));
    }
    json.put("metrics", each);
    json.put("methods", result.explaining());
    return json;
  }

  /**
   * The page.
   *
   * @return a report that holds all it shows
   */
  public Report page() {
    Evaluation asked = result.evaluation();
    List<Card> cards = new ArrayList<>();
    cards.add(ranking());
    asked.metrics().forEach(m -> cards.add(card(m)));
    List<Fact> footer = new ArrayList<>();
    versions.forEach((k, v) -> footer.add(new Fact(k, v)));
    footer.add(new Fact("seed", Long.toString(asked.seed())));
    footer.add(new Fact("preprocess", asked.gallery().preprocessor().toString()));
    return new Report(
        "Which method to trust",
        asked.contestants().size()
            + " attribution methods judged by "
            + asked.metrics().size()
            + " metrics",
        List.of(
            new Fact("model", asked.model()),
            new Fact("fingerprint", asked.network().fingerprint()),
            new Fact("data", asked.gallery().name()),
            new Fact("images", Integer.toString(asked.images())),
            new Fact("target", "the predicted class")),
        null,
        List.of(),
        cards,
        footer);
  }

  private Card ranking() {
    List<Place> places = result.ranking();
    List<MetricInfo.Family> families =
        places.isEmpty() ? List.of() : List.copyOf(places.get(0).families().keySet());
    List<String> columns = new ArrayList<>(List.of("method", "mean rank", "95 % interval"));
    families.forEach(f -> columns.add(name(f)));
    columns.add("s per image");
    List<List<String>> rows = new ArrayList<>();
    List<DotPlot.Line> lines = new ArrayList<>();
    for (Place place : places) {
      String id = place.contestant().id();
      List<String> row = new ArrayList<>();
      row.add(place.contestant().title());
      row.add(String.format(Locale.ROOT, "%.2f", place.rank()));
      row.add(String.format(Locale.ROOT, "%.2f – %.2f", place.low(), place.high()));
      families.forEach(
          f ->
              row.add(
                  String.format(
                      Locale.ROOT, "%.1f", place.families().getOrDefault(f, Double.NaN))));
      row.add(
          DotPlot.number(
              result.explaining().getOrDefault(id, Double.NaN) / result.evaluation().images()));
      rows.add(row);
      lines.add(
          new DotPlot.Line(
              place.contestant().title(), place.rank(), place.low(), place.high(), isPlain(id)));
    }
    List<String> all = new ArrayList<>(List.of(REDUCTION));
    all.addAll(notes);
    return Card.of(
            "Ranking",
            "Mean rank over the metrics, 1 being the best, with the interval that remains when the"
                + " pictures are drawn again. Metrics disagree: read what each asks before trusting"
                + " the mean.")
        .withPictures(
            List.of(
                new Picture(
                    DotPlot.of(lines, "mean rank, lower is better"),
                    "Mean rank with 95 % interval; brown: no method, but what one must beat",
                    "Mean ranks of the methods with their intervals; the table has the numbers")))
        .withTables(List.of(new Table("Mean ranks over all metrics and by family", columns, rows)))
        .withNotes(all);
  }

  private Card card(Metric metric) {
    MetricInfo info = metric.info();
    boolean higher = info.direction() == MetricInfo.Direction.HIGHER;
    List<Row> rows =
        result.of(metric).stream()
            .sorted(
                Comparator.comparingDouble(
                    (Row r) -> {
                      double mean = r.scores().mean();
                      return Double.isNaN(mean) ? Double.MAX_VALUE : higher ? -mean : mean;
                    }))
            .toList();
    List<List<String>> cells = new ArrayList<>();
    List<DotPlot.Line> lines = new ArrayList<>();
    for (Row row : rows) {
      Scores.Interval interval = row.interval();
      cells.add(
          List.of(
              row.contestant().title(),
              DotPlot.number(row.scores().mean()),
              DotPlot.number(interval.low()) + " to " + DotPlot.number(interval.high()),
              Integer.toString(row.scores().count()),
              DotPlot.number(row.seconds())));
      lines.add(
          new DotPlot.Line(
              row.contestant().title(),
              row.scores().mean(),
              interval.low(),
              interval.high(),
              isPlain(row.contestant().id())));
    }
    String better = higher ? "higher is better" : "lower is better";
    List<Fact> settings = new ArrayList<>();
    metric.settings().forEach((k, v) -> settings.add(new Fact(k, v)));
    return Card.of(info.title(), info.description())
        .withSource(info.paper())
        .withBadges(List.of(name(info.family()), better))
        .withPictures(
            List.of(
                new Picture(
                    DotPlot.of(lines, better),
                    "Mean with 95 % interval",
                    info.title() + " of the methods; the table has the numbers")))
        .withTables(
            List.of(
                new Table(
                    info.title() + ", best first",
                    List.of("method", "mean", "95 % interval", "images", "seconds"),
                    cells)))
        .withSettings(settings);
  }

  private static boolean isPlain(String id) {
    return Contestant.extras().contains(id);
  }

  private static String name(MetricInfo.Family family) {
    return family.name().toLowerCase(Locale.ROOT);
  }
}
