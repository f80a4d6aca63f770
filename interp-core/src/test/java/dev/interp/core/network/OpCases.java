package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.op.OpaqueFunction;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationThresholdedReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every op with all its variants, on odd shapes. */
final class OpCases {
  private static final long[] ODD = {4, 7, 5};
  private static final long[] DOT = {4, 1, 1};
  private static final long[] VECTOR = {6};

  private OpCases() {}

  /**
   * One op in one place.
   *
   * @param name shown with the test
   * @param op the op
   * @param inputs shapes of its inputs
   */
  record Case(String name, Op op, List<long[]> inputs) {
    @Override
    public String toString() {
      return name;
    }

    /**
     * A network that cuts its input into the op's inputs. Between the input and the op there is a
     * node that can be overwritten, and one after it.
     */
    Network network(boolean alone) {
      long channels = inputs.stream().mapToLong(s -> s[0]).sum();
      long[] widest = inputs.stream().filter(OpCases::isWidest).findFirst().orElse(inputs.get(0));
      for (long[] s : inputs) {
        widest = s.length == 3 && s[1] * s[2] > widest[1] * widest[2] ? s : widest;
      }
      long[] shape = widest.clone();
      shape[0] = channels;
      Network.Builder builder = Network.builder(shape);
      List<String> names = new ArrayList<>();
      long from = 0;
      for (long[] s : inputs) {
        String name = "in" + names.size();
        if (inputs.size() == 1 && alone) {
          names.add(Network.INPUT);
          break;
        }
        builder.add(name + "part", new Op.Subset(from, from + s[0]), Network.INPUT);
        if (s.length == 3 && (s[1] != shape[1] || s[2] != shape[2])) {
          builder.add(
              name + "corner", new Op.Pad(0, (int) (s[1] - shape[1]), 0, (int) (s[2] - shape[2])));
        }
        builder.add(name, new Op.Scale(1.25, 0.0625));
        names.add(name);
        from += s[0];
      }
      builder.add("op", op, names.toArray(String[]::new));
      if (!alone) {
        builder.add("after", new Op.Scale(0.75, -0.5));
      }
      return builder.logits(builder.last()).build();
    }
  }

  private static boolean isWidest(long[] shape) {
    return shape.length == 3;
  }

  static Stream<Case> all() {
    List<Case> cases = new ArrayList<>();
    convolutions(cases);
    transposed(cases);
    pools(cases);
    activations(cases);
    vectorsAndMaps(cases);
    combinations(cases);
    layouts(cases);
    return cases.stream();
  }

