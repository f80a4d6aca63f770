package dev.interp.core.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Polygons that are filled together under the non-zero rule. Curves are cut into short lines when
 * an outline is made, with plain arithmetic only: the outlines of {@code java.awt} have other
 * corners with every version of Java. Immutable.
 */
final class Outline {
  /** How far lines may be from the curve they stand for, as a share of the extent of the path. */
  private static final double TOLERANCE = 1 / 2000.0;

  private static final double RADIANS_PER_LINE = Math.PI / 30;

  /** Corners x, y, x, y ...; the pen that follows an open one has two ends. */
  // Never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Polygon(double[] corners, boolean closed) {}

  private final List<Polygon> polygons;
  private final double top;
  private final double bottom;

  private Outline(List<Polygon> polygons, double top, double bottom) {
    this.polygons = polygons;
    this.top = top;
    this.bottom = bottom;
  }

  /**
   * Reads a path in the notation of SVG: the absolute commands M, L, Q, C and Z, separated by
   * spaces.
   */
  static Outline path(String commands) {
    return path(commands, 0);
  }

  /** As {@link #path(String)}, moved to the right. */
  static Outline path(String commands, double dx) {
    return new PathReader(commands, dx).read();
  }

  static Outline disc(double x, double y, double radius) {
    Corners corners = new Corners();
    corners.arc(x, y, radius, 0, 2 * Math.PI - RADIANS_PER_LINE / 2);
    return new Outline(List.of(corners.polygon(true)), y - radius, y + radius);
  }

  /** Everything that one of the outlines fills, all of which are wound the same way. */
  static Outline union(Outline... outlines) {
    List<Polygon> polygons = new ArrayList<>();
    double top = Double.POSITIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    for (Outline outline : outlines) {
      polygons.addAll(outline.polygons);
      top = Math.min(top, outline.top);
      bottom = Math.max(bottom, outline.bottom);
    }
    return new Outline(List.copyOf(polygons), top, bottom);
  }

  /** What a round pen of the given width draws along the edge. */
  Outline stroke(double width) {
    double radius = width / 2;
    List<Polygon> sides = new ArrayList<>();
    for (Polygon polygon : polygons) {
      double[] forth = polygon.corners();
      int count = forth.length / 2;
      double[] back = new double[forth.length];
      for (int i = 0; i < count; i++) {
        back[2 * i] = forth[2 * (count - 1 - i)];
        back[2 * i + 1] = forth[2 * (count - 1 - i) + 1];
      }
      if (polygon.closed()) {
        sides.add(side(forth, radius));
        sides.add(side(back, radius));
      } else {
        double[] round = new double[4 * count - 4];
        System.arraycopy(forth, 0, round, 0, 2 * count);
        System.arraycopy(back, 2, round, 2 * count, 2 * count - 4);
        sides.add(side(round, radius));
      }
    }
    return new Outline(List.copyOf(sides), top - radius, bottom + radius);
  }

  /** One edge of the pen on its way round a polygon. */
  private static Polygon side(double[] c, double radius) {
    int count = c.length / 2;
    double[] lengths = new double[count];
    double[] normals = new double[2 * count];
    for (int i = 0; i < count; i++) {
      int j = (i + 1) % count;
      double dx = c[2 * j] - c[2 * i];
      double dy = c[2 * j + 1] - c[2 * i + 1];
      lengths[i] = Math.sqrt(dx * dx + dy * dy);
      normals[2 * i] = -dy / lengths[i] * radius;
      normals[2 * i + 1] = dx / lengths[i] * radius;
    }
    Corners corners = new Corners();
    for (int i = 0; i < count; i++) {
      int before = (i + count - 1) % count;
      double x = c[2 * i];
      double y = c[2 * i + 1];
      double ax = normals[2 * before];
      double ay = normals[2 * before + 1];
      double bx = normals[2 * i];
      double by = normals[2 * i + 1];
      double cross = ax * by - ay * bx;
      double dot = ax * bx + ay * by;
      if (cross < 0 || (cross == 0 && dot < 0)) {
        corners.arc(
            x, y, radius, StrictMath.atan2(ay, ax), -StrictMath.atan2(Math.abs(cross), dot));
      } else {
        corners.add(x + ax, y + ay);
        // Where the inner sides do not meet, the way leads over the corner itself.
        if (dot < 0 || cross > radius * Math.min(lengths[before], lengths[i])) {
          corners.add(x, y);
        }
      }
      corners.add(x + bx, y + by);
    }
    return corners.polygon(true);
  }

  List<Polygon> polygons() {
    return polygons;
  }

  /** The uppermost point; of a path its control points count. */
  double top() {
    return top;
  }

