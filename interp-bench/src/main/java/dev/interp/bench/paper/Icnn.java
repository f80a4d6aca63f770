package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The experiment of Q. Zhang, Y. N. Wu, S.-C. Zhu, Interpretable convolutional neural networks
 * (CVPR 2018), on birds or, with a folder of shared data, on a part of ILSVRC Animal-Part: ordinary
 * and interpretable nets from the same first weights and the same order of pictures, and what
 * becomes of accuracy, location instability and part interpretability.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.Icnn RESULT.json [SEEDS [SHARED-DATA-FOLDER]]
 * </pre>
 *
 * <p>Rows are added to those of the file as they come; a run that was cut short goes on where it
 * ended. Seeds are 0 to SEEDS − 1 (default 5).
 */
public final class Icnn {
  static final FilterTrial BIRDS = new FilterTrial(8);
  static final FilterTrial ANIMALS = new FilterTrial(6);
  private static final int TRAIN = 2000;
  private static final int TEST = 1000;
  private static final List<String> NETS = List.of("ordinary", "interpretable");

  private final Path file;
  private final PrintStream out;
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final ArrayNode rows;

  private final String commit;

  private Icnn(Path file, PrintStream out) throws IOException, InterruptedException {
    this.commit = Surroundings.commit();
    this.file = file;
    this.out = out;
    this.rows =
        Files.exists(file) && json.readTree(file.toFile()).get("rows") instanceof ArrayNode old
            ? old
            : json.createArrayNode();
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, how many seeds, the folder of shared data
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 1 || arguments.length > 3) {
      throw new IllegalArgumentException("give: RESULT.json [SEEDS [SHARED-DATA-FOLDER]]");
    }
    int seeds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Icnn run = new Icnn(Path.of(arguments[0]), System.out);
    for (int seed = 0; seed < seeds; seed++) {
      if (arguments.length > 2) {
        run.animals(Path.of(arguments[2]), seed);
      } else {
        run.birds(seed);
      }
    }
    run.summary();
  }

  private void birds(int seed) throws IOException {
    if (!isDone("birds", seed)) {
      both(BIRDS, FilterSets.birds(seed, TRAIN, TEST), seed);
    }
  }

  private void animals(Path shared, int seed) throws Exception {
    List<String> open =
        AnimalHeads.animals(shared).classNames().stream()
            .filter(animal -> !isDone("animalpart " + animal, seed))
            .toList();
    boolean multi = !isDone("animalpart all", seed);
    if (open.isEmpty() && !multi) {
      return;
    }
    AnimalHeads heads = AnimalHeads.of(shared);
    for (String animal : open) {
      both(ANIMALS, heads.single(animal, seed), seed);
    }
    if (multi) {
      both(ANIMALS, heads.all(seed), seed);
    }
  }

  private void both(FilterTrial trial, FilterData data, int seed) throws IOException {
    FilterSettings driven = FilterTrial.settings(data, FilterLoss.SINGLE_TEMPLATE);
    for (String net : NETS) {
      FilterSettings settings = net.equals("ordinary") ? null : driven;
      FilterTrial.Outcome outcome = trial.run(data, settings, seed, (done, total) -> true);
      ObjectNode row = rows.addObject();
      row.put("data", data.name());
      row.put("seed", seed);
      row.put("net", net);
      if (settings != null) {
        row.put("filters", settings.toString());
      }
      row.put("accuracy", outcome.accuracy());
      row.put("instability", outcome.instability());
      if (outcome.partInterpretability().isPresent()) {
        row.put("part_interpretability", outcome.partInterpretability().getAsDouble());
      }
      row.put("seconds_per_epoch", outcome.secondsPerEpoch());
      row.put("commit", commit);
      out.println(row);
    }
    write();
  }

  private boolean isDone(String data, int seed) {
    for (JsonNode row : rows) {
      if (row.get("data").asText().equals(data) && row.get("seed").asInt() == seed) {
        return true;
      }
    }
    return false;
  }

  private void write() throws IOException {
    ObjectNode result = json.createObjectNode();
    result.put("paper", "Zhang, Wu, Zhu: Interpretable convolutional neural networks, CVPR 2018");
    ObjectNode settings = result.putObject("settings");
    settings.put("birds", BIRDS + ", " + TRAIN + " + " + TEST + " pictures");
    settings.put("animalpart", ANIMALS + ", of each class one picture of four measured on");
    Surroundings.describe(result, commit);
    result.set("rows", rows);
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }

  /** Means and spreads over seeds, beside the paper's. */
  private void summary() {
    out.println(
        "The paper: instability falls by 36 to 53 %; part interpretability rises by 0.13 to");
    out.println("0.35; accuracy of one category loses 0.9 to 3.3 points, of several gains.");
    TreeMap<String, List<JsonNode>> byData = new TreeMap<>();
    rows.forEach(
        row -> byData.computeIfAbsent(row.get("data").asText(), k -> new ArrayList<>()).add(row));
    byData.forEach(
        (data, own) -> {
          out.println(data);
          for (String measure : List.of("accuracy", "instability", "part_interpretability")) {
            double[] ordinary = values(own, "ordinary", measure);
            double[] interpretable = values(own, "interpretable", measure);
            if (ordinary.length > 0 && ordinary.length == interpretable.length) {
              out.printf(
                  Locale.ROOT,
                  "  %-22s %.4f ± %.4f -> %.4f ± %.4f (%+.4f, %+.1f %%)%n",
                  measure,
                  mean(ordinary),
                  spread(ordinary),
                  mean(interpretable),
                  spread(interpretable),
                  mean(interpretable) - mean(ordinary),
                  100 * (mean(interpretable) / mean(ordinary) - 1));
            }
          }
        });
  }

  private static double[] values(List<JsonNode> rows, String net, String measure) {
    ToDoubleFunction<JsonNode> value = row -> row.get(measure).asDouble();
    return rows.stream()
        .filter(row -> row.get("net").asText().equals(net) && row.has(measure))
        .mapToDouble(value)
        .toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static double spread(double[] values) {
    double mean = mean(values);
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum()
            / Math.max(1, values.length - 1));
  }
}
