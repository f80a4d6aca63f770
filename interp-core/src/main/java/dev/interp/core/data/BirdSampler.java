package dev.interp.core.data;

import dev.interp.core.data.BirdScene.Backdrop;
import dev.interp.core.data.BirdScene.Light;
import dev.interp.core.data.BirdScene.Pattern;
import dev.interp.core.data.BirdScene.Pose;
import dev.interp.core.data.BirdScene.SceneObject;
import dev.interp.core.data.BirdScene.Thing;
import java.awt.Color;
import java.awt.geom.AffineTransform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Draws classes and scenes at random. Nothing but the kinds of the parts depends on the class. */
final class BirdSampler {
  private static final double MAX_ROTATION = 0.32;
  private static final double MARGIN = 0.02;
  private static final double MIN_ZOOM = 0.76;
  private static final double FRONT_PROBABILITY = 0.2;

  private final BirdCatalogue catalogue;
  private final double[] reach;

  BirdSampler(BirdCatalogue catalogue) {
    this.catalogue = catalogue;
    this.reach = catalogue.reach();
  }

  /**
   * Returns the kind of each part of each class. Every two classes differ in two parts or more, and
   * the kinds of a part are used about equally often.
   *
   * <p>Each step takes, among the combinations that are far enough from all before, one of those
   * whose kinds, and then pairs of kinds, were used least. A combination has 15 others within one
   * change, so among 4 to the power of 5 the first 64 steps never fail.
   */
  static List<Map<String, String>> classes(BodyPlan plan, long seed, int count) {
    SplittableRandom random = new SplittableRandom(mix(seed));
    List<int[]> open = shuffled(combinations(plan), random);
    List<int[]> chosen = new ArrayList<>();
    List<Map<String, String>> classes = new ArrayList<>();
    while (classes.size() < count) {
      int[] best = open.get(0);
      long lowest = Long.MAX_VALUE;
      for (int[] candidate : open) {
        long cost = repetition(candidate, chosen);
        if (cost < lowest) {
          best = candidate;
          lowest = cost;
        }
      }
      int[] next = best;
      open.removeIf(other -> shared(next, other) > next.length - 2);
      chosen.add(next);
      Map<String, String> kinds = new LinkedHashMap<>();
      for (int p = 0; p < next.length; p++) {
        String part = plan.classParts().get(p);
        kinds.put(part, kindsOf(plan, part).get(next[p]));
      }
      classes.add(kinds);
    }
    return classes;
  }

  private static List<int[]> combinations(BodyPlan plan) {
    List<int[]> all = new ArrayList<>();
    all.add(new int[0]);
    for (String part : plan.classParts()) {
      List<int[]> longer = new ArrayList<>();
      for (int[] start : all) {
        for (int kind = 0; kind < kindsOf(plan, part).size(); kind++) {
          int[] next = Arrays.copyOf(start, start.length + 1);
          next[start.length] = kind;
          longer.add(next);
        }
      }
      all = longer;
    }
    return all;
  }

  private static List<int[]> shuffled(List<int[]> list, SplittableRandom random) {
    for (int i = list.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int[] swap = list.get(i);
      list.set(i, list.get(j));
      list.set(j, swap);
    }
    return list;
  }

  /** Counts how often the kinds, and then how often pairs of kinds, of a candidate were used. */
  private static long repetition(int[] candidate, List<int[]> chosen) {
    long kinds = 0;
    long pairs = 0;
    for (int[] earlier : chosen) {
      int shared = shared(candidate, earlier);
      kinds += shared;
      pairs += shared * (shared - 1) / 2;
    }
    return kinds * 1000 + pairs;
  }

  private static int shared(int[] a, int[] b) {
    int count = 0;
    for (int p = 0; p < a.length; p++) {
      count += a[p] == b[p] ? 1 : 0;
    }
    return count;
  }

  private static List<String> kindsOf(BodyPlan plan, String part) {
    return plan.kinds().getOrDefault(part, List.of());
  }

  /** Returns the scene of one index; each aspect has its own stream of random numbers. */
  BirdScene scene(long seed, int index, int label, Map<String, String> classKinds) {
    SplittableRandom random = new SplittableRandom(mix(mix(seed) + index));
    SplittableRandom forBody = random.split();
    SplittableRandom forPose = random.split();
    SplittableRandom forLight = random.split();
    SplittableRandom forBackdrop = random.split();
    SplittableRandom forObjects = random.split();
    Map<String, String> kinds = new LinkedHashMap<>(classKinds);
    List<String> bodies = kindsOf(catalogue.plan(), BirdCatalogue.BODY);
    kinds.put(BirdCatalogue.BODY, bodies.get(forBody.nextInt(bodies.size())));
    return new BirdScene(
        label,
        kinds,
        Set.of(),
        pose(forPose),
        light(forLight),
        backdrop(forBackdrop),
        objects(forObjects));
  }

