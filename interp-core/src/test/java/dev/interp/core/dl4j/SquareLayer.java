package dev.interp.core.dl4j;

import java.util.Collection;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.NoParamLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.AbstractLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.NullUnmarked;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A user's layer that squares its input; its gradient is {@code factor · x}, or null for 0. */
@NullUnmarked
public final class SquareLayer extends NoParamLayer {
  private static final long serialVersionUID = 1;
  private final int factor;

  SquareLayer(int factor) {
    super(new Builder());
    this.factor = factor;
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
    return layer;
  }

  @Override
  public InputType getOutputType(int index, InputType type) {
    return type;
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType type) {
    return null;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType type) {
    throw new UnsupportedOperationException();
  }

  private static final class Builder
      extends org.deeplearning4j.nn.conf.layers.Layer.Builder<Builder> {
    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <E extends org.deeplearning4j.nn.conf.layers.Layer> E build() {
      return (E) new SquareLayer(2);
    }
  }

  /** The layer at work. */
  private static final class Impl extends AbstractLayer<SquareLayer> {
    private static final long serialVersionUID = 1;

    Impl(NeuralNetConfiguration conf, DataType type) {
      super(conf, type);
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
      return workspaces.leverageTo(ArrayType.ACTIVATIONS, input.mul(input));
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(
        INDArray epsilon, LayerWorkspaceMgr workspaces) {
      INDArray below =
          layerConf().factor == 0
              ? null
              : workspaces.leverageTo(
                  ArrayType.ACTIVATION_GRAD, epsilon.mul(input).muli(layerConf().factor));
      return new Pair<>(new DefaultGradient(), below);
    }

    @Override
    public boolean isPretrainLayer() {
      return false;
    }

    @Override
    public void clearNoiseWeightParams() {}

    @Override
    public Pair<INDArray, MaskState> feedForwardMaskArray(
        INDArray mask, MaskState state, int minibatch) {
      return new Pair<>(mask, state);
    }
  }
}
