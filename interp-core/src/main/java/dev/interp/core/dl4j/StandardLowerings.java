package dev.interp.core.dl4j;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.Pooling2D;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** How the layers of DeepLearning4J become ops. */
final class StandardLowerings {
  private StandardLowerings() {}

  static Map<Class<?>, LayerLowering<Layer>> all() {
    Map<Class<?>, LayerLowering<Layer>> map = new HashMap<>();
    put(map, ConvolutionLayer.class, StandardLowerings::convolution);
    put(map, Convolution2D.class, StandardLowerings::convolution);
    put(map, Deconvolution2D.class, StandardLowerings::transposed);
    put(map, DepthwiseConvolution2D.class, StandardLowerings::depthwise);
    put(map, SeparableConvolution2D.class, StandardLowerings::separable);
    put(map, SubsamplingLayer.class, StandardLowerings::pool);
    put(map, Pooling2D.class, StandardLowerings::pool);
    put(map, GlobalPoolingLayer.class, StandardLowerings::globalPool);
    put(map, BatchNormalization.class, StandardLowerings::batchNorm);
    put(
        map,
        LocalResponseNormalization.class,
        (l, s) ->
            s.result(
                new Op.LocalResponseNormalization(
                    l.getK(), (int) l.getN() / 2, l.getAlpha(), l.getBeta())));
    put(map, DenseLayer.class, StandardLowerings::dense);
    put(map, OutputLayer.class, (l, s) -> affineMap(l, l.hasBias(), s));
    put(map, CenterLossOutputLayer.class, (l, s) -> affineMap(l, true, s));
    put(map, ActivationLayer.class, (l, s) -> s.result(Activations.op(l.getActivationFn())));
    put(map, LossLayer.class, (l, s) -> s.result(Activations.op(l.getActivationFn())));
    put(map, CnnLossLayer.class, (l, s) -> s.result(Activations.op(l.getActivationFn())));
    put(map, DropoutLayer.class, (l, s) -> s.result(new Op.Scale(1, 0)));
    put(map, MaskLayer.class, (l, s) -> s.result(new Op.Scale(1, 0)));
    // The raw predictions: boxes are decoded from them outside the net.
    put(map, Yolo2OutputLayer.class, (l, s) -> s.result(new Op.Scale(1, 0)));
    put(
        map,
        Upsampling2D.class,
        (l, s) -> s.result(new Op.Upsample(l.getSize()[0], l.getSize()[1])));
    put(
        map,
        ZeroPaddingLayer.class,
        (l, s) -> {
          int[] p = l.getPadding();
          s.result(new Op.Pad(p[0], p[1], p[2], p[3]));
        });
    put(
        map,
        Cropping2D.class,
        (l, s) -> {
          int[] c = l.getCropping();
          s.result(new Op.Pad(-c[0], -c[1], -c[2], -c[3]));
        });
    put(map, SpaceToDepthLayer.class, (l, s) -> s.result(new Op.SpaceToDepth(l.getBlockSize())));
    put(map, PReLULayer.class, StandardLowerings::prelu);
    put(
        map,
        ElementWiseMultiplicationLayer.class,
        (l, s) -> {
          INDArray scale = s.parameter("W");
          INDArray shift = s.parameter("b");
          s.activated(
              new Op.Affine(scale.reshape(scale.length()), shift.reshape(shift.length())),
              l.getActivationFn());
        });
    return Map.copyOf(map);
  }

  @SuppressWarnings("unchecked")
  private static <L extends Layer> void put(
      Map<Class<?>, LayerLowering<Layer>> map, Class<L> layer, LayerLowering<L> lowering) {
    map.put(layer, (LayerLowering<Layer>) lowering);
  }

  private static void convolution(ConvolutionLayer l, LoweringScope s) {
    s.activated(
        new Op.Convolution(s.parameter("W"), s.vector("b"), window(l), 1), l.getActivationFn());
  }

  private static void transposed(Deconvolution2D l, LoweringScope s) {
    s.activated(
        new Op.TransposedConvolution(s.parameter("W"), s.vector("b"), window(l)),
        l.getActivationFn());
  }

  private static void depthwise(DepthwiseConvolution2D l, LoweringScope s) {
    INDArray w = s.parameter("W"); // [kH, kW, inC, multiplier]
    int channels = (int) w.size(2);
    INDArray weights =
        w.permute(2, 3, 0, 1).dup('c').reshape('c', channels * w.size(3), 1, w.size(0), w.size(1));
    s.activated(
        new Op.Convolution(weights, s.vector("b"), window(l), channels), l.getActivationFn());
  }

