package dev.interp.training.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

final class FilterLayerTest {
  private static final FilterSettings SETTINGS =
      FilterSettings.ofCategories(FilterNets.CLASSES)
          .withLoss(FilterLoss.MUTUAL_INFORMATION)
          .withStrength(0.2);

  private static IUpdater adam() {
    return new Adam(0.01);
  }

  private static MultiLayerNetwork layers(FilterSettings settings) {
    MultiLayerNetwork net = FilterNets.layers(settings, DataType.FLOAT, Activation.RELU, adam());
    net.addListeners(new FilterLabels());
    return net;
  }

  private static ComputationGraph graph(FilterSettings settings) {
    ComputationGraph net = FilterNets.graph(settings, DataType.FLOAT, Activation.RELU, adam());
    net.addListeners(new FilterLabels());
    return net;
  }

  private static DataSet batch(long seed) {
    return FilterNets.batch(seed, 6, DataType.FLOAT);
  }

  private static void train(Model net, int from, int to) {
    for (int i = from; i < to; i++) {
      if (net instanceof MultiLayerNetwork layers) {
        layers.fit(batch(i));
      } else {
        ((ComputationGraph) net).fit(batch(i));
      }
    }
  }

  static Stream<FilterSettings> settings() {
    return Stream.of(
        SETTINGS,
        SETTINGS.withPosition(MaskPosition.CENTROID).withLearnedSlope(3),
        SETTINGS.withLoss(FilterLoss.SINGLE_TEMPLATE),
        SETTINGS.withLoss(FilterLoss.CONSTANT_NORMALIZER),
        FilterSettings.ofSingleCategory(2).withStrength(0.2));
  }

  // ---------------------------------------------------------------- forward

