package dev.interp.core.dl4j;

import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PoolHelperVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** One net on its way into a network. */
final class NetLowering {
  private static final int LARGEST_SIDE = 640;
  private static final int FREE = 64;
  private static final Map<Class<?>, LayerLowering<Layer>> STANDARD = StandardLowerings.all();

  private final Map<Class<?>, LayerLowering<Layer>> custom;
  private final long @Nullable [] givenInput;

  /**
   * A vertex of the net, whichever kind of net it is.
   *
   * @param name of its output
   * @param inputs names of what it reads
   * @param vertex configuration of a layer or vertex
   * @param preprocessor run before a layer, or null
   * @param parameters of a layer
   * @param type what the net computes in
   * @param copy gives the layer in a copy of the net
   */
  private record Unit(
      String name,
      List<String> inputs,
      Object vertex,
      @Nullable InputPreProcessor preprocessor,
      Map<String, INDArray> parameters,
      DataType type,
      Supplier<org.deeplearning4j.nn.api.Layer> copy) {}

  NetLowering(Map<Class<?>, LayerLowering<Layer>> custom, long @Nullable [] givenInput) {
    this.custom = custom;
    this.givenInput = givenInput;
  }

  Network lower(MultiLayerNetwork net) {
    List<Unit> units = new ArrayList<>();
    Supplier<MultiLayerNetwork> copy = once(() -> withGradients(net.clone()));
    String previous = Network.INPUT;
    for (int i = 0; i < net.getnLayers(); i++) {
      Layer layer = net.getLayerWiseConfigurations().getConf(i).getLayer();
      String name = layer.getLayerName() == null ? "layer" + i : layer.getLayerName();
      int index = i;
      units.add(
          new Unit(
              name,
              List.of(previous),
              layer,
              net.getLayerWiseConfigurations().getInputPreProcess(i),
              net.getLayer(i).paramTable(),
              net.getLayerWiseConfigurations().getDataType(),
              () -> copy.get().getLayer(index)));
      previous = name;
    }
    return lower(units);
  }

  Network lower(ComputationGraph net) {
    List<String> inputs = net.getConfiguration().getNetworkInputs();
    if (inputs.size() != 1) {
      throw new IllegalArgumentException("the net must have one input, has " + inputs);
    }
    Supplier<ComputationGraph> copy = once(() -> withGradients(net.clone()));
    Map<String, GraphVertex> vertices = net.getConfiguration().getVertices();
    Map<String, List<String>> readers = net.getConfiguration().getVertexInputs();
    DataType type = net.getConfiguration().getDataType();
    List<Unit> units = new ArrayList<>();
    for (int number : net.topologicalSortOrder()) {
      String name = net.getVertices()[number].getVertexName();
      if (inputs.contains(name)) {
        continue;
      }
      GraphVertex vertex = vertices.get(name);
      GraphVertex inner = vertex instanceof FrozenVertex f ? f.getUnderlying() : vertex;
      if (inner == null) {
        throw new IllegalStateException("the net's configuration lacks the vertex '" + name + "'");
      }
      List<String> from =
          readers.getOrDefault(name, List.of()).stream()
              .map(n -> inputs.contains(n) ? Network.INPUT : n)
              .toList();
      units.add(
          inner instanceof LayerVertex layer
              ? new Unit(
                  name,
                  from,
                  layer.getLayerConf().getLayer(),
                  layer.getPreProcessor(),
                  net.getLayer(name).paramTable(),
                  type,
                  () -> copy.get().getLayer(name))
              : new Unit(name, from, inner, null, Map.of(), type, () -> copy.get().getLayer(name)));
    }
    return lower(ancestors(units, net.getConfiguration().getNetworkOutputs().get(0)));
  }

  // ---------------------------------------------------------------- the whole net

  private Network lower(List<Unit> units) {
    if (units.isEmpty()) {
      throw new IllegalArgumentException("the net must have layers, has none");
    }
    boolean channelsLast = units.stream().anyMatch(u -> isChannelsLast(u.vertex()));
    if (givenInput != null) {
      return build(units, givenInput, channelsLast);
    }
    InputPreProcessor first = units.get(0).preprocessor();
    if (first instanceof FeedForwardToCnnPreProcessor p) {
      long[] input = {p.getNumChannels(), p.getInputHeight(), p.getInputWidth()};
      return build(units, input, channelsLast);
    }
    long channels = inputWidth(units);
    if (!startsWithMaps(units)) {
      return build(units, new long[] {channels}, channelsLast);
    }
    return build(units, channels, channelsLast);
  }

