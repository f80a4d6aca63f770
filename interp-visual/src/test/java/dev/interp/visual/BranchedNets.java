package dev.interp.visual;

import static dev.interp.core.testkit.Tensors.gaussian;

import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Small random networks in double precision: a stem, a residual or concatenated branch, batch
 * norms, overlapping pools, on pictures that are not square. Every path ends in three logits.
 */
public final class BranchedNets {
  private static final List<Activation> SMOOTH =
      List.of(
          Activation.RELU,
          Activation.TANH,
          Activation.SIGMOID,
          Activation.LEAKYRELU,
          Activation.ELU,
          Activation.SOFTPLUS);

  private BranchedNets() {}

  /** The shape of a picture. */
  static final long[] INPUT = {2, 7, 5};

  /**
   * One network.
   *
   * @param seed of structure and weights
   * @param rectifiersOnly or any activation, sums and concatenations only or any join
   * @return a network of three logits on pictures {@code [2, 7, 5]}
   */
  public static Network of(long seed, boolean rectifiersOnly) {
    Random random = new Random(seed);
    Network.Builder net = Network.builder(INPUT);
    net.add("conv1", convolution(random, 4, 2, 3, 1));
    net.add("bn1", norm(random, 4));
    net.add("act1", activation(random, rectifiersOnly));
    net.add("conv2", convolution(random, 4, 4, 3, 1), "act1");
    net.add("bn2", norm(random, 4));
    switch (random.nextInt(rectifiersOnly ? 2 : 4)) {
      case 0 -> net.add("join", new Op.Elementwise(Op.Combination.ADD), "bn2", "act1");
      case 1 -> net.add("join", new Op.Concat(), "bn2", "act1");
      case 2 -> net.add("join", new Op.Elementwise(Op.Combination.MULTIPLY), "bn2", "act1");
      default -> net.add("join", new Op.Elementwise(Op.Combination.MAX), "bn2", "act1", "conv2");
    }
    boolean wide = net.has("join") && random.nextBoolean();
    net.add("act2", activation(random, rectifiersOnly), "join");
    if (wide) {
      net.add("pool", new Op.Pool(Op.Reduction.MAX, Window.of(3, 2, 1), 0));
    } else {
      net.add("pool", new Op.Pool(Op.Reduction.AVERAGE, Window.of(2, 2, 0), 0));
    }
    if (!rectifiersOnly && random.nextBoolean()) {
      net.add("lrn", new Op.LocalResponseNormalization(1, 1, 0.3, 0.75));
    }
    net.add("gap", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true));
    if (!rectifiersOnly && random.nextBoolean()) {
      net.add("unit", new Op.L2Normalize(1e-8));
    }
    String last = net.last();
    Network head = net.build();
    long features = head.layer(last).shape().get(0);
    net.add("fc1", dense(random, features, 5));
    net.add("act3", activation(random, rectifiersOnly));
    return net.add("fc2", dense(random, 5, 3)).build();
  }

  /**
   * Random pictures.
   *
   * @param seed of the numbers
   * @param examples how many
   * @return {@code [examples, 2, 7, 5]}
   */
  public static INDArray batch(long seed, int examples) {
    return gaussian(DataType.DOUBLE, seed, examples, INPUT[0], INPUT[1], INPUT[2]);
  }

  private static Op convolution(Random random, long out, long in, int kernel, int padding) {
    return new Op.Convolution(
        gaussian(DataType.DOUBLE, random.nextLong(), out, in, kernel, kernel).muli(0.5),
        gaussian(DataType.DOUBLE, random.nextLong(), out),
        Window.of(kernel, 1, padding),
        1);
  }

  private static Op norm(Random random, long channels) {
    return new Op.Affine(
        gaussian(DataType.DOUBLE, random.nextLong(), channels),
        gaussian(DataType.DOUBLE, random.nextLong(), channels));
  }

  private static Op dense(Random random, long in, long out) {
    return new Op.Dense(
        gaussian(DataType.DOUBLE, random.nextLong(), in, out),
        gaussian(DataType.DOUBLE, random.nextLong(), out));
  }

  private static Op activation(Random random, boolean rectifiersOnly) {
    Activation chosen =
        rectifiersOnly ? Activation.RELU : SMOOTH.get(random.nextInt(SMOOTH.size()));
    return new Op.Activation(chosen.getActivationFunction());
  }

  /**
   * The largest number in absolute value.
   *
   * @param array any
   * @return not negative
   */
  public static double largest(INDArray array) {
    return Transforms.abs(array, true).maxNumber().doubleValue();
  }
}
