package dev.interp.visual;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Settings that a caller may give to a method by name; null leaves a method's default. A method
 * takes the ones that it has and leaves the others.
 *
 * @param layer name of the tensor that class activation maps look at
 * @param steps points of the path of integrated gradients, samples of smoothgrad
 * @param noise {@code [n, C, H, W]} for smoothgrad, added as it is
 * @param window side of the occluding square in pixels
 * @param stride step of the occluding square in pixels; half the window if not given
 * @param baseline what stands for nothing, for integrated gradients and occlusion
 * @param seed of everything random
 * @param batchSize how many inputs are evaluated at a time
 * @param progress told how far long methods are
 */
public record MethodOptions(
    @Nullable String layer,
    @Nullable Integer steps,
    @Nullable INDArray noise,
    @Nullable Integer window,
    @Nullable Integer stride,
    @Nullable Baseline baseline,
    @Nullable Long seed,
    @Nullable Integer batchSize,
    Progress progress) {

  /**
   * Every method's own defaults.
   *
   * @return options that set nothing
   */
  public static MethodOptions defaults() {
    return new MethodOptions(null, null, null, null, null, null, null, null, Progress.none());
  }
}
