package dev.interp.core.data;

import java.awt.geom.AffineTransform;
import java.util.Arrays;

/**
 * Cuts regions into pieces of level lines. Uses plain arithmetic only, so that pictures are equal
 * with every version of Java, which the rasterisers of {@code java.awt} are not. Keeps its working
 * memory, so it is for one thread.
 */
final class RegionScan {
  /** Takes the pieces of a region, line after line from above, on a line from left to right. */
  interface Pieces {
    /** A piece of a line; {@code from} and {@code to} are in pixels and may lie outside. */
    void add(int line, double from, double to);
  }

  private static final int NONE = -1;

  private final int perPixel;

  /** By line, the last crossing that was found on it; between two scans there is none. */
  private final int[] heads;

  private int crossings;
  private double[] xs = new double[256];

  /** Twice the number of the outline, plus one where its edge leads downwards. */
  private int[] edges = new int[256];

  private int[] next = new int[256];
  private double[] placed = new double[64];
  private double[] lineXs = new double[16];
  private int[] lineEdges = new int[16];

  /** Lines are that many to a pixel, the first half a line below the upper edge. */
  RegionScan(int pixels, int perPixel) {
    this.perPixel = perPixel;
    this.heads = new int[pixels * perPixel];
    Arrays.fill(heads, NONE);
  }

  void scan(Region region, AffineTransform toImage, Pieces pieces) {
    crossings = 0;
    int number = 0;
    int first = heads.length;
    int last = NONE;
    for (Outline outline : region.outlines()) {
      for (Outline.Polygon polygon : outline.polygons()) {
        double[] corners = polygon.corners();
        if (placed.length < corners.length) {
          placed = new double[corners.length];
        }
        toImage.transform(corners, 0, placed, 0, corners.length / 2);
        double x = placed[corners.length - 2];
        double y = placed[corners.length - 1] * perPixel;
        for (int i = 0; i < corners.length; i += 2) {
          double nextX = placed[i];
          double nextY = placed[i + 1] * perPixel;
          boolean down = nextY > y;
          int from = Math.max(0, lineBelow(down ? y : nextY));
          int to = Math.min(heads.length, lineBelow(down ? nextY : y));
          if (from < to) {
            double slope = (nextX - x) / (nextY - y);
            for (int line = from; line < to; line++) {
              cross(line, x + (line + 0.5 - y) * slope, 2 * number + (down ? 1 : 0));
            }
            first = Math.min(first, from);
            last = Math.max(last, to - 1);
          }
          x = nextX;
          y = nextY;
        }
      }
      number++;
    }
    int[] windings = new int[number];
    for (int line = first; line <= last; line++) {
      sweep(line, windings, pieces);
    }
  }

  private static int lineBelow(double y) {
    return (int) Math.ceil(y - 0.5);
  }

  private void cross(int line, double x, int edge) {
    if (crossings == xs.length) {
      xs = Arrays.copyOf(xs, 2 * crossings);
      edges = Arrays.copyOf(edges, 2 * crossings);
      next = Arrays.copyOf(next, 2 * crossings);
    }
    xs[crossings] = x;
    edges[crossings] = edge;
    next[crossings] = heads[line];
    heads[line] = crossings++;
  }

  private void sweep(int line, int[] windings, Pieces pieces) {
    int count = sorted(line);
    int outside = windings.length;
    double from = 0;
    for (int i = 0; i < count; i++) {
      int number = lineEdges[i] >> 1;
      int before = windings[number];
      windings[number] += (lineEdges[i] & 1) == 1 ? 1 : -1;
      if ((before == 0) != (windings[number] == 0)) {
        boolean wasInside = outside == 0;
        outside += before == 0 ? -1 : 1;
        if (outside == 0) {
          from = lineXs[i];
        } else if (wasInside && lineXs[i] > from) {
          pieces.add(line, from, lineXs[i]);
        }
      }
    }
  }

  /** Sorts by insertion, as a line has few crossings. */
  private int sorted(int line) {
    int count = 0;
    for (int k = heads[line]; k != NONE; k = next[k]) {
      if (count == lineXs.length) {
        lineXs = Arrays.copyOf(lineXs, 2 * count);
        lineEdges = Arrays.copyOf(lineEdges, 2 * count);
      }
      int at = count++;
      for (; at > 0 && lineXs[at - 1] > xs[k]; at--) {
        lineXs[at] = lineXs[at - 1];
        lineEdges[at] = lineEdges[at - 1];
      }
      lineXs[at] = xs[k];
      lineEdges[at] = edges[k];
    }
    heads[line] = NONE;
    return count;
  }
}
