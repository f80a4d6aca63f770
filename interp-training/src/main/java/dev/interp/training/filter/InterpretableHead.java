package dev.interp.training.filter;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Features;
import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The recipe of the paper for pretrained nets: the net is cut below its top convolution; that
 * convolution and one added 3×3 convolution get interpretable filters, then follow global max
 * pooling and a dense softmax. Only this head is trained, as a DeepLearning4J net of its own
 * ({@link #net}) on features of the rest, which is run once by {@code Network} and cached on disk
 * ({@link #features}). {@link #joined} puts both together, so that every attribution method works
 * on the whole.
 *
 * <p>If the tensor given is made by a convolution (and its rectifier), that one is the top one,
 * with its weights; otherwise the top convolution is a new 1×1 one on the tensor, for backbones
 * that end in a concatenation or sum. Layers of the head are called {@code top}, {@code added},
 * {@code pool} and {@code output}.
 *
 * <p>Source: Q. Zhang, Y. N. Wu, S.-C. Zhu, Interpretable convolutional neural networks (CVPR
 * 2018), section 5. Deviation: what lies below the top convolution is not trained on, and there is
 * one dense layer instead of three. Each filter is pooled to its largest activation: behind a grid
 * of pools, a dense layer learns from few pictures where parts happened to be, and masked filters,
 * which show it one place each, lose it several points of accuracy.
 *
 * <p>Immutable and safe for concurrent use.
 */
public final class InterpretableHead {
  private final Network backbone;
  private final String features;
  private final Op.@Nullable Convolution top;
  private final int filters;
  private final int classes;
  private final double scale;

  private InterpretableHead(
      Network backbone,
      String features,
      Op.@Nullable Convolution top,
      int filters,
      int classes,
      double scale) {
    this.backbone = backbone;
    this.features = features;
    this.top = top;
    this.filters = filters;
    this.classes = classes;
    this.scale = scale;
  }

  /**
   * A head on a backbone, with 64 filters in each layer unless the top convolution has another
   * number.
   *
   * @param backbone the pretrained network; not modified
   * @param tensor the output of its top convolution, or maps to put a new one on
   * @param classes that the head tells apart, at least 2
   * @return the recipe
   * @throws IllegalArgumentException if the tensor is not one of maps, or there are less than two
   *     classes
   */
  public static InterpretableHead on(Network backbone, String tensor, int classes) {
    if (classes < 2) {
      throw new IllegalArgumentException(
          "a head tells at least 2 classes apart, was "
              + classes
              + "; one category is told from its negatives, which are class 2");
    }
    List<Long> shape = backbone.layer(tensor).shape();
    if (shape.size() != 3) {
      throw new IllegalArgumentException(
          "a head stands on maps [C, h, w], but '" + tensor + "' is " + shape);
    }
    Node node = node(backbone, tensor);
    if (node.op() instanceof Op.Activation) {
      node = node(backbone, node.inputs().get(0));
    }
    return node.op() instanceof Op.Convolution convolution && convolution.groups() == 1
        ? new InterpretableHead(
            backbone,
            node.inputs().get(0),
            convolution,
            (int) convolution.weights().size(0),
            classes,
            1)
        : new InterpretableHead(backbone, tensor, null, 64, classes, 1);
  }

  private static Node node(Network network, String name) {
    return network.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }

  /**
   * Another number of filters.
   *
   * @param count in each of both layers, at least 1
   * @return the changed recipe
   * @throws IllegalArgumentException if the top convolution is the backbone's own
   */
  public InterpretableHead withFilters(int count) {
    if (top != null || count < 1) {
      throw new IllegalArgumentException(
          "the number of filters must be at least 1 and can only be chosen for a new top"
              + " convolution, was "
              + count
              + (top == null ? "" : "; this one is the backbone's, with " + filters));
    }
    return new InterpretableHead(backbone, features, null, count, classes, scale);
  }

  /**
   * Another scale of the features. A new top convolution learns badly on features far from 1; the
   * root of their mean square brings them there.
   *
   * @param divisor what all features are divided by before the head, above 0
   * @return the changed recipe
   * @throws IllegalArgumentException if the divisor is not positive, or the top convolution is the
   *     backbone's own and knows the scale of its input
   */
  public InterpretableHead withFeaturesDividedBy(double divisor) {
    if (top != null || !(divisor > 0) || Double.isInfinite(divisor)) {
      throw new IllegalArgumentException(
          "features can be divided by a finite number > 0, and only before a new top convolution,"
              + " was "
              + divisor);
    }
    return new InterpretableHead(backbone, features, null, filters, classes, 1 / divisor);
  }

  /**
   * The tensor of the backbone that the head reads.
   *
   * @return its name
   */
  public String featureTensor() {
    return features;
  }

  /**
   * Makes the head.
   *
   * @param settings of the filters; null for ordinary convolutions, which from the same seed have
   *     the same first weights
   * @param seed of the first weights
   * @param updater how it learns
   * @return a new net that takes features; for interpretable filters with categories add {@link
   *     FilterLabels}
   */
  public MultiLayerNetwork net(@Nullable FilterSettings settings, long seed, IUpdater updater) {
    List<Long> shape = backbone.layer(features).shape();
    Window window = top == null ? Window.of(1, 1, 0) : top.window();
    ConvolutionLayer.Builder first = convolution(settings, window);
    first.name("top");
    ConvolutionLayer.Builder added = convolution(settings, new Window(same(), same()));
    added.name("added");
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(seed == 0 ? Long.MIN_VALUE : seed) // ND4J takes the time for a seed of 0.
                .weightInit(WeightInit.RELU)
                .updater(updater)
                .cacheMode(CacheMode.DEVICE) // Else a backward pass gathers all patches again.
                .list()
                .layer(first.build())
                .layer(added.build())
                .layer(new GlobalPoolingLayer.Builder(PoolingType.MAX).name("pool").build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .name("output")
                        .nOut(classes)
                        .activation(Activation.SOFTMAX)
                        .weightInit(WeightInit.XAVIER)
                        .build())
                .setInputType(InputType.convolutional(shape.get(1), shape.get(2), shape.get(0)))
                .build());
    net.init();
    if (top != null) {
      net.getLayer(0).getParam("W").assign(top.weights());
      INDArray bias = top.bias();
      net.getLayer(0).getParam("b").assign(bias == null ? Nd4j.scalar(0f) : bias);
    }
    return net;
  }

  private static Window.Axis same() {
    return new Window.Axis(3, 1, 0, 1, true);
  }

  private ConvolutionLayer.Builder convolution(@Nullable FilterSettings settings, Window window) {
    Window.Axis h = window.height();
    Window.Axis w = window.width();
    int[] kernel = {h.kernel(), w.kernel()};
    ConvolutionLayer.Builder builder =
        settings == null
            ? new ConvolutionLayer.Builder(kernel)
            : new InterpretableConvolution.Builder(settings, kernel);
    builder
        .stride(h.stride(), w.stride())
        .padding(h.padding(), w.padding())
        .dilation(h.dilation(), w.dilation())
        .convolutionMode(h.same() ? ConvolutionMode.Same : ConvolutionMode.Truncate)
        .nOut(filters)
        .activation(Activation.RELU);
    return builder;
  }

  /**
   * The features of pictures.
   *
   * @param x {@code [N, C, H, W]}; not modified
   * @return {@code [N, c, h, w]}, float32, owned by the caller
   */
  public INDArray features(INDArray x) {
    return new Features(backbone, features).of(x).muli(scale);
  }

  /**
   * The features of a set of pictures, from disk if they were computed before, see {@link
   * Features}; the file holds them without the division.
   *
   * @param cache an existing folder
   * @param set a name for the pictures and how they were prepared: letters, digits, dots, dashes
   *     and underscores. Other pictures under the same name are not noticed
   * @param count how many pictures
   * @param picture gives picture i as {@code [1, C, H, W]}
   * @return {@code [count, c, h, w]}, float32, owned by the caller
   * @throws IOException if the cache cannot be read or written, or a file in it is damaged
   * @throws IllegalArgumentException if the name has other characters or there are no pictures
   */
  public INDArray features(Path cache, String set, int count, IntFunction<INDArray> picture)
      throws IOException {
    return new Features(backbone, features).of(cache, set, count, picture).muli(scale);
  }

  /**
   * The backbone up to the features, and a head on it.
   *
   * @param head from {@link #net}, trained or not; its parameters are shared
   * @return a network that takes pictures
   */
  public Network joined(MultiLayerNetwork head) {
    Network above =
        Dl4j.standard()
            .withInput(
                backbone.layer(features).shape().stream().mapToLong(Long::longValue).toArray())
            .lower(head);
    Network.Builder builder =
        Network.builder(backbone.inputShape()).typicalInput(backbone.typicalInput());
    Set<String> names = new HashSet<>();
    for (Node node : needed()) {
      names.add(node.name());
      if (!node.name().equals(Network.INPUT)) {
        builder.add(node.name(), node.op(), node.inputs().toArray(String[]::new));
      }
    }
    String input = features;
    if (scale != 1) {
      input = own("scaled", names);
      builder.add(input, new Op.Scale(scale, 0), features);
    }
    String start = input;
    for (Node node : above.nodes().subList(1, above.nodes().size())) {
      builder.add(
          own(node.name(), names),
          node.op(),
          node.inputs().stream()
              .map(n -> n.equals(Network.INPUT) ? start : own(n, names))
              .toArray(String[]::new));
    }
    return builder.build();
  }

  /** The backbone may have a layer of the same name. */
  private static String own(String name, Set<String> taken) {
    return taken.contains(name) ? "head:" + name : name;
  }

  private List<Node> needed() {
    Set<String> wanted = new HashSet<>(Set.of(features));
    List<Node> nodes = backbone.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (wanted.contains(nodes.get(i).name())) {
        wanted.addAll(nodes.get(i).inputs());
      }
    }
    return nodes.stream().filter(n -> wanted.contains(n.name())).toList();
  }
}
