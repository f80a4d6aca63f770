package dev.interp.bench.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The folder of weights, photos and reference numbers that INTERP_SHARED points to. */
final class SharedData {
  private final Path data;

  private SharedData(Path data) {
    this.data = data;
  }

  /** Skips the test that asks where there is no such folder. */
  static SharedData orSkip() {
    String shared = System.getenv("INTERP_SHARED");
    assumeTrue(shared != null, "INTERP_SHARED is not set: the folder with data/reference");
    return new SharedData(Path.of(String.valueOf(shared), "data"));
  }

  Path path(String name) {
    return data.resolve(name);
  }

  List<String> lines(String name) throws IOException {
    return Files.readAllLines(path(name));
  }

  JsonNode json(String name) {
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(path(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the folders in a folder, in order. */
  List<String> folders(String name) {
    try (Stream<Path> entries = Files.list(path(name))) {
      return entries
          .filter(Files::isDirectory)
          .map(p -> String.valueOf(p.getFileName()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An array from a {@code .npy} file. */
  INDArray array(String name) {
    try {
      return array(name, Files.readAllBytes(path(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The arrays of a {@code .npz} file by name. */
  Map<String, INDArray> arrays(String name) {
    Map<String, INDArray> arrays = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(path(name)))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String key = entry.getName().replaceAll("\\.npy$", "");
        arrays.put(key, array(name + "/" + key, zip.readAllBytes()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return arrays;
  }

  /** NumPy's format 1.0: magic, version, length of the header, header, numbers. */
  private static INDArray array(String name, byte[] npy) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
    int length = buffer.getShort(8);
    String header = new String(npy, 10, length, StandardCharsets.US_ASCII);
    if (!header.contains("'<f4'") || !header.contains("'fortran_order': False")) {
      throw new IOException(name + ": the array must be float32 in C order, was " + header);
    }
    String sizes = header.substring(header.lastIndexOf('(') + 1, header.lastIndexOf(')'));
    long[] shape =
        Arrays.stream(sizes.split(","))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    float[] numbers = new float[(npy.length - 10 - length) / Float.BYTES];
    buffer.position(10 + length);
    buffer.asFloatBuffer().get(numbers);
    return Nd4j.createFromArray(numbers).reshape(shape);
  }
}
