package dev.interp.bench.paper;

import dev.interp.core.data.BirdScene;
import dev.interp.core.data.Birds;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Trains nets for which a missing part is nothing unusual, as the FunnyBirds protocol asks: half of
 * the birds lack random parts, and all classes that still fit count as right, in equal shares. The
 * start is the demo net, which knows whole birds; the rate falls to 0 in a straight line.
 */
final class PartNets {
  static final int BIRDS = 12_000;
  static final int FINE_TUNING = 4_000;
  static final int FOLDER_EPOCHS = 40;
  static final int CELLS = 4;
  private static final int BATCH = 32;
  private static final double RATE = 0.001;
  private static final int SHIFT = 6;

  private PartNets() {}

  /** Goes on with the first birds; those behind them are free for tests. */
  static MultiLayerNetwork ofBirds(
      MultiLayerNetwork start, Birds birds, Preprocessor how, long seed, DoubleConsumer share) {
    MultiLayerNetwork net = start.clone();
    for (int from = 0; from < BIRDS; from += BATCH) {
      net.setLearningRate(RATE * (1 - (double) from / BIRDS));
      net.fit(batch(birds, from, how, seed, true));
      share.accept((double) (from + BATCH) / BIRDS);
    }
    return net;
  }

  /**
   * Goes on with whole birds, half of which lack one of 4 × 4 cells: what IDSDS (Hesse,
   * Schaub-Meyer, Roth 2024) asks for.
   */
  static MultiLayerNetwork ofCells(
      MultiLayerNetwork start, Birds birds, Preprocessor how, long seed, DoubleConsumer share) {
    MultiLayerNetwork net = start.clone();
    SplittableRandom random = new SplittableRandom(seed);
    for (int from = 0; from < FINE_TUNING; from += BATCH) {
      DataSet batch = batch(birds, from, how, seed, false);
      int cell = birds.resolution() / CELLS;
      for (int n = 0; n < BATCH; n++) {
        if (random.nextBoolean()) {
          int y = cell * random.nextInt(CELLS);
          int x = cell * random.nextInt(CELLS);
          batch
              .getFeatures()
              .get(
                  NDArrayIndex.point(n),
                  NDArrayIndex.all(),
                  NDArrayIndex.interval(y, y + cell),
                  NDArrayIndex.interval(x, x + cell))
              .assign(0);
        }
      }
      net.setLearningRate(RATE / 2 * (1 - (double) from / FINE_TUNING));
      net.fit(batch);
      share.accept((double) (from + BATCH) / FINE_TUNING);
    }
    return net;
  }

  private static DataSet batch(
      Birds birds, int from, Preprocessor how, long seed, boolean lacking) {
    List<BirdScene> scenes = new ArrayList<>();
    List<Map<String, String>> classes = new ArrayList<>();
    for (int label = 0; label < birds.classNames().size(); label++) {
      classes.add(birds.classKinds(label));
    }
    List<Map<String, String>> known = new ArrayList<>();
    for (int i = from; i < from + BATCH; i++) {
      SplittableRandom random = new SplittableRandom(seed * BIRDS + i);
      Set<String> removed = new HashSet<>();
      if (lacking && random.nextBoolean()) {
        for (String part : classes.get(0).keySet()) {
          if (random.nextBoolean()) {
            removed.add(part);
          }
        }
      }
      BirdScene scene = birds.scene(i);
      scenes.add(scene.without(removed));
      Map<String, String> kinds = new java.util.HashMap<>(classes.get(scene.label()));
      kinds.keySet().removeAll(removed);
      known.add(kinds);
    }
    List<Image> images =
        IntStream.range(0, BATCH)
            .parallel()
            .mapToObj(n -> FunnyBirdsFolder.image(birds.render(scenes.get(n))))
            .toList();
    return new DataSet(how.apply(images), labels(known, classes));
  }

  /** For each picture equal shares for the classes of which it has no part of another kind. */
  static INDArray labels(List<Map<String, String>> known, List<Map<String, String>> classes) {
    float[] labels = new float[known.size() * classes.size()];
    for (int n = 0; n < known.size(); n++) {
      Map<String, String> kinds = known.get(n);
      int[] fitting =
          IntStream.range(0, classes.size())
              .filter(c -> classes.get(c).entrySet().containsAll(kinds.entrySet()))
              .toArray();
      for (int c : fitting) {
        labels[n * classes.size() + c] = 1f / fitting.length;
      }
    }
    return Nd4j.create(labels, new long[] {known.size(), classes.size()}, 'c');
  }

  /**
   * Goes on with the training pictures of a folder, mirrored and moved by some pixels at random;
   * classes are learnt anew.
   */
  static MultiLayerNetwork ofFolder(
      MultiLayerNetwork start,
      List<PartImage> pictures,
      List<Map<String, String>> classes,
      Preprocessor how,
      long seed,
      DoubleConsumer share) {
    INDArray x = how.apply(pictures.stream().map(FunnyBirdsFolder::image).toList());
    INDArray y = labels(pictures.stream().map(PartImage::attributes).toList(), classes);
    int side = (int) x.size(2);
    MultiLayerNetwork net =
        new TransferLearning.Builder(start)
            .nOutReplace(start.getnLayers() - 1, classes.size(), WeightInit.XAVIER)
            .build();
    float[] all = x.dup('c').data().asFloat();
    SplittableRandom random = new SplittableRandom(seed);
    for (int epoch = 0; epoch < FOLDER_EPOCHS; epoch++) {
      net.setLearningRate(2 * RATE * (1 - (double) epoch / FOLDER_EPOCHS));
      int[] order = FilterTrial.shuffled(pictures.size(), random);
      for (int from = 0; from < order.length; from += BATCH) {
        int[] rows = Arrays.copyOfRange(order, from, Math.min(order.length, from + BATCH));
        net.fit(new DataSet(moved(all, rows, side, random), Nd4j.pullRows(y, 1, rows)));
      }
      share.accept((epoch + 1.0) / FOLDER_EPOCHS);
    }
    return net;
  }

  /** Pixels from outside of a picture are those of its edge. */
  private static INDArray moved(float[] all, int[] rows, int side, SplittableRandom random) {
    float[] batch = new float[rows.length * 3 * side * side];
    for (int n = 0; n < rows.length; n++) {
      boolean mirrored = random.nextBoolean();
      int right = random.nextInt(2 * SHIFT + 1) - SHIFT;
      int down = random.nextInt(2 * SHIFT + 1) - SHIFT;
      for (int c = 0; c < 3; c++) {
        for (int i = 0; i < side; i++) {
          int from = ((rows[n] * 3 + c) * side + clamp(i - down, side)) * side;
          int to = ((n * 3 + c) * side + i) * side;
          for (int j = 0; j < side; j++) {
            int source = clamp(j - right, side);
            batch[to + j] = all[from + (mirrored ? side - 1 - source : source)];
          }
        }
      }
    }
    return Nd4j.create(batch, new long[] {rows.length, 3, side, side}, 'c');
  }

  private static int clamp(int value, int side) {
    return Math.max(0, Math.min(side - 1, value));
  }
}
