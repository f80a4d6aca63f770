package dev.interp.training.filter;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link InterpretableConvolution} at work. */
final class InterpretableConvolutionLayer extends ConvolutionLayer implements FilterLayer {
  private static final long serialVersionUID = 1;

  private final transient FilterUnit unit;

  InterpretableConvolutionLayer(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
    unit = new FilterUnit(((InterpretableConvolution) conf.getLayer()).getFilters(), this::layerId);
  }

  @Override
  public FilterUnit unit() {
    return unit;
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr spaces) {
    INDArray maps = super.activate(training, spaces);
    if (layerConf().getCnn2dDataFormat() == CNN2DFormat.NHWC) {
      INDArray masked =
          unit.forward(maps.permute(0, 3, 1, 2).dup('c'), paramTable(), training, spaces);
      return spaces.dup(ArrayType.ACTIVATIONS, masked.permute(0, 2, 3, 1), 'c');
    }
    return unit.forward(maps, paramTable(), training, spaces);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr spaces) {
    boolean last = layerConf().getCnn2dDataFormat() == CNN2DFormat.NHWC;
    Map<String, INDArray> own = new LinkedHashMap<>(gradientViews);
    own.keySet().removeIf(key -> key.equals("W") || key.equals("b"));
    INDArray below =
        unit.backward(
            last ? epsilon.permute(0, 3, 1, 2) : epsilon,
            paramTable(),
            own,
            conf().isMiniBatch(),
            spaces);
    Pair<Gradient, INDArray> result =
        super.backpropGradient(last ? below.permute(0, 2, 3, 1).dup('c') : below, spaces);
    own.forEach(result.getFirst()::setGradientFor);
    return result;
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    return super.calcRegularizationScore(backpropParamsOnly) + unit.loss();
  }

  @Override
  public boolean updaterDivideByMinibatch(String key) {
    return !FilterParameters.isMemory(key) && super.updaterDivideByMinibatch(key);
  }

  @Override
  public void clear() {
    super.clear();
    unit.clear();
  }
}
