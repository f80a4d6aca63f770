package dev.interp.visual.optimize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Random looks at a picture, a new one in each step of an optimisation, so that what is found does
 * not hang on the exact place of a pixel. In the order in which they were added; together they are
 * one affine map, so that the picture is interpolated once.
 *
 * <p>Source: lucid's {@code optvis.transform}. Deviations: the picture is surrounded by grey as far
 * as it takes (lucid pads by 12 pixels first), the network is shown as many pixels as it takes
 * instead of what jitter leaves over, and no interpolation follows another one. Immutable.
 */
public final class Transformations {
  private interface Step {
    Warp draw(SplittableRandom random, int h, int w);
  }

  private final List<String> names;
  private final List<Step> steps;

  private Transformations(List<String> names, List<Step> steps) {
    this.names = List.copyOf(names);
    this.steps = List.copyOf(steps);
  }

  /**
   * The picture as it is.
   *
   * @return no transformation
   */
  public static Transformations none() {
    return new Transformations(List.of(), List.of());
  }

  /**
   * Those of the reference: jitter 8, scale 0.9 to 1.1 in steps of 0.02, rotation by −10 to 10
   * degrees with five extra zeros, jitter 4.
   *
   * @return the transformations
   */
  public static Transformations standard() {
    double[] scales = new double[11];
    Arrays.setAll(scales, i -> 1 + (i - 5) / 50.0);
    double[] angles = new double[26];
    Arrays.setAll(angles, i -> i < 21 ? i - 10 : 0);
    return none().jitter(8).scale(scales).rotate(angles).jitter(4);
  }

  /**
   * Moves by a whole number of pixels, from minus to plus half of a range.
   *
   * @param range how many pixels there are between the two furthest places, at least 0
   * @return a copy
   * @throws IllegalArgumentException if the range is below 0
   */
  public Transformations jitter(int range) {
    if (range < 0) {
      throw new IllegalArgumentException("jitter must be at least 0 pixels, was " + range);
    }
    return with(
        "jitter " + range,
        (random, h, w) ->
            Warp.shift(
                random.nextInt(range + 1) - range / 2, random.nextInt(range + 1) - range / 2));
  }

  /**
   * Enlarges around the middle.
   *
   * @param factors one of them each time, above 0
   * @return a copy
   * @throws IllegalArgumentException if there are none or one is not above 0
   */
  public Transformations scale(double... factors) {
    double[] own = checked("factors of scale", factors);
    if (Arrays.stream(own).anyMatch(f -> f <= 0)) {
      throw new IllegalArgumentException(
          "factors of scale must be above 0, were " + Arrays.toString(own));
    }
    return with(
        "scale " + span(own),
        (random, h, w) -> Warp.around(h, w, own[random.nextInt(own.length)], 0));
  }

  /**
   * Turns around the middle.
   *
   * @param degrees one of them each time, against the clock
   * @return a copy
   * @throws IllegalArgumentException if there are none or one is not finite
   */
  public Transformations rotate(double... degrees) {
    double[] own = checked("angles", degrees);
    return with(
        "rotate " + span(own),
        (random, h, w) -> Warp.around(h, w, 1, own[random.nextInt(own.length)]));
  }

  private static double[] checked(String what, double[] numbers) {
    if (numbers.length == 0 || !Arrays.stream(numbers).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException(
          what + " must be finite and at least one, were " + Arrays.toString(numbers));
    }
    return numbers.clone();
  }

  private static String span(double[] numbers) {
    return Arrays.stream(numbers).min().orElse(0) + " to " + Arrays.stream(numbers).max().orElse(0);
  }

  private Transformations with(String name, Step step) {
    List<String> moreNames = new ArrayList<>(names);
    moreNames.add(name);
    List<Step> more = new ArrayList<>(steps);
    more.add(step);
    return new Transformations(moreNames, more);
  }

  /** A look at a picture of h × w pixels. */
  Warp draw(SplittableRandom random, int h, int w) {
    Warp all = Warp.NONE;
    for (Step step : steps) {
      all = all.then(step.draw(random, h, w));
    }
    return all;
  }

  @Override
  public String toString() {
    return names.isEmpty() ? "none" : names.stream().collect(Collectors.joining(", "));
  }
}