  private static void separable(SeparableConvolution2D l, LoweringScope s) {
    INDArray w = s.parameter("W"); // [multiplier, inC, kH, kW]
    int channels = (int) w.size(1);
    INDArray depth =
        w.permute(1, 0, 2, 3).dup('c').reshape('c', channels * w.size(0), 1, w.size(2), w.size(3));
    s.part("depthwise", new Op.Convolution(depth, null, window(l), channels));
    s.activated(
        new Op.Convolution(s.parameter("pW"), s.vector("b"), Window.of(1, 1, 0), 1),
        l.getActivationFn());
  }

  private static void pool(SubsamplingLayer l, LoweringScope s) {
    Op.Reduction reduction = reduction(l.getPoolingType(), s.name());
    if (reduction == Op.Reduction.AVERAGE && l.isAvgPoolIncludePadInDivisor()) {
      reduction = Op.Reduction.AVERAGE_WITH_PADDING;
    }
    if (reduction == Op.Reduction.SUM) {
      throw new IllegalArgumentException(
          "layer '" + s.name() + "': sum pooling must be global; use average pooling and a scale");
    }
    s.result(
        new Op.Pool(
            reduction,
            window(
                l.getKernelSize(),
                l.getStride(),
                l.getPadding(),
                l.getDilation(),
                l.getConvolutionMode()),
            l.getPnorm()));
  }

  private static void globalPool(GlobalPoolingLayer l, LoweringScope s) {
    s.result(
        new Op.GlobalPool(
            reduction(l.getPoolingType(), s.name()), l.getPnorm(), l.isCollapseDimensions()));
  }

  private static Op.Reduction reduction(PoolingType type, String layer) {
    return switch (type) {
      case MAX -> Op.Reduction.MAX;
      case AVG -> Op.Reduction.AVERAGE;
      case SUM -> Op.Reduction.SUM;
      case PNORM -> Op.Reduction.P_NORM;
      default ->
          throw new IllegalArgumentException("layer '" + layer + "': unknown pooling " + type);
    };
  }

  private static void batchNorm(BatchNormalization l, LoweringScope s) {
    INDArray mean = s.parameter("mean");
    INDArray variance =
        l.isUseLogStd()
            ? Transforms.pow(
                Nd4j.valueArrayOf(s.parameter("log10stdev").shape(), 10.0, mean.dataType()),
                s.parameter("log10stdev").mul(2))
            : s.parameter("var");
    INDArray scale = Transforms.sqrt(variance.add(l.getEps())).rdivi(1);
    INDArray shift = mean.mul(scale).negi();
    if (l.isLockGammaBeta()) {
      // DeepLearning4J skips both where one of them is the default, but only without oneDNN.
      scale.muli(l.getGamma());
      shift.muli(l.getGamma()).addi(l.getBeta());
    } else {
      scale.muli(s.parameter("gamma"));
      shift.muli(s.parameter("gamma")).addi(s.parameter("beta"));
    }
    // DeepLearning4J never runs the activation that a batch norm layer is configured with.
    s.result(new Op.Affine(scale.reshape(scale.length()), shift.reshape(shift.length())));
  }

  private static void dense(DenseLayer l, LoweringScope s) {
    if (l.hasLayerNorm()) {
      throw new IllegalArgumentException(
          "layer '" + s.name() + "': a dense layer with layer normalisation has no lowering");
    }
    affineMap(l, l.hasBias(), s);
  }

  private static void affineMap(FeedForwardLayer l, boolean bias, LoweringScope s) {
    s.activated(new Op.Dense(s.parameter("W"), bias ? s.vector("b") : null), l.getActivationFn());
  }

  private static void prelu(PReLULayer l, LoweringScope s) {
    INDArray alpha = s.parameter("W");
    if (alpha.rank() == 4 && alpha.size(0) == 1) {
      alpha = alpha.reshape(alpha.size(1), alpha.size(2), alpha.size(3));
    } else if (alpha.rank() == 2 && alpha.size(0) == 1) {
      alpha = alpha.reshape(alpha.length());
    }
    s.result(
        new Op.ParametricRelu(
            s.channelsLast() && alpha.rank() == 3 ? alpha.permute(2, 0, 1).dup('c') : alpha));
  }

  private static Window window(ConvolutionLayer l) {
    return window(
        l.getKernelSize(), l.getStride(), l.getPadding(), l.getDilation(), l.getConvolutionMode());
  }

  private static Window window(
      int[] kernel, int[] stride, int[] padding, int[] dilation, ConvolutionMode mode) {
    boolean same = mode == ConvolutionMode.Same;
    List<Window.Axis> axes =
        List.of(0, 1).stream()
            .map(
                a ->
                    new Window.Axis(
                        kernel[a],
                        stride[a],
                        same || padding == null ? 0 : padding[a],
                        dilation == null ? 1 : dilation[a],
                        same))
            .toList();
    return new Window(axes.get(0), axes.get(1));
  }
}
