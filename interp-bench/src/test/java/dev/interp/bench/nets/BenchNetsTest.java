package dev.interp.bench.nets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class BenchNetsTest {

  @ParameterizedTest
  @CsvSource({"squeezenet11, 1235496", "resnet18, 11689512", "vgg16, 138357544"})
  void configurations_have_the_published_number_of_parameters(String net, long expected) {
    long learned =
        BenchNets.configuration(net).getVertices().values().stream()
            .filter(v -> v instanceof LayerVertex)
            .mapToLong(v -> learned((LayerVertex) v))
            .sum();

    assertThat(learned).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "squeezenet11, fire9_concat, 512, 13",
    "resnet18, layer4.1.relu2, 512, 7",
    "vgg16, pool5, 512, 7"
  })
  void the_last_maps_have_the_published_shape(String net, String layer, long channels, long side) {
    ComputationGraphConfiguration configuration = BenchNets.configuration(net);

    InputType maps =
        configuration.getLayerActivationTypes(InputType.convolutional(224, 224, 3)).get(layer);

    assertThat(maps).isEqualTo(InputType.convolutional(side, side, channels, CNN2DFormat.NCHW));
  }

  @ParameterizedTest
  @CsvSource({"squeezenet11, 1235496", "resnet18, 11689512"})
  void lowered_nets_keep_parameters_and_classes(String net, long parameters) {
    Network network = Dl4j.network(BenchNets.graph(net));

    assertThat(network.classCount()).isEqualTo(1000);
    assertThat(network.isSoftmax()).isTrue();
    assertThat(network.layers().stream().mapToLong(LayerInfo::parameters).sum())
        .isEqualTo(parameters);
  }

  @Test
  void dl4j_and_the_network_agree_on_random_weights() {
    ComputationGraph graph = BenchNets.graph(BenchNets.SQUEEZENET11);
    Network network = Dl4j.network(graph);
    INDArray x = BenchNets.input(BenchNets.SQUEEZENET11, 1);

    INDArray ours = network.probabilities(network.logits(x));

    assertThat(ours.shape()).containsExactly(1, 1000);
    assertThat(ours.sub(graph.outputSingle(x)).amaxNumber().doubleValue()).isLessThan(1e-4);
    assertThat(ours.maxNumber().doubleValue()).isGreaterThan(2e-3); // not merely uniform
  }

  @Test
  void weights_and_pictures_are_the_same_every_time() {
    assertThat(BenchNets.graph(BenchNets.TINY).params())
        .isEqualTo(BenchNets.graph(BenchNets.TINY).params());
    assertThat(BenchNets.input(BenchNets.TINY, 2)).isEqualTo(BenchNets.input(BenchNets.TINY, 2));
  }

  @Test
  void an_unknown_net_is_refused_with_the_legal_names() {
    assertThatThrownBy(() -> BenchNets.configuration("alexnet"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("squeezenet11")
        .hasMessageContaining("was 'alexnet'");
  }

  /** Running statistics are parameters to DeepLearning4J, but not to anybody's count. */
  private static long learned(LayerVertex vertex) {
    long all = vertex.numParams(false);
    boolean norm = vertex.getLayerConf().getLayer() instanceof BatchNormalization;
    return norm ? all / 2 : all;
  }
}
