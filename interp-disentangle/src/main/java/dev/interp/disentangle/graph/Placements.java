package dev.interp.disentangle.graph;

import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.metric.LocationInstability;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where patterns were found in pictures, and how clearly. Immutable.
 *
 * <p>A pattern is a node of a graph, or a filter whose strongest unit is taken, so that both can be
 * judged alike.
 */
public final class Placements {
  private final int pictures;
  private final int inputWidth;
  private final int inputHeight;
  private final float[][] x;
  private final float[][] y;
  private final float[][] scores;

  /** Takes the arrays, {@code [patterns][pictures]}. */
  Placements(
      int pictures, int inputWidth, int inputHeight, float[][] x, float[][] y, float[][] scores) {
    this.pictures = pictures;
    this.inputWidth = inputWidth;
    this.inputHeight = inputHeight;
    this.x = x;
    this.y = y;
    this.scores = scores;
  }

  /**
   * The strongest unit of each filter: what a filter says of the position of its part without a
   * graph. Of equal units the first counts.
   *
   * @param maps of a layer
   * @return one pattern per filter; its score is the activation of the unit
   */
  public static Placements ofPeaks(FeatureMaps maps) {
    GraphLayer layer = maps.layer();
    float[][] x = new float[layer.filters()][maps.pictures()];
    float[][] y = new float[layer.filters()][maps.pictures()];
    float[][] scores = new float[layer.filters()][maps.pictures()];
    IntStream.range(0, layer.filters())
        .parallel()
        .forEach(
            f -> {
              float[] map = new float[layer.cells()];
              for (int i = 0; i < maps.pictures(); i++) {
                maps.read(i, f, map);
                int best = 0;
                for (int c = 1; c < map.length; c++) {
                  best = map[c] > map[best] ? c : best;
                }
                x[f][i] = (float) layer.x(best % layer.width());
                int bestRow = best / layer.width();
                y[f][i] = (float) layer.y(bestRow);
                scores[f][i] = map[best];
              }
            });
    return new Placements(maps.pictures(), layer.inputWidth(), layer.inputHeight(), x, y, scores);
  }

  /**
   * The number of patterns.
   *
   * @return at least 0
   */
  public int patterns() {
    return x.length;
  }

  /**
   * The number of pictures.
   *
   * @return at least 1
   */
  public int pictures() {
    return pictures;
  }

  /**
   * The columns of the pictures as the network takes them.
   *
   * @return in pixels
   */
  public int inputWidth() {
    return inputWidth;
  }

  /**
   * The rows of the pictures as the network takes them.
   *
   * @return in pixels
   */
  public int inputHeight() {
    return inputHeight;
  }

  /**
   * The column of a pattern.
   *
   * @param pattern its index
   * @param picture its index
   * @return in pixels of the network's input; the centre of the first pixel is 0.5
   */
  public double x(int pattern, int picture) {
    return x[pattern][picture];
  }

  /**
   * The row of a pattern.
   *
   * @param pattern its index
   * @param picture its index
   * @return in pixels of the network's input; the centre of the first pixel is 0.5
   */
  public double y(int pattern, int picture) {
    return y[pattern][picture];
  }

  /**
   * How clearly a pattern was found: the activation of its unit times the density of the pattern
   * there, or the activation for a filter.
   *
   * @param pattern its index
   * @param picture its index
   * @return at least 0; 0 where nothing was found and the position is the one expected
   */
  public double score(int pattern, int picture) {
    return scores[pattern][picture];
  }