  @Test
  void maps_are_masked_around_their_strongest_unit() {
    MultiLayerNetwork net = layers(SETTINGS.withSlope(2));
    INDArray x = batch(1).getFeatures();
    Network network = Dl4j.network(net);
    try (Trace trace = network.run(x, Hooks.none().keepAll())) {
      INDArray maps = trace.activation("filters:maps");
      INDArray masked = trace.activation("filters");
      for (int n = 0; n < 6; n++) {
        for (int c = 0; c < 4; c++) {
          int best = 0;
          for (int i = 1; i < 30; i++) {
            best =
                maps.getDouble(n, c, i / 5, i % 5) > maps.getDouble(n, c, best / 5, best % 5)
                    ? i
                    : best;
          }
          for (int i = 0; i < 30; i++) {
            double d = Math.abs(i / 5 - best / 5) / 6.0 + Math.abs(i % 5 - best % 5) / 5.0;
            assertThat(masked.getDouble(n, c, i / 5, i % 5))
                .isCloseTo(
                    maps.getDouble(n, c, i / 5, i % 5) * Math.max(0, 1 - 2 * d), within(1e-6));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void lowered_nets_give_what_the_nets_give(FilterSettings settings) {
    MultiLayerNetwork layers = layers(settings);
    ComputationGraph graph = graph(settings);
    train(layers, 0, 3);
    train(graph, 0, 3);
    INDArray x = batch(9).getFeatures();
    Network ofLayers = Dl4j.network(layers);
    Network ofGraph = Dl4j.network(graph);
    assertThat(distance(ofLayers.probabilities(ofLayers.logits(x)), layers.output(x)))
        .isLessThan(1e-5);
    assertThat(distance(ofGraph.probabilities(ofGraph.logits(x)), graph.outputSingle(x)))
        .isLessThan(1e-5);
    assertThat(distance(ofLayers.logits(x), Dl4j.network(layers).logits(x))).isZero();
    assertThat(ofLayers.fingerprint()).isEqualTo(Dl4j.network(layers).fingerprint());
  }

  @Test
  void a_lowered_net_with_channels_last_gives_what_the_net_gives() {
    MultiLayerNetwork net =
        FilterNets.layers(SETTINGS, DataType.FLOAT, Activation.RELU, adam(), CNN2DFormat.NHWC);
    INDArray x = batch(9).getFeatures();
    Network network = Dl4j.network(net);
    assertThat(
            distance(
                network.probabilities(network.logits(x)),
                net.output(x.permute(0, 2, 3, 1).dup('c'))))
        .isLessThan(1e-5);
  }

  @Test
  void receptive_fields_pass_the_mask() {
    Network network = Dl4j.network(graph(SETTINGS));
    assertThat(network.layer("mask").receptiveField())
        .isEqualTo(network.layer("left").receptiveField());
    assertThat(network.layer("filters").receptiveField().height().size()).isEqualTo(5);
    assertThat(network.layer("filters").receptiveField().height().stride()).isEqualTo(1);
  }

  @Test
  void gradients_of_a_lowered_net_are_those_of_masks_held_constant() {
    Network network = Dl4j.network(layers(SETTINGS)).withPrecision(DataType.DOUBLE);
    INDArray x = FilterNets.batch(3, 2, DataType.DOUBLE).getFeatures();
    INDArray direction = FilterNets.batch(4, 2, DataType.DOUBLE).getFeatures();
    try (Trace trace = network.run(x, Hooks.none().keep(Network.INPUT))) {
      INDArray gradient = trace.gradient(Target.ofClass(1), Network.INPUT);
      double step = 1e-6;
      double difference =
          (network.logits(x.add(direction.mul(step))).getColumn(1).sumNumber().doubleValue()
                  - network
                      .logits(x.sub(direction.mul(step)))
                      .getColumn(1)
                      .sumNumber()
                      .doubleValue())
              / (2 * step);
      assertThat(gradient.mul(direction).sumNumber().doubleValue())
          .isCloseTo(difference, within(1e-6));
    }
  }

  @Test
  void a_fingerprint_knows_the_slopes() {
    MultiLayerNetwork net = layers(SETTINGS);
    String before = Dl4j.network(net).fingerprint();
    parameter(net, "1_slope").putScalar(0, 3);
    assertThat(Dl4j.network(net).fingerprint()).isNotEqualTo(before);
  }

  private static double distance(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }

  // ---------------------------------------------------------------- saving

  @ParameterizedTest
  @MethodSource("settings")
  void saved_layers_load_bit_equal_and_go_on_alike(FilterSettings settings) throws IOException {
    MultiLayerNetwork net = layers(settings);
    train(net, 0, 4);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, bytes, true);
    MultiLayerNetwork loaded =
        ModelSerializer.restoreMultiLayerNetwork(
            new ByteArrayInputStream(bytes.toByteArray()), true);
    assertThat(loaded.params()).isEqualTo(net.params());
    assertThat(loaded.getLayerWiseConfigurations()).isEqualTo(net.getLayerWiseConfigurations());
    INDArray x = batch(9).getFeatures();
    assertThat(loaded.output(x)).isEqualTo(net.output(x));
    if (settings.getLoss() == FilterLoss.MUTUAL_INFORMATION) {
      loaded.addListeners(new FilterLabels());
      train(net, 4, 7);
      train(loaded, 4, 7);
      assertThat(loaded.params()).isEqualTo(net.params());
    }
  }

  @Test
  void saved_graphs_load_bit_equal() throws IOException {
    ComputationGraph net = graph(SETTINGS);
    train(net, 0, 4);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, bytes, true);
    ComputationGraph loaded =
        ModelSerializer.restoreComputationGraph(
            new ByteArrayInputStream(bytes.toByteArray()), true);
    assertThat(loaded.params()).isEqualTo(net.params());
    INDArray x = batch(9).getFeatures();
    assertThat(loaded.outputSingle(x)).isEqualTo(net.outputSingle(x));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void json_goes_there_and_back(FilterSettings settings) {
    MultiLayerConfiguration layers = layers(settings).getLayerWiseConfigurations();
    assertThat(MultiLayerConfiguration.fromJson(layers.toJson())).isEqualTo(layers);
    assertThat(MultiLayerConfiguration.fromJson(layers.toJson()).toJson())
        .isEqualTo(layers.toJson());
    ComputationGraphConfiguration graph = graph(settings).getConfiguration();
    assertThat(ComputationGraphConfiguration.fromJson(graph.toJson())).isEqualTo(graph);
  }

  @Test
  void a_model_of_another_version_is_refused() {
    String json =
        layers(SETTINGS)
            .getLayerWiseConfigurations()
            .toJson()
            .replace("\"version\" : 1", "\"version\" : 2");
    MultiLayerNetwork net = new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
    assertThatThrownBy(net::init)
        .hasMessageContaining(
            "have version 2, this library reads version 1; was the model saved by a newer version"
                + " of interp?");
  }

  // ---------------------------------------------------------------- training

  @Test
  void the_score_holds_the_filter_loss() {
    MultiLayerNetwork with = layers(SETTINGS.withStrength(0.5));
    MultiLayerNetwork without = layers(SETTINGS.withLoss(FilterLoss.NONE));
    without.setParams(with.params().dup());
    for (MultiLayerNetwork net : List.of(with, without)) {
      parameter(net, "1_activation").assign(1);
    }
    double loss = with.score(batch(3), true) - without.score(batch(3), true);
    assertThat(loss).isNegative();
    assertThat(with.score(batch(3))).isEqualTo(without.score(batch(3)));
    INDArray maps = normalized(with, batch(3).getFeatures());
    double expected =
        0.5
            * FilterLosses.mutualInformation(maps, Templates.of(6, 5, DataType.FLOAT))
                .loss()
                .sumNumber()
                .doubleValue();
    assertThat(loss).isCloseTo(expected, within(1e-3 * Math.abs(expected)));
  }

  private static INDArray plainMaps(MultiLayerNetwork net, INDArray x) {
    try (Trace trace = Dl4j.network(net).run(x, Hooks.none().keep("filters:maps"))) {
      return trace.activation("filters:maps");
    }
  }

  @Test
  void strong_filter_loss_raises_the_mutual_information() {
    MultiLayerNetwork with = layers(SETTINGS.withStrength(1));
    MultiLayerNetwork without = layers(SETTINGS.withLoss(FilterLoss.NONE));
    Templates templates = Templates.of(6, 5, DataType.FLOAT);
    train(with, 0, 60);
    train(without, 0, 60);
    INDArray x = batch(9).getFeatures();
    double lossWith =
        FilterLosses.mutualInformation(normalized(with, x), templates)
            .loss()
            .sumNumber()
            .doubleValue();
    double lossWithout =
        FilterLosses.mutualInformation(normalized(without, x), templates)
            .loss()
            .sumNumber()
            .doubleValue();
    assertThat(lossWith).isLessThan(1.2 * lossWithout);
  }

  private static INDArray normalized(MultiLayerNetwork net, INDArray x) {
    // A largest activation of usual size counts as the gain times the number of cells.
    INDArray maps = plainMaps(net, x);
    INDArray mean = maps.reshape('c', maps.size(0), 4, 30).max(2).mean(0);
    return maps.mul(mean.rdiv(30).reshape(1, 4, 1, 1));
  }

  @Test
  void running_means_follow_the_largest_activations() {
    MultiLayerNetwork net = layers(SETTINGS.withLoss(FilterLoss.NONE));
    DataSet batch = batch(5);
    INDArray peaks =
        plainMaps(net, batch.getFeatures()).reshape('c', 6, 4, 30).max(2); // before the step
    net.fit(batch);
    assertThat(distance(parameter(net, "1_activation"), peaks.mean(0))).isLessThan(1e-6);
    INDArray means = parameter(net, "1_categories");
    for (int f = 0; f < 4; f++) {
      for (int k = 0; k < FilterNets.CLASSES; k++) {
        // The labels of the batch go round.
        double expected = (peaks.getDouble(k, f) + peaks.getDouble(k + 3, f)) / 2;
        assertThat(means.getDouble(f, k)).isCloseTo(expected, within(1e-6));
      }
    }
    INDArray first = parameter(net, "1_activation").dup();
    INDArray next = plainMaps(net, batch.getFeatures()).reshape('c', 6, 4, 30).max(2).mean(0);
    net.fit(batch);
    assertThat(distance(parameter(net, "1_activation"), first.mul(0.9).add(next.mul(0.1))))
        .isLessThan(1e-6);
  }

  @Test
  void examples_that_the_label_mask_leaves_out_do_not_count() {
    MultiLayerNetwork net = layers(SETTINGS.withLoss(FilterLoss.NONE));
    DataSet batch = batch(5);
    INDArray mask = Nd4j.createFromArray(new float[][] {{1}, {1}, {1}, {0}, {0}, {0}});
    INDArray peaks = plainMaps(net, batch.getFeatures()).reshape('c', 6, 4, 30).max(2);
    net.fit(new DataSet(batch.getFeatures(), batch.getLabels(), null, mask));
    assertThat(parameter(net, "1_categories").getDouble(2, 1))
        .isCloseTo(peaks.getDouble(1, 2), within(1e-6));
  }

  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void workspaces_change_nothing(WorkspaceMode mode) {
    MultiLayerNetwork net = layers(SETTINGS);
    MultiLayerNetwork other = layers(SETTINGS);
    other.getLayerWiseConfigurations().setTrainingWorkspaceMode(mode);
    other.getLayerWiseConfigurations().setInferenceWorkspaceMode(mode);
    train(net, 0, 4);
    train(other, 0, 4);
    assertThat(other.params()).isEqualTo(net.params());
  }

  @Test
  void equal_nets_train_to_equal_weights() {
    MultiLayerNetwork one = layers(SETTINGS);
    MultiLayerNetwork two = layers(SETTINGS);
    train(one, 0, 5);
    train(two, 0, 5);
    assertThat(two.params()).isEqualTo(one.params());
  }

  @Test
  void a_clone_trains_on_as_its_original() {
    MultiLayerNetwork net = layers(SETTINGS);
    train(net, 0, 3);
    MultiLayerNetwork copy = net.clone();
    copy.addListeners(new FilterLabels());
    train(net, 3, 5);
    train(copy, 3, 5);
    assertThat(copy.params()).isEqualTo(net.params());
  }

  @Test
  void replicas_with_one_listener_in_threads_of_their_own_see_their_own_labels()
      throws InterruptedException {
    FilterLabels labels = new FilterLabels();
    MultiLayerNetwork[] nets = new MultiLayerNetwork[3];
    Thread[] threads = new Thread[nets.length];
    for (int i = 0; i < nets.length; i++) {
      int own = i;
      nets[i] = FilterNets.layers(SETTINGS, DataType.FLOAT, Activation.RELU, adam());
      nets[i].setListeners(labels);
      threads[i] = new Thread(() -> train(nets[own], 10 * own, 10 * own + 6));
    }
    for (Thread thread : threads) {
      thread.start();
    }
    for (int i = 0; i < nets.length; i++) {
      threads[i].join();
      MultiLayerNetwork alone = layers(SETTINGS);
      train(alone, 10 * i, 10 * i + 6);
      assertThat(distance(nets[i].params(), alone.params())).isLessThan(1e-5);
    }
  }

  @Test
  void early_stopping_runs_and_keeps_the_best_net() {
    MultiLayerNetwork net = layers(SETTINGS);
    List<DataSet> data = List.of(batch(1), batch(2));
    var result =
        new EarlyStoppingTrainer(
                new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                    .epochTerminationConditions(new MaxEpochsTerminationCondition(3))
                    .scoreCalculator(
                        new DataSetLossCalculator(new ListDataSetIterator<>(data, 6), true))
                    .modelSaver(new InMemoryModelSaver<>())
                    .build(),
                net,
                new ListDataSetIterator<>(data, 6))
            .fit();
    INDArray x = batch(9).getFeatures();
    Network best = Dl4j.network(result.getBestModel());
    assertThat(distance(best.probabilities(best.logits(x)), result.getBestModel().output(x)))
        .isLessThan(1e-5);
  }

  @Test
  void transfer_learning_freezes_replaces_and_trains() {
    MultiLayerNetwork net = layers(SETTINGS);
    train(net, 0, 3);
    MultiLayerNetwork tuned =
        new TransferLearning.Builder(net)
            .fineTuneConfiguration(new FineTuneConfiguration.Builder().updater(adam()).build())
            .setFeatureExtractor(1)
            .build();
    tuned.addListeners(new FilterLabels());
    INDArray frozen = tuned.getLayer(1).params().dup();
    INDArray free = tuned.getLayer(3).params().dup();
    train(tuned, 3, 5);
    assertThat(tuned.getLayer(1).params()).isEqualTo(frozen);
    assertThat(tuned.getLayer(3).params()).isNotEqualTo(free);
    INDArray x = batch(9).getFeatures();
    Network network = Dl4j.network(tuned);
    assertThat(distance(network.probabilities(network.logits(x)), tuned.output(x)))
        .isLessThan(1e-5);
    MultiLayerNetwork appended =
        new TransferLearning.Builder(net)
            .fineTuneConfiguration(new FineTuneConfiguration.Builder().updater(adam()).build())
            .setFeatureExtractor(0)
            .build();
    appended.addListeners(new FilterLabels());
    INDArray filters = appended.getLayer(1).getParam("W").dup();
    train(appended, 3, 5);
    assertThat(appended.getLayer(1).getParam("W")).isNotEqualTo(filters);
  }

  @Test
  void one_example_one_cell_and_oblong_maps_train() {
    MultiLayerNetwork net = layers(SETTINGS);
    net.fit(FilterNets.batch(1, 1, DataType.FLOAT));
    net.fit(FilterNets.batch(2, 1, DataType.FLOAT));
    assertThat(net.params().isNaN().any()).isFalse();
    ComputationGraph small =
        new ComputationGraph(
            FilterNets.graph(SETTINGS, DataType.FLOAT, Activation.RELU, adam())
                .getConfiguration()
                .clone());
    small.init();
    small.addListeners(new FilterLabels());
    DataSet batch = batch(3);
    INDArray cell =
        batch
            .getFeatures()
            .get(
                org.nd4j.linalg.indexing.NDArrayIndex.all(),
                org.nd4j.linalg.indexing.NDArrayIndex.all(),
                org.nd4j.linalg.indexing.NDArrayIndex.interval(0, 1),
                org.nd4j.linalg.indexing.NDArrayIndex.interval(0, 1))
            .dup('c');
    small.fit(new DataSet(cell, batch.getLabels()));
    small.fit(new DataSet(cell, batch.getLabels()));
    assertThat(small.params().isNaN().any()).isFalse();
  }

  // ---------------------------------------------------------------- wrong use

  @Test
  void training_without_labels_says_what_to_do() {
    MultiLayerNetwork net = FilterNets.layers(SETTINGS, DataType.FLOAT, Activation.RELU, adam());
    INDArray before = net.params().dup();
    assertThatThrownBy(() -> net.fit(batch(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("(layer name: filters, layer index: 1")
        .hasMessageContaining(
            "needs the labels of the images in training: call net.addListeners(new"
                + " FilterLabels())");
    assertThat(net.params()).isEqualTo(before);
  }

  @Test
  void settings_without_categories_need_no_labels() {
    MultiLayerNetwork net =
        FilterNets.layers(FilterSettings.withDefaults(), DataType.FLOAT, Activation.RELU, adam());
    train(net, 0, 2);
    assertThat(net.params().isNaN().any()).isFalse();
  }

  @Test
  void other_numbers_of_classes_are_refused() {
    MultiLayerNetwork more = layers(FilterSettings.ofCategories(4));
    assertThatThrownBy(() -> more.fit(batch(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "needs labels [6, 4], was [6, 3]; the number of categories must be that of the net's"
                + " classes");
    MultiLayerNetwork beyond = layers(FilterSettings.ofSingleCategory(3));
    assertThatThrownBy(() -> beyond.fit(batch(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "needs labels [6, more than 3], was [6, 3]; category 3 must be one of their columns");
  }

  @ParameterizedTest
  @EnumSource(FilterLoss.class)
  void nan_never_reaches_the_weights(FilterLoss loss) {
    MultiLayerNetwork net = layers(SETTINGS.withLoss(loss));
    train(net, 0, 2);
    INDArray before = net.params().dup();
    DataSet bad = batch(3);
    bad.getFeatures().putScalar(7, Float.NaN);
    assertThatThrownBy(() -> net.fit(bad))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("which must be finite; the weights were not changed");
    assertThat(net.params()).isEqualTo(before);
    train(net, 4, 5);
    assertThat(net.params().isNaN().any()).isFalse();
  }

  @Test
  void settings_out_of_range_are_refused() {
    assertThatThrownBy(() -> FilterSettings.ofCategories(1))
        .hasMessage(
            "filters need at least 2 categories to be assigned to one, was 1; for one category"
                + " against everything else use ofSingleCategory(0)");
    assertThatThrownBy(() -> FilterSettings.ofSingleCategory(-1))
        .hasMessage("a category must be a column >= 0, was -1");
    assertThatThrownBy(() -> SETTINGS.withStrength(Double.NaN))
        .hasMessage("the strength must be a finite number >= 0, was NaN");
    assertThatThrownBy(() -> SETTINGS.withSlope(-1))
        .hasMessage("the slope must be a finite number >= 0, was -1.0");
    assertThatThrownBy(() -> FilterSettings.withDefaults().withLoss(FilterLoss.SINGLE_TEMPLATE))
        .hasMessageStartingWith("SINGLE_TEMPLATE needs to know which images");
  }

  private static INDArray parameter(org.deeplearning4j.nn.api.Model net, String name) {
    return java.util.Objects.requireNonNull(net.paramTable().get(name), name);
  }
}
