package dev.interp.training.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** The gradients of whole nets, by DeepLearning4J's own check. */
final class FilterGradientTest {
  private static final double LIMIT = 1e-6;

  private static final double STEP = 1e-4;

  /** Smaller differences are rounding and the curvature of the loss; gradients reach 0.5. */
  private static final double NOISE = 1e-8;

  private static final DataSet BATCH = FilterNets.batch(2, 5, DataType.DOUBLE);

  private DataType before = DataType.FLOAT;

  /** The check insists on the global type. */
  @BeforeEach
  void setUp() {
    before = Nd4j.defaultFloatingPointType();
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
  }

  @AfterEach
  void tearDown() {
    Nd4j.setDefaultDataTypes(before, before);
  }

  static Stream<FilterSettings> settings() {
    FilterSettings strong =
        FilterSettings.ofCategories(FilterNets.CLASSES)
            .withLoss(FilterLoss.MUTUAL_INFORMATION)
            .withStrength(1)
            .withGain(0.5);
    FilterSettings curved = strong.withLoss(FilterLoss.SINGLE_TEMPLATE).withGain(50);
    return Stream.of(
        strong,
        strong.withLearnedSlope(1.7),
        strong.withPosition(MaskPosition.CENTROID),
        FilterSettings.withDefaults().withStrength(1).withGain(0.5),
        strong.withLoss(FilterLoss.CONSTANT_NORMALIZER),
        strong.withLoss(FilterLoss.SINGLE_TEMPLATE).withLearnedSlope(3.1),
        curved,
        FilterSettings.ofSingleCategory(1).withStrength(1).withGain(50),
        strong.withLoss(FilterLoss.NONE).withLearnedSlope(2.3));
  }

  /** Filters as they are after some training: strong, and of a category each. */
  private static void season(org.deeplearning4j.nn.api.Model net, String... prefixes) {
    for (String prefix : prefixes) {
      if (net.paramTable().containsKey(prefix + "W")) {
        parameter(net, prefix + "W").muli(8);
      }
      INDArray activation = parameter(net, prefix + "activation");
      activation.assign(0.8).putScalar(1, 0.3);
      INDArray means = net.paramTable().get(prefix + "categories");
      if (means != null) {
        for (int f = 0; f < means.size(0); f++) {
          means.putScalar(f, f % FilterNets.CLASSES, 0.9);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void layers_have_the_gradients_of_their_score(FilterSettings settings) {
    MultiLayerNetwork net =
        FilterNets.layers(settings, DataType.DOUBLE, Activation.SOFTPLUS, FilterNets.sgd());
    net.addListeners(new FilterLabels());
    season(net, "1_");
    assertThat(
            GradientCheckUtil.checkGradients(
                new GradientCheckUtil.MLNConfig()
                    .net(net)
                    .epsilon(STEP)
                    .maxRelError(LIMIT)
                    .minAbsoluteError(NOISE)
                    .excludeParams(excluded(settings, "1_"))
                    .callEachIter(n -> FilterLabels.use(n, BATCH.getLabels()))
                    .input(BATCH.getFeatures())
                    .labels(BATCH.getLabels())))
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void graphs_have_the_gradients_of_their_score(FilterSettings settings) {
    ComputationGraph net =
        FilterNets.graph(settings, DataType.DOUBLE, Activation.SOFTPLUS, FilterNets.sgd());
    net.addListeners(new FilterLabels());
    season(net, "mask_", "filters_");
    assertThat(
            GradientCheckUtil.checkGradients(
                new GradientCheckUtil.GraphConfig()
                    .net(net)
                    .epsilon(STEP)
                    .maxRelError(LIMIT)
                    .minAbsoluteError(NOISE)
                    .excludeParams(excluded(settings, "mask_", "filters_"))
                    .callEachIter(n -> FilterLabels.use(n, BATCH.getLabels()))
                    .inputs(new INDArray[] {BATCH.getFeatures()})
                    .labels(new INDArray[] {BATCH.getLabels()})))
        .isTrue();
  }

  private static Set<String> excluded(FilterSettings settings, String... prefixes) {
    Set<String> excluded = new java.util.HashSet<>();
    for (String prefix : prefixes) {
      excluded.add(prefix + "activation");
      excluded.add(prefix + "categories");
      if (!settings.isSlopeLearned()) {
        excluded.add(prefix + "slope");
      }
    }
    return excluded;
  }

  @ParameterizedTest
  @MethodSource("settings")
  void channels_last_gives_the_same_gradients(FilterSettings settings) {
    MultiLayerNetwork first =
        FilterNets.layers(settings, DataType.DOUBLE, Activation.SOFTPLUS, FilterNets.sgd());
    MultiLayerNetwork last =
        FilterNets.layers(
            settings, DataType.DOUBLE, Activation.SOFTPLUS, FilterNets.sgd(), CNN2DFormat.NHWC);
    last.setParams(first.params().dup());
    for (MultiLayerNetwork net : new MultiLayerNetwork[] {first, last}) {
      net.addListeners(new FilterLabels());
      season(net, "1_");
      CNN2DFormat format = net.equals(last) ? CNN2DFormat.NHWC : CNN2DFormat.NCHW;
      DataSet batch = FilterNets.batch(2, 5, DataType.DOUBLE, format);
      net.setInput(batch.getFeatures());
      net.setLabels(batch.getLabels());
      net.computeGradientAndScore();
    }
    assertThat(last.score())
        .isCloseTo(first.score(), org.assertj.core.api.Assertions.within(1e-12));
    assertThat(
            last.gradient().gradient().sub(first.gradient().gradient()).amaxNumber().doubleValue())
        .isLessThan(1e-12);
  }

  private static INDArray parameter(org.deeplearning4j.nn.api.Model net, String name) {
    return java.util.Objects.requireNonNull(net.paramTable().get(name), name);
  }
}
