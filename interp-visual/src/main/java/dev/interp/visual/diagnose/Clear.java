package dev.interp.visual.diagnose;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * CLEAR, class-enhanced attentive response: which class attends most to each place of the picture,
 * and how strongly. What the network computed for a class is sent back to the picture through a
 * deconvnet, class by class, and summed over the picture's channels; the class with the largest
 * response at a place is dominant there.
 *
 * <p>{@link #maps} gives all of it. As an {@link Attributor} the map is {@code [N, 1, H, W]}: the
 * dominant response where it is above zero, positive where the target's class is dominant and
 * negative where another is.
 *
 * <p>Cost: one forward pass and one backward pass per class that is compared.
 *
 * <p>Kumar, Wong, Taylor: Explaining the Unexplained: A CLass-Enhanced Attentive Response (CLEAR)
 * Approach to Understanding Deep Neural Networks, CVPR workshops 2017, section 2. The paper takes
 * networks whose last convolution has a map per class, averaged to the logits, and sends the maps
 * back. A linear layer after the mean of all maps is the same network written differently, its
 * class maps are computed. Deviation: of any other network the logit is sent back. What is sent
 * back is rectified first, as every signal on that way.
 *
 * <p>It rests on the deconvnet, which changes little when a network's weights are randomised
 * (Adebayo et al., NeurIPS 2018).
 */
public final class Clear implements Attributor {
  private static final int CLASSES = 10;

  private final int classes;

  private Clear(int classes) {
    this.classes = classes;
  }

  /**
   * Compares the ten classes with the largest logits.
   *
   * @return the method
   */
  public static Clear withDefaults() {
    return new Clear(CLASSES);
  }

  /**
   * Sets how many classes are compared.
   *
   * @param number those with the largest logits, at least 2; all of the network's, if it has fewer
   * @return the method with that many classes
   */
  public Clear withClasses(int number) {
    if (number < 2) {
      throw new IllegalArgumentException(
          "at least 2 classes must be compared, was " + number + " (one is always dominant)");
    }
    return new Clear(number);
  }

  @Override
  public String id() {
    return "clear";
  }

  @Override
  public Map<String, String> settings() {
    return Map.of("classes", Integer.toString(classes));
  }

  /**
   * The maps of a batch, for the classes with the largest logits of each example.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]}, preprocessed as the network expects; not modified
   * @return the responses of each class and which of them is dominant where
   * @throws IllegalArgumentException if the input does not fit the network
   */
  public ClearMaps maps(Network network, INDArray x) {
    checkPictures(network, x);
    try (AttributionRun run = AttributionRun.start(this, network, x, Target.predicted())) {
      return maps(run).maps();
    }
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    checkPictures(network, x);
    if (target instanceof Target.Neuron
        || target instanceof Target.Channel
        || target instanceof Target.Custom) {
      throw new IllegalArgumentException(
          "clear compares classes, so its target must be predicted, a class, its probability or a"
              + " contrast, was "
              + target);
    }
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Found found = maps(run);
      INDArray responses = found.maps().dominantResponses();
      double[] values = responses.castTo(DataType.DOUBLE).dup('c').data().asDouble();
      int[] dominant = found.maps().dominantClasses().dup('c').data().asInt();
      for (int k = 0; k < values.length; k++) {
        int own = found.target().classes().get(k / (values.length / run.examples()));
        double level = Math.max(0, values[k]);
        values[k] = dominant[k] == own ? level : 0 - level;
      }
      INDArray signed =
          Nd4j.createFromArray(values).reshape(responses.shape()).castTo(responses.dataType());
      return run.finish(Network.INPUT, signed, found.target());
    }
  }

  private void checkPictures(Network network, INDArray x) {
    network.checkInput(x);
    if (x.rank() != 4) {
      throw new IllegalArgumentException(id() + " needs pictures [N, C, H, W]");
    }
  }

  private record Found(ClearMaps maps, Target.Resolved target) {}

  private Found maps(AttributionRun run) {
    Network network = run.network();
    Start start = start(network);
    int n = run.examples();
    int number = (int) Math.min(classes, network.classCount());
    Hooks hooks = Hooks.none().keep(start.tensor(), network.logits());
    try (Trace trace = network.run(run.x(), hooks.withRules(Composite.deconvnet()))) {
      Target.Resolved target = trace.resolve(run.target());
      List<List<Integer>> compared = compared(trace.logits(), target.classes(), number);
      INDArray known = trace.activation(start.tensor());
      INDArray responses =
          Nd4j.createUninitialized(run.x().dataType(), n, number, run.x().size(2), run.x().size(3));
      for (int k = 0; k < number; k++) {
        int rank = k;
        List<Integer> asked = compared.stream().map(each -> each.get(rank)).toList();
        INDArray seed = start.signal(known, asked);
        Target.Resolved sent = new Target.Resolved(start.tensor(), asked, target.values(), seed);
        INDArray back = trace.gradient(sent, Network.INPUT);
        responses
            .get(NDArrayIndex.all(), NDArrayIndex.point(k), NDArrayIndex.all(), NDArrayIndex.all())
            .assign(back.sum(1));
        back.close();
      }
      return new Found(ClearMaps.of(compared, responses), target);
    }
  }

  /**
   * Where the way back starts.
   *
   * @param tensor maps or logits
   * @param mixture what makes class maps of the tensor's maps; null if they are class maps, or the
   *     logits
   */
  private record Start(String tensor, Op.@Nullable Dense mixture) {

    /** What is sent back for a class of each example: its map, where it is above zero. */
    INDArray signal(INDArray known, List<Integer> asked) {
      double[] values = known.castTo(DataType.DOUBLE).dup('c').data().asDouble();
      double[] signal = new double[values.length];
      int channels = (int) known.size(1);
      int plane = (int) (known.length() / known.size(0)) / channels;
      for (int i = 0; i < asked.size(); i++) {
        int first = i * channels * plane;
        double[] weights = weights(asked.get(i), channels);
        for (int at = first; at < first + plane; at++) {
          double map = weights[channels];
          for (int c = 0; c < channels; c++) {
            map += weights[c] * values[at + c * plane];
          }
          for (int c = 0; c < channels; c++) {
            signal[at + c * plane] = weights[c] * Math.max(0, map);
          }
        }
      }
      return Nd4j.createFromArray(signal).reshape(known.shape()).castTo(known.dataType());
    }

    /** How the maps make the map of a class, its bias last. */
    private double[] weights(int index, int channels) {
      double[] weights = new double[channels + 1];
      if (mixture == null) {
        weights[index] = 1;
        return weights;
      }
      for (int c = 0; c < channels; c++) {
        weights[c] = mixture.weights().getDouble(c, index);
      }
      INDArray bias = mixture.bias();
      weights[channels] = bias == null ? 0 : bias.getDouble(index);
      return weights;
    }
  }

  private static Start start(Network network) {
    Node last = node(network, network.logits());
    if (isMean(last)) {
      return new Start(last.inputs().get(0), null);
    }
    if (last.op() instanceof Op.Dense dense) {
      Node before = node(network, last.inputs().get(0));
      if (before.op() instanceof Op.Reshape) {
        before = node(network, before.inputs().get(0));
      }
      if (isMean(before)) {
        return new Start(before.inputs().get(0), dense);
      }
    }
    return new Start(network.logits(), null);
  }

  private static boolean isMean(Node node) {
    return node.op() instanceof Op.GlobalPool pool && pool.reduction() == Op.Reduction.AVERAGE;
  }

  private static Node node(Network network, String name) {
    return network.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }

  /** The classes with the largest logits, largest first; the target's own takes the last place. */
  private static List<List<Integer>> compared(INDArray logits, List<Integer> targets, int number) {
    List<List<Integer>> compared = new ArrayList<>();
    for (int i = 0; i < logits.size(0); i++) {
      double[] row = logits.slice(i).castTo(DataType.DOUBLE).dup().data().asDouble();
      List<Integer> best =
          IntStream.range(0, row.length)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer c) -> -row[c]).thenComparing(c -> c))
              .limit(number)
              .collect(Collectors.toCollection(ArrayList::new));
      if (!best.contains(targets.get(i))) {
        best.set(number - 1, targets.get(i));
      }
      compared.add(best);
    }
    return compared;
  }
}
