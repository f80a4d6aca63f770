package dev.interp.core.data;

import static dev.interp.core.data.Outline.disc;
import static dev.interp.core.data.Outline.path;

import java.awt.geom.AffineTransform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shapes and colours of all kinds of parts of an animal and of all things.
 *
 * <p>A bird looks to the right in its own frame: x right, y down, origin in the middle of the body,
 * 100 units from rump to forehead. Each part is drawn around its joint, in units of the bird. A
 * thing is drawn around its centre and reaches about one unit.
 */
final class BirdCatalogue {
  static final String BODY = "body";
  static final String BEAK = "beak";
  static final String EYE = "eye";
  static final String WING = "wing";
  static final String FOOT = "foot";
  static final String TAIL = "tail";

  /** Units from rump to forehead. */
  static final double BODY_LENGTH = 100;

  private static final double OUTLINE = 2.6;
  private static final double BAR = 5;
  private static final int INK = 0x20222B;

  /**
   * What a region is filled with: one colour down to a height in the frame of the part, from there
   * a gradient to another one.
   */
  record Ink(int first, int second, double from, double to) {
    static Ink of(int rgb) {
      return new Ink(rgb, rgb, 0, 1);
    }
  }

  /** A region in one ink. */
  record Patch(Region region, Ink ink) {}

  /** One kind of part: its patches from back to front and the centre of their bounds. */
  record Kind(List<Patch> patches, double centreX, double centreY) {}

  /** A region of a thing, in the thing's colour times a factor. */
  record Shade(Region region, double factor) {}

  private final BodyPlan plan;
  private final Map<String, Map<String, Kind>> kinds;
  private final Map<BirdScene.Thing, List<Shade>> things = new EnumMap<>(BirdScene.Thing.class);
  private final double[] reach;

  BirdCatalogue(BodyPlan plan) {
    this.plan = plan;
    this.kinds = plan == BodyPlan.FISH ? FishDrawings.all(eyes()) : birds();
    drawThings();
    reach = reachOfAllKinds();
  }

  private static Map<String, Map<String, Kind>> birds() {
    Map<String, Map<String, Kind>> all = new LinkedHashMap<>();
    all.put(BODY, bodies());
    all.put(BEAK, beaks());
    all.put(EYE, eyes());
    all.put(WING, wings());
    all.put(FOOT, feet());
    all.put(TAIL, tails());
    return all;
  }

  BodyPlan plan() {
    return plan;
  }

  Kind kind(String part, String name) {
    return lookUp(lookUp(kinds, part), name);
  }

  /** Returns the shades of a thing from back to front. */
  List<Shade> thing(BirdScene.Thing thing) {
    return lookUp(things, thing);
  }

