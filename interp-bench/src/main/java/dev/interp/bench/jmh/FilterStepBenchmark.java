package dev.interp.bench.jmh;

import dev.interp.training.filter.FilterLabels;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterLosses;
import dev.interp.training.filter.FilterSettings;
import dev.interp.training.filter.InterpretableConvolution;
import dev.interp.training.filter.Templates;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A training step of a convolution of 512 filters of 3 by 3 on maps of 512 by 14 by 14, batch 32,
 * with pooling and a dense output on top: as an ordinary convolution, with masks, and with each
 * form of the filter loss.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"})
public class FilterStepBenchmark {
  private static final int BATCH = 32;
  private static final int CHANNELS = 512;
  private static final int SIDE = 14;
  private static final int CLASSES = 10;

  /** An ordinary convolution. */
  static final String ORDINARY = "ORDINARY";

  /** {@link #ORDINARY}, or a form of the loss; nothing to benchmarks without a net. */
  @Param({ORDINARY, "NONE", "SINGLE_TEMPLATE", "CONSTANT_NORMALIZER", "MUTUAL_INFORMATION"})
  String loss = ORDINARY;

  private @Nullable MultiLayerNetwork net;
  private @Nullable DataSet batch;
  private @Nullable INDArray maps;
  private @Nullable Templates templates;

  /** Builds the net and a batch. */
  @Setup
  public void setUp() {
    net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .weightInit(WeightInit.RELU)
                .updater(new Sgd(1e-4))
                .cacheMode(CacheMode.DEVICE)
                .list()
                .layer(
                    builder()
                        .name("filters")
                        .convolutionMode(ConvolutionMode.Same)
                        .nOut(CHANNELS)
                        .activation(Activation.RELU)
                        .build())
                .layer(
                    new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(SIDE, SIDE, CHANNELS))
                .build());
    net.init();
    net.addListeners(new FilterLabels());
    INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, CLASSES);
    for (int i = 0; i < BATCH; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    batch = new DataSet(Nd4j.rand(BATCH, CHANNELS, SIDE, SIDE), labels);
    maps = Nd4j.rand(BATCH, CHANNELS, SIDE, SIDE);
    templates = Templates.of(SIDE, SIDE, DataType.FLOAT);
  }

  private ConvolutionLayer.Builder builder() {
    if (loss.equals(ORDINARY)) {
      return new ConvolutionLayer.Builder(3, 3);
    }
    FilterSettings settings =
        FilterSettings.ofCategories(CLASSES).withLoss(FilterLoss.valueOf(loss));
    return new InterpretableConvolution.Builder(settings, 3, 3);
  }

  /**
   * A step of training.
   *
   * @return the score
   */
  @Benchmark
  public double step() {
    MultiLayerNetwork trained = Objects.requireNonNull(net);
    trained.fit(Objects.requireNonNull(batch));
    return trained.score();
  }

  /**
   * Mutual information and its gradient, without a net.
   *
   * @return loss and gradient
   */
  @Benchmark
  public FilterLosses.Result mutualInformation() {
    return FilterLosses.mutualInformation(
        Objects.requireNonNull(maps), Objects.requireNonNull(templates));
  }

  /**
   * The two matrix products that mutual information needs.
   *
   * @return the maps' numbers as columns, {@code [cells, maps]}
   */
  @Benchmark
  public INDArray products() {
    INDArray all = Objects.requireNonNull(templates).all();
    long rows = (long) BATCH * CHANNELS;
    INDArray flat = Objects.requireNonNull(maps).reshape('c', rows, SIDE * SIDE);
    INDArray scores = Nd4j.createUninitialized(DataType.FLOAT, new long[] {all.size(0), rows}, 'f');
    all.mmuli(flat.transpose(), scores);
    INDArray back = Nd4j.createUninitialized(DataType.FLOAT, new long[] {all.size(1), rows}, 'f');
    return all.transpose().mmuli(scores, back);
  }
}
