package dev.interp.visual.perturbation;

import java.util.Map;

/**
 * A method over parts that draws at random.
 *
 * @param <T> the method
 */
abstract class SampledMethod<T extends SampledMethod<T>> extends CoveredMethod<T> {
  final Draws draws;

  SampledMethod(Settings settings, Draws draws) {
    super(settings);
    this.draws = draws;
  }

  abstract T with(Settings other, Draws otherDraws);

  @Override
  T with(Settings other) {
    return with(other, draws);
  }

  /**
   * Sets how much is drawn; the cost grows with it.
   *
   * @param number at least 1
   * @return the method with that number of samples
   */
  public T withSamples(int number) {
    return with(settings, draws.withSamples(number));
  }

  /**
   * Sets the seed.
   *
   * @param number equal seeds give equal bytes
   * @return the method with that seed
   */
  public T withSeed(long number) {
    return with(settings, draws.withSeed(number));
  }

  @Override
  void describe(Map<String, String> texts) {
    super.describe(texts);
    draws.describe(texts);
  }
}
