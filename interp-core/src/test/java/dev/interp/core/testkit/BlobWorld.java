package dev.interp.core.testkit;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.metric.Examples;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A world in which the true attribution is known. Pictures of 4 × 8 × 8 show a blob of 3 × 3 pixels
 * in the channel of their class, and faint noise in the other channels; the network sums each
 * channel, so a logit is the sum of the channel's contributions, wherever they are.
 */
public final class BlobWorld {
  /** Rows and columns of a picture. */
  public static final int SIDE = 8;

  private static final int CLASSES = 4;
  private static final int BLOB = 3;
  private static final double WEIGHT = 0.3;

  private BlobWorld() {}

  /**
   * The network, in float64.
   *
   * @return logits are 0.3 times the channels' sums
   */
  public static Network network() {
    return Network.builder(CLASSES, SIDE, SIDE)
        .add("sums", new Op.GlobalPool(Op.Reduction.SUM, 0, true))
        .add("logits", new Op.Dense(Nd4j.eye(CLASSES).castTo(DataType.DOUBLE).mul(WEIGHT), null))
        .add("softmax", new Op.Softmax())
        .build();
  }

  /**
   * Pictures with masks of their blobs, without attributions.
   *
   * @param count how many; the class of picture i is i modulo 4
   * @param seed of the pictures
   * @return the examples
   */
  public static Examples examples(int count, long seed) {
    List<boolean[]> masks = new ArrayList<>();
    return draw(count, seed, masks).withMasks(masks);
  }

  private static List<boolean[]> masks(int count) {
    List<boolean[]> masks = new ArrayList<>();
    draw(count, 3, masks);
    return masks;
  }

  private static Examples draw(int count, long seed, List<boolean[]> masks) {
    SplittableRandom random = new SplittableRandom(seed);
    int plane = SIDE * SIDE;
    double[] x = new double[count * CLASSES * plane];
    int[] classes = new int[count];
    for (int i = 0; i < count; i++) {
      classes[i] = i % CLASSES;
      for (int p = 0; p < CLASSES * plane; p++) {
        boolean own = p / plane == classes[i];
        x[i * CLASSES * plane + p] = own ? 0 : 0.1 * random.nextDouble();
      }
      boolean[] mask = new boolean[plane];
      int top = random.nextInt(SIDE - BLOB + 1);
      int left = random.nextInt(SIDE - BLOB + 1);
      for (int p = 0; p < plane; p++) {
        int dy = p / SIDE - top;
        int dx = p % SIDE - left;
        mask[p] = dy >= 0 && dy < BLOB && dx >= 0 && dx < BLOB;
        if (mask[p]) {
          x[(i * CLASSES + classes[i]) * plane + p] = 1.2 + 0.2 * random.nextDouble();
        }
      }
      masks.add(mask);
    }
    return Examples.of(
        network(), Tensors.array(new long[] {count, CLASSES, SIDE, SIDE}, x), classes);
  }

  /**
   * The true attribution: each input value times its weight.
   *
   * @return input times gradient
   */
  public static Attributor oracle() {
    return new Contributions("oracle", values -> values);
  }

  /**
   * As far from the truth as can be: the largest true value of a picture minus each pixel's.
   *
   * @return one channel per map
   */
  public static Attributor reversed() {
    return new Contributions(
        "reversed",
        values -> {
          INDArray pixels = values.sum(true, 1);
          INDArray top = pixels.max(true, 2, 3);
          return top.broadcast(pixels.shape()).sub(pixels);
        });
  }

  /**
   * Uniform numbers that depend on the picture and the class only.
   *
   * @return one channel per map
   */
  public static Attributor random() {
    return new Contributions(
        "random",
        values -> {
          INDArray pixels = values.sum(true, 1);
          for (int i = 0; i < pixels.size(0); i++) {
            SplittableRandom random =
                new SplittableRandom(Arrays.hashCode(Tensors.numbers(values.slice(i))));
            for (int p = 0; p < SIDE * SIDE; p++) {
              pixels.putScalar(new long[] {i, 0, p / SIDE, p % SIDE}, random.nextDouble());
            }
          }
          return pixels;
        });
  }

  /**
   * The same number everywhere.
   *
   * @param value the number
   * @return one channel per map
   */
  public static Attributor constant(double value) {
    return new Contributions("constant", values -> values.sum(true, 1).assign(value));
  }

  /**
   * Pictures with what a method says about them, beside others with the same.
   *
   * @param method explains all
   * @param count pictures
   * @return with all that a metric may need
   */
  public static Examples explained(Attributor method, int count) {
    Examples others = explained(examples(16, 77), method);
    return explained(examples(count, 3), method).withOthers(others);
  }

  /**
   * Pictures without anything said about them, not even masks.
   *
   * @param count how many
   * @return the examples
   */
  public static Examples bare(int count) {
    Examples examples = examples(count, 3);
    return Examples.of(examples.network(), examples.x(), examples.classes());
  }

  /**
   * The same pictures in another precision, explained by the oracle.
   *
   * @param bare pictures of {@link #explained}, without anything said about them
   * @return with all that a metric may need
   */
  public static Examples inPrecisionOf(Examples bare) {
    Examples more = examples(16, 77);
    Examples others = explained(Examples.of(bare.network(), more.x(), more.classes()), oracle());
    List<boolean[]> masks = masks(bare.size());
    return explained(bare.withMasks(masks), oracle()).withOthers(others);
  }

  private static Examples explained(Examples examples, Attributor method) {
    Attribution attribution =
        method.attribute(examples.network(), examples.x(), Target.ofClasses(examples.classes()));
    return examples.withAttribution(attribution.values()).withAttributor(method);
  }

  private record Contributions(String id, UnaryOperator<INDArray> change) implements Attributor {
    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Attribution attribute(Network network, INDArray x, Target target) {
      try (AttributionRun run = AttributionRun.start(this, network, x, target);
          Trace trace = run.network().run(run.x(), Hooks.none())) {
        Target.Resolved resolved = trace.resolve(target);
        INDArray values = trace.gradient(resolved, Network.INPUT).mul(run.x());
        return run.finish(Network.INPUT, change.apply(values), resolved);
      }
    }
  }
}
