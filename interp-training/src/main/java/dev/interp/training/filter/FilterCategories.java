package dev.interp.training.filter;

import dev.interp.training.filter.FilterLayer.Labels;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Which category images show, and which one a filter stands for. */
final class FilterCategories {
  /** An image without category, or a filter that has none yet. */
  static final int NONE = -1;

  /** An image that does not count. */
  static final int MASKED = -2;

  private static final double KEEP = 0.9;

  private FilterCategories() {}

  /** The category of each image: the column of its largest label above one half. */
  static int[] of(@Nullable Labels given, FilterSettings settings, int examples, String layer) {
    INDArray labels = given == null ? null : given.labels();
    if (labels == null) {
      throw new IllegalArgumentException(layer + " needs labels, there are none");
    }
    int columns = (int) labels.size(1);
    boolean fits =
        labels.rank() == 2
            && labels.size(0) == examples
            && (settings.getCategories() > 0
                ? columns == settings.getCategories()
                : columns > settings.getSingle());
    if (!fits) {
      throw new IllegalArgumentException(
          layer
              + " needs labels ["
              + examples
              + ", "
              + (settings.getCategories() > 0
                  ? String.valueOf(settings.getCategories())
                  : "more than " + settings.getSingle())
              + "], was "
              + Arrays.toString(labels.shape())
              + (settings.getCategories() > 0
                  ? "; the number of categories must be that of the net's classes"
                  : "; category " + settings.getSingle() + " must be one of their columns"));
    }
    double[][] rows = labels.toDoubleMatrix();
    INDArray mask = given == null ? null : given.mask();
    double[] counts =
        mask == null || mask.length() != examples
            ? null
            : mask.reshape(mask.length()).toDoubleVector();
    int[] categories = new int[examples];
    for (int n = 0; n < examples; n++) {
      int best = 0;
      for (int k = 1; k < columns; k++) {
        best = rows[n][k] > rows[n][best] ? k : best;
      }
      categories[n] = rows[n][best] > 0.5 ? best : NONE;
      if (counts != null && counts[n] == 0) {
        categories[n] = MASKED;
      }
    }
    return categories;
  }

  /** The category of each filter; {@link #NONE} while nothing is known, when all images count. */
  static int[] assigned(FilterSettings settings, Map<String, INDArray> parameters, int filters) {
    int[] assigned = new int[filters];
    Arrays.fill(assigned, settings.getSingle());
    if (settings.getCategories() > 0) {
      double[][] means = matrix(FilterUnit.value(parameters, FilterParameters.CATEGORIES));
      for (int f = 0; f < filters; f++) {
        int best = 0;
        for (int k = 1; k < means[f].length; k++) {
          best = means[f][k] > means[f][best] ? k : best;
        }
        assigned[f] = means[f][best] > 0 ? best : NONE;
      }
    }
    return assigned;
  }

  /** {@code [C, categories]} as rows; faster than number by number. */
  private static double[][] matrix(INDArray means) {
    return FilterRows.of(means, 1).get(0);
  }

  /** Moves the running mean of each filter and category that the batch shows. */
  static void move(INDArray old, INDArray change, double[] peaks, int[] categories) {
    double[][] means = matrix(old);
    double[][] changes = new double[means.length][means[0].length];
    int[] counts = new int[means[0].length];
    for (int category : categories) {
      if (category >= 0) {
        counts[category]++;
      }
    }
    for (int k = 0; k < counts.length; k++) {
      for (int f = 0; f < means.length && counts[k] > 0; f++) {
        double sum = 0;
        for (int n = 0; n < categories.length; n++) {
          sum += categories[n] == k ? peaks[n * means.length + f] : 0;
        }
        changes[f][k] = step(means[f][k], sum / counts[k]);
      }
    }
    change.assign(Nd4j.createFromArray(changes).castTo(change.dataType()));
  }

  /** What a running mean loses when a value is seen; the first value replaces it. */
  static double step(double mean, double seen) {
    return mean == 0 ? -seen : (1 - KEEP) * (mean - seen);
  }
}