  private static void convolutions(List<Case> cases) {
    for (int stride = 1; stride <= 3; stride++) {
      for (int padding = 0; padding <= 2; padding++) {
        String name = "conv 3x3 stride " + stride + " padding " + padding;
        add(cases, name, convolution(3, 4, 1, Window.of(3, stride, padding), true), ODD);
      }
      for (int kernel = 1; kernel <= 5; kernel++) {
        Window same = window(kernel, stride, 0, 1, true);
        add(
            cases,
            "conv same " + kernel + " stride " + stride,
            convolution(2, 4, 1, same, false),
            ODD);
      }
    }
    add(cases, "conv 1x1", convolution(3, 4, 1, Window.of(1, 1, 0), false), ODD);
    add(cases, "conv 1x1 on 1x1", convolution(3, 4, 1, Window.of(1, 1, 0), true), DOT);
    add(cases, "conv 3x3 on 1x1", convolution(3, 4, 1, Window.of(3, 1, 1), true), DOT);
    add(cases, "conv 1x1 stride 2", convolution(3, 4, 1, Window.of(1, 2, 0), true), ODD);
    add(
        cases,
        "conv 2x3 uneven",
        convolution(
            3,
            4,
            1,
            new Window(new Window.Axis(2, 2, 1, 1, false), new Window.Axis(3, 1, 0, 1, false)),
            true),
        ODD);
    for (int dilation = 2; dilation <= 3; dilation++) {
      add(
          cases,
          "conv dilation " + dilation,
          convolution(2, 4, 1, window(2, 1, 1, dilation, false), true),
          ODD);
      add(
          cases,
          "conv dilation " + dilation + " stride 2",
          convolution(2, 4, 1, window(2, 2, 2, dilation, false), true),
          ODD);
      add(
          cases,
          "conv dilation " + dilation + " same",
          convolution(2, 4, 1, window(3, 1, 0, dilation, true), true),
          ODD);
      add(
          cases,
          "depthwise dilation " + dilation,
          convolution(4, 4, 4, window(2, 1, 1, dilation, false), true),
          ODD);
      add(
          cases,
          "depthwise dilation same " + dilation,
          convolution(8, 4, 4, window(3, 1, 0, dilation, true), true),
          ODD);
    }
    add(
        cases,
        "conv dilated on one axis",
        convolution(
            2,
            4,
            1,
            new Window(new Window.Axis(2, 1, 0, 3, false), new Window.Axis(3, 2, 1, 1, false)),
            true),
        ODD);
    for (int stride = 1; stride <= 3; stride++) {
      for (boolean bias : new boolean[] {false, true}) {
        String end = " stride " + stride + (bias ? " bias" : "");
        Window window = Window.of(3, stride, 1);
        add(cases, "grouped 2" + end, convolution(6, 4, 2, window, bias), ODD);
        add(cases, "depthwise 1" + end, convolution(4, 4, 4, window, bias), ODD);
        add(cases, "depthwise 2" + end, convolution(8, 4, 4, window, bias), ODD);
      }
      Window same = window(2, stride, 0, 1, true);
      add(cases, "grouped same " + stride, convolution(2, 4, 2, same, true), ODD);
      add(cases, "depthwise same " + stride, convolution(8, 4, 4, same, true), ODD);
      add(
          cases,
          "depthwise rim " + stride,
          convolution(4, 4, 4, Window.of(2, stride, 0), true),
          ODD);
    }
    add(cases, "depthwise on 1x1", convolution(4, 4, 4, Window.of(3, 1, 1), true), DOT);
    add(
        cases,
        "depthwise 2x3 uneven",
        convolution(
            8,
            4,
            4,
            new Window(new Window.Axis(2, 2, 1, 1, false), new Window.Axis(3, 1, 0, 1, false)),
            true),
        ODD);
  }

  private static void transposed(List<Case> cases) {
    for (int stride = 1; stride <= 3; stride++) {
      for (boolean bias : new boolean[] {false, true}) {
        String end = " stride " + stride + (bias ? " bias" : "");
        add(cases, "transposed" + end, transposed(3, Window.of(3, stride, 0), bias), ODD);
        add(cases, "transposed padding" + end, transposed(3, Window.of(3, stride, 1), bias), ODD);
        add(
            cases,
            "transposed same 2" + end,
            transposed(3, window(2, stride, 0, 1, true), bias),
            ODD);
        add(
            cases,
            "transposed same 3" + end,
            transposed(3, window(3, stride, 0, 1, true), bias),
            ODD);
      }
    }
    add(cases, "transposed 2 stride 3", transposed(2, Window.of(2, 3, 0), true), ODD);
    add(cases, "transposed dilated", transposed(2, window(2, 1, 0, 2, false), true), ODD);
    add(cases, "transposed on 1x1", transposed(2, Window.of(3, 2, 0), true), DOT);
  }

