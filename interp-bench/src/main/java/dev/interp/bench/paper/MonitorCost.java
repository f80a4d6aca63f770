package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterMonitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What watching filters costs: the time of {@link FilterMonitor} on a tenth as many birds as an
 * epoch has, beside that of the epoch.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.MonitorCost RESULT.json</pre>
 */
public final class MonitorCost {
  private static final int TRAIN = 2000;
  private static final int WATCHED = TRAIN / 10;
  private static final int EPOCHS = 2;
  private static final int TIMES = 5;

  private MonitorCost() {}

  /**
   * Measures.
   *
   * @param arguments the file of results
   * @throws Exception if a file cannot be written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      throw new IllegalArgumentException("give: RESULT.json");
    }
    String commit = Surroundings.commit();
    FilterData birds = FilterSets.birds(0, TRAIN, WATCHED);
    FilterTrial.Outcome outcome =
        new FilterTrial(EPOCHS)
            .run(
                birds,
                FilterTrial.settings(birds, FilterLoss.SINGLE_TEMPLATE),
                0,
                (done, total) -> true);
    int[] kept = new int[WATCHED];
    Arrays.setAll(kept, i -> TRAIN + i);
    Path folder = Files.createTempDirectory("monitor");
    FilterMonitor monitor =
        new FilterMonitor(
            folder,
            birds.rows(kept),
            birds.pictures().subList(TRAIN, TRAIN + WATCHED),
            birds.classes());
    double[] seconds = new double[TIMES];
    for (int i = 0; i < TIMES; i++) {
      long start = System.nanoTime();
      monitor.measure(outcome.net());
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    Arrays.sort(seconds);
    for (String name : List.of(FilterMonitor.LINES, FilterMonitor.PAGE)) {
      Files.delete(folder.resolve(name));
    }
    Files.delete(folder);
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode result = json.createObjectNode();
    result.put("what", "an epoch of " + TRAIN + " birds, and a look at " + WATCHED + " others");
    Surroundings.describe(result, commit);
    double look = seconds[TIMES / 2];
    result.put("epoch_seconds", outcome.secondsPerEpoch());
    result.put("monitor_seconds", look);
    result.put("share", look / outcome.secondsPerEpoch());
    ResultFile.write(Path.of(arguments[0]), json.writeValueAsString(result) + "\n");
    System.out.printf(
        Locale.ROOT,
        "epoch %.1f s, monitor %.2f s: %.1f %%%n",
        outcome.secondsPerEpoch(),
        look,
        100 * look / outcome.secondsPerEpoch());
  }
}
