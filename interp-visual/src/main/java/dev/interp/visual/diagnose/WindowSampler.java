package dev.interp.visual.diagnose;

import java.util.random.RandomGenerator;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Says what else a window of a picture, or of a hidden tensor, could have shown. */
public interface WindowSampler {

  /** Draws for one example. Used by one thread. */
  @FunctionalInterface
  interface Draws {
    /**
     * Draws what a window could have shown.
     *
     * @param top first row of the window
     * @param left first column of the window
     * @param count how many draws
     * @param random where chance comes from
     * @return {@code [count][C · side · side]}, channels first; owned by the caller
     */
    double[][] draw(int top, int left, int count, RandomGenerator random);
  }

  /**
   * What provenance calls it.
   *
   * @return its name with its settings
   */
  String name();

  /**
   * Gets ready for one example.
   *
   * @param example {@code [C, H, W]}; not to be modified
   * @param side of the windows in pixels, at most H and W
   * @return draws for it
   */
  Draws of(INDArray example, int side);

  /**
   * Checks that this can draw for tensors of a shape; does nothing unless overridden.
   *
   * @param shape {@code [C, H, W]}
   * @param side of the windows in pixels
   * @throws IllegalArgumentException if it cannot; the message says what would fit
   */
  default void check(long[] shape, int side) {}

  /**
   * A Gaussian of the window given the pixels around it, estimated from the patches of the very
   * picture that is explained (at most 20000 of them, on a grid), each channel on its own. The
   * authors estimate it from a data set: {@link #conditional(PatchStatistics, int)}.
   *
   * @param padding rows and columns on each side of the window that are looked at, at least 1
   * @return the sampler
   */
  static WindowSampler conditional(int padding) {
    return new GaussianSampler(null, padding);
  }

  /**
   * A Gaussian of the window given the pixels around it. Memory grows with the fourth power of the
   * patch's side and time with its sixth, so windows should stay small. Draws are cut to the range
   * of values that the statistics have seen, channel by channel. At the rim of the picture the
   * patch is shifted, so that the window lies off its centre.
   *
   * @param statistics of patches that are {@code 2 · padding} larger than the window (or as large
   *     as the picture, if that is less); not modified, and not to be modified later
   * @param padding rows and columns on each side of the window that are looked at, at least 1
   * @return the sampler
   */
  static WindowSampler conditional(PatchStatistics statistics, int padding) {
    return new GaussianSampler(statistics, padding);
  }

  /**
   * The window of the very picture that is explained at another, random place.
   *
   * @return the sampler
   */
  static WindowSampler marginal() {
    return new MarginalSampler(null);
  }

  /**
   * The same window of another picture, picked at random.
   *
   * @param pictures {@code [M, C, H, W]} in the values of the tensor that is sampled; not modified,
   *     and not to be modified later
   * @return the sampler
   */
  static WindowSampler marginal(INDArray pictures) {
    return new MarginalSampler(pictures);
  }
}