  private static void pools(List<Case> cases) {
    for (Op.Reduction reduction : Op.Reduction.values()) {
      int p = reduction == Op.Reduction.P_NORM ? 3 : 0;
      if (reduction != Op.Reduction.SUM) {
        String name = reduction.name();
        add(cases, name + " 2", new Op.Pool(reduction, Window.of(2, 2, 0), p), ODD);
        add(cases, name + " 3 overlapping", new Op.Pool(reduction, Window.of(3, 2, 0), p), ODD);
        add(cases, name + " 3 padded", new Op.Pool(reduction, Window.of(3, 2, 1), p), ODD);
        add(cases, name + " 3 stride 1", new Op.Pool(reduction, Window.of(3, 1, 1), p), ODD);
        add(cases, name + " 2 stride 3", new Op.Pool(reduction, Window.of(2, 3, 0), p), ODD);
        add(cases, name + " on 1x1", new Op.Pool(reduction, Window.of(1, 1, 0), p), DOT);
        add(
            cases,
            name + " 2x3",
            new Op.Pool(
                reduction,
                new Window(new Window.Axis(2, 1, 1, 1, false), new Window.Axis(3, 2, 0, 1, false)),
                p),
            ODD);
        for (int stride = 1; stride <= 3; stride++) {
          for (int kernel = 2; kernel <= 3; kernel++) {
            add(
                cases,
                name + " same " + kernel + " stride " + stride,
                new Op.Pool(reduction, window(kernel, stride, 0, 1, true), p),
                ODD);
          }
        }
      }
      for (boolean flat : new boolean[] {true, false}) {
        String name = "global " + reduction + (flat ? " flat" : "");
        add(cases, name, new Op.GlobalPool(reduction, p, flat), ODD);
        add(cases, name + " on 1x1", new Op.GlobalPool(reduction, p, flat), DOT);
      }
    }
    add(cases, "max dilated", new Op.Pool(Op.Reduction.MAX, window(2, 1, 0, 2, false), 0), ODD);
    add(cases, "p-norm 1", new Op.Pool(Op.Reduction.P_NORM, Window.of(2, 2, 0), 1), ODD);
    add(cases, "p-norm 2", new Op.Pool(Op.Reduction.P_NORM, Window.of(3, 2, 1), 2), ODD);
    add(cases, "p-norm 4", new Op.Pool(Op.Reduction.P_NORM, Window.of(3, 2, 1), 4), ODD);
    add(cases, "global p-norm 1", new Op.GlobalPool(Op.Reduction.P_NORM, 1, true), ODD);
    add(cases, "global p-norm 2", new Op.GlobalPool(Op.Reduction.P_NORM, 2, true), ODD);
  }

  private static void activations(List<Case> cases) {
    List<IActivation> functions = new ArrayList<>();
    for (Activation known : Activation.values()) {
      if (known != Activation.SOFTMAX) {
        functions.add(known.getActivationFunction());
      }
    }
    functions.add(new ActivationELU(0.3));
    functions.add(new ActivationGELU(true));
    functions.add(new ActivationLReLU(0.4));
    functions.add(new ActivationReLU(1.5, null, null));
    functions.add(new ActivationReLU(null, 0.2, null));
    functions.add(new ActivationReLU(null, null, 0.1));
    functions.add(new ActivationReLU(1.0, 0.25, 0.1));
    functions.add(new ActivationThresholdedReLU(0.3));
    for (int i = 0; i < functions.size(); i++) {
      IActivation function = functions.get(i);
      add(cases, function + " #" + i + " maps", new Op.Activation(function), ODD);
      add(cases, function + " #" + i + " vector", new Op.Activation(function), VECTOR);
    }
    add(cases, "prelu full", new Op.ParametricRelu(array(4, 7, 5)), ODD);
    add(cases, "prelu per channel", new Op.ParametricRelu(array(4, 1, 1)), ODD);
    add(cases, "prelu per row", new Op.ParametricRelu(array(1, 7, 1)), ODD);
    add(cases, "prelu per column", new Op.ParametricRelu(array(4, 1, 5)), ODD);
    add(cases, "prelu vector", new Op.ParametricRelu(array(6)), VECTOR);
    add(cases, "softmax maps", new Op.Softmax(), ODD);
    add(cases, "softmax vector", new Op.Softmax(), VECTOR);
  }

  private static void vectorsAndMaps(List<Case> cases) {
    add(cases, "dense", new Op.Dense(array(6, 3), array(3)), VECTOR);
    add(cases, "dense without bias", new Op.Dense(array(6, 1), null), VECTOR);
    add(cases, "affine maps", new Op.Affine(array(4), array(4)), ODD);
    add(cases, "affine 1x1", new Op.Affine(array(4), array(4)), DOT);
    add(cases, "affine vector", new Op.Affine(array(6), array(6)), VECTOR);
    add(cases, "scale", new Op.Scale(-1.5, 0.25), ODD);
    add(cases, "shift vector", new Op.Scale(1, 0.25), VECTOR);
    add(cases, "subset maps", new Op.Subset(1, 3), ODD);
    add(cases, "subset vector", new Op.Subset(2, 6), VECTOR);
    add(cases, "l2 maps", new Op.L2Normalize(1e-8), ODD);
    add(cases, "l2 vector", new Op.L2Normalize(1e-8), VECTOR);
    add(cases, "l2 below epsilon", new Op.L2Normalize(100), VECTOR);
    for (int radius = 0; radius <= 5; radius++) {
      add(
          cases,
          "lrn " + radius,
          new Op.LocalResponseNormalization(2, radius, 0.3, 0.75),
          radius == 1 ? DOT : ODD);
    }
    add(cases, "opaque maps", new Op.Opaque("cube", new Cube()), ODD);
    add(cases, "opaque vector", new Op.Opaque("cube", new Cube()), VECTOR);
  }

