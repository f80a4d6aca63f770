package dev.interp.visual.diagnose;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.BatchRoom;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.IncrementalRun;
import dev.interp.core.network.Network;
import dev.interp.core.network.Rectangle;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Prediction difference analysis: how the output changes when what is in a window is not known. The
 * window is drawn anew several times, given what is around it; the mean of the outputs is what the
 * network would say without the window. A pixel's value is the mean over the windows that cover it.
 *
 * <p>For the probability p of a class the value is the weight of evidence in bits, {@code log₂
 * odds(p) − log₂ odds(mean p without the window)}, where p is {@code (p · 100000 + 1) / (100000 +
 * classes)} so that odds stay finite. For other targets (a hidden unit, a contrast), and for
 * networks that end in neither softmax nor sigmoid, it is the difference of the target's values.
 * Positive: the window speaks for the target.
 *
 * <p>The map is {@code [N, 1, H, W]} at the tensor whose windows are drawn: the input, or a hidden
 * tensor of maps. Cost: {@code windows · samples + 1} forward passes, which at the input recompute
 * only what the window reaches ({@link IncrementalRun}); no backward pass.
 *
 * <p>Zintgraf, Cohen, Adel, Welling: Visualizing Deep Neural Network Decisions: Prediction
 * Difference Analysis, ICLR 2017, algorithm 1; settings are those of the authors' program: windows
 * of 10 at every pixel, 10 samples of a Gaussian per channel given 2 pixels on each side.
 * Deviations: unless statistics of a data set are given, the Gaussian is estimated from the patches
 * of the picture itself, and one patch of independent pixels is counted in with them; draws are cut
 * to the range of a channel, not of a pixel.
 */
public final class PredictionDifference implements Attributor {
  private static final int WINDOW = 10;
  private static final int LEAST_SHARE = 3;
  private static final double TRAINING_SIZE = 100000;

  private final int window;
  private final int stride;
  private final int samples;
  private final WindowSampler sampler;
  private final String tensor;
  private final long seed;
  private final int batchSize;
  private final Progress progress;

