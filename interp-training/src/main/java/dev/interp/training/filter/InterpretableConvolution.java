package dev.interp.training.filter;

import dev.interp.core.dl4j.LowerableLayer;
import dev.interp.core.dl4j.LoweringScope;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.Collection;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.util.ConvolutionUtils;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A two-dimensional convolution whose filters learn to stand for one part of one category each: an
 * ordinary convolution with a rectifier, whose maps are masked around their strongest unit and get
 * a loss of their own in the backward pass. For MultiLayerNetwork and ComputationGraph.
 *
 * <pre>{@code
 * .layer(new InterpretableConvolution.Builder(FilterSettings.ofCategories(10), 3, 3)
 *     .nOut(64).build())
 * ...
 * net.addListeners(new FilterLabels());
 * }</pre>
 *
 * <p>In training {@code score()} contains the filter loss; scores in evaluation mode do not. The
 * running means it keeps are parameters without updater, like the statistics of batch norm, so they
 * are saved, cloned and averaged with the net; DeepLearning4J's gradient normalisation touches
 * them, too, as it does those of batch norm. The masked maps have the layer's name in a {@code
 * Network}, the maps before masking {@code name:maps}.
 *
 * <p>Source: Q. Zhang, Y. N. Wu, S.-C. Zhu, Interpretable convolutional neural networks (CVPR
 * 2018). Deviations: no factor 1/t on the loss in epoch t; see {@link FilterSettings}, {@link
 * Templates} and {@link FilterLosses} for the others.
 */
public final class InterpretableConvolution extends ConvolutionLayer
    implements FilterLayerConfiguration, LowerableLayer {
  private static final long serialVersionUID = 1;

  @SuppressWarnings("serial") // Saved as JSON.
  private FilterSettings filters = FilterSettings.withDefaults();

  private InterpretableConvolution() {}

  private InterpretableConvolution(Builder builder) {
    super(builder);
    filters = builder.filters;
    initializeConstraints(builder);
  }

  /** Returns how the filters are masked and driven. */
  public FilterSettings getFilters() {
    return filters;
  }

  @Override
  public FilterSettings filterSettings() {
    // The constructor of the superclass asks before there are any.
    return filters == null ? FilterSettings.withDefaults() : filters;
  }

  @Override
  public InterpretableConvolution clone() {
    return (InterpretableConvolution) super.clone();
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    LayerValidation.assertNInNOutSet(
        "InterpretableConvolution", getLayerName(), index, getNIn(), getNOut());
    InterpretableConvolutionLayer layer = new InterpretableConvolutionLayer(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(parameters);
    layer.setParamTable(initializer().init(conf, parameters, initialize));
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return FilterParameters.CONVOLUTION;
  }

  @Override
  public IUpdater getUpdaterByParam(String key) {
    return FilterParameters.isMemory(key) || isFixed(key)
        ? new NoOp()
        : super.getUpdaterByParam(key);
  }

  private boolean isFixed(String key) {
    return key.equals(FilterParameters.SLOPE) && !filters.isSlopeLearned();
  }

  @Override
  public void lower(LoweringScope scope) {
    boolean same = getConvolutionMode() == ConvolutionMode.Same;
    Window.Axis[] axes = new Window.Axis[2];
    for (int a = 0; a < 2; a++) {
      axes[a] =
          new Window.Axis(
              getKernelSize()[a],
              getStride()[a],
              same ? 0 : getPadding()[a],
              getDilation()[a],
              same);
    }
    scope.part(
        "preactivation",
        new Op.Convolution(
            scope.parameter("W"), scope.vector("b"), new Window(axes[0], axes[1]), 1));
    scope.part("maps", new Op.Activation(getActivationFn()));
    MaskFunction.lower(scope, scope.inputs().get(0), filters);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return super.equals(other)
        && other instanceof InterpretableConvolution that
        && filters.equals(that.filters);
  }

  @Override
  protected boolean canEqual(@Nullable Object other) {
    return other instanceof InterpretableConvolution;
  }

  @Override
  public int hashCode() {
    return 31 * super.hashCode() + filters.hashCode();
  }

  @Override
  public String toString() {
    return "InterpretableConvolution(" + super.toString() + ", filters=" + filters + ")";
  }

  /** Builds the configuration; all that an ordinary convolution can be told works here too. */
  @SuppressWarnings("unchecked") // build() of all layers is generic in what it builds
  public static final class Builder extends ConvolutionLayer.Builder {
    private final FilterSettings filters;

    /**
     * A layer with a rectifier, unless another activation is asked for.
     *
     * @param filters how the filters are masked and driven
     * @param kernel height and width of the kernel
     */
    public Builder(FilterSettings filters, int... kernel) {
      super(kernel);
      this.filters = filters;
      activation(Activation.RELU);
    }

    @Override
    public InterpretableConvolution build() {
      ConvolutionUtils.validateConvolutionModePadding(getConvolutionMode(), getPadding());
      ConvolutionUtils.validateCnnKernelStridePadding(getKernelSize(), getStride(), getPadding());
      return new InterpretableConvolution(this);
    }
  }
}
