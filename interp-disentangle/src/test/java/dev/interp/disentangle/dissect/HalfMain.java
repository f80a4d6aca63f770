package dev.interp.disentangle.dissect;

import dev.interp.core.network.ReceptiveField;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Fills accumulators with some of a hundred drawn pictures, in a program of its own. */
final class HalfMain {
  private static final int FILTERS = 3;
  private static final int SIDE = 6;
  private static final int PIXELS = 24;

  private HalfMain() {}

  /**
   * Writes the accumulators.
   *
   * @param arguments the folder, the first picture, the one behind the last
   * @throws IOException if that fails
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int from = Integer.parseInt(arguments[1]);
    int to = Integer.parseInt(arguments[2]);
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(folder.resolve("quantiles")))) {
      quantiles(from, to).write(out);
    }
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(folder.resolve("overlap")))) {
      overlap(from, to).write(out);
    }
    Files.writeString(folder.resolve("version"), System.getProperty("java.specification.version"));
  }

  private static float[] maps(int picture) {
    Random random = new Random(picture);
    float[] maps = new float[SIDE * SIDE * FILTERS];
    for (int i = 0; i < maps.length; i++) {
      maps[i] = (float) random.nextGaussian();
    }
    return maps;
  }

  static ActivationQuantiles quantiles(int from, int to) {
    ActivationQuantiles quantiles = new ActivationQuantiles(FILTERS);
    for (int i = from; i < to; i++) {
      quantiles.add(maps(i), SIDE * SIDE);
    }
    return quantiles;
  }

  static ConceptOverlap overlap(int from, int to) {
    ConceptOverlap overlap =
        new ConceptOverlap(
            new float[] {0.5f, 1, 1.5f},
            List.of(new Concept("a", "x"), new Concept("b", "x"), new Concept("c", "y")));
    ReceptiveField.Axis axis = new ReceptiveField.Axis(7, 4, 1.5);
    for (int i = from; i < to; i++) {
      Random random = new Random(-1 - i);
      short[] first = new short[PIXELS * PIXELS];
      short[] second = new short[PIXELS * PIXELS];
      for (int p = 0; p < first.length; p++) {
        first[p] = (short) (random.nextInt(3) - 1);
        second[p] = (short) (random.nextInt(2) == 0 ? -1 : 2);
      }
      overlap.add(
          maps(i),
          SIDE,
          SIDE,
          new ReceptiveField(axis, axis),
          PIXELS,
          PIXELS,
          List.of(first, second),
          PIXELS,
          PIXELS);
    }
    return overlap;
  }
}