  /** Finds the input size by trying square ones. */
  private Network build(List<Unit> units, long channels, boolean channelsLast) {
    long[] usual = {channels, 224, 224};
    Network.Builder anySize = Network.builder(channels, -1, -1);
    Map<String, Op> opaque = new HashMap<>();
    IllegalArgumentException reason = null;
    List<Long> sides = new ArrayList<>();
    for (long side : sidesToTry()) {
      try {
        lowerAll(units, Network.builder(channels, side, side), channelsLast, opaque).build();
        sides.add(side);
      } catch (IllegalArgumentException e) {
        if (!isAboutShapes(e)) {
          throw e;
        }
        reason = e;
      }
      if (sides.size() > FREE) {
        break;
      }
    }
    if (sides.isEmpty()) {
      throw new IllegalArgumentException(
          "the net takes no square picture; give its input with Dl4j.standard().withInput(channels,"
              + " height, width)",
          reason);
    }
    if (sides.size() == 1) {
      long[] input = {channels, sides.get(0), sides.get(0)};
      return build(units, input, channelsLast);
    }
    long side =
        sides.contains(usual[1]) && sides.size() > FREE
            ? usual[1]
            : sides.stream()
                .max(
                    java.util.Comparator.comparingInt((Long s) -> Long.numberOfTrailingZeros(s))
                        .thenComparing(java.util.Comparator.reverseOrder()))
                .orElseThrow();
    long[] typical = {channels, side, side};
    anySize.typicalInput(typical);
    return finish(lowerAll(units, anySize, channelsLast, opaque), units, channelsLast);
  }

  private static long[] sidesToTry() {
    // The usual size first: most nets are decided by it and its neighbours.
    return LongStream.concat(
            LongStream.rangeClosed(224, 224 + FREE), LongStream.rangeClosed(1, LARGEST_SIDE))
        .distinct()
        .toArray();
  }

  private Network build(List<Unit> units, long[] input, boolean channelsLast) {
    Network.Builder builder = Network.builder(input);
    return finish(lowerAll(units, builder, channelsLast, new HashMap<>()), units, channelsLast);
  }

  /** Opaque layers are checked last, when everything that costs nothing has been. */
  private Network finish(Network.Builder builder, List<Unit> units, boolean channelsLast) {
    Network network = builder.build();
    if (!channelsLast) {
      units.forEach(unit -> refuseColumnSoftmax(unit, network));
    }
    for (var node : network.nodes()) {
      if (node.op() instanceof Op.Opaque o && o.function() instanceof OpaqueLayer layer) {
        long[] in =
            network.layer(node.inputs().get(0)).shape().stream()
                .mapToLong(Long::longValue)
                .toArray();
        String complaint = layer.complaint(in);
        if (complaint != null) {
          throw new IllegalArgumentException(
              "layer '"
                  + node.name()
                  + "' ("
                  + o.name()
                  + ") is unknown and cannot be used as it is: "
                  + complaint
                  + "; register a lowering for it with Dl4j.standard().with("
                  + o.name()
                  + ".class, …)");
        }
      }
    }
    return network;
  }

  /** DeepLearning4J runs the softmax of most layers along the last axis, whatever that is. */
  private void refuseColumnSoftmax(Unit unit, Network network) {
    if (unit.vertex() instanceof Layer wrapped
        && !(unwrap(wrapped) instanceof CnnLossLayer)
        && !custom.containsKey(unwrap(wrapped).getClass())
        && network.nodes().stream()
            .anyMatch(n -> n.name().equals(unit.name()) && n.op() instanceof Op.Softmax)
        && network.layer(unit.name()).shape().size() == 3) {
      throw new IllegalArgumentException(
          "layer '"
              + unit.name()
              + "' has a softmax on maps, which DeepLearning4J runs along the columns of [N, C, H,"
              + " W] and not over the channels; use a CnnLossLayer, whose softmax is over the"
              + " channels, or register a lowering with Dl4j.standard().with("
              + unwrap(wrapped).getClass().getSimpleName()
              + ".class, …)");
    }
  }

  private static boolean isAboutShapes(IllegalArgumentException e) {
    return String.valueOf(e.getMessage()).startsWith("at '");
  }

  private Network.Builder lowerAll(
      List<Unit> units, Network.Builder builder, boolean channelsLast, Map<String, Op> opaque) {
    for (Unit unit : units) {
      lower(unit, builder, channelsLast, opaque);
    }
    return builder;
  }

  // ---------------------------------------------------------------- one unit

