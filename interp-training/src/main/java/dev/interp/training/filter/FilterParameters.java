package dev.interp.training.filter;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The parameters of a filter layer: those of a convolution if it has one, the slopes of the masks,
 * and what is remembered of the training: the running mean of each filter's largest activation, in
 * all and by category. Remembering it in parameters, as batch norm does with its statistics, takes
 * it through saving, loading, cloning and averaging.
 */
final class FilterParameters implements ParamInitializer {
  static final String SLOPE = "slope";
  static final String ACTIVATION = "activation";
  static final String CATEGORIES = "categories";

  /** What the layers below a mask may call a hidden part: keys must not hold an underscore. */
  static final FilterParameters CONVOLUTION = new FilterParameters(true);

  static final FilterParameters MASK = new FilterParameters(false);

  private final boolean convolution;

  private FilterParameters(boolean convolution) {
    this.convolution = convolution;
  }

  static boolean isMemory(String key) {
    return key.equals(ACTIVATION) || key.equals(CATEGORIES);
  }

  private static long filters(Layer layer) {
    return ((FeedForwardLayer) layer).getNOut();
  }

  private static FilterSettings settings(Layer layer) {
    return ((FilterLayerConfiguration) layer).filterSettings();
  }

  private long inner(Layer layer) {
    return convolution ? ConvolutionParamInitializer.getInstance().numParams(layer) : 0;
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return inner(layer) + filters(layer) * (2 + settings(layer).getCategories());
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    List<String> keys = new ArrayList<>();
    if (convolution) {
      keys.addAll(ConvolutionParamInitializer.getInstance().paramKeys(layer));
    }
    keys.add(SLOPE);
    keys.add(ACTIVATION);
    if (settings(layer).getCategories() > 0) {
      keys.add(CATEGORIES);
    }
    return keys;
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return convolution ? ConvolutionParamInitializer.getInstance().weightKeys(layer) : List.of();
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return convolution ? ConvolutionParamInitializer.getInstance().biasKeys(layer) : List.of();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return convolution && ConvolutionParamInitializer.getInstance().isWeightParam(layer, key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return convolution && ConvolutionParamInitializer.getInstance().isBiasParam(layer, key);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray view, boolean initialize) {
    Layer layer = conf.getLayer();
    Map<String, INDArray> table = Collections.synchronizedMap(new LinkedHashMap<>());
    INDArray flat = view.reshape(view.length());
    if (convolution) {
      table.putAll(
          ConvolutionParamInitializer.getInstance()
              .init(conf, flat.get(NDArrayIndex.interval(0, inner(layer))), initialize));
    }
    Map<String, INDArray> own = own(layer, flat);
    own.keySet().forEach(conf::addVariable);
    if (initialize) {
      own.forEach((key, array) -> array.assign(key.equals(SLOPE) ? settings(layer).getSlope() : 0));
    }
    table.putAll(own);
    return table;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray view) {
    Layer layer = conf.getLayer();
    Map<String, INDArray> table = new LinkedHashMap<>();
    INDArray flat = view.reshape(view.length());
    if (convolution) {
      table.putAll(
          ConvolutionParamInitializer.getInstance()
              .getGradientsFromFlattened(conf, flat.get(NDArrayIndex.interval(0, inner(layer)))));
    }
    table.putAll(own(layer, flat));
    return table;
  }

  private Map<String, INDArray> own(Layer layer, INDArray flat) {
    long filters = filters(layer);
    long at = inner(layer);
    int categories = settings(layer).getCategories();
    Map<String, INDArray> own = new LinkedHashMap<>();
    own.put(SLOPE, flat.get(NDArrayIndex.interval(at, at + filters)));
    own.put(ACTIVATION, flat.get(NDArrayIndex.interval(at + filters, at + 2 * filters)));
    if (categories > 0) {
      own.put(
          CATEGORIES,
          flat.get(NDArrayIndex.interval(at + 2 * filters, at + (2 + categories) * filters))
              .reshape('c', filters, categories));
    }
    return own;
  }
}
