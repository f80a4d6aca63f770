package dev.interp.bench.jmh;

import dev.interp.bench.jmh.SpeedResult.Row;
import dev.interp.bench.results.ResultFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Puts the times that {@link SpeedSuite} or {@link MethodSuite} wrote into a README as a Markdown
 * table, between lines such as {@code <!-- speed:begin -->} and {@code <!-- speed:end -->}. Doing
 * it again changes nothing.
 */
@Command(
    name = "speed-table",
    description = "Puts the times of a speed run into a README.",
    mixinStandardHelpOptions = true)
public final class SpeedTable implements Callable<Integer> {
  private static final double WHOLE_FROM = 100;

  @Option(names = "--from", required = true, description = "the JSON file of a speed run")
  private Path from = Path.of("speed.json");

  @Option(names = "--readme", required = true, description = "the Markdown file to change")
  private Path readme = Path.of("README.md");

  @Option(
      names = "--mark",
      description = "the word in the lines that the table stands between; default: speed")
  private String mark = "speed";

  /** Made by picocli. */
  public SpeedTable() {}

  /**
   * Writes the table.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new SpeedTable()).execute(arguments));
  }

  /**
   * Writes the table.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written
   * @throws IllegalArgumentException if the run was a trial, or the README lacks the two lines
   */
  @Override
  public Integer call() throws IOException {
    SpeedResult result = SpeedResult.read(from);
    if (result.quick()) {
      throw new IllegalArgumentException(
          "the times must be of a full run, but '" + from + "' was written with --quick");
    }
    ResultFile.insert(readme, mark, markdown(result));
    return 0;
  }

  /** The table with a line about where it comes from; ends in a line break. */
  static String markdown(SpeedResult result) {
    String rows = result.rows().stream().map(SpeedTable::line).collect(Collectors.joining());
    return "| Net | Pass | Batch | ms | held against | its ms | ratio | to reach |\n"
        + "|---|---|--:|--:|---|--:|--:|--:|\n"
        + rows
        + "\n"
        + "Measured at commit "
        + result.commit()
        + " on "
        + list(result.machine())
        + "; "
        + list(result.versions())
        + ". Times are the "
        + result.statistic()
        + ", ± half the 99.9 % confidence interval of the mean.\n";
  }

  private static String line(Row row) {
    return String.join(
            " | ",
            "| " + row.net(),
            row.pass(),
            Integer.toString(row.batch()),
            number(row.ms()) + (row.errorMs() == null ? "" : " ± " + number(row.errorMs())),
            row.peer() == null ? "" : row.peer(),
            number(row.peerMs()),
            row.ratio() == null ? "" : fixed(2, row.ratio()),
            goal(row) + " |")
        + "\n";
  }

  private static String goal(Row row) {
    Double ratio = row.ratio();
    Double most = row.atMost();
    if (ratio != null && most != null) {
      return "≤ " + plain(most) + (ratio <= most ? "" : ", missed");
    }
    Double least = row.atLeast();
    if (ratio != null && least != null) {
      return "≥ " + plain(least) + (ratio >= least ? "" : ", missed");
    }
    return "";
  }

  private static String list(Map<String, String> facts) {
    return facts.entrySet().stream()
        .map(e -> e.getKey().replace('_', ' ') + " " + e.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String number(@Nullable Double ms) {
    return ms == null ? "" : fixed(ms < WHOLE_FROM ? 1 : 0, ms);
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? fixed(0, number) : Double.toString(number);
  }

  private static String fixed(int digits, double number) {
    return String.format(Locale.ROOT, "%." + digits + "f", number);
  }
}
