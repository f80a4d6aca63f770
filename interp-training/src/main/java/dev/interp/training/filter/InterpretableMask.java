package dev.interp.training.filter;

import dev.interp.core.dl4j.LowerableLayer;
import dev.interp.core.dl4j.LoweringScope;
import java.util.Collection;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * What {@link InterpretableConvolution} adds to a convolution, as a layer of its own behind any
 * layer whose maps come out of a rectifier: the masks in the forward pass, the filter loss in the
 * backward pass. In a net that was trained without it, put it in with DeepLearning4J's transfer
 * learning.
 */
public final class InterpretableMask extends FeedForwardLayer
    implements FilterLayerConfiguration, LowerableLayer {
  private static final long serialVersionUID = 1;

  @SuppressWarnings("serial") // Saved as JSON.
  private FilterSettings filters = FilterSettings.withDefaults();

  private CNN2DFormat format = CNN2DFormat.NCHW;

  private InterpretableMask() {}

  private InterpretableMask(Builder builder) {
    super(builder);
    filters = builder.filters;
    nOut = nIn;
  }

  /** Returns how the filters are masked and driven. */
  public FilterSettings getFilters() {
    return filters;
  }

  /** Returns where the net keeps its channels. */
  public CNN2DFormat getFormat() {
    return format;
  }

  @Override
  public FilterSettings filterSettings() {
    return filters;
  }

  @Override
  public InterpretableMask clone() {
    return (InterpretableMask) super.clone();
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    LayerValidation.assertNOutSet("InterpretableMask", getLayerName(), index, getNOut());
    InterpretableMaskLayer layer = new InterpretableMaskLayer(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(parameters);
    layer.setParamTable(initializer().init(conf, parameters, initialize));
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return FilterParameters.MASK;
  }

  @Override
  public IUpdater getUpdaterByParam(String key) {
    return filters.isSlopeLearned() && key.equals(FilterParameters.SLOPE)
        ? super.getUpdaterByParam(key)
        : new NoOp();
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return checked(input);
  }

  @Override
  public void setNIn(InputType input, boolean override) {
    InputType.InputTypeConvolutional maps = checked(input);
    if (nIn <= 0 || override) {
      nIn = maps.getChannels();
    }
    nOut = nIn;
    format = maps.getFormat();
  }

  private InputType.InputTypeConvolutional checked(InputType input) {
    if (input instanceof InputType.InputTypeConvolutional maps) {
      return maps;
    }
    throw new IllegalArgumentException(
        "the mask '"
            + getLayerName()
            + "' must stand behind a layer of maps, its input is "
            + input);
  }

  @Override
  public @Nullable InputPreProcessor getPreProcessorForInputType(InputType input) {
    return null;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType input) {
    long maps = input.arrayElementsPerExample();
    return new LayerMemoryReport.Builder(getLayerName(), InterpretableMask.class, input, input)
        .standardMemory(initializer().numParams(this), 0)
        .workingMemory(0, 2 * maps, 0, 6 * maps)
        .cacheMemory(
            Map.copyOf(MemoryReport.CACHE_MODE_ALL_ZEROS), MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }

  @Override
  public void lower(LoweringScope scope) {
    MaskFunction.lower(scope, scope.inputs().get(0), filters);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return super.equals(other)
        && other instanceof InterpretableMask that
        && filters.equals(that.filters)
        && format == that.format;
  }

  @Override
  protected boolean canEqual(@Nullable Object other) {
    return other instanceof InterpretableMask;
  }

  @Override
  public int hashCode() {
    return 31 * super.hashCode() + filters.hashCode();
  }

  @Override
  public String toString() {
    return "InterpretableMask(" + super.toString() + ", filters=" + filters + ")";
  }

  /** Builds the configuration. */
  public static final class Builder extends FeedForwardLayer.Builder<Builder> {
    private final FilterSettings filters;

    /**
     * A layer that takes its number of filters from what stands before it.
     *
     * @param filters how the filters are masked and driven
     */
    public Builder(FilterSettings filters) {
      this.filters = filters;
      activation(Activation.IDENTITY);
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <E extends org.deeplearning4j.nn.conf.layers.Layer> E build() {
      return (E) new InterpretableMask(this);
    }
  }
}
