package dev.interp.bench.quality;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.metric.Examples;
import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.metric.Scores;
import dev.interp.core.metric.WorkClock;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Judges methods by metrics on the class that the network predicts, batch by batch. What is
 * finished stands in {@code progress.jsonl} in the folder and is not done again.
 *
 * @param network the network that is explained
 * @param model what it is called
 * @param gallery the pictures
 * @param images how many of them, from the first on
 * @param batch how many at a time
 * @param contestants the methods
 * @param metrics the metrics
 * @param seed of the confidence intervals
 */
public record Evaluation(
    Network network,
    String model,
    Gallery gallery,
    int images,
    int batch,
    List<Contestant> contestants,
    List<Metric> metrics,
    long seed) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int OTHERS = 20;

  /**
   * Copies the lists and checks that there is something to do.
   *
   * @throws IllegalArgumentException if there are more images than pictures, or nothing to judge
   */
  public Evaluation {
    contestants = List.copyOf(contestants);
    metrics = List.copyOf(metrics);
    if (images < 1 || images > gallery.size()) {
      throw new IllegalArgumentException(
          "the number of images must be 1 to " + gallery.size() + ", was " + images);
    }
    if (batch < 1) {
      throw new IllegalArgumentException("the batch must be at least 1, was " + batch);
    }
    for (Metric metric : metrics) {
      if (metric.info().needs().contains(Need.MASK) && !gallery.hasMasks()) {
        throw new IllegalArgumentException(
            "the metric "
                + metric.info().id()
                + " needs the object's pixels, which "
                + gallery.name()
                + " does not have");
      }
    }
  }

  /** Told how far an evaluation is. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Tells the listener.
     *
     * @param what is being done
     * @param share that is done, 0 to 1
     * @param secondsLeft what the rest will probably take; NaN if nothing is known yet
     */
    void update(String what, double share, double secondsLeft);
  }

  /**
   * Evaluates what is not finished.
   *
   * @param folder holds {@code progress.jsonl}; made if it does not exist
   * @param listener told after each method and batch
   * @return all results
   * @throws IOException if progress cannot be read or written
   * @throws IllegalArgumentException if the folder holds the progress of another evaluation
   */
  public EvaluationResult run(Path folder, Listener listener) throws IOException {
    Ledger ledger = Ledger.open(folder.resolve("progress.jsonl"), subject());
    Map<String, JsonNode> done = new HashMap<>();
    for (JsonNode entry : ledger.entries()) {
      done.merge(key(entry), entry, Evaluation::both);
    }
    TimeLeft time = new TimeLeft(images * contestants.size());
    List<Cell> missing = new ArrayList<>();
    List<JsonNode> results = new ArrayList<>();
    for (int from = 0; from < images; from += batch) {
      int to = Math.min(images, from + batch);
      for (Contestant contestant : contestants) {
        JsonNode entry = done.get(key(contestant, from, to));
        if (entry != null && lacking(entry).isEmpty()) {
          results.add(entry);
          time.known(contestant.id(), to - from, seconds(entry));
        } else {
          missing.add(new Cell(contestant, from, to, entry));
        }
      }
    }
    Map<String, Examples> others = new HashMap<>();
    Batch current = null;
    for (Cell cell : missing) {
      time.planned(cell.contestant().id(), cell.to() - cell.from());
    }
    for (Cell cell : missing) {
      String what = cell.contestant().id() + ", images " + (cell.from() + 1) + " to " + cell.to();
      listener.update(what, time.share(), time.left());
      if (current == null || current.from() != cell.from()) {
        current = batch(cell.from(), cell.to());
      }
      JsonNode entry = judge(cell, current, others);
      ledger.append(entry);
      results.add(cell.before() == null ? entry : both(cell.before(), entry));
      time.finished(cell.contestant().id(), cell.to() - cell.from(), seconds(entry));
    }
    listener.update("done", 1, 0);
    return result(results);
  }

  /** A method and a batch of pictures; before is what an earlier run found with other metrics. */
  private record Cell(
      Contestant contestant,
      int from,
      int to,
      @org.jspecify.annotations.Nullable JsonNode before) {}

  /** Pictures that all methods are judged on. */
  private record Batch(int from, Examples examples) {}

  private Batch batch(int from, int to) {
    INDArray x = gallery.x(from, to);
    int[] classes = network.logits(x).argMax(1).toIntVector();
    Examples examples = Examples.of(network, x, classes);
    return new Batch(
        from, gallery.hasMasks() ? examples.withMasks(gallery.masks(from, to)) : examples);
  }

  private ObjectNode subject() {
    ObjectNode subject = JSON.createObjectNode();
    subject.put("model", network.fingerprint());
    subject.put("precision", network.precision().toString());
    subject.put("data", gallery.name());
    subject.put("preprocess", gallery.preprocessor().toString());
    return subject;
  }

  private static String key(Contestant contestant, int from, int to) {
    return contestant.id() + contestant.attributor().settings() + from + "-" + to;
  }

  private static String key(JsonNode entry) {
    return entry.get("method").asText()
        + entry.get("settings").asText()
        + entry.get("from").asInt()
        + "-"
        + entry.get("to").asInt();
  }

  /** Two entries of one method and batch, with the metrics of both. */
  private static JsonNode both(JsonNode a, JsonNode b) {
    ObjectNode merged = a.deepCopy();
    merged.put("seconds", a.get("seconds").asDouble() + b.get("seconds").asDouble());
    merged.withObject("/metrics").setAll((ObjectNode) b.get("metrics"));
    return merged;
  }

  private static double seconds(JsonNode entry) {
    double seconds = entry.get("seconds").asDouble();
    for (JsonNode metric : entry.get("metrics")) {
      seconds += metric.get("seconds").asDouble();
    }
    return seconds;
  }

  private List<Metric> lacking(@org.jspecify.annotations.Nullable JsonNode entry) {
    if (entry == null) {
      return metrics;
    }
    return metrics.stream()
        .filter(
            m -> {
              JsonNode known = entry.get("metrics").get(m.info().id());
              return known == null
                  || !known.get("settings").asText().equals(m.settings().toString());
            })
        .toList();
  }

  private ObjectNode judge(Cell cell, Batch current, Map<String, Examples> others) {
    Contestant contestant = cell.contestant();
    WorkClock clock = new WorkClock();
    long start = System.nanoTime();
    Examples examples = explained(contestant, current.examples()).withClock(clock);
    double explaining = (System.nanoTime() - start) / 1e9;
    ObjectNode entry = JSON.createObjectNode();
    entry.put("method", contestant.id());
    entry.put("settings", contestant.attributor().settings().toString());
    entry.put("from", cell.from());
    entry.put("to", cell.to());
    entry.put("seconds", explaining);
    ObjectNode scores = entry.putObject("metrics");
    for (Metric metric : lacking(cell.before())) {
      Examples given = examples;
      if (metric.info().needs().contains(Need.OTHERS)) {
        given =
            examples.withOthers(
                others.computeIfAbsent(
                    contestant.id(),
                    id -> explained(contestant, batch(0, Math.min(images, OTHERS)).examples())));
      }
      double waited = clock.seconds();
      long begin = System.nanoTime();
      ObjectNode one = scores.putObject(metric.info().id());
      double[] values = new double[cell.to() - cell.from()];
      try {
        values = metric.scores(given);
      } catch (NotApplicableException e) {
        // The method does not fit a network that the metric has changed.
        Arrays.fill(values, Double.NaN);
        one.put("refused", e.getMessage());
      }
      one.put("settings", metric.settings().toString());
      one.put("seconds", (System.nanoTime() - begin) / 1e9);
      one.put("waiting", clock.seconds() - waited);
      ArrayNode list = one.putArray("scores");
      for (double value : values) {
        if (Double.isNaN(value)) {
          list.addNull();
        } else {
          list.add(value);
        }
      }
    }
    return entry;
  }

  private static Examples explained(Contestant contestant, Examples examples) {
    Attribution attribution =
        contestant
            .attributor()
            .attribute(examples.network(), examples.x(), Target.ofClasses(examples.classes()));
    return examples.withAttribution(attribution.values()).withAttributor(contestant.attributor());
  }

  private EvaluationResult result(List<JsonNode> entries) {
    List<EvaluationResult.Row> rows = new ArrayList<>();
    Map<String, Double> explaining = new LinkedHashMap<>();
    for (Contestant contestant : contestants) {
      List<JsonNode> own =
          entries.stream().filter(e -> e.get("method").asText().equals(contestant.id())).toList();
      explaining.put(
          contestant.id(), own.stream().mapToDouble(e -> e.get("seconds").asDouble()).sum());
      for (Metric metric : metrics) {
        Scores scores = Scores.none();
        double seconds = 0;
        double waiting = 0;
        String refused = "";
        for (JsonNode entry : own) {
          JsonNode one = entry.get("metrics").get(metric.info().id());
          seconds += one.get("seconds").asDouble();
          waiting += one.get("waiting").asDouble();
          refused = one.path("refused").asText(refused);
          double[] values = new double[one.get("scores").size()];
          for (int i = 0; i < values.length; i++) {
            JsonNode value = one.get("scores").get(i);
            values[i] = value.isNull() ? Double.NaN : value.asDouble();
          }
          scores = scores.merge(Scores.of(entry.get("from").asLong(), values));
        }
        rows.add(
            new EvaluationResult.Row(contestant, metric, scores, seconds, waiting, refused, seed));
      }
    }
    return new EvaluationResult(this, rows, explaining);
  }
}
