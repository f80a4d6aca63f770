package dev.interp.visual.invert;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartDataset;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.image.Resample;
import dev.interp.core.network.Features;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * Teaches a {@link Decoder} to draw pictures again from a tensor of a network. The network is run
 * once for each picture; the decoder, a DeepLearning4J net of its own, learns on what it gave.
 *
 * <p>From maps: a 3×3 convolution, then enlargements to twice the size, each with a 3×3 convolution
 * after it, the last three of them in one transposed convolution, until the size of the network's
 * input is as near as it gets; from vectors: two dense layers and the same from 4 to 7 rows on.
 * Leaky rectifiers of slope 0.2, no activation at the end. Features are standardised channel by
 * channel; what is learned is the picture less the mean picture, in the mean square, with Adam at a
 * rate that falls to zero.
 *
 * <p>Cost: a forward pass of the network per picture, and {@code epochs} passes forward and back of
 * the decoder. For 96 × 96 pixels and 64 maps, some 15 ms of a core per picture and epoch.
 *
 * <p>Source: Dosovitskiy, Brox, Inverting visual representations with convolutional networks (CVPR
 * 2016), section 3. Deviations: smaller throughout, filters 3×3 instead of 5×5; a value is spread
 * over the 2×2 block that it is enlarged to instead of put into its corner; and no convolution runs
 * at the size of the picture, where DeepLearning4J's take most of the time.
 *
 * <p>Immutable; {@code withX} returns a copy. Safe for concurrent use.
 */
public final class DecoderTraining {
  private static final int LEAST_SIDE = 4;
  private static final int HIDDEN = 256;
  private static final int WIDEST = 64;
  private static final int NARROWEST = 16;
  private static final int LAST_STEPS = 3;
  private static final double SLOPE = 0.2;

  private int epochs = 8;
  private int batchSize = 16;
  private double rate = 0.001;
  private long seed;
  private Progress progress = Progress.none();
  private @Nullable Path cache;
  private String set = "";

  private DecoderTraining() {}

  private DecoderTraining with(Consumer<DecoderTraining> change) {
    DecoderTraining copy = new DecoderTraining();
    copy.epochs = epochs;
    copy.batchSize = batchSize;
    copy.rate = rate;
    copy.seed = seed;
    copy.progress = progress;
    copy.cache = cache;
    copy.set = set;
    change.accept(copy);
    return copy;
  }

  /**
   * Eight epochs of batches of 16 at a rate of 0.001.
   *
   * @return the training
   */
  public static DecoderTraining withDefaults() {
    return new DecoderTraining();
  }