  private static <K, V> V lookUp(Map<K, V> map, K key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("The catalogue lacks " + key);
    }
    return value;
  }

  /** Where a part is joined to the bird, and how far it may turn. */
  private double[] joint(String part) {
    if (plan == BodyPlan.FISH) {
      return FishDrawings.joint(part);
    }
    return switch (part) {
      case BEAK -> new double[] {49, -35, 0.10};
      case EYE -> new double[] {33, -39, 0};
      case WING -> new double[] {9, -11, 0.16};
      case FOOT -> new double[] {2, 27, 0.14};
      case TAIL -> new double[] {-40, -6, 0.20};
      default -> new double[] {0, 0, 0};
    };
  }

  /** Returns by how much a part may turn either way, in radians. */
  double play(String part) {
    return joint(part)[2];
  }

  /** Returns the transform from the frame of a part to the frame of the animal. */
  AffineTransform attach(String part, BirdScene.Pose pose) {
    double[] angles = {pose.beak(), pose.wing(), pose.foot(), pose.tail()};
    int turning = plan.turning().indexOf(part);
    return attach(part, turning < 0 ? 0 : angles[turning]);
  }

  private AffineTransform attach(String part, double angle) {
    double[] joint = joint(part);
    AffineTransform transform = AffineTransform.getTranslateInstance(joint[0], joint[1]);
    transform.concatenate(BirdRenderer.rotation(angle));
    return transform;
  }

  /**
   * Returns points (x, y, x, y ...) in the frame of the bird that no part of any kind reaches
   * beyond. Scale and place of a bird depend on them and not on the bird's own kinds, else they
   * would give away the class.
   */
  double[] reach() {
    return reach;
  }

  private double[] reachOfAllKinds() {
    int directions = 48;
    double[] best = new double[2 * directions];
    double[] support = new double[directions];
    Arrays.fill(support, Double.NEGATIVE_INFINITY);
    for (Map.Entry<String, Map<String, Kind>> part : kinds.entrySet()) {
      for (Kind kind : part.getValue().values()) {
        for (int turn = -1; turn <= 1; turn++) {
          AffineTransform at = attach(part.getKey(), turn * play(part.getKey()));
          for (double[] corners : edges(kind.patches())) {
            double[] points = new double[corners.length];
            at.transform(corners, 0, points, 0, points.length / 2);
            for (int d = 0; d < directions; d++) {
              double angle = 2 * Math.PI * d / directions;
              double cos = StrictMath.cos(angle);
              double sin = StrictMath.sin(angle);
              for (int k = 0; k < points.length; k += 2) {
                double along = points[k] * cos + points[k + 1] * sin;
                if (along > support[d]) {
                  support[d] = along;
                  best[2 * d] = points[k];
                  best[2 * d + 1] = points[k + 1];
                }
              }
            }
          }
        }
      }
    }
    return best;
  }

  /** Returns corners that no patch reaches beyond. */
  private static List<double[]> edges(List<Patch> patches) {
    return patches.stream()
        .flatMap(patch -> patch.region().outlines().get(0).polygons().stream())
        .map(Outline.Polygon::corners)
        .toList();
  }

  private static Map<String, Kind> bodies() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put("cream", body(0xEBCF9B, 0xFBF1DA));
    map.put("grey", body(0x98A1AD, 0xE3E6EA));
    map.put("tan", body(0xB5854F, 0xEAD3AE));
    map.put("sky", body(0x8FC1DA, 0xE6F3F8));
    return map;
  }

  private static Kind body(int back, int belly) {
    return new Drawing()
        .outlined(
            "M -46 -8 C -32 -17 -10 -18 4 -34 C 7 -51 20 -60 34 -58 C 48 -56 55 -45 54 -34"
                + " C 53 -24 46 -18 44 -9 C 46 14 30 33 2 33 C -24 33 -40 14 -46 -8 Z",
            back)
        .plain(
            "M 50 -24 C 44 -20 34 -16 26 -4 C 14 14 -8 22 -30 19 C -22 27 -12 31 2 31 C 28 31 43 14 42 -9"
                + " C 43 -15 47 -19 50 -24 Z",
            belly)
        .kind();
  }

  private static Map<String, Kind> beaks() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "cone",
        new Drawing()
            .outlined("M -4 -11 C 8 -11 18 -5 23 3 C 16 10 6 12 -4 11 Z", 0xF4861F)
            .line("M -3 3 L 20 3", 1.6, 0x8A4307)
            .kind());
    map.put(
        "needle",
        new Drawing().outlined("M -4 -5 C 12 -6 27 -1 37 9 C 24 5 10 5 -4 5 Z", 0x3B4254).kind());
    map.put(
        "hook",
        new Drawing()
            .outlined("M -4 5 L 9 6 C 13 8 11 14 5 15 C 1 15 -3 13 -4 11 Z", 0x8E1B2B)
            .outlined("M -5 -13 C 12 -18 27 -6 22 18 C 18 9 12 6 -4 7 Z", 0xDE2B3F)
            .kind());
    map.put(
        "spoon",
        new Drawing()
            .outlined(
                "M -4 -7 C 6 -7 12 -2 21 -6 C 32 -10 38 -3 37 3 C 35 11 26 12 18 9 C 10 7 4 9 -4 8 Z",
                0xFAD02C)
            .line("M -2 2 C 10 5 22 2 34 4", 1.6, 0x9A7406)
            .kind());
    return map;
  }

  private static Map<String, Kind> eyes() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "ring",
        new Drawing()
            .plain(disc(0, 0, 9.5), 0xFFFFFF)
            .plain(disc(0, 0, 6), INK)
            .plain(disc(2, -2.2, 2), 0xFFFFFF)
            .kind());
    map.put(
        "gold",
        new Drawing()
            .plain(disc(0, 0, 10), INK)
            .plain(disc(0, 0, 8.2), 0xFFC61A)
            .plain(disc(0.5, 0, 3.4), INK)
            .plain(disc(2, -1.6, 1.2), 0xFFFFFF)
            .kind());
    map.put(
        "ruby",
        new Drawing()
            .plain("M -13 0 C -7 -10 7 -10 13 0 C 7 10 -7 10 -13 0 Z", INK)
            .plain("M -10 0 C -6 -7 6 -7 10 0 C 6 7 -6 7 -10 0 Z", 0xE8263A)
            .plain("M 0 -5.4 C 2.6 -2 2.6 2 0 5.4 C -2.6 2 -2.6 -2 0 -5.4 Z", INK)
            .kind());
    map.put(
        "lidded",
        new Drawing()
            .plain(disc(0, 0, 10), INK)
            .plain(disc(0, 0, 8.4), 0x43D3C5)
            .plain(disc(1, 2.4, 3.6), INK)
            .plain("M -10 0.4 C -10 -13 10 -13 10 0.4 C 4 -2 -4 -2 -10 0.4 Z", 0x2E3A7A)
            .kind());
    return map;
  }

  private static Map<String, Kind> wings() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "folded",
        new Drawing()
            .outlined("M 10 0 C 8 -13 -22 -13 -62 15 C -42 27 6 30 10 0 Z", 0x2C63C9)
            .plain("M 8 0 C 6 -10 -12 -9 -26 -2 C -16 9 5 12 8 0 Z", 0x6FA3F0)
            .line("M -20 8 C -32 12 -42 14 -54 15", 1.8, 0x163A80)
            .line("M -12 15 C -24 19 -34 20 -44 19", 1.8, 0x163A80)
            .kind());
    map.put(
        "raised",
        new Drawing()
            .outlined(
                "M 10 9 C 16 -16 8 -44 -6 -60 Q -14 -52 -15 -44 Q -20 -52 -27 -55 Q -29 -46 -27 -37"
                    + " Q -34 -44 -42 -44 Q -41 -33 -35 -24 Q -42 -28 -49 -26 C -42 -10 -22 12 10 9 Z",
                0xD93A2B)
            .plain(
                "M 8 7 C 11 -8 7 -20 -1 -28 C -8 -22 -17 -14 -22 -7 C -14 3 -4 8 8 7 Z", 0xFFA62B)
            .kind());
    map.put(
        "round",
        new Drawing()
            .outlined(
                "M -13 -14 C -20.8 -14 -27.7 -9.9 -31.6 -3.8 C -32.6 -4.2 -33.8 -4.5 -35 -4.5"
                    + " C -39.7 -4.5 -43.5 -0.7 -43.5 4 C -43.5 6.9 -42.1 9.4 -39.9 10.9"
                    + " C -41.5 12.5 -42.5 14.6 -42.5 17 C -42.5 21.7 -38.7 25.5 -34 25.5"
                    + " C -33.8 25.5 -33.6 25.5 -33.4 25.5 C -33.5 26 -33.5 26.5 -33.5 27"
                    + " C -33.5 31.7 -29.7 35.5 -25 35.5 C -23.5 35.5 -22 35.1 -20.8 34.4"
                    + " C -19.5 37.4 -16.5 39.5 -13 39.5 C -8.3 39.5 -4.5 35.7 -4.5 31"
                    + " C -4.5 30.1 -4.6 29.3 -4.9 28.5 C 3.2 25.2 9 17.3 9 8"
                    + " C 9 -4.2 -0.8 -14 -13 -14 Z",
                0x2FA04A)
            .plain(disc(-6, -2, 5), 0xC9F26B)
            .plain(disc(-20, 3, 5), 0xC9F26B)
            .plain(disc(-8, 14, 5), 0xC9F26B)
            .plain(disc(-23, 18, 5), 0xC9F26B)
            .kind());
    map.put(
        "barred",
        new Drawing()
            .barred(
                "M 11 -4 C -8 -17 -38 -14 -52 -4 C -42 4 -34 24 -35 45 C -16 36 8 22 11 -4 Z",
                0x6A35A8,
                "M -1 -20 C -2 2 -8 18 -20 45 M -17 -22 C -18 2 -22 20 -32 48"
                    + " M -33 -22 C -33 -2 -34 10 -36 30",
                0xFFFFFF)
            .kind());
    return map;
  }

  private static Map<String, Kind> feet() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put("toes", legs(new Drawing(), BirdCatalogue::songbirdLeg));
    map.put("webbed", legs(new Drawing(), BirdCatalogue::webbedLeg));
    map.put("stilts", legs(new Drawing(), BirdCatalogue::stiltLeg));
    map.put("talons", legs(new Drawing(), BirdCatalogue::talonLeg));
    return map;
  }

  /** Draws one leg whose hip is at (x, -2). */
  private interface Leg {
    void draw(Drawing drawing, double x);
  }

  private static Kind legs(Drawing drawing, Leg leg) {
    leg.draw(drawing, -12);
    leg.draw(drawing, 10);
    return drawing.kind();
  }

  private static void songbirdLeg(Drawing drawing, double x) {
    drawing
        .line(path("M 0 -2 L 2 22", x), 5, 0x6B3F1D)
        .line(path("M 2 22 L 14 26 M 2 22 L 6 29 M 2 22 L -8 26", x), 4, 0x6B3F1D);
  }

  private static void webbedLeg(Drawing drawing, double x) {
    drawing
        .line(path("M 0 -2 L -1 14", x), 6, 0xD9540B)
        .outlined(
            path("M -4 13 L 2 12 L 23 23 Q 16 23 14 28 Q 9 24 4 29 Q -1 24 -8 27 Z", x), 0xFF7A1A);
  }

  private static void stiltLeg(Drawing drawing, double x) {
    drawing
        .line(path("M 0 -2 L -4 18 L 1 40", x), 4.4, 0xF06C9B)
        .plain(disc(x - 4, 18, 5), 0xC53C72)
        .line(path("M 1 40 L 12 42 M 1 40 L -8 43", x), 3.6, 0xF06C9B);
  }

  private static void talonLeg(Drawing drawing, double x) {
    drawing
        .line(path("M 0 12 L 1 21", x), 7, 0xF2B90F)
        .line(path("M 1 20 L 14 22 M 1 20 L 5 26 M 1 20 L -9 23", x), 5.5, 0xF2B90F)
        .line(path("M 13 21 Q 18 23 17 29 M 4 25 Q 7 28 5 33 M -8 22 Q -13 24 -12 29", x), 3.4, INK)
        .outlined(
            path(
                "M -10 -6 L 10 -6 C 10 4 7 11 5 16 L 1 12 L -2 17 L -5 12 C -8 6 -10 2 -10 -6 Z",
                x),
            0x7A5AA6);
  }

  private static Map<String, Kind> tails() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "fork",
        new Drawing()
            .outlined(
                "M 8 -5 C -12 -14 -34 -20 -52 -30 C -46 -12 -34 -3 -24 2 C -34 8 -42 16 -46 28 C -28 22 -8 18 8 12 Z",
                0x2B3350)
            .kind());
    map.put(
        "fan",
        new Drawing()
            .barred(
                "M 8 -5 L -32 -32 Q -40 -30 -40 -22 Q -47 -18 -45 -9 Q -50 -2 -46 6 Q -48 14 -41 19 Q -40 26 -32 28"
                    + " L 8 11 Z",
                0xC65A1E,
                "M -26 -36 Q -42 0 -26 34",
                0xFFE2A8)
            .line("M -4 0 L -22 -13 M -5 3 L -26 -1 M -4 6 L -22 12", 1.8, 0x7E330A)
            .kind());
    map.put(
        "plume",
        new Drawing()
            .outlined(
                "M -38 -33 C -45.2 -33 -51 -27.2 -51 -20 C -51 -13.3 -46 -7.9 -39.6 -7.1"
                    + " C -33.4 3.8 -22.6 9 -9.7 9 C -4.3 9 1.4 8.1 7.3 6.3"
                    + " C 9.7 5.6 11 3.1 10.3 0.7 C 9.7 -1.3 8 -2.5 6 -2.5"
                    + " C 5.6 -2.5 5.1 -2.4 4.7 -2.3 C -1.1 -0.6 -6.4 0.3 -11 0.3"
                    + " C -19.6 0.3 -26.1 -2.8 -30.5 -9.4 C -27.2 -11.7 -25 -15.6 -25 -20"
                    + " C -25 -27.2 -30.8 -33 -38 -33 Z",
                0x139E8C)
            .plain(disc(-38, -20, 8.5), 0xFFD23F)
            .plain(disc(-38, -20, 4.5), 0x23307A)
            .kind());
    map.put(
        "stub",
        new Drawing()
            .outlined("M 8 -7 L -20 -24 L -27 -16 L -33 -8 L -30 0 L -24 10 L 6 10 Z", 0xE2479B)
            .plain(
                "M -19 -21 L -24 -15 L -30 -8 L -27 0 L -22 8 L -16 8 L -21 0 L -20 -7 L -12 -17 Z",
                0xFFFFFF)
            .kind());
    return map;
  }

  private void drawThings() {
    add(
        BirdScene.Thing.BALL,
        shade(disc(0, 0, 0.9), 0.75),
        shade(disc(-0.04, -0.05, 0.78), 1),
        shade(disc(-0.25, -0.3, 0.22), 1.3));
    add(
        BirdScene.Thing.LEAF,
        shade(path("M -1 0 C -0.5 -0.75 0.4 -0.7 1 0 C 0.4 0.7 -0.5 0.75 -1 0 Z"), 1),
        shade(
            path("M -1.25 0 L 0.75 0 M -0.4 0 L 0 -0.35 M -0.4 0 L 0 0.35 M 0.1 0 L 0.4 -0.25 M 0.1 0 L 0.4 0.25")
                .stroke(0.09),
            0.7));
    add(
        BirdScene.Thing.STICK,
        shade(
            path("M -1.3 0.1 L 0 0 L 1.3 -0.15 M 0 0 L 0.6 -0.5 M -0.6 0.05 L -0.3 0.4")
                .stroke(0.17),
            0.65),
        shade(path("M -1.25 0.07 L 0 -0.03 L 1.25 -0.18").stroke(0.06), 1));
    Outline cloud =
        Outline.union(
            disc(-0.6, 0.1, 0.42),
            disc(0, -0.15, 0.58),
            disc(0.6, 0.12, 0.4),
            path("M -0.6 0.1 L 0.6 0.1 L 0.6 0.52 L -0.6 0.52 Z"));
    add(BirdScene.Thing.CLOUD, shade(cloud, 1), shade(disc(-0.05, -0.25, 0.4), 1.08));
    add(
        BirdScene.Thing.STONE,
        shade(
            path("M -0.9 0.4 L -0.75 -0.25 L -0.2 -0.6 L 0.45 -0.5 L 0.9 0 L 0.8 0.5 L -0.4 0.6 Z"),
            0.8),
        shade(path("M -0.7 -0.2 L -0.2 -0.55 L 0.42 -0.45 L 0.6 -0.1 L 0 0.05 Z"), 1.05));
    add(
        BirdScene.Thing.GRASS,
        shade(
            path(
                "M -0.3 0.9 Q -0.6 0 -0.9 -0.5 Q -0.3 -0.1 -0.1 0.9 Z M -0.15 0.9 Q -0.1 -0.2 -0.05 -1 Q 0.2 -0.2 0.12 0.9 Z"
                    + " M 0.05 0.9 Q 0.3 0 0.85 -0.6 Q 0.6 0.1 0.3 0.9 Z"),
            0.85));
  }

  private void add(BirdScene.Thing thing, Shade... shades) {
    things.put(thing, List.of(shades));
  }

  private static Shade shade(Outline outline, double factor) {
    return new Shade(new Region(List.of(outline)), factor);
  }

  /** Returns a colour made darker (factor below 1) or lighter. */
  static int shade(int rgb, double factor) {
    return (int) Math.min(255, (rgb >> 16 & 0xFF) * factor) << 16
        | (int) Math.min(255, (rgb >> 8 & 0xFF) * factor) << 8
        | (int) Math.min(255, (rgb & 0xFF) * factor);
  }

  /** Collects the patches of one kind. */
  static final class Drawing {
    private final List<Patch> patches = new ArrayList<>();

    Drawing outlined(String commands, int rgb) {
      return outlined(path(commands), rgb);
    }

    /** Adds a shape, lighter above and darker below, with a dark edge. */
    Drawing outlined(Outline outline, int rgb) {
      return filled(outline, rgb).edged(outline, rgb);
    }

    /** As {@link #outlined(String, int)}, with bars that end at the edge. */
    Drawing barred(String commands, int rgb, String bars, int barRgb) {
      Outline outline = path(commands);
      filled(outline, rgb);
      List<Outline> both = List.of(outline, path(bars).stroke(BAR));
      patches.add(new Patch(new Region(both), Ink.of(barRgb)));
      return edged(outline, rgb);
    }

    private Drawing filled(Outline outline, int rgb) {
      Ink ink = new Ink(shade(rgb, 1.12), shade(rgb, 0.78), outline.top(), outline.bottom());
      patches.add(new Patch(new Region(List.of(outline)), ink));
      return this;
    }

    private Drawing edged(Outline outline, int rgb) {
      return plain(outline.stroke(OUTLINE), shade(rgb, 0.45));
    }

    Drawing plain(String commands, int rgb) {
      return plain(path(commands), rgb);
    }

    Drawing plain(Outline outline, int rgb) {
      patches.add(new Patch(new Region(List.of(outline)), Ink.of(rgb)));
      return this;
    }

    Drawing line(String commands, double width, int rgb) {
      return line(path(commands), width, rgb);
    }

    Drawing line(Outline course, double width, int rgb) {
      return plain(course.stroke(width), rgb);
    }

    Kind kind() {
      double left = Double.POSITIVE_INFINITY;
      double top = Double.POSITIVE_INFINITY;
      double right = Double.NEGATIVE_INFINITY;
      double bottom = Double.NEGATIVE_INFINITY;
      for (double[] corners : edges(patches)) {
        for (int k = 0; k < corners.length; k += 2) {
          left = Math.min(left, corners[k]);
          right = Math.max(right, corners[k]);
          top = Math.min(top, corners[k + 1]);
          bottom = Math.max(bottom, corners[k + 1]);
        }
      }
      return new Kind(List.copyOf(patches), (left + right) / 2, (top + bottom) / 2);
    }
  }
}
