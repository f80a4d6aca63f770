package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.Map;

/**
 * A method over parts whose hidden parts show something fixed.
 *
 * @param <T> the method
 */
abstract class CoveredMethod<T extends CoveredMethod<T>> extends SegmentMethod<T> {
  CoveredMethod(Settings settings) {
    super(settings);
  }

  /**
   * Sets what hidden parts show.
   *
   * @param cover taken from there
   * @return the method with that baseline
   */
  public T withBaseline(Baseline cover) {
    return with(
        new Settings(settings.segments(), cover, settings.batchSize(), settings.progress()));
  }

  @Override
  void describe(Map<String, String> texts) {
    Baseline baseline = settings.baseline();
    texts.put("baseline", baseline == null ? "mean colour of the segment" : baseline.toString());
  }
}
