package dev.interp.visual.optimize;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Progress;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.visual.relevance.Numbers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Optimises the pictures of one batch. */
final class Ascent implements AutoCloseable {
  private final ActivationMaximization how;
  private final Network network;
  private final Progress progress;
  private final ChannelOrder order;
  private final float[] low;
  private final float[] high;
  private final int channels;
  private final int h;
  private final int w;
  private final List<Objective> rows = new ArrayList<>();
  private final String[] tensors;
  private final double[][] z;
  private final double[] values;
  private final List<List<Double>> history = new ArrayList<>();
  private final boolean[] alive;
  private final Map<String, INDArray> buffers = new HashMap<>();
  private Parameterization.Canvas canvas;

  Ascent(
      ActivationMaximization how,
      Network network,
      Preprocessor preprocessor,
      List<Objective> objectives,
      Progress progress) {
    this.how = how;
    this.network = network;
    this.progress = progress;
    this.order = preprocessor.order();
    this.low = preprocessor.low();
    this.high = preprocessor.high();
    long[] input = network.typicalInput();
    this.channels = (int) input[0];
    this.h = (int) input[1];
    this.w = (int) input[2];
    Set<String> read = new LinkedHashSet<>();
    for (Objective objective : objectives) {
      rows.addAll(Collections.nCopies(how.copies, objective));
      read.addAll(objective.tensors(network));
    }
    String separated = how.separated;
    if (separated != null) {
      read.add(separated);
    }
    this.tensors = read.toArray(String[]::new);
    this.canvas = canvas(0);
    this.z = new double[rows.size()][];
    this.values = new double[rows.size()];
    this.alive = new boolean[rows.size()];
    for (int r = 0; r < z.length; r++) {
      // The noise of a picture does not depend on what stands beside it.
      z[r] = canvas.noise(new SplittableRandom(31 * how.seed + r % how.copies), how.noise);
      history.add(new ArrayList<>());
    }
  }

  private Parameterization.Canvas canvas(int stage) {
    double share = how.sizes[stage];
    int rowsOf = Math.max(1, (int) Math.round(share * h));
    int columnsOf = Math.max(1, (int) Math.round(share * w));
    return how.parameterization.canvas(order, rowsOf, columnsOf);
  }

  List<Visualization> run(int first) {
    SplittableRandom random = new SplittableRandom(how.seed).split();
    Descent[] descents = begin();
    int stage = 0;
    for (int step = 0; step < how.steps; step++) {
      int now = (int) ((long) step * how.sizes.length / how.steps);
      if (now != stage) {
        stage = now;
        enlarge(stage);
        descents = begin();
      }
      Warp look = how.transformations.draw(random, h, w);
      double[][] pixels = new double[z.length][];
      // The last step tells by the plain gradient what is alive, however few there are.
      boolean open = step < Math.min(how.openSteps, how.steps - 1);
      double[][] gradients = gradients(pixels, look, open, step);
      double rate = how.schedule.rate(how.rate, step, how.steps);
      for (int r = 0; r < z.length; r++) {
        history.get(r).add(values[r]);
        descents[r].step(z[r], canvas.gradient(pixels[r], gradients[r]), rate);
      }
      if (how.every > 0 && (step + 1) % how.every == 0) {
        how.listener.show(first, step + 1, images());
      }
      progress.report(step + 1L, how.steps);
    }
    return results();
  }

  private Descent[] begin() {
    Descent[] descents = new Descent[z.length];
    for (int r = 0; r < z.length; r++) {
      descents[r] = how.momentum ? new Momentum(z[r].length) : new Adam(z[r].length);
    }
    return descents;
  }

  private void enlarge(int stage) {
    Parameterization.Canvas next = canvas(stage);
    for (int r = 0; r < z.length; r++) {
      z[r] = canvas.resized(z[r], next);
    }
    canvas = next;
  }

  /** Gradients at the pixels of what shall become small: penalties less the objective. */
  private double[][] gradients(double[][] pixels, Warp look, boolean open, int step) {
    int ch = canvas.height();
    int cw = canvas.width();
    Warp.Taps taps = Warp.resize(ch, cw, h, w).then(look).taps(ch, cw, h, w);
    double[][] atPixels = new double[z.length][];
    for (int r = 0; r < z.length; r++) {
      pixels[r] = canvas.pixels(z[r]);
      atPixels[r] = new double[pixels[r].length];
      for (Penalty penalty : how.penalties) {
        penalty.add(pixels[r], ch, cw, atPixels[r]);
      }
    }
    double[] atViews = objective(pixels, taps, open, true, step);
    int size = h * w;
    double[] view = new double[size];
    for (int r = 0; r < z.length; r++) {
      boolean moved = false;
      for (int c = 0; c < channels; c++) {
        int from = (r * channels + c) * size;
        double range = high[c] - low[c];
        for (int k = 0; k < size; k++) {
          view[k] = -range * atViews[from + k];
          moved |= view[k] != 0;
        }
        taps.addAdjoint(view, 0, atPixels[r], c * ch * cw);
      }
      alive[r] |= moved && !open;
    }
    return atPixels;
  }

