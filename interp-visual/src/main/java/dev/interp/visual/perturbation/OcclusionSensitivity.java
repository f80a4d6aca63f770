package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.IncrementalRun;
import dev.interp.core.network.Network;
import dev.interp.core.network.Rectangle;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a window over the picture does to a network, in three forms, each a map over the places of
 * the window: the total of the feature map that the picture makes strongest, the probability of a
 * class, and the most probable class. For an attribution to pixels see {@link Occlusion}.
 *
 * <p>Cost: one forward pass and one per window for all three, which recomputes only what the window
 * reaches ({@link IncrementalRun}).
 *
 * <p>Source: Zeiler, Fergus, Visualizing and understanding convolutional networks (ECCV 2014),
 * section 4.2 and figure 7. Deviation: the window does not leave the picture's middle grey out; it
 * shows the {@linkplain #withBaseline baseline}.
 *
 * <p>Immutable; {@code withX} returns a copy. Safe for concurrent use.
 */
public final class OcclusionSensitivity {
  private static final int BATCH = 16;

  private final Occlusion windows;
  private final Baseline baseline;
  private final Progress progress;

  private OcclusionSensitivity(Occlusion windows, Baseline baseline, Progress progress) {
    this.windows = windows;
    this.baseline = baseline;
    this.progress = progress;
  }

  /**
   * Maps over the places of the window, row by row.
   *
   * @param rows of places
   * @param columns of places
   * @param channel the feature map whose total over the picture is largest, zero-based
   * @param total its total without a window
   * @param totals its total under each window
   * @param label the class that is told of
   * @param probability its probability without a window
   * @param probabilities its probability under each window
   * @param labels the most probable class under each window
   */
  public record Maps(
      int rows,
      int columns,
      int channel,
      double total,
      List<Double> totals,
      int label,
      double probability,
      List<Double> probabilities,
      List<Integer> labels) {}

  /**
   * A zero window of a seventh of the picture's shorter side that moves by half its side.
   *
   * @return the method
   */
  public static OcclusionSensitivity withDefaults() {
    return new OcclusionSensitivity(Occlusion.withDefaults(), Baseline.zero(), Progress.none());
  }

  /**
   * Sets a square window.
   *
   * @param side in pixels, at least 1
   * @param step by which it moves in pixels, at least 1 and at most its side
   * @return a copy
   * @throws IllegalArgumentException if a number is not legal
   */
  public OcclusionSensitivity withWindow(int side, int step) {
    return new OcclusionSensitivity(windows.withWindow(side, step), baseline, progress);
  }

  /**
   * Sets what the window shows.
   *
   * @param cover taken from there
   * @return a copy
   */
  public OcclusionSensitivity withBaseline(Baseline cover) {
    return new OcclusionSensitivity(windows, cover, progress);
  }

  /**
   * Sets who is told of the progress, in windows.
   *
   * @param listener may cancel
   * @return a copy
   */
  public OcclusionSensitivity withProgress(Progress listener) {
    return new OcclusionSensitivity(windows, baseline, listener);
  }

  /**
   * Slides the window.
   *
   * @param network ends in class probabilities
   * @param x one picture {@code [1, C, H, W]}; not modified
   * @param layer a tensor of feature maps
   * @param label the class to tell of, zero-based
   * @return the maps
   * @throws IllegalArgumentException if there are several pictures, the tensor has no maps, the
   *     network no probabilities or not that class, or the window does not fit
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public Maps run(Network network, INDArray x, String layer, int label) {
    network.checkInput(x);
    if (x.rank() != 4 || x.size(0) != 1) {
      throw new IllegalArgumentException(
          "the window slides over one picture [1, C, H, W], was " + Arrays.toString(x.shape()));
    }
    if (network.layer(layer).shape().size() != 3) {
      throw new IllegalArgumentException(
          "the strongest map is one of a tensor [C, h, w], but '"
              + layer
              + "' is "
              + network.layer(layer).shape());
    }
    if (label < 0 || label >= network.classCount()) {
      throw new IllegalArgumentException(
          "the class must be in [0, " + network.classCount() + "), was " + label);
    }
    Occlusion.Places places = windows.places(x);
    INDArray input = x.castTo(network.precision());
    INDArray cover = baseline.of(input);
    double[] shown = Evaluations.numbers(input);
    double[] covers = Evaluations.numbers(cover);
    double[] row = shown.clone();
    List<String> asked = List.of(layer, network.logits());
    Double[] totals = new Double[places.count()];
    Double[] probabilities = new Double[places.count()];
    Integer[] labels = new Integer[places.count()];
    Answer whole;
    int channel;
    try (IncrementalRun run = network.incremental(input)) {
      whole = Answer.of(network, List.of(run.base(layer), run.base(network.logits())));
      channel = whole.totals.argMax(1).getInt(0);
      List<Rectangle> boxes = IntStream.range(0, places.count()).mapToObj(places::box).toList();
      int done = 0;
      for (int[] batch : run.batches(boxes, BATCH)) {
        List<Rectangle> some = Arrays.stream(batch).mapToObj(boxes::get).toList();
        Answer answer =
            Answer.of(
                network,
                run.tensors(
                    asked,
                    some,
                    i -> {
                      System.arraycopy(shown, 0, row, 0, row.length);
                      places.each(batch[i], k -> row[k] = covers[k]);
                      return row;
                    }));
        for (int i = 0; i < batch.length; i++) {
          totals[batch[i]] = answer.totals.getDouble(i, channel);
          probabilities[batch[i]] = answer.probabilities.getDouble(i, label);
          labels[batch[i]] = answer.probabilities.getRow(i).argMax().getInt(0);
        }
        done += batch.length;
        progress.report(done, places.count());
      }
    }
    return new Maps(
        places.rows(),
        places.columns(),
        channel,
        whole.totals.getDouble(0, channel),
        List.of(totals),
        label,
        whole.probabilities.getDouble(0, label),
        List.of(probabilities),
        List.of(labels));
  }

  private record Answer(INDArray totals, INDArray probabilities) {
    static Answer of(Network network, List<INDArray> mapsAndLogits) {
      return new Answer(
          mapsAndLogits.get(0).sum(2, 3), network.probabilities(mapsAndLogits.get(1)));
    }
  }
}
