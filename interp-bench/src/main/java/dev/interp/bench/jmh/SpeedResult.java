package dev.interp.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interp.bench.results.ResultFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run of the suite found out.
 *
 * @param statistic what {@code ms} and {@code peerMs} are
 * @param quick whether the run was a trial, too short for its numbers to mean anything
 * @param machine what it ran on
 * @param commit of the working tree, with {@code -dirty} if that was changed
 * @param versions of what takes part
 * @param rows the times
 */
record SpeedResult(
    String statistic,
    boolean quick,
    Map<String, String> machine,
    String commit,
    Map<String, String> versions,
    List<Row> rows) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  SpeedResult {
    rows = List.copyOf(rows);
  }

  /**
   * One time and what it is held against.
   *
   * @param net name of the net
   * @param pass what was done with it
   * @param batch number of examples
   * @param ms milliseconds a batch
   * @param errorMs half the 99.9 % confidence interval of the mean; null for a single sample
   * @param peer what it is held against, null if nothing
   * @param peerMs that in milliseconds
   * @param ratio {@code ms / peerMs}
   * @param atMost the largest ratio that is good enough, null if the goal is another
   * @param atLeast the smallest ratio that is good enough, null if the goal is another
   */
  record Row(
      String net,
      String pass,
      int batch,
      double ms,
      @Nullable Double errorMs,
      @Nullable String peer,
      @Nullable Double peerMs,
      @Nullable Double ratio,
      @Nullable Double atMost,
      @Nullable Double atLeast) {}

  static SpeedResult read(Path file) throws IOException {
    return JSON.readValue(Files.readAllBytes(file), SpeedResult.class);
  }

  void write(Path file) throws IOException {
    ResultFile.write(file, JSON.writeValueAsString(this) + "\n");
  }
}