  /** The objectives' values and, if asked, their gradients at the network's input. */
  private double[] objective(
      double[][] pixels, Warp.Taps taps, boolean open, boolean gradient, int step) {
    double[] view = new double[channels * h * w];
    INDArray x = buffer(Network.INPUT, z.length, channels, h, w);
    AttributionRun.fill(x, r -> look(pixels[r], taps, view, step));
    try (Trace trace = network.run(x, hooks(open))) {
      Arrays.fill(values, 0);
      double[] sum = new double[gradient ? z.length * view.length : 0];
      for (String tensor : tensors) {
        INDArray seed = seed(trace, tensor);
        if (gradient) {
          List<Integer> none = Collections.nCopies(z.length, -1);
          Target.Resolved target =
              new Target.Resolved(tensor, none, Nd4j.zeros(network.precision(), z.length), seed);
          try (INDArray below = trace.gradient(target, Network.INPUT)) {
            double[] numbers = Numbers.of(below);
            for (int k = 0; k < sum.length; k++) {
              sum[k] += numbers[k];
            }
          }
        }
      }
      return sum;
    }
  }

  /** The network's input and the seeds of gradients, filled again in each step. */
  private INDArray buffer(String tensor, long... shape) {
    return buffers.computeIfAbsent(
        tensor, name -> Nd4j.createUninitialized(network.precision(), shape, 'c'));
  }

  private Hooks hooks(boolean open) {
    Hooks hooks = Hooks.none().keep(tensors);
    return open ? hooks.withRules(DeadRelu.RULES) : hooks;
  }

  /** The network's input for a look at a picture. */
  private double[] look(double[] pixels, Warp.Taps taps, double[] view, int step) {
    int size = h * w;
    double total = 0;
    for (int c = 0; c < channels; c++) {
      taps.apply(pixels, c * (pixels.length / channels), view, c * size);
      double range = high[c] - low[c];
      for (int k = c * size; k < (c + 1) * size; k++) {
        view[k] = low[c] + range * view[k];
        total += view[k];
      }
    }
    if (!Double.isFinite(total)) {
      throw new ArithmeticException(
          "the picture left all bounds after " + step + " steps; choose a smaller rate");
    }
    return view;
  }

  /** Adds up the values and gives the gradients at a tensor. */
  private INDArray seed(Trace trace, String tensor) {
    try (INDArray activation = trace.activation(tensor)) {
      double[] all = Numbers.of(activation);
      int length = all.length / z.length;
      int depth = (int) activation.size(1);
      int rowsOf = activation.rank() == 4 ? (int) activation.size(2) : 1;
      int columnsOf = length / depth / rowsOf;
      double[][] maps = new double[z.length][];
      double[][] seeds = new double[z.length][length];
      for (int r = 0; r < z.length; r++) {
        maps[r] = Arrays.copyOfRange(all, r * length, (r + 1) * length);
        Objective.Maps own = new Objective.Maps(maps[r], depth, rowsOf, columnsOf);
        values[r] += rows.get(r).add(network, tensor, own, seeds[r]);
      }
      if (tensor.equals(how.separated)) {
        for (int r = 0; r < z.length; r += how.copies) {
          Gram.separate(
              Arrays.copyOfRange(maps, r, r + how.copies),
              depth,
              how.separation,
              Arrays.copyOfRange(seeds, r, r + how.copies));
        }
      }
      INDArray seed = buffer(tensor, activation.shape());
      AttributionRun.fill(seed, r -> seeds[r]);
      return seed;
    }
  }

  private List<Image> images() {
    List<Image> images = new ArrayList<>();
    for (double[] parameters : z) {
      images.add(image(canvas.pixels(parameters)));
    }
    return images;
  }

  private Image image(double[] pixels) {
    int size = pixels.length / channels;
    float[] values = new float[pixels.length];
    for (int c = 0; c < channels; c++) {
      int from = order == ChannelOrder.BGR ? channels - 1 - c : c;
      for (int k = 0; k < size; k++) {
        values[c * size + k] = (float) Math.min(1, Math.max(0, pixels[from * size + k]));
      }
    }
    return Image.of(channels, canvas.height(), canvas.width(), values);
  }

  private List<Visualization> results() {
    double[][] pixels = new double[z.length][];
    double[] costs = new double[z.length];
    for (int r = 0; r < z.length; r++) {
      pixels[r] = canvas.pixels(z[r]);
      for (Penalty penalty : how.penalties) {
        costs[r] += penalty.add(pixels[r], h, w, new double[pixels[r].length]);
      }
    }
    objective(pixels, Warp.NONE.taps(h, w, h, w), false, false, how.steps);
    List<Visualization> results = new ArrayList<>();
    for (int r = 0; r < z.length; r++) {
      results.add(
          new Visualization(
              rows.get(r).toString(),
              r % how.copies,
              image(pixels[r]),
              history.get(r),
              values[r],
              costs[r],
              !alive[r]));
    }
    return results;
  }

  @Override
  public void close() {
    buffers.values().forEach(INDArray::close);
  }
}
