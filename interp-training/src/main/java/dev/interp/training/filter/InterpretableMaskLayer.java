package dev.interp.training.filter;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link InterpretableMask} at work. */
final class InterpretableMaskLayer extends BaseLayer<InterpretableMask> implements FilterLayer {
  private static final long serialVersionUID = 1;

  private final transient FilterUnit unit;

  InterpretableMaskLayer(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
    unit = new FilterUnit(layerConf().getFilters(), this::layerId);
  }

  @Override
  public FilterUnit unit() {
    return unit;
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr spaces) {
    assertInputSet(false);
    applyDropOutIfNecessary(training, spaces);
    INDArray maps = input.castTo(dataType);
    if (isChannelsLast()) {
      INDArray masked =
          unit.forward(maps.permute(0, 3, 1, 2).dup('c'), paramTable(), training, spaces);
      return spaces.dup(ArrayType.ACTIVATIONS, masked.permute(0, 2, 3, 1), 'c');
    }
    return unit.forward(maps, paramTable(), training, spaces);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr spaces) {
    assertInputSet(true);
    INDArray below =
        unit.backward(
            isChannelsLast() ? epsilon.permute(0, 3, 1, 2) : epsilon,
            paramTable(),
            gradientViews,
            conf().isMiniBatch(),
            spaces);
    Gradient gradient = new DefaultGradient();
    gradientViews.forEach(gradient::setGradientFor);
    INDArray out =
        spaces.dup(
            ArrayType.ACTIVATION_GRAD, isChannelsLast() ? below.permute(0, 2, 3, 1) : below, 'c');
    return new Pair<>(gradient, backpropDropOutIfPresent(out));
  }

  private boolean isChannelsLast() {
    return layerConf().getFormat() == CNN2DFormat.NHWC;
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    return unit.loss();
  }

  @Override
  public boolean updaterDivideByMinibatch(String key) {
    return !FilterParameters.isMemory(key);
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public void clear() {
    super.clear();
    unit.clear();
  }
}
