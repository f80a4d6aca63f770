package dev.interp.bench.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The nets and arrays of the JSON files of peers' numbers, in float64. */
final class PeerNets {
  private static final double BATCH_NORM_EPSILON = 1e-5;

  private PeerNets() {}

  /** Nested lists of numbers as an array. */
  static INDArray array(JsonNode json) {
    List<Long> shape = new ArrayList<>();
    for (JsonNode level = json; level.isArray(); level = level.get(0)) {
      shape.add((long) level.size());
    }
    List<Double> numbers = new ArrayList<>();
    collect(json, numbers);
    double[] flat = numbers.stream().mapToDouble(Double::doubleValue).toArray();
    return Nd4j.createFromArray(flat).reshape(shape.stream().mapToLong(Long::longValue).toArray());
  }

  private static void collect(JsonNode json, List<Double> numbers) {
    if (json.isArray()) {
      json.forEach(child -> collect(child, numbers));
    } else {
      numbers.add(json.asDouble());
    }
  }

  // ---------------------------------------------------------------- tinycnn.json

  /** The small CNN; tensors conv1, bn1, relu1, pool1, conv2, relu2, gap, flat, fc. */
  static Network tinyCnn(JsonNode tiny) {
    JsonNode p = tiny.get("params");
    INDArray scale = array(p.get("bn1.running_var")).add(BATCH_NORM_EPSILON);
    scale = array(p.get("bn1.weight")).div(org.nd4j.linalg.ops.transforms.Transforms.sqrt(scale));
    INDArray shift = array(p.get("bn1.bias")).sub(array(p.get("bn1.running_mean")).mul(scale));
    Window four =
        new Window(new Window.Axis(3, 3, 0, 1, false), new Window.Axis(4, 4, 0, 1, false));
    return Network.builder(2, 5, 7)
        .add("conv1", convolution(p, "conv1", Window.of(3, 1, 1)))
        .add("bn1", new Op.Affine(scale, shift))
        .add("relu1", relu())
        .add("pool1", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add("conv2", convolution(p, "conv2", Window.of(2, 1, 1)))
        .add("relu2", relu())
        .add("gap", new Op.Pool(Op.Reduction.AVERAGE, four, 0))
        .add("flat", flatten())
        .add("fc", dense(array(p.get("fc.weight")), array(p.get("fc.bias"))))
        .build();
  }

  private static Op convolution(JsonNode p, String name, Window window) {
    return new Op.Convolution(
        array(p.get(name + ".weight")), array(p.get(name + ".bias")), window, 1);
  }

  // ---------------------------------------------------------------- captum_cases.json

  /**
   * A case of captum's tests.
   *
   * @param id its name
   * @param json the case as it stands in the file
   * @param network its model with one input; several inputs are concatenated along axis 1
   * @param input the batch; models of one number per example get {@code [N, 1]}
   */
  record Case(String id, JsonNode json, Network network, INDArray input) {

    /** The class, or class 0 of a model with one output. */
    Target target() {
      JsonNode target = json.get("target");
      return Target.ofClass(target == null || target.isNull() ? 0 : target.asInt());
    }

    JsonNode parameter(String name) {
      return json.get("params").get(name);
    }

    INDArray expected() {
      return array(json.get("expected"));
    }
  }

  /** The cases whose id begins with one of some prefixes. */
  static List<Case> captumCases(JsonNode file, String... prefixes) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode json : file.get("cases")) {
      String id = json.get("id").asText();
      if (List.of(prefixes).stream().anyMatch(id::startsWith)) {
        cases.add(captumCase(id, json));
      }
    }
    return cases;
  }

  private static Case captumCase(String id, JsonNode json) {
    JsonNode given = json.get("input");
    String model = json.get("model").asText();
    return switch (model) {
      case "Basic" -> {
        INDArray x = array(given);
        x = x.rank() == 1 ? x.reshape(x.length(), 1) : x;
        yield new Case(id, json, basic(x.size(1)), x);
      }
      case "Basic2" -> {
        INDArray x = pair(given);
        yield new Case(id, json, basic2(x.size(1) / 2), x);
      }
      case "MultiLayer" -> new Case(id, json, multiLayer(Network.builder(3)), array(given));
      case "MultiInput" -> {
        JsonNode third = json.get("params").get("x3");
        double scale = json.get("params").get("scale").asDouble();
        INDArray x = Nd4j.concat(1, pair(given), array(third));
        yield new Case(id, json, multiInput(scale), x);
      }
      case "ConvOneConv" -> {
        // Two inputs are five nested lists; those of unlike shapes cannot be one array.
        boolean two = given.size() == 2 && given.get(0).get(0).get(0).get(0).isArray();
        INDArray x =
            two ? Nd4j.concat(1, planes(given.get(0)), planes(given.get(1))) : array(given);
        yield new Case(id, json, convOneConv(two ? 2 : 1), x);
      }
      case "ReLUDeepLift" -> new Case(id, json, reluDeepLift(), pair(given));
      case "ReLULinear" -> {
        JsonNode third = json.get("params").get("x3");
        yield new Case(id, json, reluLinear(third == null ? 1 : third.asDouble()), pair(given));
      }
      case "LinearMaxPoolLinear" -> new Case(id, json, linearMaxPoolLinear(), array(given));
      case "SimpleLRP" -> new Case(id, json, simpleLrp(2), array(given));
      case "SimpleLRP-neg" -> new Case(id, json, simpleLrp(-2), array(given));
      case "TanhNet" -> new Case(id, json, tanhNet(), array(given));
      case "SkipConnection" -> new Case(id, json, skipConnection(), array(given));
      default -> throw new IllegalArgumentException("unknown model " + model);
    };
  }

  /** Two inputs side by side: {@code [N, F1 + F2]}. */
  private static INDArray pair(JsonNode given) {
    INDArray first = array(given.get(0));
    INDArray second = array(given.get(1));
    return first.rank() == 1
        ? Nd4j.concat(1, first.reshape(first.length(), 1), second.reshape(second.length(), 1))
        : Nd4j.concat(1, first, second);
  }

  /** {@code [1, 1, 4, 4]}; a single column is repeated, as the sum with the other input does it. */
  private static INDArray planes(JsonNode given) {
    INDArray x = array(given);
    return x.size(3) == 4 ? x : Nd4j.concat(3, x, x, x, x);
  }

  /** {@code 1 − relu(1 − x)}. */
  private static Network basic(long features) {
    return Network.builder(features)
        .add("turned", new Op.Scale(-1, 1))
        .add("relu", relu())
        .add("out", new Op.Scale(-1, 1))
        .build()
        .withPrecision(DataType.DOUBLE);
  }

  /** {@code relu(relu(x1) − 1 − relu(x2))}. */
  private static Network basic2(long features) {
    return Network.builder(2 * features)
        .add("x1", new Op.Subset(0, features), Network.INPUT)
        .add("relu1", relu(), "x1")
        .add("less", new Op.Scale(1, -1), "relu1")
        .add("x2", new Op.Subset(features, 2 * features), Network.INPUT)
        .add("relu2", relu(), "x2")
        .add("difference", new Op.Elementwise(Op.Combination.SUBTRACT), "less", "relu2")
        .add("out", relu(), "difference")
        .build()
        .withPrecision(DataType.DOUBLE);
  }

  private static Network multiLayer(Network.Builder builder) {
    return builder
        .add("linear0", dense(Nd4j.eye(3).castTo(DataType.DOUBLE), null))
        .add("linear1", dense(ones(4, 3), Nd4j.createFromArray(-10.0, 1, 1, 1)))
        .add("relu", relu())
        .add("linear2", dense(ones(2, 4), Nd4j.createFromArray(-1.0, 1)))
        .build();
  }

  /** {@code MultiLayer(scale · (x1 + x2 + x3))}. */
  private static Network multiInput(double scale) {
    return multiLayer(
        Network.builder(9)
            .add("x1", new Op.Subset(0, 3), Network.INPUT)
            .add("x2", new Op.Subset(3, 6), Network.INPUT)
            .add("x3", new Op.Subset(6, 9), Network.INPUT)
            .add("sum", new Op.Elementwise(Op.Combination.ADD), "x1", "x2", "x3")
            .add("scaled", new Op.Scale(scale, 0)));
  }

  private static Network convOneConv(int inputs) {
    Network.Builder builder = Network.builder(inputs, 4, 4);
    if (inputs == 2) {
      builder
          .add("x1", new Op.Subset(0, 1), Network.INPUT)
          .add("x2", new Op.Subset(1, 2), Network.INPUT)
          .add("sum", new Op.Elementwise(Op.Combination.ADD), "x1", "x2");
    }
    INDArray row = Nd4j.createFromArray(1.0, 1, 1, 1, 1, -1, -1, -1).reshape(1, 8);
    INDArray bias = Nd4j.createFromArray(-50.0, -75);
    return builder
        .add("conv1", new Op.Convolution(ones(2, 1, 3, 3), bias, Window.of(3, 1, 0), 1))
        .add("relu1", relu())
        .add("flat", flatten())
        .add("fc1", dense(Nd4j.concat(0, row, row, row, row), null))
        .add("relu2", relu())
        .build();
  }

  /** {@code 2 relu(x1) + 2 relu(x2 − 1.5)}. */
  private static Network reluDeepLift() {
    return Network.builder(2)
        .add("x1", new Op.Subset(0, 1), Network.INPUT)
        .add("relu1", relu(), "x1")
        .add("x2", new Op.Subset(1, 2), Network.INPUT)
        .add("less", new Op.Scale(1, -1.5), "x2")
        .add("relu2", relu(), "less")
        .add("sum", new Op.Elementwise(Op.Combination.ADD), "relu1", "relu2")
        .add("out", new Op.Scale(2, 0), "sum")
        .build()
        .withPrecision(DataType.DOUBLE);
  }

  private static Network reluLinear(double third) {
    return Network.builder(6)
        .add("x1", new Op.Subset(0, 3), Network.INPUT)
        .add("l1", dense(Nd4j.createFromArray(new double[][] {{3, 1, 0}}), null), "x1")
        .add("x2", new Op.Subset(3, 6), Network.INPUT)
        .add("l2", dense(Nd4j.createFromArray(new double[][] {{2, 3, 0}}), null), "x2")
        .add("scaled", new Op.Scale(third, 0), "l2")
        .add("joined", new Op.Concat(), "l1", "scaled")
        .add("relu", relu(), "joined")
        .add("l3", dense(Nd4j.createFromArray(new double[][] {{1, 1}}), null), "relu")
        .build();
  }

  private static Network linearMaxPoolLinear() {
    Window four =
        new Window(new Window.Axis(1, 1, 0, 1, false), new Window.Axis(4, 4, 0, 1, false));
    return Network.builder(4)
        .add("lin1", dense(Nd4j.eye(4).castTo(DataType.DOUBLE), null))
        .add(
            "row",
            new Op.Reshape(List.of(1L, 1L, 4L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST))
        .add("pool1", new Op.Pool(Op.Reduction.MAX, four, 0))
        .add("flat", flatten())
        .add("lin2", dense(ones(1, 1), null))
        .build();
  }

  private static Network simpleLrp(double corner) {
    INDArray weights = ones(3, 3).mul(2);
    weights.putScalar(0, 0, corner);
    return Network.builder(3)
        .add("linear", dense(weights, null))
        .add("relu", relu())
        .add("linear2", dense(ones(1, 3).mul(3), null))
        .build();
  }

  private static Network tanhNet() {
    return Network.builder(3)
        .add("linear", dense(ones(3, 3).mul(0.1), null))
        .add("tanh", new Op.Activation(Activation.TANH.getActivationFunction()))
        .add("linear2", dense(ones(1, 3).mul(0.1), null))
        .build();
  }

  /** {@code x + 5 [x1 + x2, x1 + x2]}. */
  private static Network skipConnection() {
    return Network.builder(2)
        .add("linear", dense(ones(2, 2), null))
        .add("scaled", new Op.Scale(5, 0))
        .add("sum", new Op.Elementwise(Op.Combination.ADD), Network.INPUT, "scaled")
        .build();
  }

  // ---------------------------------------------------------------- innvestigate_layers.json

  /**
   * One layer of iNNvestigate's references.
   *
   * @param kind Dense (on the channels), Conv2D_relu, MaxPooling2D or AveragePooling2D
   * @param weights {@code [weights, bias]} or empty
   * @return a network on {@code [3, 10, 10]} whose last tensor is a map
   */
  static Network innvestigateLayer(String kind, JsonNode weights) {
    Network.Builder builder = Network.builder(3, 10, 10);
    switch (kind) {
      case "Dense" -> {
        INDArray w = array(weights.get(0));
        w = w.reshape(w.size(0), w.size(1), 1, 1);
        builder.add("layer", new Op.Convolution(w, bias(weights), Window.of(1, 1, 0), 1));
      }
      case "Conv2D_relu" -> {
        INDArray w = array(weights.get(0));
        Window window = Window.of((int) w.size(2), 1, 0);
        builder.add("layer", new Op.Convolution(w, bias(weights), window, 1)).add("relu", relu());
      }
      case "MaxPooling2D" ->
          builder.add("layer", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0));
      case "AveragePooling2D" ->
          builder.add("layer", new Op.Pool(Op.Reduction.AVERAGE, Window.of(2, 2, 0), 0));
      default -> throw new IllegalArgumentException("unknown layer " + kind);
    }
    return builder.build().withPrecision(DataType.DOUBLE);
  }

  private static INDArray bias(JsonNode weights) {
    INDArray outputs = array(weights.get(0));
    return weights.size() > 1
        ? array(weights.get(1))
        : Nd4j.zeros(DataType.DOUBLE, outputs.size(0));
  }

  /** The unit with the largest value, rows before columns before channels. */
  static Target largestUnit(Network network, INDArray x) {
    String tensor = network.output();
    INDArray value;
    try (var trace = network.run(x, dev.interp.core.network.Hooks.none().keep(tensor))) {
      value = trace.activation(tensor);
    }
    INDArray rows = value.slice(0).permute(1, 2, 0).dup('c');
    long at = rows.reshape(rows.length()).argMax(0).getLong(0);
    long channels = rows.size(2);
    long columns = rows.size(1);
    return Target.neuron(tensor, at % channels, at / channels / columns, at / channels % columns);
  }

  // ---------------------------------------------------------------- parts

  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }

  private static Op flatten() {
    return new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST);
  }

  /** A dense layer from weights {@code [out, in]}. */
  private static Op dense(INDArray weights, @org.jspecify.annotations.Nullable INDArray bias) {
    return new Op.Dense(weights.transpose().dup('c'), bias);
  }

  private static INDArray ones(long... shape) {
    return Nd4j.ones(DataType.DOUBLE, shape);
  }
}