  private Pose pose(SplittableRandom random) {
    double rotation = between(random, -MAX_ROTATION, MAX_ROTATION);
    boolean flipped = random.nextBoolean();
    AffineTransform turn =
        BirdRenderer.birdToImage(
            new Pose(0, 0, BirdCatalogue.BODY_LENGTH, rotation, flipped, 0, 0, 0, 0), 1);
    double[] turned = new double[reach.length];
    turn.transform(reach, 0, turned, 0, reach.length / 2);
    double left = 0;
    double right = 0;
    double top = 0;
    double bottom = 0;
    for (int i = 0; i < turned.length; i += 2) {
      left = Math.min(left, turned[i]);
      right = Math.max(right, turned[i]);
      top = Math.min(top, turned[i + 1]);
      bottom = Math.max(bottom, turned[i + 1]);
    }
    double unit =
        between(random, MIN_ZOOM, 1) * (1 - 2 * MARGIN) / Math.max(right - left, bottom - top);
    return new Pose(
        between(random, MARGIN - left * unit, 1 - MARGIN - right * unit),
        between(random, MARGIN - top * unit, 1 - MARGIN - bottom * unit),
        unit * BirdCatalogue.BODY_LENGTH,
        rotation,
        flipped,
        turn(random, 0),
        turn(random, 1),
        turn(random, 2),
        turn(random, 3));
  }

  private double turn(SplittableRandom random, int angle) {
    double play = catalogue.play(catalogue.plan().turning().get(angle));
    return between(random, -play, play);
  }

  /**
   * Returns a backdrop in the colours of a class, which are as far apart as colours of so many
   * classes can be, with a given probability; else the backdrop itself.
   */
  static Backdrop biased(
      Backdrop backdrop, double rate, long seed, int index, int label, int classes) {
    SplittableRandom random = new SplittableRandom(mix(mix(~seed) + index));
    if (random.nextDouble() >= rate) {
      return backdrop;
    }
    double hue = (double) label / classes;
    return new Backdrop(
        backdrop.pattern(),
        hsb(hue, 0.45, 0.9),
        hsb(hue, 0.45, 0.72),
        backdrop.angle(),
        backdrop.size(),
        backdrop.texture());
  }

  private static Light light(SplittableRandom random) {
    return new Light(
        between(random, 0.78, 1.12),
        between(random, 0.92, 1.08),
        between(random, 0.95, 1.05),
        between(random, 0.90, 1.10),
        between(random, 0, 0.18),
        between(random, 0, 2 * Math.PI));
  }

  private static Backdrop backdrop(SplittableRandom random) {
    Pattern pattern = pick(random, Pattern.values());
    float hue = (float) random.nextDouble();
    float saturation = (float) between(random, 0.12, 0.5);
    float value = (float) between(random, 0.6, 0.98);
    float secondHue = hue + (float) between(random, -0.2, 0.2);
    float secondValue = (float) Math.min(1, value * between(random, 0.72, 1.1));
    double size =
        switch (pattern) {
          case HILLS -> between(random, 0.15, 0.5);
          case MOTTLED -> between(random, 0.1, 0.3);
          case PLAIN, GRADIENT, STRIPES -> between(random, 0.06, 0.25);
        };
    return new Backdrop(
        pattern,
        hsb(hue, saturation, value),
        hsb(secondHue, saturation, secondValue),
        between(random, 0, 2 * Math.PI),
        size,
        random.nextInt());
  }

  private static List<SceneObject> objects(SplittableRandom random) {
    List<SceneObject> objects = new ArrayList<>();
    int behind = 2 + random.nextInt(5);
    for (int i = 0; i < behind; i++) {
      objects.add(object(random, between(random, 0.05, 0.15), false));
    }
    if (random.nextDouble() < FRONT_PROBABILITY) {
      objects.add(object(random, between(random, 0.04, 0.08), true));
    }
    return objects;
  }

  private static SceneObject object(SplittableRandom random, double size, boolean inFront) {
    Thing thing = pick(random, Thing.values());
    double rotation =
        switch (thing) {
          case CLOUD, STONE, GRASS -> between(random, -0.25, 0.25);
          case BALL, LEAF, STICK -> between(random, 0, 2 * Math.PI);
        };
    return new SceneObject(
        thing,
        random.nextDouble(),
        random.nextDouble(),
        size,
        rotation,
        colour(random, thing),
        inFront);
  }

  private static int colour(SplittableRandom random, Thing thing) {
    double hue = random.nextDouble();
    double tone = random.nextDouble();
    return switch (thing) {
      case BALL -> hsb(hue, 0.55 + 0.3 * tone, 0.9);
      case LEAF -> hsb(0.05 + 0.33 * hue, 0.7, 0.55 + 0.3 * tone);
      case STICK -> hsb(0.06 + 0.05 * hue, 0.45, 0.45 + 0.25 * tone);
      case CLOUD -> hsb(0.55 + 0.1 * hue, 0.06, 0.85 + 0.12 * tone);
      case STONE -> hsb(hue, 0.08, 0.45 + 0.35 * tone);
      case GRASS -> hsb(0.22 + 0.16 * hue, 0.65, 0.45 + 0.3 * tone);
    };
  }

  private static int hsb(double hue, double saturation, double brightness) {
    return Color.HSBtoRGB((float) hue, (float) saturation, (float) brightness) & 0xFFFFFF;
  }

  private static <T> T pick(SplittableRandom random, T[] values) {
    return values[random.nextInt(values.length)];
  }

  private static double between(SplittableRandom random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  /** Scrambles the bits, so that neighbouring seeds and indices give unrelated streams. */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