  private PredictionDifference(
      int window,
      int stride,
      int samples,
      WindowSampler sampler,
      String tensor,
      long seed,
      int batchSize,
      Progress progress) {
    this.window = window;
    this.stride = stride;
    this.samples = samples;
    this.sampler = sampler;
    this.tensor = tensor;
    this.seed = seed;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * Windows of 10 pixels (a third of the shorter side, where that is less) at every pixel of the
   * input, 10 conditional samples each, 32 pictures at a time, seed 0.
   *
   * @return the method
   */
  public static PredictionDifference withDefaults() {
    return new PredictionDifference(
        0, 1, 10, WindowSampler.conditional(2), Network.INPUT, 0, 32, Progress.none());
  }

  /**
   * Sets the window.
   *
   * @param side of the square window in pixels, at least 1
   * @return the method with that window
   */
  public PredictionDifference withWindow(int side) {
    atLeastOne("the window", side);
    return new PredictionDifference(
        side, stride, samples, sampler, tensor, seed, batchSize, progress);
  }

  /**
   * Sets the step of the window. A last window lies at the rim, so that every pixel is covered.
   *
   * @param step in pixels, at most the window, or 0 for half the window
   * @return the method with that stride
   */
  public PredictionDifference withStride(int step) {
    if (step < 0) {
      throw new IllegalArgumentException(
          "the stride must be at least 1, or 0 for half the window, was " + step);
    }
    return new PredictionDifference(
        window, step, samples, sampler, tensor, seed, batchSize, progress);
  }

  /**
   * Sets how often a window is drawn.
   *
   * @param number at least 1
   * @return the method with that many samples
   */
  public PredictionDifference withSamples(int number) {
    atLeastOne("samples", number);
    return new PredictionDifference(
        window, stride, number, sampler, tensor, seed, batchSize, progress);
  }

  /**
   * Sets what a window could have shown.
   *
   * @param draws where windows are drawn from
   * @return the method with that sampler
   */
  public PredictionDifference withSampler(WindowSampler draws) {
    return new PredictionDifference(
        window, stride, samples, draws, tensor, seed, batchSize, progress);
  }

  /**
   * Sets the tensor whose windows are drawn. Statistics and pictures given to a sampler must be of
   * that tensor.
   *
   * @param name the tensor's name
   * @return the method with that tensor
   */
  public PredictionDifference withTensor(String name) {
    return new PredictionDifference(
        window, stride, samples, sampler, name, seed, batchSize, progress);
  }

  /**
   * Sets the seed of the draws.
   *
   * @param number any
   * @return the method with that seed
   */
  public PredictionDifference withSeed(long number) {
    return new PredictionDifference(
        window, stride, samples, sampler, tensor, number, batchSize, progress);
  }

  /**
   * Sets how many changed pictures are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public PredictionDifference withBatchSize(int size) {
    atLeastOne("batch size", size);
    return new PredictionDifference(window, stride, samples, sampler, tensor, seed, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public PredictionDifference withProgress(Progress listener) {
    return new PredictionDifference(
        window, stride, samples, sampler, tensor, seed, batchSize, listener);
  }

  @Override
  public String id() {
    return "prediction-difference-analysis";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("window", window == 0 ? "10 px, or a third of the shorter side" : window + " px");
    settings.put("stride", stride == 0 ? "half the window" : stride + " px");
    settings.put("samples", Integer.toString(samples));
    settings.put("sampler", sampler.name());
    settings.put("tensor", tensor);
    settings.put("seed", Long.toString(seed));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.checkInput(x);
    target.check(network, x.size(0));
    Windows windows = windows(network, x);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      return tensor.equals(Network.INPUT) ? ofInput(run, windows) : ofTensor(run, windows);
    }
  }

  /** Each picture alone, so that what a window does not reach is computed once. */
  private Attribution ofInput(AttributionRun run, Windows windows) {
    List<Attribution> parts = new ArrayList<>();
    for (int i = 0; i < run.examples(); i++) {
      Target target = run.targetOf(i);
      String asked = target.tensor(run.network());
      INDArray picture = run.rows(new int[] {i});
      try (IncrementalRun base = run.network().incremental(picture)) {
        INDArray value = base.base(asked);
        Target.Resolved resolved = target.resolve(run.network(), value);
        Evaluation evaluation = new Evaluation(run, resolved, picture, value, windows, base);
        parts.add(run.finish(tensor, evaluation.map(i, run.examples()), resolved));
      } finally {
        picture.close();
      }
    }
    return run.join(tensor, parts);
  }

  private Attribution ofTensor(AttributionRun run, Windows windows) {
    String asked = run.target().tensor(run.network());
    try (Trace trace = run.network().run(run.x(), Hooks.none().keep(tensor, asked))) {
      Target.Resolved resolved = trace.resolve(run.target());
      INDArray shown = trace.activation(tensor);
      Evaluation evaluation =
          new Evaluation(run, resolved, shown, trace.activation(asked), windows, null);
      return run.finish(tensor, evaluation.map(0, 1), resolved);
    }
  }

  private Windows windows(Network network, INDArray x) {
    if (x.rank() != 4) {
      throw new IllegalArgumentException(
          id() + " needs pictures [N, C, H, W], was " + Arrays.toString(x.shape()));
    }
    List<Long> known = network.layer(tensor).shape();
    if (known.size() != 3) {
      throw new IllegalArgumentException(
          id() + " needs a tensor of maps [C, H, W], but '" + tensor + "' is " + known);
    }
    long[] shape =
        network.layers(x.size(1), x.size(2), x.size(3)).stream()
            .filter(l -> l.name().equals(tensor))
            .findFirst()
            .orElseThrow()
            .shape()
            .stream()
            .mapToLong(Long::longValue)
            .toArray();
    int h = (int) shape[1];
    int w = (int) shape[2];
    int side = window == 0 ? Math.max(1, Math.min(WINDOW, Math.min(h, w) / LEAST_SHARE)) : window;
    int step = stride == 0 ? Math.max(1, side / 2) : stride;
    if (side > Math.min(h, w)) {
      throw new IllegalArgumentException(
          "the window must fit into '" + tensor + "' of " + h + "×" + w + ", was " + side);
    }
    if (step > side) {
      throw new IllegalArgumentException(
          "the stride must be at most the window of "
              + side
              + ", or places would be left out, was "
              + step);
    }
    sampler.check(shape, side);
    return new Windows((int) shape[0], h, w, side, step);
  }

  private static void atLeastOne(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, was " + number);
    }
  }