  private void lower(
      Unit unit, Network.Builder builder, boolean channelsLast, Map<String, Op> opaque) {
    List<String> inputs = unit.inputs();
    InputPreProcessor preprocessor = unit.preprocessor();
    if (preprocessor != null) {
      List<Op> ops = preprocess(preprocessor, unit, channelsLast, opaque);
      for (int i = 0; i < ops.size(); i++) {
        String name = unit.name() + ":input" + (i == 0 ? "" : i + 1);
        builder.add(name, ops.get(i), inputs.toArray(String[]::new));
        inputs = List.of(name);
      }
    }
    if (unit.vertex() instanceof Layer wrapped) {
      Layer layer = unwrap(wrapped);
      LoweringScope scope =
          new LoweringScope(builder, unit.name(), unit.parameters(), channelsLast, inputs);
      LayerLowering<Layer> lowering =
          custom.getOrDefault(layer.getClass(), STANDARD.get(layer.getClass()));
      if (lowering == null && layer instanceof LowerableLayer own) {
        lowering = (any, at) -> own.lower(at);
      }
      if (lowering == null) {
        refuseIfHopeless(unit.name(), layer);
        scope.result(
            opaque.computeIfAbsent(
                unit.name(),
                n ->
                    new Op.Opaque(
                        layer.getClass().getSimpleName(),
                        new OpaqueLayer(unit.copy().get(), unit.type(), channelsLast))));
      } else {
        lowering.lower(layer, scope);
        if (!builder.has(unit.name())) {
          throw new IllegalStateException(
              "the lowering of layer '" + unit.name() + "' must end with result or activated");
        }
      }
    } else {
      builder.add(unit.name(), vertex(unit, channelsLast), inputs.toArray(String[]::new));
    }
  }

