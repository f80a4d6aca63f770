package dev.interp.bench.paper;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartImage;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.metric.LocationInstability;
import dev.interp.core.metric.PartInterpretability;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.Trace;
import dev.interp.training.filter.FilterLabels;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterReport;
import dev.interp.training.filter.FilterSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * One net trained and measured: from the same seed an ordinary net and one with interpretable
 * filters start with the same weights and see the same pictures in the same order. Adam, the
 * learning rate falling to 0 in a straight line, batches of 32. In the first three eighths of the
 * epochs filters are only masked: the loss is for filters that have found something already, as
 * those of the paper's pretrained nets have.
 *
 * @param epochs passes over the pictures
 */
public record FilterTrial(int epochs) {
  private static final int BATCH = 32;
  private static final int SHOWN = 6;

  /** The name of the layer whose filters are measured: the upper one of both. */
  public static final String MEASURED = "added";

  /**
   * What came out.
   *
   * @param net the trained net
   * @param accuracy share of the pictures kept back that it names, 0 to 1
   * @param instability location instability of the measured filters, in diagonals
   * @param partInterpretability of the measured filters, 0 to 1; empty without masks
   * @param secondsPerEpoch of training, without the measuring
   * @param pictures those the filters were measured on
   * @param strongest of them, for each filter
   */
  public record Outcome(
      MultiLayerNetwork net,
      double accuracy,
      double instability,
      OptionalDouble partInterpretability,
      double secondsPerEpoch,
      List<PartImage> pictures,
      List<List<FilterReport.Shot>> strongest) {}

  /**
   * What the experiments found right. The masks are wider than the paper's, whose slope is 4: heads
   * that are trained from scratch on few pictures tell classes apart worse behind narrow ones.
   *
   * @param data what is trained on
   * @param form of the loss
   * @return settings of the filters
   */
  public static FilterSettings settings(FilterData data, FilterLoss form) {
    return data.settings().withLoss(form).withStrength(form.usualStrength()).withSlope(2);
  }

  /**
   * Trains and measures a net.
   *
   * @param data what on
   * @param settings of the filters; null for an ordinary net
   * @param seed of the weights and the order of pictures
   * @param progress told after every step; may cancel
   * @return the outcome
   */
  public Outcome run(
      FilterData data, @Nullable FilterSettings settings, long seed, Progress progress) {
    int steps = steps(data);
    int masked = settings == null ? 0 : epochs * 3 / 8;
    double learningRate = data.head() == null ? 0.002 : 0.004;
    IUpdater updater =
        new Adam(new PolySchedule(ScheduleType.ITERATION, learningRate, 1, Math.max(1, steps)));
    FilterSettings loose = settings == null ? null : settings.withStrength(0);
    long start = System.nanoTime();
    MultiLayerNetwork net = net(data, loose, seed, updater);
    train(data, net, seed, 0, masked, progress);
    if (settings != null) {
      MultiLayerNetwork driven = net(data, settings, seed, updater);
      goOn(net, driven);
      net = driven;
    }
    train(data, net, seed, masked, epochs, progress);
    double seconds = (System.nanoTime() - start) / 1e9 / epochs;
    return measure(data, net, seconds);
  }

  private static MultiLayerNetwork net(
      FilterData data, @Nullable FilterSettings settings, long seed, IUpdater updater) {
    var head = data.head();
    MultiLayerNetwork net =
        head == null ? small(data, settings, seed, updater) : head.net(settings, seed, updater);
    net.addListeners(new FilterLabels());
    return net;
  }

  /** Takes over what a net of the same layers has learned, and where its learning stands. */
  private static void goOn(MultiLayerNetwork from, MultiLayerNetwork to) {
    to.setParams(from.params());
    INDArray state = from.getUpdater().getStateViewArray();
    to.getUpdater().setStateViewArray(to, state.dup(), false);
    to.setIterationCount(from.getIterationCount());
  }

  private int steps(FilterData data) {
    return epochs * (data.train() / BATCH);
  }

  private void train(
      FilterData data, MultiLayerNetwork net, long seed, int from, int to, Progress progress) {
    int steps = steps(data);
    int done = from * (data.train() / BATCH);
    for (int epoch = from; epoch < to; epoch++) {
      int[] order = shuffled(data.train(), new Random(seed * 1009 + epoch));
      for (int i = 0; i + BATCH <= order.length; i += BATCH) {
        net.fit(data.batch(Arrays.copyOfRange(order, i, i + BATCH)));
        done++;
        if (!progress.update(done, steps)) {
          throw new java.util.concurrent.CancellationException(
              "the training was cancelled after " + done + " of " + steps + " steps");
        }
      }
    }
  }

