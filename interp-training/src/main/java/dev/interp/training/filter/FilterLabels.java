package dev.interp.training.filter;

import dev.interp.training.filter.FilterLayer.Labels;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tells the filter layers of a net what the images of a batch show. Hidden layers of DeepLearning4J
 * do not see labels, so add this listener to the net:
 *
 * <pre>{@code net.addListeners(new FilterLabels());}</pre>
 *
 * <p>How it is safe: DeepLearning4J gives the labels of a batch to the net's output layer before
 * the backward pass reaches the layers below. The listener, called after each forward pass in
 * training with the net that made it, shows each filter layer of that net the output layer of that
 * net; the filter layer reads the labels from there in its backward pass, so they are those of the
 * batch it is in, and examples that the label mask leaves out do not count. Nothing is copied or
 * kept between batches, and the listener has no state: one instance may serve any number of nets
 * and threads, such as the replicas of a parallel trainer, each with its own labels. Of a graph
 * with several outputs the first one's labels are used.
 */
public final class FilterLabels extends BaseTrainingListener {
  @Override
  public void onForwardPass(Model model, List<INDArray> activations) {
    bind(model);
  }

  @Override
  public void onForwardPass(Model model, Map<String, INDArray> activations) {
    bind(model);
  }

  /**
   * Gives the filter layers labels for a score outside of a training step, when {@link
   * FilterLoss#SINGLE_TEMPLATE} cannot know them: {@code net.score(data, true)} then contains the
   * filter loss. The next training step takes its own labels again.
   *
   * @param net a MultiLayerNetwork or ComputationGraph
   * @param labels {@code [N, columns]} of the batch to be scored; not modified
   */
  public static void use(Model net, INDArray labels) {
    Labels fixed = new Labels(labels, null);
    filterLayers(net).forEach(layer -> layer.bind(() -> fixed));
  }

  private static void bind(Model model) {
    Layer output =
        model instanceof MultiLayerNetwork net
            ? net.getOutputLayer()
            : ((ComputationGraph) model).getOutputLayer(0);
    Layer inner = output instanceof BaseWrapperLayer wrapper ? wrapper.getUnderlying() : output;
    if (inner instanceof IOutputLayer labelled) {
      Supplier<Labels> labels = () -> new Labels(labelled.getLabels(), labelled.getMaskArray());
      filterLayers(model).forEach(layer -> layer.bind(labels));
    }
  }

  static Stream<FilterLayer> filterLayers(Model model) {
    Layer[] layers =
        model instanceof MultiLayerNetwork net
            ? net.getLayers()
            : ((ComputationGraph) model).getLayers();
    return Stream.of(layers)
        .map(layer -> layer instanceof BaseWrapperLayer wrapper ? wrapper.getUnderlying() : layer)
        .filter(FilterLayer.class::isInstance)
        .map(FilterLayer.class::cast);
  }
}
