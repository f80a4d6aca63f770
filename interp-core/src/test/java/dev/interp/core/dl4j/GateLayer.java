package dev.interp.core.dl4j;

import java.util.Collection;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.NullUnmarked;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A user's layer with weights, computed as a dense one. */
@NullUnmarked
public final class GateLayer extends FeedForwardLayer {
  private static final long serialVersionUID = 1;

  private GateLayer(Builder builder) {
    super(builder);
  }

  @Override
  public org.deeplearning4j.nn.api.Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    Impl layer = new Impl(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(parameters);
    Map<String, INDArray> table = initializer().init(conf, parameters, initialize);
    layer.setParamTable(table);
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return DefaultParamInitializer.getInstance();
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType type) {
    throw new UnsupportedOperationException();
  }

  /** Builds the configuration. */
  static final class Builder extends FeedForwardLayer.Builder<Builder> {
    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <E extends org.deeplearning4j.nn.conf.layers.Layer> E build() {
      return (E) new GateLayer(this);
    }
  }

  /** The layer at work. */
  private static final class Impl extends BaseLayer<GateLayer> {
    private static final long serialVersionUID = 1;

    Impl(NeuralNetConfiguration conf, DataType type) {
      super(conf, type);
    }

    @Override
    public boolean isPretrainLayer() {
      return false;
    }
  }
}
