package dev.interp.visual.perturbation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Feature permutation: one part after the other takes what other examples show in its place, and
 * the fall of the target's value, averaged over the draws, is the part's. Without other examples a
 * part's pixels take the values of pixels elsewhere in the same picture, which keeps the picture's
 * colours and destroys the part's structure.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's number. Cost for M parts: {@code samples · M + 1}
 * forward passes; no backward pass.
 *
 * <p>Breiman: Random Forests, 2001; Fisher, Rudin, Dominici: All Models are Wrong, but Many are
 * Useful, 2019. Deviation from captum 0.7.0: examples are drawn from those given instead of
 * permuting the batch, so that a map does not depend on who else is in the batch.
 */
public final class FeaturePermutation extends SegmentMethod<FeaturePermutation> {
  private final Draws draws;
  private final @Nullable INDArray donors;

  private FeaturePermutation(Settings settings, Draws draws, @Nullable INDArray donors) {
    super(settings);
    this.draws = draws;
    this.donors = donors;
  }

  /**
   * 4 draws within the picture for each of about fifty SLIC superpixels, 16 at a time.
   *
   * @return the method
   */
  public static FeaturePermutation withDefaults() {
    return new FeaturePermutation(
        Settings.of(Segmentation.slic(50, 10), null), new Draws(4, 0), null);
  }

  @Override
  FeaturePermutation with(Settings other) {
    return new FeaturePermutation(other, draws, donors);
  }

  /**
   * Sets how many draws are averaged.
   *
   * @param number at least 1
   * @return the method with that number of samples
   */
  public FeaturePermutation withSamples(int number) {
    return new FeaturePermutation(settings, draws.withSamples(number), donors);
  }

  /**
   * Sets the seed.
   *
   * @param number equal seeds give equal bytes
   * @return the method with that seed
   */
  public FeaturePermutation withSeed(long number) {
    return new FeaturePermutation(settings, draws.withSeed(number), donors);
  }

  /**
   * Sets the examples whose values are taken; the batch itself for permutation as captum does it.
   *
   * @param examples {@code [D, C, H, W]} or {@code [D, F]}, network input values; not copied, not
   *     modified
   * @return the method with those examples
   */
  public FeaturePermutation withDonors(INDArray examples) {
    return new FeaturePermutation(settings, draws, examples);
  }

  @Override
  public String id() {
    return "feature-permutation";
  }

  @Override
  void describe(Map<String, String> texts) {
    texts.put(
        "values from",
        donors == null ? "other pixels of the picture" : donors.size(0) + " examples");
    draws.describe(texts);
  }

  @Override
  void check(INDArray x, List<Segments> segments) {
    INDArray given = donors;
    if (given == null) {
      return;
    }
    boolean fits = given.rank() == x.rank();
    for (int axis = 1; fits && axis < x.rank(); axis++) {
      fits = given.size(axis) == x.size(axis);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "the examples whose values are taken must have the input's shape "
              + Arrays.toString(x.shape())
              + " from the second axis on, was "
              + Arrays.toString(given.shape()));
    }
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    int samples = draws.samples();
    int[] copies = Arrays.stream(parts.counts()).map(count -> count * samples).toArray();
    List<Scores> scores = new ArrayList<>();
    for (int count : parts.counts()) {
      scores.add(new Scores(new double[count], null));
    }
    runs.each(
        copies,
        (example, copy, row) -> mix(parts.of(example), copy / samples, copy, row),
        (example, copy, output) ->
            scores.get(example).values()[copy / samples] +=
                (runs.output(example) - output) / samples);
    return scores;
  }

  private void mix(Segments segments, int part, int copy, double[] row) {
    SplittableRandom random = draws.random(copy);
    INDArray given = donors;
    double[] source =
        given == null
            ? row.clone()
            : Evaluations.numbers(given.slice(random.nextInt((int) given.size(0))));
    int plane = segments.plane(row.length);
    int[] from = new int[plane];
    Arrays.setAll(from, i -> given == null ? random.nextInt(plane) : i);
    for (int i = 0; i < row.length; i++) {
      if (segments.label(i) == part) {
        row[i] = source[i / plane * plane + from[i % plane]];
      }
    }
  }
}
