package dev.interp.core.dl4j;

import dev.interp.core.testkit.Nets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PoolHelperVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Nets with every layer and vertex that has a lowering. */
final class NetCases {
  private static final int H = 8;
  private static final int W = 6;
  private static final int C = 4;
  private static final List<Long> PICTURE = List.of(2L, (long) H, (long) W);

  private NetCases() {}

  /** How a net wants its pictures. */
  enum Layout {
    NCHW,
    NHWC,
    FLAT,
    VECTOR
  }

  /**
   * A net.
   *
   * @param name shown with the test
   * @param layout of the net's own input
   * @param shape of one example in public layout
   * @param make builds the net in a precision
   */
  record Case(String name, Layout layout, List<Long> shape, Function<DataType, Model> make) {
    long[] input() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> all() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("plain", Layout.NCHW, PICTURE, Nets::plain));
    cases.add(new Case("residual", Layout.NCHW, List.of(2L, 7L, 5L), Nets::residual));
    for (Activation activation : Activation.values()) {
      if (activation != Activation.SOFTMAX) {
        stack(cases, "activation " + activation, new ActivationLayer(activation));
      }
    }
    for (ConvolutionMode mode :
        List.of(ConvolutionMode.Strict, ConvolutionMode.Truncate, ConvolutionMode.Same)) {
      stack(
          cases,
          "conv " + mode,
          new ConvolutionLayer.Builder(2, 3).stride(2, 1).nOut(3).convolutionMode(mode).build());
      stack(
          cases,
          "pool " + mode,
          new SubsamplingLayer.Builder(PoolingType.AVG)
              .kernelSize(2, 3)
              .stride(2, 1)
              .convolutionMode(mode)
              .build());
      stack(
          cases,
          "transposed " + mode,
          new Deconvolution2D.Builder(3, 3).stride(2, 2).nOut(3).convolutionMode(mode).build());
    }
    stack(cases, "conv dilated", new ConvolutionLayer.Builder(2, 2).dilation(2, 2).nOut(3).build());
    stack(
        cases,
        "conv dilated same",
        new ConvolutionLayer.Builder(3, 3)
            .dilation(2, 2)
            .convolutionMode(ConvolutionMode.Same)
            .nOut(3)
            .build());
    stack(cases, "conv no bias", new ConvolutionLayer.Builder(2, 2).hasBias(false).nOut(3).build());
    stack(
        cases,
        "depthwise",
        new DepthwiseConvolution2D.Builder(3, 3).depthMultiplier(2).padding(1, 1).build(),
        new SeparableConvolution2D.Builder(3, 3).depthMultiplier(2).nOut(3).stride(2, 2).build());
    stack(
        cases,
        "depthwise same",
        new DepthwiseConvolution2D.Builder(2, 2)
            .depthMultiplier(1)
            .stride(2, 2)
            .convolutionMode(ConvolutionMode.Same)
            .build());
    for (PoolingType type : List.of(PoolingType.MAX, PoolingType.AVG, PoolingType.PNORM)) {
      stack(
          cases,
          "padded pool " + type,
          new SubsamplingLayer.Builder(type)
              .kernelSize(3, 3)
              .stride(2, 2)
              .padding(1, 1)
              .pnorm(2)
              .build());
    }
    stack(
        cases,
        "average pool with padding",
        new SubsamplingLayer.Builder(PoolingType.AVG)
            .kernelSize(3, 3)
            .stride(2, 2)
            .padding(1, 1)
            .avgPoolIncludePadInDivisor(true)
            .build());
    for (PoolingType type : PoolingType.values()) {
      stack(cases, "global " + type, new GlobalPoolingLayer.Builder(type).pnorm(3).build());
      // In NHWC DeepLearning4J itself cannot keep the axes.
      stack(
          cases,
          "global kept " + type,
          CNN2DFormat.NCHW,
          new GlobalPoolingLayer.Builder(type).pnorm(2).collapseDimensions(false).build());
    }
    stack(
        cases,
        "resizing",
        new Upsampling2D.Builder(2).build(),
        new Cropping2D.Builder(1, 2, 0, 3).build(),
        new ZeroPaddingLayer.Builder(2, 0, 1, 3).build());
    stack(cases, "upsampling uneven", new Upsampling2D.Builder().size(new int[] {2, 3}).build());
    stack(cases, "space to depth", spaceToDepth());
    stack(cases, "prelu", CNN2DFormat.NCHW, prelu(C, H, W).build());
    stack(cases, "prelu shared", CNN2DFormat.NCHW, prelu(C, H, W).sharedAxes(2, 3).build());
    stack(cases, "prelu", CNN2DFormat.NHWC, prelu(H, W, C).build());
    stack(cases, "prelu shared", CNN2DFormat.NHWC, prelu(H, W, C).sharedAxes(1, 2).build());
    stack(cases, "dropout", new DropoutLayer(0.5));
    stack(cases, "frozen", new FrozenLayer(conv()), new FrozenLayerWithBackprop(conv()));
    stack(cases, "frozen batch norm", new FrozenLayer(new BatchNormalization()));
    stack(
        cases,
        "frozen batch norm with backprop",
        new FrozenLayerWithBackprop(new BatchNormalization()));
    stack(cases, "batch norm", new BatchNormalization(), conv(), new BatchNormalization());
    stack(
        cases,
        "batch norm locked",
        new BatchNormalization.Builder().lockGammaBeta(true).gamma(0.7).beta(0.2).build());
    stack(cases, "batch norm log", new BatchNormalization.Builder().useLogStd(true).build());
    stack(
        cases,
        "batch norm of vectors",
        new DenseLayer.Builder().nOut(5).build(),
        new BatchNormalization(),
        new ElementWiseMultiplicationLayer.Builder().nIn(5).nOut(5).build(),
        prelu(5).build(),
        new DropoutLayer(0.3));
    stack(
        cases,
        "lrn",
        new LocalResponseNormalization.Builder().n(3).k(2).alpha(0.2).beta(0.7).build(),
        new LocalResponseNormalization.Builder().n(5).build());
    ends(cases);
    graphs(cases);
    return cases.stream();
  }

  @SuppressWarnings({"rawtypes", "unchecked"}) // The builder's type parameter has no value.
  private static Layer spaceToDepth() {
    return new SpaceToDepthLayer.Builder(2).build();
  }

  private static PReLULayer.Builder prelu(long... shape) {
    return new PReLULayer.Builder().inputShape(shape);
  }

  private static ConvolutionLayer conv() {
    return new ConvolutionLayer.Builder(2, 2).nOut(3).activation(Activation.TANH).build();
  }

  /** A net with the layers in the middle, in both layouts. */
  private static void stack(List<Case> cases, String name, Layer... middle) {
    for (CNN2DFormat format : CNN2DFormat.values()) {
      stack(cases, name, format, middle);
    }
  }

  private static void stack(List<Case> cases, String name, CNN2DFormat format, Layer... middle) {
    cases.add(
        new Case(
            name + " " + format,
            format == CNN2DFormat.NHWC ? Layout.NHWC : Layout.NCHW,
            PICTURE,
            type ->
                net(
                    type,
                    InputType.convolutional(H, W, 2, format),
                    list -> {
                      list.layer(
                          new ConvolutionLayer.Builder(1, 1)
                              .nOut(C)
                              .activation(Activation.IDENTITY)
                              .build());
                      for (Layer layer : middle) {
                        list.layer(layer.clone());
                      }
                      list.layer(Nets.output(3));
                    })));
  }

  private static void ends(List<Case> cases) {
    Function<DataType, Model> flat =
        type ->
            net(
                type,
                InputType.convolutionalFlat(H, W, 2),
                list -> list.layer(conv()).layer(Nets.output(3)));
    cases.add(new Case("flat", Layout.FLAT, PICTURE, flat));
    end(cases, "loss layer", new DenseLayer.Builder().nOut(4).build(), loss());
    end(
        cases,
        "sigmoid output",
        new OutputLayer.Builder(LossFunction.XENT).nOut(3).activation(Activation.SIGMOID).build());
    end(cases, "identity output without bias", bare());
    end(
        cases,
        "centre loss",
        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
            .nOut(3)
            .activation(Activation.SOFTMAX)
            .build());
    for (CNN2DFormat format : CNN2DFormat.values()) {
      cases.add(
          new Case(
              "cnn loss " + format,
              format == CNN2DFormat.NHWC ? Layout.NHWC : Layout.NCHW,
              PICTURE,
              type ->
                  net(
                      type,
                      InputType.convolutional(H, W, 2, format),
                      list ->
                          list.layer(conv())
                              .layer(
                                  new CnnLossLayer.Builder(LossFunction.MCXENT)
                                      .format(format)
                                      .activation(Activation.SOFTMAX)
                                      .build()))));
    }
    cases.add(
        new Case(
            "dense with batch norm",
            Layout.VECTOR,
            List.of(6L),
            type ->
                net(
                    type,
                    InputType.feedForward(6),
                    list ->
                        list.layer(new DenseLayer.Builder().nOut(5).build())
                            .layer(new BatchNormalization())
                            .layer(new DenseLayer.Builder().nOut(4).hasBias(false).build())
                            .layer(Nets.output(3)))));
  }

  private static LossLayer loss() {
    return new LossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build();
  }

  private static OutputLayer bare() {
    return new OutputLayer.Builder(LossFunction.MSE)
        .nOut(3)
        .hasBias(false)
        .activation(Activation.IDENTITY)
        .build();
  }

  private static void end(List<Case> cases, String name, Layer... layers) {
    cases.add(
        new Case(
            name,
            Layout.NCHW,
            PICTURE,
            type ->
                net(
                    type,
                    InputType.convolutional(H, W, 2),
                    list -> {
                      list.layer(conv());
                      for (Layer layer : layers) {
                        list.layer(layer.clone());
                      }
                    })));
  }

  private static void graphs(List<Case> cases) {
    for (CNN2DFormat format : CNN2DFormat.values()) {
      graph(
          cases,
          "inception",
          format,
          g ->
              g.addLayer("a", convolution(1), "stem")
                  .addLayer("b", convolution(3), "stem")
                  .addLayer(
                      "p",
                      new SubsamplingLayer.Builder(PoolingType.MAX)
                          .kernelSize(3, 3)
                          .stride(1, 1)
                          .convolutionMode(ConvolutionMode.Same)
                          .build(),
                      "stem")
                  .addVertex("merge", new MergeVertex(), "a", "b", "p")
                  .addLayer("end", new LocalResponseNormalization.Builder().build(), "merge"));
      for (ElementWiseVertex.Op op : ElementWiseVertex.Op.values()) {
        graph(
            cases,
            "element-wise " + op,
            format,
            g ->
                g.addLayer("a", convolution(1), "stem")
                    .addLayer("b", convolution(3), "stem")
                    .addVertex("end", new ElementWiseVertex(op), "a", "b"));
        if (op != ElementWiseVertex.Op.Subtract) {
          graph(
              cases,
              "element-wise of three " + op,
              format,
              g ->
                  g.addLayer("a", convolution(1), "stem")
                      .addLayer("b", convolution(3), "stem")
                      .addVertex("end", new ElementWiseVertex(op), "a", "stem", "b"));
        }
      }
      graph(
          cases,
          "numbers",
          format,
          g ->
              g.addVertex("scale", new ScaleVertex(1.5), "stem")
                  .addVertex("shift", new ShiftVertex(-0.3), "scale")
                  .addLayer("end", convolution(3), "shift"));
      graph(
          cases,
          "subset of vectors",
          format,
          g ->
              g.addLayer("dense", new DenseLayer.Builder().nOut(8).build(), "stem")
                  .addVertex("end", new SubsetVertex(2, 5), "dense"));
      graph(
          cases,
          "l2 of vectors",
          format,
          g ->
              g.addLayer("dense", new DenseLayer.Builder().nOut(8).build(), "stem")
                  .addVertex("end", new L2NormalizeVertex(), "dense"));
      graph(cases, "l2 of maps", format, g -> g.addVertex("end", new L2NormalizeVertex(), "stem"));
      graph(
          cases,
          "frozen vertex",
          format,
          g ->
              g.addVertex("frozen", new FrozenVertex(new ScaleVertex(0.5)), "stem")
                  .addLayer("end", new FrozenLayer(convolution(3)), "frozen"));
    }
    untyped(cases, "subset of maps", new SubsetVertex(1, 2), 2);
    untyped(cases, "pool helper", new PoolHelperVertex(), C);
    graph(
        cases,
        "reshape to maps",
        CNN2DFormat.NCHW,
        g ->
            g.addVertex("maps", new ReshapeVertex(-1, 2, 12, 8), "stem")
                .addLayer("end", new SubsamplingLayer.Builder().build(), "maps"));
  }

  /** DeepLearning4J cannot tell what some vertices give, so all sizes are written down. */
  private static void untyped(List<Case> cases, String name, GraphVertex vertex, int channels) {
    cases.add(
        new Case(
            "graph " + name,
            Layout.NCHW,
            PICTURE,
            type -> {
              ConvolutionLayer stem = convolution(1);
              stem.setNIn(2);
              ConvolutionLayer next = convolution(3);
              next.setNIn(channels);
              OutputLayer out = Nets.output(3);
              out.setNIn(C);
              ComputationGraph net =
                  new ComputationGraph(
                      Nets.start(type)
                          .graphBuilder()
                          .addInputs("in")
                          .addLayer("stem", stem, "in")
                          .addVertex("vertex", vertex, "stem")
                          .addLayer("next", next, "vertex")
                          .addLayer("pool", new GlobalPoolingLayer.Builder().build(), "next")
                          .addLayer("out", out, "pool")
                          .setOutputs("out")
                          .build());
              net.init();
              Nets.shake(net);
              return net;
            }));
  }

  private static ConvolutionLayer convolution(int kernel) {
    ConvolutionLayer layer = Nets.identity(kernel, C);
    layer.setActivationFn(Activation.TANH.getActivationFunction());
    return layer;
  }

  private static void graph(
      List<Case> cases, String name, CNN2DFormat format, Consumer<GraphBuilder> middle) {
    Function<DataType, Model> make =
        type -> {
          GraphBuilder g =
              Nets.start(type)
                  .graphBuilder()
                  .addInputs("in")
                  .setInputTypes(InputType.convolutional(H, W, 2, format))
                  .addLayer("stem", convolution(1), "in");
          middle.accept(g);
          g.addLayer("out", Nets.output(3), "end").setOutputs("out");
          ComputationGraph net = new ComputationGraph(g.build());
          net.init();
          Nets.shake(net);
          return net;
        };
    Layout layout = format == CNN2DFormat.NHWC ? Layout.NHWC : Layout.NCHW;
    cases.add(new Case("graph " + name + " " + format, layout, PICTURE, make));
  }

  static MultiLayerNetwork net(
      DataType type, InputType input, Consumer<NeuralNetConfiguration.ListBuilder> layers) {
    NeuralNetConfiguration.ListBuilder list = Nets.start(type).list();
    layers.accept(list);
    MultiLayerNetwork net = new MultiLayerNetwork(list.setInputType(input).build());
    net.init();
    Nets.shake(net);
    return net;
  }
}
