package dev.interp.core.testkit;

import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.List;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Small networks in double precision, built op by op. */
public final class SmallNets {
  private SmallNets() {}

  /**
   * Two convolutions with rectifiers and a max pool on pictures {@code [2, 7, 5]}, three classes
   * and a softmax. Tensors: conv1, relu1, pool1, conv2, relu2, flat, logits, softmax.
   *
   * @return the network
   */
  public static Network convolutional() {
    return Network.builder(2, 7, 5)
        .add("conv1", convolution(11, Window.of(3, 1, 1), 4, 2, 3, 3))
        .add("relu1", relu())
        .add("pool1", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add("conv2", convolution(12, Window.of(2, 1, 1), 5, 4, 2, 2))
        .add("relu2", relu())
        .add("flat", flatten())
        .add("logits", dense(13, 5 * 4 * 3, 3))
        .add("softmax", new Op.Softmax())
        .build();
  }

  /**
   * The same, with the mean of each channel in place of all its places. Tensors: conv1, relu1,
   * pool1, conv2, relu2, means, logits, softmax.
   *
   * @return the network
   */
  public static Network pooled() {
    return Network.builder(2, 7, 5)
        .add("conv1", convolution(11, Window.of(3, 1, 1), 4, 2, 3, 3))
        .add("relu1", relu())
        .add("pool1", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add("conv2", convolution(12, Window.of(2, 1, 1), 5, 4, 2, 2))
        .add("relu2", relu())
        .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("logits", dense(14, 5, 3))
        .add("softmax", new Op.Softmax())
        .build();
  }

  /**
   * A convolution and a residual block of two on pictures {@code [2, 7, 5]}, three classes and a
   * softmax. Tensors: conv1, relu1, conv2, relu2, conv3, sum, relu3, means, logits, softmax; relu1
   * leads around conv2, relu2 and conv3.
   *
   * @return the network
   */
  public static Network residual() {
    return Network.builder(2, 7, 5)
        .add("conv1", convolution(31, Window.of(3, 1, 1), 4, 2, 3, 3))
        .add("relu1", relu())
        .add("conv2", convolution(32, Window.of(3, 1, 1), 4, 4, 3, 3))
        .add("relu2", relu())
        .add("conv3", convolution(33, Window.of(3, 1, 1), 4, 4, 3, 3))
        .add("sum", new Op.Elementwise(Op.Combination.ADD), "conv3", "relu1")
        .add("relu3", relu())
        .add("means", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("logits", dense(34, 4, 3))
        .add("softmax", new Op.Softmax())
        .build();
  }

  /**
   * One dense layer over the flattened input: {@code y = x W + b}.
   *
   * @param weights {@code [in, classes]}
   * @param bias {@code [classes]}
   * @param inputShape of one example, {@code [C, H, W]} with C · H · W = in
   * @return the network; its logits are its last tensor
   */
  public static Network linear(INDArray weights, INDArray bias, long... inputShape) {
    return Network.builder(inputShape)
        .add("flat", flatten())
        .add("logits", new Op.Dense(weights, bias))
        .build();
  }

  /**
   * A smooth function that is not linear: a dense layer, tanh, and a dense layer.
   *
   * @return the network on {@code [1, 2, 3]} with two classes
   */
  public static Network smooth() {
    return Network.builder(1, 2, 3)
        .add("flat", flatten())
        .add("hidden", dense(21, 6, 4))
        .add("tanh", new Op.Activation(Activation.TANH.getActivationFunction()))
        .add("logits", dense(22, 4, 2))
        .build();
  }

  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }

  private static Op flatten() {
    return new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST);
  }

  private static Op convolution(long seed, Window window, long... shape) {
    INDArray bias = Tensors.gaussian(DataType.DOUBLE, seed + 100, shape[0]);
    return new Op.Convolution(Tensors.gaussian(DataType.DOUBLE, seed, shape), bias, window, 1);
  }

  private static Op dense(long seed, long in, long out) {
    return new Op.Dense(
        Tensors.gaussian(DataType.DOUBLE, seed, in, out),
        Tensors.gaussian(DataType.DOUBLE, seed + 100, out));
  }
}
