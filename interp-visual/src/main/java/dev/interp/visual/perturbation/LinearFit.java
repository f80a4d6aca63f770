package dev.interp.visual.perturbation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Weighted linear fits with an intercept to outputs of coalitions. */
final class LinearFit {
  private static final int ROUNDS = 10_000;
  private static final double CHANGE = 1e-13;

  private final double weight;
  private final double[] means;
  private final double mean;

  /** Centred: weighted sums of products of two parts, of a part and the output, of the output. */
  private final double[][] gram;

  private final double[] product;
  private final double square;

  LinearFit(List<boolean[]> rows, double[] outputs, double[] weights) {
    int parts = rows.get(0).length;
    this.weight = Arrays.stream(weights).sum();
    this.means = new double[parts];
    // Counted from the first output, so that equal outputs are exactly their mean.
    double sum = 0;
    for (int k = 0; k < outputs.length; k++) {
      sum += weights[k] * (outputs[k] - outputs[0]);
      for (int p = 0; p < parts; p++) {
        means[p] += rows.get(k)[p] ? weights[k] : 0;
      }
    }
    Arrays.setAll(means, p -> means[p] / weight);
    this.mean = outputs[0] + sum / weight;
    this.gram = new double[parts][parts];
    this.product = new double[parts];
    double squares = 0;
    double[] row = new double[parts];
    for (int k = 0; k < outputs.length; k++) {
      double y = outputs[k] - mean;
      squares += weights[k] * y * y;
      for (int p = 0; p < parts; p++) {
        row[p] = (rows.get(k)[p] ? 1 : 0) - means[p];
      }
      for (int p = 0; p < parts; p++) {
        double scaled = weights[k] * row[p];
        product[p] += scaled * y;
        for (int q = 0; q < parts; q++) {
          gram[p][q] += scaled * row[q];
        }
      }
    }
    this.square = squares;
  }

  /** Ridge over some parts; a weight of 0 for the others. */
  double[] ridge(List<Integer> selected, double alpha) {
    double[][] a = new double[selected.size()][selected.size()];
    double[] b = new double[selected.size()];
    for (int i = 0; i < b.length; i++) {
      for (int j = 0; j < b.length; j++) {
        a[i][j] = gram[selected.get(i)][selected.get(j)];
      }
      a[i][i] += alpha;
      b[i] = product[selected.get(i)];
    }
    return spread(selected, LeastSquares.solve(a, b));
  }

  /** Lasso over some parts by coordinate descent, the sum of the sample weights being one. */
  double[] lasso(List<Integer> selected, double alpha) {
    double[] found = new double[means.length];
    double limit = CHANGE * Math.max(1, Math.sqrt(square / weight));
    for (int round = 0; round < ROUNDS; round++) {
      double moved = 0;
      for (int p : selected) {
        double own = gram[p][p];
        double pull = product[p];
        for (int q : selected) {
          pull -= q == p ? 0 : gram[p][q] * found[q];
        }
        double shrunk = Math.signum(pull) * Math.max(0, Math.abs(pull) - alpha * weight);
        double next = own > 0 ? shrunk / own : 0;
        moved = Math.max(moved, Math.abs(next - found[p]));
        found[p] = next;
      }
      if (moved <= limit) {
        break;
      }
    }
    return found;
  }

  double intercept(double[] coefficients) {
    double sum = mean;
    for (int p = 0; p < means.length; p++) {
      sum -= coefficients[p] * means[p];
    }
    return sum;
  }

  /** Weighted R². */
  double score(double[] coefficients) {
    double left = square;
    for (int p = 0; p < means.length; p++) {
      left -= 2 * coefficients[p] * product[p];
      for (int q = 0; q < means.length; q++) {
        left += coefficients[p] * gram[p][q] * coefficients[q];
      }
    }
    return square > 0 ? 1 - Math.max(0, left) / square : 0;
  }

  List<Integer> highest(int number, double alpha) {
    double[] all = ridge(everything(), alpha);
    return everything().stream()
        .sorted(Comparator.comparingDouble(p -> -Math.abs(all[p])))
        .limit(number)
        .toList();
  }

  List<Integer> forward(int number) {
    List<Integer> chosen = new ArrayList<>();
    while (chosen.size() < Math.min(number, means.length)) {
      int best = -1;
      double most = Double.NEGATIVE_INFINITY;
      for (int p : everything()) {
        if (!chosen.contains(p)) {
          List<Integer> tried = new ArrayList<>(chosen);
          tried.add(p);
          double score = score(ridge(tried, 0));
          if (score > most) {
            most = score;
            best = p;
          }
        }
      }
      chosen.add(best);
    }
    return chosen;
  }

  List<Integer> everything() {
    return IntStream.range(0, means.length).boxed().toList();
  }

  private double[] spread(List<Integer> selected, double[] values) {
    double[] all = new double[means.length];
    for (int i = 0; i < values.length; i++) {
      all[selected.get(i)] = values[i];
    }
    return all;
  }
}