  private static Layer unwrap(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return unwrap(frozen.getLayer());
    }
    return layer instanceof BaseWrapperLayer wrapper
            && wrapper.getClass().getSimpleName().startsWith("Frozen")
        ? unwrap(wrapper.getUnderlying())
        : layer;
  }

  private static void refuseIfHopeless(String name, Layer layer) {
    String kind = layer.getClass().getSimpleName();
    boolean other =
        layer instanceof BaseRecurrentLayer
            || layer instanceof Convolution1DLayer
            || layer instanceof Convolution3D
            || kind.matches(
                ".*(1D|3D|Rnn|LSTM|Recurrent|Bidirectional|TimeStep|TimeDistributed|Embedding"
                    + "|Sequence|RepeatVector|MaskZero).*");
    if (other) {
      throw new IllegalArgumentException(
          "layer '"
              + name
              + "' is a "
              + kind
              + ": only nets on two-dimensional pictures can be explained, without one- and"
              + " three-dimensional or recurrent layers");
    }
  }

  private static Op vertex(Unit unit, boolean channelsLast) {
    Object vertex = unit.vertex();
    if (vertex instanceof MergeVertex) {
      return new Op.Concat();
    } else if (vertex instanceof ElementWiseVertex e) {
      return new Op.Elementwise(
          switch (e.getOp()) {
            case Add -> Op.Combination.ADD;
            case Subtract -> Op.Combination.SUBTRACT;
            case Product -> Op.Combination.MULTIPLY;
            case Average -> Op.Combination.AVERAGE;
            case Max -> Op.Combination.MAX;
          });
    } else if (vertex instanceof ScaleVertex s) {
      return new Op.Scale(s.getScaleFactor(), 0);
    } else if (vertex instanceof ShiftVertex s) {
      return new Op.Scale(1, s.getShiftFactor());
    } else if (vertex instanceof SubsetVertex s) {
      return new Op.Subset(s.getFrom(), s.getTo() + 1L);
    } else if (vertex instanceof L2NormalizeVertex l) {
      return new Op.L2Normalize(l.getEps());
    } else if (vertex instanceof PoolHelperVertex) {
      return new Op.Pad(-1, 0, -1, 0);
    } else if (vertex instanceof PreprocessorVertex p) {
      List<Op> ops = preprocess(p.getPreProcessor(), unit, channelsLast, new HashMap<>());
      if (ops.size() == 1) {
        return ops.get(0);
      }
    } else if (vertex instanceof ReshapeVertex r && r.getReshapeOrder() == 'c') {
      return reshape(r.getNewShape(), channelsLast);
    }
    throw new IllegalArgumentException(
        "vertex '"
            + unit.name()
            + "' is a "
            + vertex.getClass().getSimpleName()
            + ", for which there is no op; vertices that are lowered are merge, element-wise,"
            + " scale, shift, subset, L2-normalise, pool helper, reshape and preprocessor");
  }

  private static List<Op> preprocess(
      InputPreProcessor preprocessor, Unit unit, boolean channelsLast, Map<String, Op> opaque) {
    if (preprocessor instanceof ComposableInputPreProcessor composed) {
      List<Op> ops = new ArrayList<>();
      for (InputPreProcessor part : composed.getInputPreProcessors()) {
        ops.addAll(preprocess(part, unit, channelsLast, new HashMap<>()));
      }
      return ops;
    } else if (preprocessor.getClass() == CnnToFeedForwardPreProcessor.class) {
      Op.Order order = order(channelsLast);
      CnnToFeedForwardPreProcessor p = (CnnToFeedForwardPreProcessor) preprocessor;
      long size = p.getInputHeight() * p.getInputWidth() * p.getNumChannels();
      return List.of(new Op.Reshape(List.of(size), order, order));
    } else if (preprocessor instanceof FeedForwardToCnnPreProcessor p) {
      boolean already = unit.inputs().equals(List.of(Network.INPUT));
      return already
          ? List.of()
          : List.of(
              new Op.Reshape(
                  List.of(p.getNumChannels(), p.getInputHeight(), p.getInputWidth()),
                  Op.Order.CHANNELS_FIRST,
                  Op.Order.CHANNELS_FIRST));
    }
    return List.of(
        opaque.computeIfAbsent(
            unit.name() + ":input",
            n ->
                new Op.Opaque(
                    preprocessor.getClass().getSimpleName(),
                    new OpaquePreprocessor(preprocessor, unit.type(), channelsLast))));
  }

  private static Op reshape(int[] newShape, boolean channelsLast) {
    List<Long> s = Arrays.stream(newShape).skip(1).asLongStream().boxed().toList();
    Op.Order order = order(channelsLast);
    return new Op.Reshape(
        channelsLast && s.size() == 3 ? List.of(s.get(2), s.get(0), s.get(1)) : s, order, order);
  }

  private static Op.Order order(boolean channelsLast) {
    return channelsLast ? Op.Order.CHANNELS_LAST : Op.Order.CHANNELS_FIRST;
  }

  // ---------------------------------------------------------------- what a net tells

  private static boolean isChannelsLast(Object vertex) {
    Object layer = vertex instanceof Layer l ? unwrap(l) : vertex;
    if (layer instanceof ConvolutionLayer c) {
      return c.getCnn2dDataFormat() == CNN2DFormat.NHWC;
    } else if (layer instanceof SubsamplingLayer p) {
      return p.getCnn2dDataFormat() == CNN2DFormat.NHWC;
    }
    return layer instanceof CnnLossLayer l && l.getFormat() == CNN2DFormat.NHWC;
  }

  /** The channels (or features) that the first layer with parameters reads. */
  private static long inputWidth(List<Unit> units) {
    return units.stream()
        .map(Unit::vertex)
        .filter(Layer.class::isInstance)
        .map(v -> unwrap((Layer) v))
        .filter(FeedForwardLayer.class::isInstance)
        .mapToLong(l -> ((FeedForwardLayer) l).getNIn())
        .filter(n -> n > 0)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the net's input cannot be told from its layers; give it with"
                        + " Dl4j.standard().withInput(channels, height, width)"));
  }

  private static boolean startsWithMaps(List<Unit> units) {
    for (Unit unit : units) {
      if (unit.vertex() instanceof Layer layer) {
        Layer inner = unwrap(layer);
        String kind = inner.getClass().getSimpleName();
        if (inner instanceof ConvolutionLayer
            || inner instanceof SubsamplingLayer
            || kind.contains("2D")
            || kind.contains("Padding")
            || kind.contains("SpaceTo")) {
          return true;
        } else if (unit.preprocessor() instanceof CnnToFeedForwardPreProcessor) {
          return true;
        } else if (inner instanceof org.deeplearning4j.nn.conf.layers.DenseLayer) {
          return false;
        }
      }
    }
    return false;
  }

  private static List<Unit> ancestors(List<Unit> units, String output) {
    Map<String, Unit> byName = new LinkedHashMap<>();
    units.forEach(u -> byName.put(u.name(), u));
    List<String> needed = new ArrayList<>(List.of(output));
    for (int i = 0; i < needed.size(); i++) {
      Unit unit = byName.get(needed.get(i));
      if (unit != null) {
        unit.inputs().stream().filter(n -> !needed.contains(n)).forEach(needed::add);
      }
    }
    List<Unit> kept =
        new ArrayList<>(units.stream().filter(u -> needed.contains(u.name())).toList());
    // The output must be last, since it is where the network ends.
    kept.sort(java.util.Comparator.comparing(u -> u.name().equals(output)));
    return kept;
  }

  private static MultiLayerNetwork withGradients(MultiLayerNetwork net) {
    net.initGradientsView();
    return net;
  }

  private static ComputationGraph withGradients(ComputationGraph net) {
    net.initGradientsView();
    return net;
  }

  private static <T> Supplier<T> once(Supplier<T> make) {
    List<T> made = new ArrayList<>();
    return () -> {
      if (made.isEmpty()) {
        made.add(make.get());
      }
      return made.get(0);
    };
  }
}
