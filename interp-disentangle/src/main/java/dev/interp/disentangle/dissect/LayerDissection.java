package dev.interp.disentangle.dissect;

import dev.interp.core.network.ReceptiveField;
import dev.interp.visual.gallery.TopPictures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What the filters of a layer detect.
 *
 * @param layer its name
 * @param height rows of its maps
 * @param width columns of its maps
 * @param field receptive field of its units
 * @param inputHeight rows of a picture as the network takes it
 * @param inputWidth its columns
 * @param pictures how many pictures were dissected
 * @param overlap the counts behind all
 * @param filters one for each filter, in order
 * @param detectors of the filters
 * @param rotated of as many random directions in the space of filters, if that was asked for: what
 *     remains of detection if a filter is no special direction
 */
public record LayerDissection(
    String layer,
    int height,
    int width,
    ReceptiveField field,
    int inputHeight,
    int inputWidth,
    int pictures,
    ConceptOverlap overlap,
    List<Filter> filters,
    Detectors detectors,
    Optional<Detectors> rotated) {
  /** Copies the list. */
  public LayerDissection {
    filters = List.copyOf(filters);
  }

  /**
   * A concept that a filter may detect.
   *
   * @param concept the concept
   * @param score intersection over union, or the share of pictures; 0 to 1
   */
  public record Match(Concept concept, double score) {}

  /**
   * One filter.
   *
   * @param filter its index
   * @param threshold above which it marks
   * @param largest its largest activation in all pictures
   * @param best the concept with the largest intersection over union; empty if it overlaps none
   * @param isDetector whether that exceeds the limit of detectors
   * @param part the part that it marks in the largest share of the pictures that show it: its
   *     interpretability; empty if it marks none or the pictures have no parts
   * @param top the pictures in which it is strongest
   */
  public record Filter(
      int filter,
      float threshold,
      float largest,
      Optional<Match> best,
      boolean isDetector,
      Optional<Match> part,
      List<TopPictures.Shot> top) {
    /** Copies the list. */
    public Filter {
      top = List.copyOf(top);
    }

    /**
     * Whether the filter is never above zero.
     *
     * @return true for a filter that no picture excites
     */
    public boolean isDead() {
      return largest <= 0;
    }
  }

  /**
   * How many filters detect something, and how much.
   *
   * @param count filters that detect a concept
   * @param unique different concepts among those detected
   * @param byCategory the number of detectors of each category
   * @param uniqueByCategory the number of different concepts detected of each category
   * @param meanBest mean over filters of the largest intersection over union
   */
  public record Detectors(
      int count,
      int unique,
      Map<String, Integer> byCategory,
      Map<String, Integer> uniqueByCategory,
      double meanBest) {
    /** Copies the maps, which keep their order. */
    public Detectors {
      byCategory = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(byCategory));
      uniqueByCategory =
          java.util.Collections.unmodifiableMap(new LinkedHashMap<>(uniqueByCategory));
    }

    static Detectors of(ConceptOverlap overlap, int fewest, double limit) {
      Map<String, Integer> count = new LinkedHashMap<>();
      Map<String, TreeSet<String>> names = new LinkedHashMap<>();
      for (String category : overlap.categories()) {
        count.put(category, 0);
        names.put(category, new TreeSet<>());
      }
      int filters = overlap.thresholds().length;
      double sum = 0;
      for (int f = 0; f < filters; f++) {
        Optional<Match> best = best(overlap, f, fewest);
        if (best.isPresent()) {
          sum += best.get().score();
          if (best.get().score() > limit) {
            count.merge(best.get().concept().category(), 1, Integer::sum);
            names
                .computeIfAbsent(best.get().concept().category(), k -> new TreeSet<>())
                .add(best.get().concept().name());
          }
        }
      }
      Map<String, Integer> unique = new LinkedHashMap<>();
      names.forEach((category, own) -> unique.put(category, own.size()));
      return new Detectors(
          count.values().stream().mapToInt(Integer::intValue).sum(),
          unique.values().stream().mapToInt(Integer::intValue).sum(),
          count,
          unique,
          sum / filters);
    }
  }

  /** The concept that overlaps most with a filter, of those that enough pictures show. */
  static Optional<Match> best(ConceptOverlap overlap, int filter, int fewest) {
    int best = -1;
    for (int c = 0; c < overlap.concepts().size(); c++) {
      double iou = overlap.iou(filter, c);
      if (overlap.pictures(c) >= fewest
          && iou > 0
          && (best < 0 || iou > overlap.iou(filter, best))) {
        best = c;
      }
    }
    return best < 0
        ? Optional.empty()
        : Optional.of(new Match(overlap.concepts().get(best), overlap.iou(filter, best)));
  }

  /** The part that a filter marks in the largest share of pictures. */
  static Optional<Match> part(ConceptOverlap overlap, int filter, int fewest) {
    int best = -1;
    for (int c = 0; c < overlap.concepts().size(); c++) {
      double share = overlap.marks(filter, c);
      if (overlap.concepts().get(c).category().equals("part")
          && overlap.pictures(c) >= fewest
          && share > 0
          && (best < 0 || share > overlap.marks(filter, best))) {
        best = c;
      }
    }
    return best < 0
        ? Optional.empty()
        : Optional.of(new Match(overlap.concepts().get(best), overlap.marks(filter, best)));
  }

  /**
   * The part interpretability of the layer: the mean over filters of the share of pictures in which
   * a filter marks its part.
   *
   * @return 0 to 1
   */
  public double partInterpretability() {
    return filters.stream()
        .mapToDouble(f -> f.part().map(Match::score).orElse(0.0))
        .average()
        .orElse(0);
  }

  /**
   * How many filters no picture excites.
   *
   * @return 0 to the number of filters
   */
  public int deadFilters() {
    return (int) filters.stream().filter(Filter::isDead).count();
  }

  /**
   * The detectors, the best of each concept first: concepts by their best filter.
   *
   * @return filters with {@link Filter#isDetector}
   */
  public List<Filter> bestDetectors() {
    Map<Concept, List<Filter>> byConcept = new LinkedHashMap<>();
    filters.stream()
        .filter(Filter::isDetector)
        .sorted((a, b) -> Double.compare(score(b), score(a)))
        .forEach(
            f ->
                byConcept
                    .computeIfAbsent(f.best().orElseThrow().concept(), k -> new ArrayList<>())
                    .add(f));
    List<Filter> order = new ArrayList<>();
    byConcept.values().forEach(order::addAll);
    return List.copyOf(order);
  }

  private static double score(Filter filter) {
    return filter.best().map(Match::score).orElse(0.0);
  }
}
