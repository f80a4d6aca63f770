package dev.interp.visual.perturbation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Submodular pick: of many explanations a few that together show as much as possible of what
 * matters. A part matters as the root of the sum of its absolute weights over all explanations, and
 * is shown by an explanation whose weight for it is not 0. Explanations are picked greedily.
 *
 * <p>Part number i must mean the same in all explanations, as with a grid or one mask for all.
 *
 * <p>Ribeiro, Singh, Guestrin: “Why Should I Trust You?”, KDD 2016, section 4.
 */
public final class SubmodularPick {
  private SubmodularPick() {}

  /**
   * Picks explanations.
   *
   * @param surrogates models with equally many parts
   * @param number how many to pick, at least 1
   * @return places in the list, in the order in which they were picked; fewer than {@code number}
   *     if there are fewer. Where none adds anything, the earliest follow
   * @throws IllegalArgumentException if there is none, or their numbers of parts differ
   */
  public static List<Integer> pick(List<Surrogate> surrogates, int number) {
    if (number < 1 || surrogates.isEmpty()) {
      throw new IllegalArgumentException(
          "submodular pick needs at least 1 explanation and a number of at least 1, was "
              + surrogates.size()
              + " and "
              + number);
    }
    int parts = surrogates.get(0).weights().size();
    double[] importance = new double[parts];
    for (Surrogate one : surrogates) {
      if (one.weights().size() != parts) {
        throw new IllegalArgumentException(
            "the explanations must have equally many parts, but one has "
                + parts
                + " and another "
                + one.weights().size()
                + " (superpixels differ from picture to picture; use a grid or one mask for all)");
      }
      for (int p = 0; p < parts; p++) {
        importance[p] += Math.abs(one.weights().get(p));
      }
    }
    Arrays.setAll(importance, p -> Math.sqrt(importance[p]));
    List<Integer> picked = new ArrayList<>();
    boolean[] shown = new boolean[parts];
    while (picked.size() < Math.min(number, surrogates.size())) {
      int best = -1;
      double most = -1;
      for (int i = 0; i < surrogates.size(); i++) {
        double gain = 0;
        for (int p = 0; p < parts; p++) {
          gain += !shown[p] && surrogates.get(i).weights().get(p) != 0 ? importance[p] : 0;
        }
        if (gain > most && !picked.contains(i)) {
          most = gain;
          best = i;
        }
      }
      picked.add(best);
      for (int p = 0; p < parts; p++) {
        shown[p] |= surrogates.get(best).weights().get(p) != 0;
      }
    }
    return List.copyOf(picked);
  }
}
