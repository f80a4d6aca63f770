package dev.interp.bench.cli;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.deeplearning4j.nn.modelimport.keras.exceptions.InvalidKerasConfigurationException;
import org.deeplearning4j.nn.modelimport.keras.exceptions.UnsupportedKerasConfigurationException;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;

/** Model files: DL4J's {@code .zip} and Keras' {@code .h5}. */
final class ModelFile {
  private ModelFile() {}

  /**
   * Reads and lowers a model.
   *
   * @throws IOException if the file cannot be read or is damaged
   * @throws IllegalArgumentException if it is a model of another kind
   */
  static Network read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException(file + ": not a file that can be read");
    }
    if (Files.size(file) == 0) {
      throw new IOException(file + ": the model file is empty");
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".zip")) {
      return readZip(file);
    } else if (name.endsWith(".h5") || name.endsWith(".hdf5")) {
      return readKeras(file);
    }
    throw new IllegalArgumentException(
        file
            + ": the model must be a DL4J .zip (ModelSerializer) or a Keras .h5 file"
            + (name.endsWith(".keras") ? "; save it from Keras as .h5" : ""));
  }

  private static Network readZip(Path file) throws IOException {
    String configuration;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      var entry = zip.getEntry("configuration.json");
      if (entry == null || zip.getEntry("coefficients.bin") == null) {
        throw new IllegalArgumentException(
            file + ": the zip holds no DL4J model (configuration.json and coefficients.bin)");
      }
      configuration = new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
    } catch (java.util.zip.ZipException e) {
      throw new IOException(file + ": the model file is damaged or cut short", e);
    }
    boolean graph = configuration.contains("\"vertices\"");
    MultiLayerNetwork layers = null;
    ComputationGraph vertices = null;
    try {
      if (graph) {
        vertices = ModelSerializer.restoreComputationGraph(file.toFile(), false);
      } else {
        layers = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), false);
      }
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          file + ": the model cannot be restored, " + reason(e) + " (damaged, or a custom layer?)",
          e);
    }
    if (vertices != null) {
      return Dl4j.network(vertices);
    }
    if (layers == null) {
      throw new IOException(file + ": the model cannot be restored");
    }
    return Dl4j.network(layers);
  }

  private static Network readKeras(Path file) throws IOException {
    byte[] signature = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    try (var in = Files.newInputStream(file)) {
      if (!java.util.Arrays.equals(in.readNBytes(signature.length), signature)) {
        throw new IOException(file + ": not an HDF5 file (damaged, or another format?)");
      }
    }
    checkLength(file);
    try {
      return Dl4j.network(KerasModelImport.importKerasModelAndWeights(file.toString(), false));
    } catch (InvalidKerasConfigurationException | UnsupportedKerasConfigurationException e) {
      return readSequential(file, e);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IOException(
          file + ": the Keras model cannot be read, " + reason(e) + " (damaged or cut short?)", e);
    }
  }

  private static Network readSequential(Path file, Exception asGraph) throws IOException {
    try {
      return Dl4j.network(
          KerasModelImport.importKerasSequentialModelAndWeights(file.toString(), false));
    } catch (InvalidKerasConfigurationException | UnsupportedKerasConfigurationException e) {
      throw new IllegalArgumentException(
          file + ": DL4J cannot import this Keras model: " + reason(asGraph), e);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IOException(
          file + ": the Keras model cannot be read, " + reason(e) + " (damaged or cut short?)", e);
    }
  }

  /** The HDF5 library may crash on a file that is shorter than its header says. */
  private static void checkLength(Path file) throws IOException {
    byte[] head;
    try (var in = Files.newInputStream(file)) {
      head = in.readNBytes(64);
    }
    if (head.length < 48) {
      throw new IOException(
          file + ": the Keras model is cut short, it has only " + head.length + " bytes");
    }
    int version = head[8];
    int sizeOfOffsets = version > 1 ? head[9] : head[13];
    int base = version > 1 ? 12 : version == 1 ? 28 : 24;
    int end = base + 2 * sizeOfOffsets;
    if (sizeOfOffsets != 8 || end + 8 > head.length) {
      return;
    }
    long length =
        java.nio.ByteBuffer.wrap(head).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong(end);
    if (length > Files.size(file)) {
      throw new IOException(
          file
              + ": the Keras model is cut short, it should have "
              + length
              + " bytes and has "
              + Files.size(file));
    }
  }

  private static String reason(Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.lines().findFirst().orElse(e.toString());
  }
}