  /** The pictures in which a pattern is clearest, the best first. */
  int[] best(int pattern, int count) {
    return IntStream.range(0, pictures)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -scores[pattern][i]))
        .limit(count)
        .mapToInt(i -> i)
        .toArray();
  }

  /** The mean score in the pictures in which a pattern is clearest. */
  double strength(int pattern, int count) {
    float[] sorted = scores[pattern].clone();
    Arrays.sort(sorted);
    double sum = 0;
    int n = Math.min(count, sorted.length);
    for (int i = 0; i < n; i++) {
      sum += sorted[sorted.length - 1 - i];
    }
    return n == 0 ? 0 : sum / n;
  }

  /**
   * The patterns that are clearest in the pictures that show them best.
   *
   * @param among indices of patterns
   * @param count how many to choose; the paper takes 167
   * @param best the pictures that count for each; the paper takes 20
   * @return the chosen ones, the best first; patterns that were found nowhere are left out
   */
  public int[] strongest(int[] among, int count, int best) {
    double[] strength = new double[patterns()];
    for (int pattern : among) {
      strength[pattern] = strength(pattern, best);
    }
    return Arrays.stream(among)
        .filter(p -> strength[p] > 0)
        .boxed()
        .sorted(Comparator.comparingDouble(p -> -strength[p]))
        .limit(count)
        .mapToInt(p -> p)
        .toArray();
  }

  /**
   * The location instability of patterns, each in the pictures that show it best; see {@link
   * LocationInstability}.
   *
   * @param chosen indices of patterns
   * @param best the pictures that count for each; the paper takes 20
   * @param annotated the pictures with their landmarks; if they have another size than the
   *     network's input, positions are scaled
   * @return one value for each chosen pattern, in lengths of the diagonal; NaN for a pattern found
   *     in less than two pictures with a common landmark
   * @throws IllegalArgumentException if the number of pictures differs
   */
  public double[] instability(int[] chosen, int best, List<PartImage> annotated) {
    if (annotated.size() != pictures) {
      throw new IllegalArgumentException(
          "positions of "
              + pictures
              + " pictures need the landmarks of as many, was "
              + annotated.size());
    }
    double[] result = new double[chosen.length];
    for (int k = 0; k < chosen.length; k++) {
      int pattern = chosen[k];
      LocationInstability own =
          new LocationInstability(1, Math.max(1, annotated.get(0).landmarks().size()));
      for (int i : best(pattern, best)) {
        PartImage picture = annotated.get(i);
        List<Landmark> landmarks = picture.landmarks();
        if (scores[pattern][i] > 0 && !landmarks.isEmpty()) {
          own.add(
              new double[] {scores[pattern][i]},
              new double[] {x[pattern][i] * picture.image().width() / inputWidth},
              new double[] {y[pattern][i] * picture.image().height() / inputHeight},
              landmarks,
              picture.image().width(),
              picture.image().height());
        }
      }
      result[k] = own.perFilter()[0];
    }
    return result;
  }

  /**
   * The same patterns with columns from the other side in some pictures: places in pictures as they
   * are from places in their mirror images, and the other way round.
   *
   * @param which the pictures that were mirrored
   * @return their placements there
   * @throws IllegalArgumentException if the number of pictures differs
   */
  public Placements turned(boolean[] which) {
    if (which.length != pictures) {
      throw new IllegalArgumentException(
          "there must be one choice for each of " + pictures + " pictures, was " + which.length);
    }
    float[][] other = new float[x.length][pictures];
    for (int v = 0; v < x.length; v++) {
      for (int i = 0; i < pictures; i++) {
        other[v][i] = which[i] ? inputWidth - x[v][i] : x[v][i];
      }
    }
    return new Placements(pictures, inputWidth, inputHeight, other, y, scores);
  }

  /**
   * The same patterns in some pictures.
   *
   * @param chosen indices of pictures
   * @return their placements, in that order
   */
  public Placements inPictures(int... chosen) {
    return new Placements(
        chosen.length,
        inputWidth,
        inputHeight,
        pick(x, chosen),
        pick(y, chosen),
        pick(scores, chosen));
  }

  private static float[][] pick(float[][] values, int[] chosen) {
    float[][] result = new float[values.length][chosen.length];
    for (int p = 0; p < values.length; p++) {
      for (int i = 0; i < chosen.length; i++) {
        result[p][i] = values[p][chosen[i]];
      }
    }
    return result;
  }

  /**
   * Some patterns in the same pictures.
   *
   * @param chosen indices of patterns
   * @return their placements, in that order
   */
  public Placements ofPatterns(int... chosen) {
    return new Placements(
        pictures,
        inputWidth,
        inputHeight,
        Arrays.stream(chosen).mapToObj(p -> x[p]).toArray(float[][]::new),
        Arrays.stream(chosen).mapToObj(p -> y[p]).toArray(float[][]::new),
        Arrays.stream(chosen).mapToObj(p -> scores[p]).toArray(float[][]::new));
  }

  /**
   * These patterns followed by others.
   *
   * @param other of the same pictures
   * @return all patterns
   * @throws IllegalArgumentException if the pictures differ in number or size
   */
  public Placements plus(Placements other) {
    if (other.pictures != pictures
        || other.inputWidth != inputWidth
        || other.inputHeight != inputHeight) {
      throw new IllegalArgumentException(
          "only patterns of the same pictures can be joined, was "
              + pictures
              + " and "
              + other.pictures
              + " pictures");
    }
    return new Placements(
        pictures,
        inputWidth,
        inputHeight,
        join(x, other.x),
        join(y, other.y),
        join(scores, other.scores));
  }

  private static float[][] join(float[][] a, float[][] b) {
    float[][] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
