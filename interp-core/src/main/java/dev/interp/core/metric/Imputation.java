package dev.interp.core.metric;

import dev.interp.core.attribution.Baseline;

/** What takes the place of pixels that are removed. All channels of a pixel go together. */
public sealed interface Imputation {

  /**
   * The same pixels of a baseline.
   *
   * @param baseline what stands for nothing
   * @return the imputation
   */
  static Imputation baseline(Baseline baseline) {
    return new Constant(baseline);
  }

  /**
   * The pixel with its sign turned: white becomes black for a network whose input is centred.
   *
   * @return the imputation
   */
  static Imputation flip() {
    return new Flip();
  }

  /**
   * Noise, uniform between the least and largest value of the picture; the same draws for every
   * picture.
   *
   * @param seed of the noise
   * @return the imputation
   */
  static Imputation uniform(long seed) {
    return new Uniform(seed);
  }

  /**
   * Noisy linear imputation (Rong et al.: ROAD, 2022, section 4.3): each removed pixel is the
   * weighted mean of its eight neighbours, 1/6 for those beside it and 1/12 for those at its
   * corners (at the picture's edge those that exist share the weight), removed neighbours included,
   * so a system of linear equations is solved; then Gaussian noise is added. Solved by conjugate
   * gradients until the equations hold to a thousandth of the picture's range on average.
   *
   * @param deviation standard deviation of the noise in network input values, at least 0
   * @param seed of the noise
   * @return the imputation
   */
  static Imputation linear(double deviation, long seed) {
    if (!(deviation >= 0 && Double.isFinite(deviation))) {
      throw new IllegalArgumentException(
          "the deviation of the noise must be at least 0, was " + deviation);
    }
    return new Linear(deviation, seed);
  }

  /** A baseline's pixels. */
  record Constant(Baseline baseline) implements Imputation {
    @Override
    public String toString() {
      return baseline.toString();
    }
  }

  /** The sign turned. */
  record Flip() implements Imputation {
    @Override
    public String toString() {
      return "flip";
    }
  }

  /**
   * Uniform noise.
   *
   * @param seed of the noise
   */
  record Uniform(long seed) implements Imputation {
    @Override
    public String toString() {
      return "uniform noise seed " + seed;
    }
  }

  /**
   * Weighted means of neighbours.
   *
   * @param deviation of the noise
   * @param seed of the noise
   */
  record Linear(double deviation, long seed) implements Imputation {
    @Override
    public String toString() {
      return "noisy linear " + deviation + " seed " + seed;
    }
  }
}
