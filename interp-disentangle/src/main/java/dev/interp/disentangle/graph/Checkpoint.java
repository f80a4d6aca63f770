package dev.interp.disentangle.graph;

import dev.interp.core.file.WholeFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The files that a learner leaves behind, one for each layer, with a check sum at the end. */
final class Checkpoint {
  private static final int MAGIC = 0x49475245;
  private static final int VERSION = 1;

  private final Path folder;
  private final String subject;

  Checkpoint(Path folder, String subject) {
    this.folder = folder;
    this.subject = subject;
  }

  /** What a file holds: a layer on its way, or all of it. */
  record Saved(LayerLearner.State state, @Nullable Placements placements) {}

  Path file(int layer) {
    return folder.resolve("layer-" + layer + ".checkpoint");
  }

  void clear(int layers) throws IOException {
    for (int layer = 0; layer < layers; layer++) {
      Files.deleteIfExists(file(layer));
    }
  }

  void save(int layer, Saved saved) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeInt(VERSION);
      out.writeUTF(subject);
      write(out, saved.state());
      Placements placements = saved.placements();
      out.writeBoolean(placements != null);
      if (placements != null) {
        write(out, placements);
      }
      CRC32 sum = new CRC32();
      out.flush();
      sum.update(bytes.toByteArray());
      out.writeLong(sum.getValue());
    }
    Files.createDirectories(folder);
    WholeFile.write(file(layer), bytes.toByteArray());
  }

  private static void write(DataOutputStream out, LayerLearner.State state) throws IOException {
    Patterns patterns = state.patterns();
    out.writeInt(state.iteration());
    write(out, patterns.start);
    for (double[] values :
        new double[][] {patterns.row, patterns.column, patterns.sigma, state.likelihoods()}) {
      out.writeInt(values.length);
      for (double value : values) {
        out.writeDouble(value);
      }
    }
    for (int[] neighbours : patterns.neighbours) {
      write(out, neighbours);
    }
  }

  private static void write(DataOutputStream out, int[] values) throws IOException {
    out.writeInt(values.length);
    for (int value : values) {
      out.writeInt(value);
    }
  }

  private static void write(DataOutputStream out, Placements placements) throws IOException {
    out.writeInt(placements.pictures());
    out.writeInt(placements.inputWidth());
    out.writeInt(placements.inputHeight());
    out.writeInt(placements.patterns());
    for (int v = 0; v < placements.patterns(); v++) {
      for (int i = 0; i < placements.pictures(); i++) {
        out.writeFloat((float) placements.x(v, i));
        out.writeFloat((float) placements.y(v, i));
        out.writeFloat((float) placements.score(v, i));
      }
    }
  }

  /**
   * Reads what there is of a layer.
   *
   * @throws IOException if the file is damaged
   * @throws IllegalArgumentException if it is of other pictures or settings
   */
  Optional<Saved> load(int layer) throws IOException {
    Path file = file(layer);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    byte[] bytes = Files.readAllBytes(file);
    CRC32 sum = new CRC32();
    int body = bytes.length - Long.BYTES;
    if (body < 0) {
      throw damaged(file, null);
    }
    sum.update(bytes, 0, body);
    try (DataInputStream tail =
            new DataInputStream(new ByteArrayInputStream(bytes, body, Long.BYTES));
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, 0, body))) {
      if (tail.readLong() != sum.getValue() || in.readInt() != MAGIC) {
        throw damaged(file, null);
      }
      int version = in.readInt();
      if (version != VERSION) {
        throw new IOException(
            file + ": the checkpoint has version " + version + ", this program reads " + VERSION);
      }
      String other = in.readUTF();
      if (!other.equals(subject)) {
        throw new IllegalArgumentException(
            file
                + ": the checkpoint is of another graph ("
                + other
                + ") than this one ("
                + subject
                + "); choose another folder, or start again without resuming");
      }
      LayerLearner.State state = state(in);
      return Optional.of(new Saved(state, in.readBoolean() ? placements(in) : null));
    } catch (java.io.EOFException | NegativeArraySizeException e) {
      throw damaged(file, e);
    }
  }

  private static IOException damaged(Path file, @Nullable Exception cause) {
    return new IOException(
        file
            + ": the checkpoint is damaged or cut short; delete it, and resume to learn this layer"
            + " again",
        cause);
  }

  private static LayerLearner.State state(DataInputStream in) throws IOException {
    int iteration = in.readInt();
    int[] start = ints(in);
    double[][] values = new double[4][];
    for (int k = 0; k < values.length; k++) {
      values[k] = new double[in.readInt()];
      for (int i = 0; i < values[k].length; i++) {
        values[k][i] = in.readDouble();
      }
    }
    int[][] neighbours = new int[values[0].length][];
    for (int v = 0; v < neighbours.length; v++) {
      neighbours[v] = ints(in);
    }
    return new LayerLearner.State(
        iteration, new Patterns(start, values[0], values[1], values[2], neighbours), values[3]);
  }

  private static int[] ints(DataInputStream in) throws IOException {
    int[] values = new int[in.readInt()];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.readInt();
    }
    return values;
  }

  private static Placements placements(DataInputStream in) throws IOException {
    int pictures = in.readInt();
    int width = in.readInt();
    int height = in.readInt();
    int size = in.readInt();
    float[][] x = new float[size][pictures];
    float[][] y = new float[size][pictures];
    float[][] score = new float[size][pictures];
    for (int v = 0; v < size; v++) {
      for (int i = 0; i < pictures; i++) {
        x[v][i] = in.readFloat();
        y[v][i] = in.readFloat();
        score[v][i] = in.readFloat();
      }
    }
    return new Placements(pictures, width, height, x, y, score);
  }
}
