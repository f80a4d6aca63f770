package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.bench.results.ResultFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Puts the results of {@link FunnyBirdsTable} and {@link RealQuality} into a Markdown file, between
 * lines such as {@code <!-- funnybirds:begin -->} and {@code <!-- funnybirds:end -->}, and {@code
 * real-quality} if there are results of it.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.QualityTables RESULTS-FOLDER QUALITY.md</pre>
 */
public final class QualityTables {
  private static final ObjectMapper JSON = new ObjectMapper();

  private QualityTables() {}

  /**
   * Writes the tables.
   *
   * @param arguments the folder of results and the Markdown file
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      throw new IllegalArgumentException("give: RESULTS-FOLDER QUALITY.md");
    }
    Path results = Path.of(arguments[0]);
    Path text = Path.of(arguments[1]);
    JsonNode birds = JSON.readTree(Files.readString(results.resolve("funnybirds.json")));
    ResultFile.insert(text, "funnybirds", funnyBirds(birds.get("rows")) + source(birds));
    if (!Files.exists(results.resolve("real-quality.json"))) {
      return;
    }
    JsonNode real = JSON.readTree(Files.readString(results.resolve("real-quality.json")));
    StringBuilder tables = new StringBuilder();
    for (String name : List.of("animalpart", "photos")) {
      tables.append(ranking(name, real.get(name)));
    }
    ResultFile.insert(text, "real-quality", tables + source(real));
  }

  private static String source(JsonNode result) {
    return "Measured at commit "
        + result.get("commit").asText()
        + " on "
        + result.get("machine").get("cpu").asText()
        + ".\n";
  }

  /** For each data set the methods, best first. */
  static String funnyBirds(JsonNode rows) {
    List<JsonNode> all = new ArrayList<>();
    rows.forEach(all::add);
    Set<String> sets = new LinkedHashSet<>();
    all.forEach(row -> sets.add(row.get("data").asText()));
    StringBuilder text = new StringBuilder();
    for (String data : sets) {
      List<JsonNode> own =
          all.stream()
              .filter(row -> row.get("data").asText().equals(data) && row.hasNonNull("overall"))
              .sorted(Comparator.comparingDouble(row -> -row.get("overall").asDouble()))
              .toList();
      if (own.isEmpty()) {
        continue;
      }
      JsonNode first = own.get(0);
      text.append(
          String.format(
              Locale.ROOT,
              "`%s`, %d pictures, accuracy %s, background independence %s:%n%n",
              data,
              first.get("images").asInt(),
              number(first, "accuracy"),
              number(first, "background_independence")));
      boolean cells = own.stream().anyMatch(row -> row.hasNonNull("idsds"));
      text.append("| Method | CSDC | PC | DC | D | Com. | Cor. | Con. | Overall |")
          .append(cells ? " IDSDS |\n" : "\n")
          .append("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
          .append(cells ? "--:|\n" : "\n");
      for (JsonNode row : own) {
        text.append("| `").append(row.get("method").asText()).append("` |");
        for (String score :
            List.of(
                "csdc",
                "preservation",
                "deletion",
                "distractibility",
                "completeness",
                "correctness",
                "contrastivity")) {
          text.append(' ').append(number(row, score)).append(" |");
        }
        text.append(
            String.format(
                Locale.ROOT,
                " %s (%s – %s) |",
                number(row, "overall"),
                number(row, "overall_low"),
                number(row, "overall_high")));
        text.append(cells ? " " + number(row, "idsds") + " |\n" : "\n");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String number(JsonNode row, String name) {
    return row.hasNonNull(name)
        ? String.format(Locale.ROOT, "%.2f", row.get(name).asDouble())
        : "–";
  }

  /** The methods of an evaluation in the order of their ranking. */
  static String ranking(String name, JsonNode evaluation) {
    Set<String> metrics = new LinkedHashSet<>();
    for (JsonNode row : evaluation.get("rows")) {
      metrics.add(row.get("metric").asText());
    }
    StringBuilder text =
        new StringBuilder("`" + name + "`, ")
            .append(evaluation.get("provenance").get("images").asInt())
            .append(" pictures:\n\n| Method | mean rank |");
    metrics.forEach(metric -> text.append(' ').append(metric).append(" |"));
    text.append("\n|---|--:|").append("--:|".repeat(metrics.size())).append('\n');
    for (JsonNode place : evaluation.get("ranking")) {
      String method = place.get("method").asText();
      text.append(
          String.format(
              Locale.ROOT,
              "| `%s` | %.1f (%.1f – %.1f) |",
              method,
              place.get("mean_rank").asDouble(),
              place.get("low").asDouble(),
              place.get("high").asDouble()));
      for (JsonNode row : evaluation.get("rows")) {
        if (row.get("method").asText().equals(method)) {
          text.append(
              row.get("value").isNull()
                  ? " – |"
                  : String.format(Locale.ROOT, " %.3f |", row.get("value").asDouble()));
        }
      }
      text.append('\n');
    }
    return text.append('\n').toString();
  }
}