  /**
   * Sets how often every picture is seen.
   *
   * @param count at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public DecoderTraining withEpochs(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("the number of epochs must be at least 1, was " + count);
    }
    return with(copy -> copy.epochs = count);
  }

  /**
   * Sets how many pictures make a step.
   *
   * @param pictures at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public DecoderTraining withBatchSize(int pictures) {
    if (pictures < 1) {
      throw new IllegalArgumentException("the batch size must be at least 1, was " + pictures);
    }
    return with(copy -> copy.batchSize = pictures);
  }

  /**
   * Sets the size of the first step.
   *
   * @param value above 0
   * @return a copy
   * @throws IllegalArgumentException if it is not above 0
   */
  public DecoderTraining withRate(double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("the rate must be above 0 and finite, was " + value);
    }
    return with(copy -> copy.rate = value);
  }

  /**
   * Sets the seed of first weights and order.
   *
   * @param value any
   * @return a copy
   */
  public DecoderTraining withSeed(long value) {
    return with(copy -> copy.seed = value);
  }

  /**
   * Sets who is told of the progress, in steps.
   *
   * @param listener may cancel
   * @return a copy
   */
  public DecoderTraining withProgress(Progress listener) {
    return with(copy -> copy.progress = listener);
  }

  /**
   * Keeps features on disk for the next time, see {@link Features}.
   *
   * @param folder an existing one
   * @param name of the set of pictures: letters, digits, dots, dashes and underscores. Other
   *     pictures under the same name are not noticed
   * @return a copy
   */
  public DecoderTraining withCache(Path folder, String name) {
    return with(
        copy -> {
          copy.cache = folder;
          copy.set = name;
        });
  }

  /**
   * Teaches a decoder.
   *
   * @param network takes pictures; not modified
   * @param preprocessor how a picture goes into the network
   * @param layer the name of the tensor
   * @param data pictures to learn on, at least 2
   * @return the decoder
   * @throws IllegalArgumentException if the network lacks the tensor or does not take pictures,
   *     there are too few, or all of their features are the same
   * @throws ArithmeticException if the training leaves all bounds, as it does when the rate is too
   *     large
   * @throws IOException if features cannot be cached
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public Decoder train(Network network, Preprocessor preprocessor, String layer, PartDataset data)
      throws IOException {
    if (data.size() < 2) {
      throw new IllegalArgumentException(
          "a decoder needs at least 2 pictures to learn on, were " + data.size());
    }
    network.layer(layer);
    INDArray first = preprocessor.apply(Decoder.pictures(data, 0, 1).get(0));
    Network sized = network.withInput(first.size(1), first.size(2), first.size(3));
    Features features = new Features(sized, layer);
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return train(features, preprocessor, data);
    }
  }

  private Decoder train(Features features, Preprocessor preprocessor, PartDataset data)
      throws IOException {
    int count = data.size();
    Image[] pictures = new Image[count];
    for (int i = 0; i < count; i++) {
      INDArray x = preprocessor.apply(Decoder.pictures(data, i, i + 1).get(0));
      pictures[i] = preprocessor.unapply(x, 0);
    }
    Path folder = cache;
    INDArray all =
        folder == null
            ? features.of(count, i -> preprocessor.apply(pictures[i]))
            : features.of(folder, set, count, i -> preprocessor.apply(pictures[i]));
    Standardization standard = Standardization.of(all);
    if (standard.isFlat()) {
      throw new IllegalArgumentException(
          "'"
              + features.tensor()
              + "' is the same for every picture: nothing is left to draw from");
    }
    Image mean = mean(pictures);
    Form form = Form.of(features, mean);
    float[][] targets = new float[count][];
    Arrays.setAll(targets, i -> form.target(pictures[i], mean));
    MultiLayerNetwork net = net(form, (long) epochs * batches(count));
    learn(net, standard.apply(all), targets, form);
    Network drawing = Dl4j.standard().withInput(form.input()).lower(net);
    return new Decoder(features, preprocessor, drawing, standard, mean);
  }

  private int batches(int count) {
    return (count + batchSize - 1) / batchSize;
  }

  private void learn(MultiLayerNetwork net, INDArray features, float[][] targets, Form form) {
    int count = targets.length;
    long[] shape = features.shape();
    int length = (int) (features.length() / count);
    float[] all = features.data().asFloat();
    SplittableRandom random = new SplittableRandom(seed);
    int[] order = new int[count];
    Arrays.setAll(order, i -> i);
    long done = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      for (int i = count - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int other = order[j];
        order[j] = order[i];
        order[i] = other;
      }
      for (int from = 0; from < count; from += batchSize) {
        int n = Math.min(batchSize, count - from);
        float[] x = new float[n * length];
        float[] y = new float[n * targets[0].length];
        for (int i = 0; i < n; i++) {
          System.arraycopy(all, order[from + i] * length, x, i * length, length);
          System.arraycopy(
              targets[order[from + i]], 0, y, i * targets[0].length, targets[0].length);
        }
        long[] rows = shape.clone();
        rows[0] = n;
        net.fit(
            Nd4j.create(x, rows, 'c'),
            Nd4j.create(y, new long[] {n, form.channels, form.h, form.w}, 'c'));
        if (!Double.isFinite(net.score())) {
          throw new ArithmeticException(
              "the training left all bounds after " + done + " steps; choose a smaller rate");
        }
        progress.report(++done, (long) epochs * batches(count));
      }
    }
  }

  private static Image mean(Image[] pictures) {
    double[] sum = new double[pictures[0].values().length];
    for (Image picture : pictures) {
      float[] values = picture.values();
      for (int k = 0; k < sum.length; k++) {
        sum[k] += values[k];
      }
    }
    float[] mean = new float[sum.length];
    for (int k = 0; k < mean.length; k++) {
      mean[k] = (float) (sum[k] / pictures.length);
    }
    return Image.of(pictures[0].channels(), pictures[0].height(), pictures[0].width(), mean);
  }

  /** What goes in and comes out: {@code steps} enlargements from baseH × baseW to h × w. */
  private record Form(
      List<Long> features, int channels, int baseH, int baseW, int steps, int h, int w) {
    static Form of(Features features, Image picture) {
      List<Long> shape = features.network().layer(features.tensor()).shape();
      int height = picture.height();
      int width = picture.width();
      int steps;
      int baseH;
      int baseW;
      if (shape.size() == 3) {
        baseH = (int) (long) shape.get(1);
        baseW = (int) (long) shape.get(2);
        double ratio = Math.sqrt((double) height * width / baseH / baseW);
        steps = (int) Math.max(0, Math.round(Math.log(ratio) / Math.log(2)));
      } else {
        steps = 0;
        while (Math.min(height, width) >> (steps + 1) >= LEAST_SIDE) {
          steps++;
        }
        baseH = Math.max(1, height >> steps);
        baseW = Math.max(1, width >> steps);
      }
      return new Form(
          shape, picture.channels(), baseH, baseW, steps, baseH << steps, baseW << steps);
    }

    long[] input() {
      return features.stream().mapToLong(Long::longValue).toArray();
    }

    /** The picture less the mean one in the size that the decoder draws. */
    float[] target(Image picture, Image mean) {
      int plane = picture.height() * picture.width();
      float[] own = picture.values();
      float[] usual = mean.values();
      float[] target = new float[channels * h * w];
      for (int c = 0; c < channels; c++) {
        float[] difference = new float[plane];
        for (int k = 0; k < plane; k++) {
          difference[k] = own[c * plane + k] - usual[c * plane + k];
        }
        float[] small =
            Resample.BILINEAR.apply(difference, picture.height(), picture.width(), h, w);
        System.arraycopy(small, 0, target, c * h * w, h * w);
      }
      return target;
    }

    /** How much of the enlargement is left to the last, transposed convolution. */
    int stride() {
      return 1 << Math.min(steps, LAST_STEPS);
    }

    /** Maps after so many enlargements; the last ones hold a patch of the picture in each place. */
    int maps(int step) {
      int patch = channels * stride() * stride();
      return step < steps - LAST_STEPS ? WIDEST : Math.min(WIDEST, Math.max(NARROWEST, patch));
    }
  }

  private MultiLayerNetwork net(Form form, long allSteps) {
    IActivation leaky = new ActivationLReLU(SLOPE);
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(seed == 0 ? Long.MIN_VALUE : seed) // ND4J takes the time for a seed of 0.
            .weightInit(WeightInit.RELU)
            .activation(leaky)
            .updater(
                new Adam(
                    new PolySchedule(
                        ScheduleType.ITERATION,
                        rate,
                        1,
                        (int) Math.min(Integer.MAX_VALUE, allSteps + 1))))
            .list();
    int at = 0;
    if (form.features.size() == 1) {
      int cells = form.baseH * form.baseW;
      list.layer(at++, new DenseLayer.Builder().nOut(HIDDEN).build());
      list.layer(at++, new DenseLayer.Builder().nOut(form.maps(0) * cells).build());
      list.inputPreProcessor(
          at, new FeedForwardToCnnPreProcessor(form.baseH, form.baseW, form.maps(0)));
    }
    list.layer(at++, convolution(form.maps(0)));
    list.layer(at++, convolution(form.maps(0)));
    for (int step = 1; step <= form.steps - LAST_STEPS; step++) {
      list.layer(at++, new Upsampling2D.Builder(2).build());
      list.layer(at++, convolution(form.maps(step)));
    }
    int stride = form.stride();
    int kernel = stride == 1 ? 3 : 2 * stride;
    list.layer(
        at++,
        new Deconvolution2D.Builder(kernel, kernel)
            .stride(stride, stride)
            .convolutionMode(ConvolutionMode.Same)
            .nOut(form.channels)
            .activation(Activation.IDENTITY)
            .weightInit(WeightInit.XAVIER)
            .build());
    list.layer(
        at, new CnnLossLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).build());
    long[] input = form.input();
    list.setInputType(
        input.length == 1
            ? InputType.feedForward(input[0])
            : InputType.convolutional(input[1], input[2], input[0]));
    MultiLayerNetwork net = new MultiLayerNetwork(list.build());
    net.init();
    return net;
  }

  private static ConvolutionLayer convolution(int maps) {
    return new ConvolutionLayer.Builder(3, 3)
        .convolutionMode(ConvolutionMode.Same)
        .nOut(maps)
        .build();
  }
}