  /** Where the windows lie. */
  private record Windows(int channels, int height, int width, int side, int step) {
    int columns() {
      return (width - side + step - 1) / step + 1;
    }

    int count() {
      return ((height - side + step - 1) / step + 1) * columns();
    }

    int top(int window) {
      return Math.min(window / columns() * step, height - side);
    }

    int left(int window) {
      return Math.min(window % columns() * step, width - side);
    }

    Rectangle box(int window) {
      return new Rectangle(left(window), top(window), left(window) + side, top(window) + side);
    }

    void put(double[] draw, int window, double[] maps) {
      for (int c = 0; c < channels; c++) {
        for (int i = 0; i < side; i++) {
          System.arraycopy(
              draw,
              (c * side + i) * side,
              maps,
              (c * height + top(window) + i) * width + left(window),
              side);
        }
      }
    }

    void add(double value, int window, double[] plane) {
      for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
          plane[(top(window) + i) * width + left(window) + j] += value;
        }
      }
    }
  }

  /** One call on a batch, or on one picture of it. */
  private final class Evaluation {
    private final AttributionRun run;
    private final Target.Resolved resolved;
    private final INDArray shown;
    private final Windows windows;
    private final @Nullable IncrementalRun base;
    private final int examples;
    private final boolean probability;
    private final double[] own;

    /**
     * @param shown the tensor whose windows are drawn
     * @param asked the tensor that the target reads
     * @param base the run of the picture, if it is one
     */
    Evaluation(
        AttributionRun run,
        Target.Resolved resolved,
        INDArray shown,
        INDArray asked,
        Windows windows,
        @Nullable IncrementalRun base) {
      this.run = run;
      this.resolved = resolved;
      this.shown = shown;
      this.windows = windows;
      this.base = base;
      this.examples = (int) shown.size(0);
      this.probability =
          run.network().hasProbabilities()
              && (run.target() instanceof Target.Predicted
                  || run.target() instanceof Target.Classes
                  || run.target() instanceof Target.Probability);
      int[] each = IntStream.range(0, examples).toArray();
      this.own = probability ? probabilities(asked, each) : numbers(resolved);
    }

    /**
     * @param part which part of the work this is
     * @param parts how many there are, all alike
     */
    INDArray map(int part, int parts) {
      int each = windows.count() * samples;
      long count = (long) examples * each;
      double[] sums = new double[examples * windows.count()];
      Drawn drawn = new Drawn();
      try (BatchRoom room = new BatchRoom(shown, base == null ? largest(count) : 1)) {
        for (long first : AttributionRun.batches(count, batchSize)) {
          int[] example = new int[(int) Math.min(batchSize, count - first)];
          Arrays.setAll(example, r -> (int) ((first + r) / each));
          double[] values = values(first, example, drawn, room);
          for (int r = 0; r < example.length; r++) {
            sums[(int) ((first + r) / samples)] += values[r];
          }
          progress.report(part * count + first + example.length, parts * count);
        }
      }
      return map(sums);
    }

    private int largest(long count) {
      return (int) Math.min(batchSize, count);
    }

    /** The examples with windows drawn, one after the other, in one array. */
    private final class Drawn {
      private SplittableRandom random = new SplittableRandom(seed);
      private final double[][] known = rows(shown);
      private final double[] row = new double[known[0].length];
      private WindowSampler.Draws source = (top, left, count, any) -> new double[0][];
      private double[][] draws = new double[0][];

      double[] picture(long number) {
        int each = windows.count() * samples;
        int i = (int) (number / each);
        int place = (int) (number % each);
        if (place == 0) {
          source = sampler.of(shown.slice(i), windows.side());
          random = new SplittableRandom(seed);
        }
        int at = place / samples;
        if (place % samples == 0) {
          draws = source.draw(windows.top(at), windows.left(at), samples, random.split());
        }
        System.arraycopy(known[i], 0, row, 0, row.length);
        windows.put(draws[place % samples], at, row);
        return row;
      }
    }

    private INDArray map(double[] sums) {
      int n = examples;
      int plane = windows.height() * windows.width();
      double[] all = new double[n * plane];
      double[] coverage = new double[plane];
      for (int at = 0; at < windows.count(); at++) {
        windows.add(1, at, coverage);
      }
      for (int i = 0; i < n; i++) {
        double[] map = new double[plane];
        for (int at = 0; at < windows.count(); at++) {
          double without = sums[i * windows.count() + at] / samples;
          windows.add(difference(i, without), at, map);
        }
        for (int k = 0; k < plane; k++) {
          all[i * plane + k] = map[k] / coverage[k];
        }
      }
      return Nd4j.createFromArray(all)
          .reshape(n, 1, windows.height(), windows.width())
          .castTo(run.x().dataType());
    }

    private double difference(int example, double without) {
      return probability ? logOdds(own[example]) - logOdds(without) : own[example] - without;
    }

    private double logOdds(double p) {
      double kept = (p * TRAINING_SIZE + 1) / (TRAINING_SIZE + run.network().classCount());
      return Math.log(kept / (1 - kept)) / Math.log(2);
    }

    /** What the network says to changed tensors, one number per row. */
    private double[] values(long first, int[] example, Drawn drawn, BatchRoom room) {
      INDArray found;
      IncrementalRun known = base;
      if (known != null) {
        List<Rectangle> boxes =
            IntStream.range(0, example.length)
                .mapToObj(r -> windows.box((int) ((first + r) / samples)))
                .toList();
        List<String> asked = List.of(resolved.tensor());
        found = known.tensors(asked, boxes, r -> drawn.picture(first + r)).get(0);
      } else {
        INDArray changed = room.of(example.length);
        AttributionRun.fill(changed, r -> drawn.picture(first + r));
        found = above(changed, example);
      }
      return probability
          ? probabilities(found, example)
          : numbers(run.targetOf(resolved, example).resolve(run.network(), found));
    }

    /** What the target reads, of the examples with other values of the tensor. */
    private INDArray above(INDArray changed, int[] example) {
      Hooks hooks = Hooks.none().edit(tensor, given -> given.assign(changed));
      try (INDArray x = run.rows(example)) {
        if (resolved.tensor().equals(run.network().logits())) {
          return run.network().logits(x, hooks);
        }
        try (Trace trace = run.network().run(x, hooks.keep(resolved.tensor()))) {
          return trace.activation(resolved.tensor());
        }
      }
    }

    private double[] probabilities(INDArray logits, int[] example) {
      INDArray all = run.network().probabilities(logits);
      double[] values = new double[example.length];
      for (int r = 0; r < values.length; r++) {
        values[r] = all.getDouble(r, resolved.classes().get(example[r]));
      }
      return values;
    }
  }

  private static double[] numbers(Target.Resolved resolved) {
    return resolved.values().castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static double[][] rows(INDArray batch) {
    int n = (int) batch.size(0);
    double[] all = batch.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double[][] rows = new double[n][all.length / n];
    for (int r = 0; r < n; r++) {
      System.arraycopy(all, r * rows[r].length, rows[r], 0, rows[r].length);
    }
    return rows;
  }
}
