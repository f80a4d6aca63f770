package dev.interp.core.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Paint;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Scanner;

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
  private static final int INK = 0x20222B;

  /** A shape in one paint. */
  record Patch(Shape shape, Paint paint) {}

  /**
   * One kind of part: its patches from back to front, their union, and the centre of its bounds.
   */
  record Kind(List<Patch> patches, Shape silhouette, double centreX, double centreY) {}

  /** A shape of a thing, in the thing's colour times a factor. */
  record Shade(Shape shape, double factor) {}

  /** A thing: its shades from back to front and their union. */
  record ThingShape(List<Shade> shades, Shape silhouette) {}

  private final BodyPlan plan;
  private final Map<String, Map<String, Kind>> kinds;
  private final Map<BirdScene.Thing, ThingShape> things = new EnumMap<>(BirdScene.Thing.class);
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

  ThingShape thing(BirdScene.Thing thing) {
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
    double[] point = new double[6];
    for (Map.Entry<String, Map<String, Kind>> part : kinds.entrySet()) {
      for (Kind kind : part.getValue().values()) {
        for (int turn = -1; turn <= 1; turn++) {
          AffineTransform at = attach(part.getKey(), turn * play(part.getKey()));
          PathIterator path = kind.silhouette().getPathIterator(at, 0.5);
          for (; !path.isDone(); path.next()) {
            if (path.currentSegment(point) == PathIterator.SEG_CLOSE) {
              continue;
            }
            for (int d = 0; d < directions; d++) {
              double angle = 2 * Math.PI * d / directions;
              double along = point[0] * StrictMath.cos(angle) + point[1] * StrictMath.sin(angle);
              if (along > support[d]) {
                support[d] = along;
                best[2 * d] = point[0];
                best[2 * d + 1] = point[1];
              }
            }
          }
        }
      }
    }
    return best;
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
    Area scallops = new Area(disc(-13, 8, 22));
    for (double[] c : new double[][] {{-35, 4}, {-34, 17}, {-25, 27}, {-13, 31}}) {
      scallops.add(new Area(disc(c[0], c[1], 8.5)));
    }
    map.put(
        "round",
        new Drawing()
            .outlined(scallops, 0x2FA04A)
            .plain(disc(-6, -2, 5), 0xC9F26B)
            .plain(disc(-20, 3, 5), 0xC9F26B)
            .plain(disc(-8, 14, 5), 0xC9F26B)
            .plain(disc(-23, 18, 5), 0xC9F26B)
            .kind());
    Path2D triangle =
        path("M 11 -4 C -8 -17 -38 -14 -52 -4 C -42 4 -34 24 -35 45 C -16 36 8 22 11 -4 Z");
    map.put(
        "barred",
        new Drawing()
            .outlined(triangle, 0x6A35A8)
            .plain(bar(triangle, "M -1 -20 C -2 2 -8 18 -20 45"), 0xFFFFFF)
            .plain(bar(triangle, "M -17 -22 C -18 2 -22 20 -32 48"), 0xFFFFFF)
            .plain(bar(triangle, "M -33 -22 C -33 -2 -34 10 -36 30"), 0xFFFFFF)
            .kind());
    return map;
  }

  private static Shape bar(Shape within, String course) {
    Area bar = new Area(stroke(path(course), 5));
    Area inner = new Area(within);
    inner.subtract(new Area(stroke(within, OUTLINE)));
    bar.intersect(inner);
    return bar;
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
        .line(at(x, "M 0 -2 L 2 22"), 5, 0x6B3F1D)
        .line(at(x, "M 2 22 L 14 26 M 2 22 L 6 29 M 2 22 L -8 26"), 4, 0x6B3F1D);
  }

  private static void webbedLeg(Drawing drawing, double x) {
    drawing
        .line(at(x, "M 0 -2 L -1 14"), 6, 0xD9540B)
        .outlined(
            at(x, "M -4 13 L 2 12 L 23 23 Q 16 23 14 28 Q 9 24 4 29 Q -1 24 -8 27 Z"), 0xFF7A1A);
  }

  private static void stiltLeg(Drawing drawing, double x) {
    drawing
        .line(at(x, "M 0 -2 L -4 18 L 1 40"), 4.4, 0xF06C9B)
        .plain(
            AffineTransform.getTranslateInstance(x, 0).createTransformedShape(disc(-4, 18, 5)),
            0xC53C72)
        .line(at(x, "M 1 40 L 12 42 M 1 40 L -8 43"), 3.6, 0xF06C9B);
  }

  private static void talonLeg(Drawing drawing, double x) {
    drawing
        .line(at(x, "M 0 12 L 1 21"), 7, 0xF2B90F)
        .line(at(x, "M 1 20 L 14 22 M 1 20 L 5 26 M 1 20 L -9 23"), 5.5, 0xF2B90F)
        .line(at(x, "M 13 21 Q 18 23 17 29 M 4 25 Q 7 28 5 33 M -8 22 Q -13 24 -12 29"), 3.4, INK)
        .outlined(
            at(x, "M -10 -6 L 10 -6 C 10 4 7 11 5 16 L 1 12 L -2 17 L -5 12 C -8 6 -10 2 -10 -6 Z"),
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
    Path2D fan =
        path(
            "M 8 -5 L -32 -32 Q -40 -30 -40 -22 Q -47 -18 -45 -9 Q -50 -2 -46 6 Q -48 14 -41 19 Q -40 26 -32 28"
                + " L 8 11 Z");
    map.put(
        "fan",
        new Drawing()
            .outlined(fan, 0xC65A1E)
            .plain(bar(fan, "M -26 -36 Q -42 0 -26 34"), 0xFFE2A8)
            .line("M -4 0 L -22 -13 M -5 3 L -26 -1 M -4 6 L -22 12", 1.8, 0x7E330A)
            .kind());
    Area plume = new Area(stroke(path("M 6 2 C -14 8 -30 4 -37 -12"), 9));
    plume.add(new Area(disc(-38, -20, 13)));
    map.put(
        "plume",
        new Drawing()
            .outlined(plume, 0x139E8C)
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
        new Shade(disc(0, 0, 0.9), 0.75),
        new Shade(disc(-0.04, -0.05, 0.78), 1),
        new Shade(disc(-0.25, -0.3, 0.22), 1.3));
    add(
        BirdScene.Thing.LEAF,
        new Shade(path("M -1 0 C -0.5 -0.75 0.4 -0.7 1 0 C 0.4 0.7 -0.5 0.75 -1 0 Z"), 1),
        new Shade(
            stroke(
                path(
                    "M -1.25 0 L 0.75 0 M -0.4 0 L 0 -0.35 M -0.4 0 L 0 0.35 M 0.1 0 L 0.4 -0.25 M 0.1 0 L 0.4 0.25"),
                0.09),
            0.7));
    add(
        BirdScene.Thing.STICK,
        new Shade(
            stroke(
                path("M -1.3 0.1 L 0 0 L 1.3 -0.15 M 0 0 L 0.6 -0.5 M -0.6 0.05 L -0.3 0.4"), 0.17),
            0.65),
        new Shade(stroke(path("M -1.25 0.07 L 0 -0.03 L 1.25 -0.18"), 0.06), 1));
    Area cloud = new Area(disc(-0.6, 0.1, 0.42));
    cloud.add(new Area(disc(0, -0.15, 0.58)));
    cloud.add(new Area(disc(0.6, 0.12, 0.4)));
    cloud.add(new Area(new Rectangle2D.Double(-0.6, 0.1, 1.2, 0.42)));
    add(BirdScene.Thing.CLOUD, new Shade(cloud, 1), new Shade(disc(-0.05, -0.25, 0.4), 1.08));
    add(
        BirdScene.Thing.STONE,
        new Shade(
            path("M -0.9 0.4 L -0.75 -0.25 L -0.2 -0.6 L 0.45 -0.5 L 0.9 0 L 0.8 0.5 L -0.4 0.6 Z"),
            0.8),
        new Shade(path("M -0.7 -0.2 L -0.2 -0.55 L 0.42 -0.45 L 0.6 -0.1 L 0 0.05 Z"), 1.05));
    add(
        BirdScene.Thing.GRASS,
        new Shade(
            path(
                "M -0.3 0.9 Q -0.6 0 -0.9 -0.5 Q -0.3 -0.1 -0.1 0.9 Z M -0.15 0.9 Q -0.1 -0.2 -0.05 -1 Q 0.2 -0.2 0.12 0.9 Z"
                    + " M 0.05 0.9 Q 0.3 0 0.85 -0.6 Q 0.6 0.1 0.3 0.9 Z"),
            0.85));
  }

  private void add(BirdScene.Thing thing, Shade... shades) {
    Area silhouette = new Area();
    List<Shade> copies = new ArrayList<>();
    for (Shade shade : shades) {
      silhouette.add(new Area(shade.shape()));
      copies.add(new Shade(new Path2D.Double(shade.shape()), shade.factor()));
    }
    things.put(thing, new ThingShape(copies, new Path2D.Double(silhouette)));
  }

  /** Returns a colour made darker (factor below 1) or lighter. */
  static Color shade(int rgb, double factor) {
    return new Color(
        (int) Math.min(255, (rgb >> 16 & 0xFF) * factor),
        (int) Math.min(255, (rgb >> 8 & 0xFF) * factor),
        (int) Math.min(255, (rgb & 0xFF) * factor));
  }

  /** The last digits of the bounds of an area depend on the version of Java. */
  private static double rounded(double value) {
    return Math.rint(value * 1e6) / 1e6;
  }

  static Shape disc(double x, double y, double radius) {
    return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  private static Shape stroke(Shape shape, double width) {
    return new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        .createStrokedShape(shape);
  }

  private static Shape at(double x, String commands) {
    return AffineTransform.getTranslateInstance(x, 0).createTransformedShape(path(commands));
  }

  /**
   * Reads a path in the notation of SVG: the absolute commands M, L, Q, C and Z, separated by
   * spaces.
   */
  private static Path2D path(String commands) {
    Path2D path = new Path2D.Double(Path2D.WIND_NON_ZERO);
    Scanner in = new Scanner(commands).useLocale(Locale.ROOT);
    while (in.hasNext()) {
      String command = in.next();
      switch (command) {
        case "M" -> path.moveTo(in.nextDouble(), in.nextDouble());
        case "L" -> path.lineTo(in.nextDouble(), in.nextDouble());
        case "Q" -> path.quadTo(in.nextDouble(), in.nextDouble(), in.nextDouble(), in.nextDouble());
        case "C" ->
            path.curveTo(
                in.nextDouble(),
                in.nextDouble(),
                in.nextDouble(),
                in.nextDouble(),
                in.nextDouble(),
                in.nextDouble());
        case "Z" -> path.closePath();
        default ->
            throw new IllegalStateException("Unknown path command " + command + " in " + commands);
      }
    }
    return path;
  }

  /** Collects the patches of one kind. */
  static final class Drawing {
    private final List<Patch> patches = new ArrayList<>();

    Drawing outlined(String commands, int rgb) {
      return outlined(path(commands), rgb);
    }

    /** Adds a shape, lighter above and darker below, with a dark edge. */
    Drawing outlined(Shape shape, int rgb) {
      Area wide = new Area(stroke(shape, OUTLINE));
      wide.add(new Area(shape));
      add(wide, shade(rgb, 0.45));
      double[] range = range(shape);
      Area inner = new Area(shape);
      inner.subtract(new Area(stroke(shape, OUTLINE)));
      add(
          inner,
          new GradientPaint(
              0, (float) range[0], shade(rgb, 1.12), 0, (float) range[1], shade(rgb, 0.78)));
      return this;
    }

    /**
     * From the uppermost point to the lowest one, control points of curves included except in
     * areas. The bounds of a path with curves changed in Java 19.
     */
    private static double[] range(Shape shape) {
      if (shape instanceof Area) {
        Rectangle2D bounds = shape.getBounds2D();
        return new double[] {bounds.getMinY(), bounds.getMaxY()};
      }
      double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
      double[] points = new double[6];
      for (PathIterator path = shape.getPathIterator(null); !path.isDone(); path.next()) {
        int count =
            switch (path.currentSegment(points)) {
              case PathIterator.SEG_CLOSE -> 0;
              case PathIterator.SEG_QUADTO -> 2;
              case PathIterator.SEG_CUBICTO -> 3;
              default -> 1;
            };
        for (int k = 0; k < count; k++) {
          range[0] = Math.min(range[0], points[2 * k + 1]);
          range[1] = Math.max(range[1], points[2 * k + 1]);
        }
      }
      return range;
    }

    Drawing plain(String commands, int rgb) {
      return plain(path(commands), rgb);
    }

    Drawing plain(Shape shape, int rgb) {
      add(shape, shade(rgb, 1));
      return this;
    }

    Drawing line(String commands, double width, int rgb) {
      return line(path(commands), width, rgb);
    }

    Drawing line(Shape course, double width, int rgb) {
      return plain(stroke(course, width), rgb);
    }

    /**
     * An area computes its bounds when asked and keeps them, which is not safe for concurrent use;
     * a path is.
     */
    private void add(Shape shape, Paint paint) {
      patches.add(new Patch(new Path2D.Double(shape), paint));
    }

    Kind kind() {
      Area silhouette = new Area();
      for (Patch patch : patches) {
        silhouette.add(new Area(patch.shape()));
      }
      Rectangle2D bounds = silhouette.getBounds2D();
      return new Kind(
          List.copyOf(patches),
          new Path2D.Double(silhouette),
          rounded(bounds.getCenterX()),
          rounded(bounds.getCenterY()));
    }
  }
}
