package dev.interp.bench.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.bench.results.ResultFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Puts what the conformance tests wrote to {@code target/peers/*.json} into a README as a Markdown
 * table, between the lines {@code <!-- peers:begin -->} and {@code <!-- peers:end -->}: a row per
 * method and peer with the number of cases and the largest difference as a share of the peer's
 * largest value. Doing it again changes nothing.
 */
@Command(
    name = "peer-summary",
    description = "Puts the differences to peers' numbers into a README.",
    mixinStandardHelpOptions = true)
public final class PeerSummary implements Callable<Integer> {
  @Option(
      names = "--from",
      description = "the folder of JSON files that the tests wrote; default: ${DEFAULT-VALUE}")
  private Path from = Path.of("interp-bench", "target", "peers");

  @Option(
      names = "--readme",
      description = "the Markdown file to change; default: ${DEFAULT-VALUE}")
  private Path readme = Path.of("README.md");

  /** Made by picocli. */
  public PeerSummary() {}

  /**
   * One comparison.
   *
   * @param method identifier in the catalogue
   * @param peer tool and version
   * @param name the case
   * @param precision float32 or float64
   * @param difference largest difference as a share of the peer's largest value
   * @param limit what the difference may be
   */
  record Row(
      String method, String peer, String name, String precision, double difference, double limit) {}

  /**
   * Writes the table.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new PeerSummary()).execute(arguments));
  }

  /**
   * Writes the table.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written
   * @throws IllegalArgumentException if there are no comparisons, or the README lacks the two lines
   */
  @Override
  public Integer call() throws IOException {
    List<Row> rows = read(from);
    if (rows.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + from + "' must hold what the conformance tests write; run them with INTERP_SHARED");
    }
    ResultFile.insert(readme, "peers", markdown(rows));
    return 0;
  }

  private static List<Row> read(Path folder) throws IOException {
    List<Row> rows = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
          rows.addAll(Arrays.asList(new ObjectMapper().readValue(file.toFile(), Row[].class)));
        }
      }
    }
    return rows;
  }

  /** The table; ends in a line break. */
  static String markdown(List<Row> rows) {
    TreeMap<String, List<Row>> groups =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    r -> "`" + r.method() + "` | " + r.peer(), TreeMap::new, Collectors.toList()));
    return "| Method | Peer | Cases | float64 | float32 |\n|---|---|--:|--:|--:|\n"
        + groups.entrySet().stream()
            .map(e -> line(e.getKey(), e.getValue()))
            .collect(Collectors.joining())
        + "\nThe largest difference of any value, as a share of the peer's largest value.\n";
  }

  private static String line(String name, List<Row> rows) {
    long cases = rows.stream().map(Row::name).distinct().count();
    return "| "
        + name
        + " | "
        + cases
        + " | "
        + largest(rows, "float64")
        + " | "
        + largest(rows, "float32")
        + " |\n";
  }

  private static String largest(List<Row> rows, String precision) {
    List<Row> own = rows.stream().filter(r -> r.precision().equals(precision)).toList();
    if (own.isEmpty()) {
      return "";
    }
    double largest = own.stream().mapToDouble(Row::difference).max().orElse(0);
    // Written so that a difference that is no number counts as missed.
    boolean missed = own.stream().anyMatch(r -> !(r.difference() <= r.limit()));
    String number = largest == 0 ? "0" : String.format(Locale.ROOT, "%.1e", largest);
    return number + (missed ? ", missed" : "");
  }
}
