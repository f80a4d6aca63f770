package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Feature ablation: one part after the other is replaced by the baseline, and the fall of the
 * target's value is the part's.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's number. Cost: one forward pass and one per part,
 * which recomputes only what the part's bounding box reaches ({@link
 * dev.interp.core.network.IncrementalRun}); no backward pass. The tests agree with captum 0.7.0 in
 * float64.
 */
public final class FeatureAblation extends CoveredMethod<FeatureAblation> {

  private FeatureAblation(Settings settings) {
    super(settings);
  }

  /**
   * About fifty SLIC superpixels, each replaced by zero, 16 at a time.
   *
   * @return the method
   */
  public static FeatureAblation withDefaults() {
    return new FeatureAblation(Settings.of(Segmentation.slic(50, 10), Baseline.zero()));
  }

  @Override
  FeatureAblation with(Settings other) {
    return new FeatureAblation(other);
  }

  @Override
  public String id() {
    return "feature-ablation";
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    List<Scores> scores = new ArrayList<>();
    for (int i = 0; i < runs.examples(); i++) {
      scores.add(new Scores(new double[parts.count(i)], null));
    }
    runs.eachWithin(
        example -> parts.of(example).boxes(),
        (example, part, row) -> {
          boolean[] present = new boolean[parts.count(example)];
          Arrays.fill(present, true);
          present[part] = false;
          parts.keep(example, present, row);
        },
        (example, part, fall) -> scores.get(example).values()[part] = fall);
    return scores;
  }
}
