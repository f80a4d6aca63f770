package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Attribution;
import java.util.List;

/**
 * What LIME found.
 *
 * @param attribution every value of a part has the part's weight
 * @param surrogates the linear model of each example
 */
public record LimeExplanation(Attribution attribution, List<Surrogate> surrogates) {
  /** Copies the list. */
  public LimeExplanation {
    surrogates = List.copyOf(surrogates);
  }
}
