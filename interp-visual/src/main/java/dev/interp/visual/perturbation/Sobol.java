package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.random.SobolSequenceGenerator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Sobol: how much of the target's variance, when all parts fade at random towards the baseline, a
 * part has to do with, alone or together with others: its total-order Sobol index by Jansen's
 * estimator, between 0 and about 1. The fading follows a Sobol sequence, so nothing is random.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's index. It is never negative: it says that a part
 * matters, not for or against what. Cost for M parts: {@code designs · (M + 2) + 1} forward passes;
 * no backward pass.
 *
 * <p>Fel, Cadène, Chalvidal, Cord, Vigouroux, Serre: Look at the Variance! Efficient Black-box
 * Explanations with Sobol-based Sensitivity Analysis, NeurIPS 2021. Peer: Xplique 1.3; deviations:
 * indices are spread over their cells instead of interpolated, and 8 designs by default instead of
 * 32.
 */
public final class Sobol extends CoveredMethod<Sobol> {
  /** The generator's 1000 dimensions, two per part. */
  private static final int MOST = 500;

  private final int designs;

  private Sobol(Settings settings, int designs) {
    super(settings);
    this.designs = designs;
  }

  /**
   * 8 designs of a grid of 8 by 8 over zero, 16 inputs at a time.
   *
   * @return the method
   */
  public static Sobol withDefaults() {
    return new Sobol(Settings.of(Segmentation.grid(8, 8), Baseline.zero()), 8);
  }

  @Override
  Sobol with(Settings other) {
    return new Sobol(other, designs);
  }

  /**
   * Sets how many points of the sequence are taken.
   *
   * @param number at least 2; powers of two cover the range most evenly
   * @return the method with that number of designs
   */
  public Sobol withDesigns(int number) {
    if (number < 2) {
      throw new IllegalArgumentException("designs must be at least 2, was " + number);
    }
    return new Sobol(settings, number);
  }

  @Override
  public String id() {
    return "sobol";
  }

  @Override
  void describe(Map<String, String> texts) {
    super.describe(texts);
    texts.put("designs", Integer.toString(designs));
  }

  @Override
  void check(INDArray x, List<Segments> segments) {
    for (Segments one : segments) {
      if (one.count() > MOST) {
        throw new IllegalArgumentException(
            "Sobol indices take at most "
                + MOST
                + " segments, but "
                + settings.segments()
                + " gives "
                + one.count());
      }
    }
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    int[] counts = parts.counts();
    List<double[][]> points = new ArrayList<>();
    List<double[]> outputs = new ArrayList<>();
    int[] copies = new int[counts.length];
    for (int i = 0; i < counts.length; i++) {
      SobolSequenceGenerator sequence = new SobolSequenceGenerator(2 * counts[i]);
      double[][] of = new double[designs][];
      Arrays.setAll(of, k -> sequence.nextVector());
      points.add(of);
      copies[i] = designs * (counts[i] + 2);
      outputs.add(new double[copies[i]]);
    }
    runs.each(
        copies,
        (example, copy, row) ->
            parts.fade(example, presence(points.get(example), counts[example], copy), row),
        (example, copy, output) -> outputs.get(example)[copy] = output);
    List<Scores> scores = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      scores.add(new Scores(total(outputs.get(i), designs, counts[i]), null));
    }
    return scores;
  }

  /**
   * Copies are the points A, the points B, and for each part the points A with B's entry for it.
   */
  private double[] presence(double[][] points, int parts, int copy) {
    double[] point = points[copy % designs];
    int block = copy / designs;
    double[] presence =
        block == 1 ? Arrays.copyOfRange(point, parts, 2 * parts) : Arrays.copyOf(point, parts);
    if (block > 1) {
      presence[block - 2] = point[parts + block - 2];
    }
    return presence;
  }

  /** Jansen's estimator; 0 where the output does not vary. */
  static double[] total(double[] outputs, int designs, int parts) {
    double mean = Arrays.stream(outputs, 0, designs).sum() / designs;
    double variance =
        Arrays.stream(outputs, 0, designs).map(y -> (y - mean) * (y - mean)).sum() / (designs - 1);
    double[] indices = new double[parts];
    for (int p = 0; p < parts; p++) {
      double sum = 0;
      for (int k = 0; k < designs; k++) {
        double change = outputs[k] - outputs[(p + 2) * designs + k];
        sum += change * change;
      }
      indices[p] = variance > 0 ? sum / (2 * designs * variance) : 0;
    }
    return indices;
  }
}