  /** The numbers from 0 on in an order drawn at random. */
  static int[] shuffled(int count, RandomGenerator random) {
    int[] order = IntStream.range(0, count).toArray();
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  /** A small net for pictures: three plain convolutions, two measured ones, pooling, dense. */
  private static MultiLayerNetwork small(
      FilterData data, @Nullable FilterSettings settings, long seed, IUpdater updater) {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(seed == 0 ? Long.MIN_VALUE : seed) // ND4J takes the time for a seed of 0.
                .weightInit(WeightInit.RELU)
                .updater(updater)
                .cacheMode(CacheMode.DEVICE)
                .list()
                .layer(convolution("patches", null, 4, 4, 24))
                .layer(convolution("conv", null, 3, 1, 32))
                .layer(convolution("deeper", null, 3, 1, 32))
                .layer(convolution("top", settings, 3, 1, 64))
                .layer(convolution(MEASURED, settings, 3, 1, 64))
                .layer(pool("pool"))
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .name("output")
                        .nOut(data.classes().size())
                        .activation(Activation.SOFTMAX)
                        .weightInit(WeightInit.XAVIER)
                        .build())
                .setInputType(
                    InputType.convolutional(data.input()[1], data.input()[2], data.input()[0]))
                .build());
    net.init();
    return net;
  }

  private static ConvolutionLayer convolution(
      String name, @Nullable FilterSettings settings, int kernel, int stride, int filters) {
    ConvolutionLayer.Builder builder =
        settings == null
            ? new ConvolutionLayer.Builder(kernel, kernel)
            : new dev.interp.training.filter.InterpretableConvolution.Builder(
                settings, kernel, kernel);
    return builder
        .name(name)
        .stride(stride, stride)
        .convolutionMode(ConvolutionMode.Same)
        .nOut(filters)
        .activation(Activation.RELU)
        .build();
  }

  private static SubsamplingLayer pool(String name) {
    return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
        .name(name)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }

  /** Measures a net on the pictures kept back. */
  private static Outcome measure(FilterData data, MultiLayerNetwork net, double seconds) {
    Network network =
        Dl4j.standard().withInput(data.x().size(1), data.x().size(2), data.x().size(3)).lower(net);
    ReceptiveField field =
        data.whole(net).layers(data.input()).stream()
            .filter(l -> l.name().equals(MEASURED))
            .findFirst()
            .orElseThrow()
            .receptiveField();
    int filters = network.layer(MEASURED).shape().get(0).intValue();
    int right = 0;
    for (int label = 0; label < data.classes().size(); label++) {
      int[] rows = data.measured(label);
      for (int predicted : network.logits(data.rows(rows)).argMax(1).toIntVector()) {
        right += predicted == label ? 1 : 0;
      }
    }
    List<LocationInstability> instabilities = new ArrayList<>();
    PartInterpretability.Thresholds thresholds = new PartInterpretability.Thresholds(filters);
    List<INDArray> maps = new ArrayList<>();
    List<List<PartImage>> pictures = new ArrayList<>();
    for (int label : data.measuredClasses()) {
      int[] rows = data.measured(label);
      pictures.add(Arrays.stream(rows).mapToObj(data.pictures()::get).toList());
      try (Trace trace = network.run(data.rows(rows), Hooks.none().keep(MEASURED))) {
        maps.add(trace.activation(MEASURED));
      }
    }
    boolean masked = pictures.stream().flatMap(List::stream).allMatch(p -> p.mask().isPresent());
    boolean marked =
        pictures.stream().flatMap(List::stream).noneMatch(p -> p.landmarks().isEmpty());
    for (int i = 0; i < maps.size(); i++) {
      if (marked) {
        LocationInstability own =
            new LocationInstability(filters, pictures.get(i).get(0).landmarks().size());
        own.add(maps.get(i), field, data.input(), pictures.get(i));
        instabilities.add(own);
      }
      thresholds.add(maps.get(i));
    }
    OptionalDouble interpretability = OptionalDouble.empty();
    if (masked) {
      List<PartInterpretability> shares = new ArrayList<>();
      List<String> parts = pictures.get(0).get(0).mask().orElseThrow().parts();
      float[] values = thresholds.values();
      for (int i = 0; i < maps.size(); i++) {
        PartInterpretability own = new PartInterpretability(values, parts);
        own.add(maps.get(i), field, data.input(), pictures.get(i));
        shares.add(own);
      }
      interpretability = OptionalDouble.of(PartInterpretability.meanOfBest(shares));
    }
    return new Outcome(
        net,
        (double) right / (data.size() - data.train()),
        marked ? LocationInstability.meanOfBest(instabilities) : Double.NaN,
        interpretability,
        seconds,
        pictures.stream().flatMap(List::stream).toList(),
        FilterReport.strongest(maps, field, data.input(), SHOWN));
  }
}