  private static void combinations(List<Case> cases) {
    long[] spread = {4, 1, 1};
    long[] one = {1, 7, 5};
    for (Op.Combination combination : Op.Combination.values()) {
      Op op = new Op.Elementwise(combination);
      String name = combination.name();
      add(cases, name, op, ODD, ODD);
      add(cases, name + " vectors", op, VECTOR, VECTOR);
      add(cases, name + " broadcast second", op, ODD, spread);
      add(cases, name + " broadcast first", op, spread, ODD);
      add(cases, name + " broadcast channel", op, ODD, one);
      add(cases, name + " broadcast both", op, spread, one);
      if (combination != Op.Combination.SUBTRACT) {
        add(cases, name + " three", op, ODD, ODD, ODD);
        add(cases, name + " three broadcast", op, spread, ODD, one);
        add(cases, name + " single", op, ODD);
      }
    }
    add(cases, "concat", new Op.Concat(), ODD, new long[] {1, 7, 5}, new long[] {2, 7, 5});
    add(cases, "concat vectors", new Op.Concat(), VECTOR, new long[] {1});
  }

  private static void layouts(List<Case> cases) {
    add(cases, "upsample 2x3", new Op.Upsample(2, 3), ODD);
    add(cases, "upsample 1x1", new Op.Upsample(3, 1), DOT);
    add(cases, "pad", new Op.Pad(1, 2, 3, 0), ODD);
    add(cases, "crop", new Op.Pad(-1, -2, -1, -1), ODD);
    add(cases, "pad and crop", new Op.Pad(1, -2, -1, 2), ODD);
    add(cases, "space to depth 2", new Op.SpaceToDepth(2), new long[] {3, 4, 6});
    add(cases, "space to depth 3", new Op.SpaceToDepth(3), new long[] {2, 3, 6});
    for (Op.Order from : Op.Order.values()) {
      for (Op.Order to : Op.Order.values()) {
        String orders = " " + from + " to " + to;
        add(cases, "flatten" + orders, new Op.Reshape(List.of(-1L), from, to), ODD);
        add(cases, "maps" + orders, new Op.Reshape(List.of(5L, 2L, 14L), from, to), ODD);
        add(cases, "unflatten" + orders, new Op.Reshape(List.of(3L, -1L, 2L), from, to), VECTOR);
        add(cases, "vector" + orders, new Op.Reshape(List.of(6L), from, to), VECTOR);
      }
    }
  }

  static Op.Convolution convolution(int out, int in, int groups, Window window, boolean bias) {
    return new Op.Convolution(
        array(out, in / groups, window.height().kernel(), window.width().kernel()),
        bias ? array(out) : null,
        window,
        groups);
  }

  private static Op transposed(int out, Window window, boolean bias) {
    @Nullable INDArray b = bias ? array(out) : null;
    return new Op.TransposedConvolution(
        array(4, out, window.height().kernel(), window.width().kernel()), b, window);
  }

  static Window window(int kernel, int stride, int padding, int dilation, boolean same) {
    Window.Axis axis = new Window.Axis(kernel, stride, padding, dilation, same);
    return new Window(axis, axis);
  }

  private static INDArray array(long... shape) {
    return Tensors.gaussian(DataType.DOUBLE, 11 + shape.length, shape);
  }

  private static void add(List<Case> cases, String name, Op op, long[]... inputs) {
    cases.add(new Case(name, op, List.of(inputs)));
  }

  /** The cube of each number, as a user might write it. */
  private static final class Cube implements OpaqueFunction {
    @Override
    public long[] outputShape(long[] input) {
      return input.clone();
    }

    @Override
    public INDArray forward(INDArray x) {
      return x.mul(x).muli(x);
    }

    @Override
    public INDArray backward(INDArray x, INDArray gradient) {
      return x.mul(x).muli(gradient).muli(3);
    }
  }
}