  /** The lowest point; of a path its control points count. */
  double bottom() {
    return bottom;
  }

  private static final class PathReader {
    private final String commands;
    private final String[] words;
    private final double dx;
    private final List<Polygon> polygons = new ArrayList<>();
    private Corners corners = new Corners();

    PathReader(String commands, double dx) {
      this.commands = commands;
      this.words = commands.split(" ");
      this.dx = dx;
    }

    Outline read() {
      double[] low = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
      double[] high = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
      int axis = 0;
      for (String word : words) {
        if (!Character.isLetter(word.charAt(0))) {
          low[axis] = Math.min(low[axis], Double.parseDouble(word));
          high[axis] = Math.max(high[axis], Double.parseDouble(word));
          axis = 1 - axis;
        }
      }
      draw(TOLERANCE * Math.max(high[0] - low[0], high[1] - low[1]));
      return new Outline(List.copyOf(polygons), low[1], high[1]);
    }

    private void draw(double tolerance) {
      int at = 0;
      while (at < words.length) {
        String command = words[at++];
        int points = "ZMQC".indexOf(command.replace('L', 'M'));
        if (points < 0) {
          throw new IllegalStateException("Unknown path command " + command + " in " + commands);
        }
        double[] p = new double[2 * points];
        for (int k = 0; k < p.length; k += 2) {
          p[k] = Double.parseDouble(words[at++]) + dx;
          p[k + 1] = Double.parseDouble(words[at++]);
        }
        switch (command) {
          case "Z" -> end(true);
          case "Q" -> corners.quad(p, tolerance);
          case "C" -> corners.cubic(p, tolerance);
          default -> {
            if (command.equals("M")) {
              end(false);
            }
            corners.add(p[0], p[1]);
          }
        }
      }
      end(false);
    }

    private void end(boolean closed) {
      if (!corners.points.isEmpty()) {
        polygons.add(corners.polygon(closed));
      }
      corners = new Corners();
    }
  }

  /** Collects the corners of one polygon. */
  private static final class Corners {
    private final List<double[]> points = new ArrayList<>();

    void add(double x, double y) {
      if (points.isEmpty() || x != last()[0] || y != last()[1]) {
        points.add(new double[] {x, y});
      }
    }

    private double[] last() {
      return points.get(points.size() - 1);
    }

    /** A curve from the last corner, as the cubic one that it equals. */
    void quad(double[] p, double tolerance) {
      double[] start = last();
      double[] cubic = {0, 0, 0, 0, p[2], p[3]};
      for (int axis = 0; axis < 2; axis++) {
        cubic[axis] = start[axis] + (p[axis] - start[axis]) * 2 / 3;
        cubic[2 + axis] = p[2 + axis] + (p[axis] - p[2 + axis]) * 2 / 3;
      }
      cubic(cubic, tolerance);
    }

    /** A curve from the last corner; lines of equal steps are off by 3/4 of its bend per step². */
    void cubic(double[] p, double tolerance) {
      double[] start = last();
      double bend = 0;
      for (int axis = 0; axis < 2; axis++) {
        double first = start[axis] - 2 * p[axis] + p[2 + axis];
        double second = p[axis] - 2 * p[2 + axis] + p[4 + axis];
        bend = Math.max(bend, Math.max(Math.abs(first), Math.abs(second)));
      }
      int lines = Math.max(1, (int) Math.ceil(Math.sqrt(0.75 * bend / tolerance)));
      for (int k = 1; k < lines; k++) {
        double t = (double) k / lines;
        double s = 1 - t;
        double a = s * s * s;
        double b = 3 * s * s * t;
        double c = 3 * s * t * t;
        double d = t * t * t;
        add(
            a * start[0] + b * p[0] + c * p[2] + d * p[4],
            a * start[1] + b * p[1] + c * p[3] + d * p[5]);
      }
      add(p[4], p[5]);
    }

    void arc(double x, double y, double radius, double from, double turn) {
      int lines = (int) Math.ceil(Math.abs(turn) / RADIANS_PER_LINE);
      for (int k = 0; k <= lines; k++) {
        double angle = lines == 0 ? from : from + turn * k / lines;
        add(x + radius * StrictMath.cos(angle), y + radius * StrictMath.sin(angle));
      }
    }

    Polygon polygon(boolean closed) {
      int count = points.size();
      if (closed && points.get(0)[0] == last()[0] && points.get(0)[1] == last()[1]) {
        count--;
      }
      double[] corners = new double[2 * count];
      for (int i = 0; i < count; i++) {
        corners[2 * i] = points.get(i)[0];
        corners[2 * i + 1] = points.get(i)[1];
      }
      return new Polygon(corners, closed);
    }
  }
}
