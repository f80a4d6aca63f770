package dev.interp.bench.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Comparisons with peers' numbers, collected by one test class and written for the README. */
final class PeerTable {
  private final List<Row> rows = new ArrayList<>();

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
      String method, String peer, String name, String precision, double difference, double limit) {
    boolean missed() {
      return !(difference <= limit);
    }
  }

  /** Adds a comparison and gives it back. */
  Row add(
      String method, String peer, String name, INDArray actual, INDArray expected, double limit) {
    String precision = actual.dataType() == DataType.DOUBLE ? "float64" : "float32";
    Row row = new Row(method, peer, name, precision, difference(actual, expected), limit);
    rows.add(row);
    return row;
  }

  List<Row> missed() {
    return rows.stream().filter(Row::missed).toList();
  }

  /** Writes the rows to {@code target/peers/NAME.json}. */
  void write(String name) throws IOException {
    Path folder = Files.createDirectories(Path.of("target", "peers"));
    new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(folder.resolve(name + ".json").toFile(), rows);
  }

  /** The largest difference as a share of the largest expected value. */
  static double difference(INDArray actual, INDArray expected) {
    if (actual.length() != expected.length()) {
      return Double.POSITIVE_INFINITY;
    }
    INDArray a = actual.castTo(DataType.DOUBLE).dup('c').reshape(expected.length());
    INDArray e = expected.castTo(DataType.DOUBLE).dup('c').reshape(expected.length());
    double largest = e.normmaxNumber().doubleValue();
    return a.sub(e).normmaxNumber().doubleValue() / (largest == 0 ? 1 : largest);
  }
}
