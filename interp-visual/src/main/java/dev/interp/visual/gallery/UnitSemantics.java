package dev.interp.visual.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/**
 * Whether the pictures that excite single units have more in common than those that excite random
 * directions in the same layer: the entropy of the class labels within each set of top pictures. If
 * both are alike, what a layer knows lies in its space and not in its units.
 *
 * <p>Source: C. Szegedy, W. Zaremba, I. Sutskever, J. Bruna, D. Erhan, I. Goodfellow, R. Fergus,
 * Intriguing properties of neural networks (ICLR 2014), section 3, who compare the sets by eye.
 *
 * @param layer its name
 * @param units label entropy of the top pictures of each filter in bits; 0 if all are of one class.
 *     NaN never: filters that no picture excites are left out
 * @param directions the same for each random direction
 */
public record UnitSemantics(String layer, List<Double> units, List<Double> directions) {
  /** Copies the lists. */
  public UnitSemantics {
    units = List.copyOf(units);
    directions = List.copyOf(directions);
  }

  /**
   * Compares a layer's units with random directions.
   *
   * @param found the top pictures of the layer, with directions
   * @param labels the class label of a picture by its index, at least 0
   * @return the entropies
   * @throws IllegalArgumentException if the search had no directions
   */
  public static UnitSemantics of(StrongestUnits.Found found, IntUnaryOperator labels) {
    if (found.directions().isEmpty()) {
      throw new IllegalArgumentException(
          "units are compared with random directions, but none were searched for; give"
              + " StrongestUnits.withDirections a number");
    }
    return new UnitSemantics(
        found.layer().name(),
        entropies(found.filters(), labels),
        entropies(found.directions(), labels));
  }

  private static List<Double> entropies(
      List<List<TopPictures.Shot>> sets, IntUnaryOperator labels) {
    List<Double> all = new ArrayList<>();
    for (List<TopPictures.Shot> set : sets) {
      if (!isSilent(set)) {
        all.add(entropy(set, labels));
      }
    }
    return all;
  }

  /** Whether a filter is zero everywhere in its best picture, and so in all. */
  static boolean isSilent(List<TopPictures.Shot> shots) {
    return shots.isEmpty() || shots.get(0).activation() == 0;
  }

  private static double entropy(List<TopPictures.Shot> set, IntUnaryOperator labels) {
    int[] sorted = set.stream().mapToInt(s -> labels.applyAsInt(s.picture())).sorted().toArray();
    double bits = 0;
    for (int from = 0; from < sorted.length; ) {
      int label = sorted[from];
      long count = Arrays.stream(sorted).filter(l -> l == label).count();
      double share = (double) count / sorted.length;
      bits -= share * Math.log(share) / Math.log(2);
      from += (int) count;
    }
    return Math.max(0, bits);
  }

  /**
   * The mean entropy of the filters.
   *
   * @return in bits; 0 if no filter is excited
   */
  public double unitMean() {
    return mean(units.stream());
  }

  /**
   * The mean entropy of the directions.
   *
   * @return in bits; 0 if no direction is excited
   */
  public double directionMean() {
    return mean(directions.stream());
  }

  private static double mean(Stream<Double> numbers) {
    return numbers.mapToDouble(Double::doubleValue).average().orElse(0);
  }
}
