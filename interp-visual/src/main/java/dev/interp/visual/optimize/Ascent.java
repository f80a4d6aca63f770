package dev.interp.visual.optimize;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Progress;
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
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Optimises the pictures of one batch. */
final class Ascent implements AutoCloseable {
  private final ActivationMaximization how;
  private final Network network;
  private final Progress progress;
  private final int channels;
  private final int h;
  private final int w;
  private final List<Objective> rows = new ArrayList<>();
  private final String[] tensors;
  private final Sketch[] sketches;
  private final double[] values;
  private final double[] gradients;
  private final List<List<Double>> history = new ArrayList<>();
  private final boolean[] alive;
  private final Map<String, INDArray> buffers = new HashMap<>();
  private final Map<String, Room> rooms = new HashMap<>();

  /** Activations and the gradients at them, a row per picture. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
  private record Room(double[][] maps, double[][] seeds) {
    static Room of(int count, int length) {
      return new Room(new double[count][length], new double[count][length]);
    }
  }

  Ascent(
      ActivationMaximization how,
      Network network,
      Preprocessor preprocessor,
      List<Objective> objectives,
      Progress progress) {
    this.how = how;
    this.network = network;
    this.progress = progress;
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
    this.sketches = new Sketch[rows.size()];
    Arrays.setAll(sketches, r -> new Sketch(how, preprocessor, r % how.copies, h, w));
    this.values = new double[rows.size()];
    this.gradients = new double[rows.size() * channels * h * w];
    this.alive = new boolean[rows.size()];
    rows.forEach(row -> history.add(new ArrayList<>()));
  }

  List<Visualization> run(int first) {
    SplittableRandom random = new SplittableRandom(how.seed).split();
    for (int step = 0; step < how.steps; step++) {
      int stage = (int) ((long) step * how.sizes.length / how.steps);
      each(r -> sketches[r].enlarge(stage));
      Warp look = how.transformations.draw(random, h, w);
      int ch = sketches[0].height();
      int cw = sketches[0].width();
      Warp.Taps taps = Warp.resize(ch, cw, h, w).then(look).taps(ch, cw, h, w);
      // The last step tells by the plain gradient what is alive, however few there are.
      boolean open = step < Math.min(how.openSteps, how.steps - 1);
      objective(taps, open, true, step);
      double rate = how.schedule.rate(how.rate, step, how.steps);
      int row = channels * h * w;
      each(r -> sketches[r].step(gradients, r * row, taps, rate));
      for (int r = 0; r < sketches.length; r++) {
        history.get(r).add(values[r]);
        alive[r] |= sketches[r].moved() && !open;
      }
      if (how.every > 0 && (step + 1) % how.every == 0) {
        how.listener.show(first, step + 1, Arrays.stream(sketches).map(Sketch::image).toList());
      }
      progress.report(step + 1L, how.steps);
    }
    return results();
  }

  /** Work on every picture by itself, several at once. */
  private void each(IntConsumer work) {
    IntStream.range(0, sketches.length).parallel().forEach(work);
  }

  /** Finds the objectives' values and, if asked, their gradients at the network's input. */
  private void objective(Warp.Taps taps, boolean open, boolean gradient, int step) {
    double[][] views = new double[sketches.length][];
    each(r -> views[r] = sketches[r].look(taps, step));
    INDArray x = buffer(Network.INPUT, sketches.length, channels, h, w);
    AttributionRun.fill(x, r -> views[r]);
    try (Trace trace = network.run(x, hooks(open))) {
      Arrays.fill(values, 0);
      boolean first = true;
      for (String tensor : tensors) {
        INDArray seed = seed(trace, tensor);
        if (gradient) {
          List<Integer> none = Collections.nCopies(sketches.length, -1);
          Target.Resolved target =
              new Target.Resolved(
                  tensor, none, Nd4j.zeros(network.precision(), sketches.length), seed);
          double[] into = first ? gradients : new double[gradients.length];
          trace.readGradient(
              target,
              Network.INPUT,
              array -> {
                Numbers.read(array, 0, into);
                return into;
              });
          for (int k = 0; !first && k < into.length; k++) {
            gradients[k] += into[k];
          }
          first = false;
        }
      }
    }
  }

  /** Room for a tensor, filled again in each step. */
  private INDArray buffer(String tensor, long... shape) {
    return buffers.computeIfAbsent(
        tensor, name -> Nd4j.createUninitialized(network.precision(), shape, 'c'));
  }

  private Hooks hooks(boolean open) {
    Hooks hooks = Hooks.none().keep(tensors);
    return open ? hooks.withRules(DeadRelu.RULES) : hooks;
  }

  /** Adds up the values and gives the gradients at a tensor. */
  private INDArray seed(Trace trace, String tensor) {
    try (INDArray activation = trace.activation(tensor)) {
      int length = (int) (activation.length() / sketches.length);
      int depth = (int) activation.size(1);
      int rowsOf = activation.rank() == 4 ? (int) activation.size(2) : 1;
      int columnsOf = length / depth / rowsOf;
      Room room = rooms.computeIfAbsent(tensor, name -> Room.of(sketches.length, length));
      each(
          r -> {
            Numbers.read(activation, r * length, room.maps[r]);
            Arrays.fill(room.seeds[r], 0);
            Objective.Maps own = new Objective.Maps(room.maps[r], depth, rowsOf, columnsOf);
            values[r] += rows.get(r).add(network, tensor, own, room.seeds[r]);
          });
      if (tensor.equals(how.separated)) {
        for (int r = 0; r < sketches.length; r += how.copies) {
          Gram.separate(
              Arrays.copyOfRange(room.maps, r, r + how.copies),
              depth,
              how.separation,
              Arrays.copyOfRange(room.seeds, r, r + how.copies));
        }
      }
      INDArray seed = buffer(tensor, activation.shape());
      AttributionRun.fill(seed, r -> room.seeds[r]);
      return seed;
    }
  }

  private List<Visualization> results() {
    objective(Warp.NONE.taps(h, w, h, w), false, false, how.steps);
    List<Visualization> results = new ArrayList<>();
    for (int r = 0; r < sketches.length; r++) {
      results.add(
          new Visualization(
              rows.get(r).toString(),
              r % how.copies,
              sketches[r].image(),
              history.get(r),
              values[r],
              sketches[r].penalty(),
              !alive[r]));
    }
    return results;
  }

  @Override
  public void close() {
    buffers.values().forEach(INDArray::close);
  }
}
