package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * HSIC: how strongly the target's value depends on whether a part is present, when every part is
 * hidden with probability one half: the Hilbert-Schmidt independence criterion of presence and
 * output. Unlike a correlation it sees any kind of dependence. For presence the kernel is that of
 * equality, for outputs a Gaussian as wide as the median distance of two outputs.
 *
 * <p>The map is {@code [N, 1, H, W]}, or has the input's channels where the segmentation tells them
 * apart; every value of a part has the part's number. It is never negative: it says that a part
 * matters, not for or against what. Cost: {@code samples + 1} forward passes; no backward pass.
 *
 * <p>Novello, Fel, Vigouroux: Making Sense of Dependence: Efficient Black-box Explanations Using
 * Dependence Measure, NeurIPS 2022. Peer: Xplique 1.3; deviations: its Gaussian is as wide as the
 * median output, which may be 0 or negative for logits; its numbers are interpolated between cells.
 */
public final class Hsic extends SampledMethod<Hsic> {

  private Hsic(Settings settings, Draws draws) {
    super(settings, draws);
  }

  /**
   * 500 samples of a grid of 8 by 8 over zero, 16 at a time.
   *
   * @return the method
   */
  public static Hsic withDefaults() {
    return new Hsic(Settings.of(Segmentation.grid(8, 8), Baseline.zero()), new Draws(500, 0));
  }

  @Override
  Hsic with(Settings other, Draws otherDraws) {
    return new Hsic(other, otherDraws);
  }

  @Override
  public String id() {
    return "hsic";
  }

  @Override
  List<Scores> explain(Evaluations runs, Parts parts) {
    List<boolean[][]> rows = new ArrayList<>();
    List<double[]> outputs = new ArrayList<>();
    for (int count : parts.counts()) {
      SplittableRandom random = draws.random();
      boolean[][] all = new boolean[draws.samples()][count];
      for (boolean[] row : all) {
        for (int p = 0; p < count; p++) {
          row[p] = random.nextBoolean();
        }
      }
      rows.add(all);
      outputs.add(new double[draws.samples()]);
    }
    runs.each(
        draws.samples(),
        (example, copy, row) -> parts.keep(example, rows.get(example)[copy], row),
        (example, copy, output) -> outputs.get(example)[copy] = output);
    List<Scores> scores = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      scores.add(new Scores(dependence(rows.get(i), outputs.get(i)), null));
    }
    return scores;
  }

  /**
   * {@code Tr(K H L H) / n²} for each part. With the kernel of equality, up to terms that centring
   * takes away, {@code K = 2 z zᵀ}, so that no matrix per part is needed.
   */
  static double[] dependence(boolean[][] rows, double[] outputs) {
    int n = outputs.length;
    double width = medianDistance(outputs);
    double[][] kernel = new double[n][n];
    double[] means = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double d = width == 0 ? 0 : (outputs[i] - outputs[j]) / width;
        kernel[i][j] = Math.exp(-d * d / 2);
        means[i] += kernel[i][j] / n;
      }
    }
    double mean = Arrays.stream(means).sum() / n;
    double[] found = new double[rows[0].length];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double centred = 2 * (kernel[i][j] - means[i] - means[j] + mean) / n / n;
        for (int p = 0; p < found.length; p++) {
          if (rows[i][p] && rows[j][p]) {
            found[p] += centred;
          }
        }
      }
    }
    return Arrays.stream(found).map(v -> Math.max(0, v)).toArray();
  }

  /** Over the pairs of outputs that differ; 0 if none do. */
  private static double medianDistance(double[] outputs) {
    List<Double> distances = new ArrayList<>();
    for (int i = 0; i < outputs.length; i++) {
      for (int j = 0; j < i; j++) {
        if (outputs[i] != outputs[j]) {
          distances.add(Math.abs(outputs[i] - outputs[j]));
        }
      }
    }
    if (distances.isEmpty()) {
      return 0;
    }
    double[] sorted = distances.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
