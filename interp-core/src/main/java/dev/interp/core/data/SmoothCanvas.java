package dev.interp.core.data;

import dev.interp.core.data.BirdCatalogue.Ink;
import java.awt.geom.AffineTransform;
import java.awt.geom.NoninvertibleTransformException;
import java.util.Arrays;

/**
 * Paints regions in colour. A pixel takes as much of the ink as is covered of it, on average over
 * some lines and exactly along each of them. For one thread.
 */
final class SmoothCanvas implements BirdRenderer.Canvas {
  private static final int LINES = 8;

  private final int side;
  private final int[] pixels;
  private final RegionScan scan;

  /** Of the row of pixels in work, how much is covered, in lines. */
  private final double[] covered;

  private int row;
  private int left;
  private int right;

  SmoothCanvas(int side) {
    this.side = side;
    this.pixels = new int[side * side];
    this.scan = new RegionScan(side, LINES);
    this.covered = new double[side];
  }

  /** Returns the colours row by row, 0xRRGGBB, which the caller may change. */
  int[] pixels() {
    return pixels;
  }

  @Override
  public void fill(Region region, AffineTransform toImage, Ink ink, int id) {
    Tone tone = Tone.of(ink, toImage);
    row = 0;
    left = side;
    right = 0;
    scan.scan(
        region,
        toImage,
        (line, from, to) -> {
          if (line / LINES != row) {
            finishRow(tone);
            row = line / LINES;
          }
          cover(from, to);
        });
    finishRow(tone);
  }

  private void cover(double from, double to) {
    double a = Math.max(0, from);
    double b = Math.min(side, to);
    if (a >= b) {
      return;
    }
    int first = (int) a;
    int last = (int) Math.ceil(b) - 1;
    if (first == last) {
      covered[first] += b - a;
    } else {
      covered[first] += first + 1 - a;
      for (int x = first + 1; x < last; x++) {
        covered[x]++;
      }
      covered[last] += b - last;
    }
    left = Math.min(left, first);
    right = Math.max(right, last + 1);
  }

  private void finishRow(Tone tone) {
    for (int x = left; x < right; x++) {
      double share = covered[x] / LINES;
      int at = row * side + x;
      int rgb = tone.at(x + 0.5, row + 0.5);
      pixels[at] = share >= 1 ? rgb : mix(pixels[at], rgb, share);
    }
    if (left < right) {
      Arrays.fill(covered, left, right, 0);
    }
    left = side;
    right = 0;
  }

  private static int mix(int under, int over, double share) {
    return channel(under >> 16 & 0xFF, over >> 16 & 0xFF, share) << 16
        | channel(under >> 8 & 0xFF, over >> 8 & 0xFF, share) << 8
        | channel(under & 0xFF, over & 0xFF, share);
  }

  private static int channel(int under, int over, double share) {
    return (int) (under + (over - under) * share + 0.5);
  }

  /** An ink by place in the picture: how far the gradient is, as x · dx + y · dy + start. */
  private record Tone(int first, int second, double dx, double dy, double start) {
    static Tone of(Ink ink, AffineTransform toImage) {
      AffineTransform back;
      try {
        back = toImage.createInverse();
      } catch (NoninvertibleTransformException e) {
        back = new AffineTransform(); // of no size, so nothing is painted
      }
      double per = 1 / (ink.to() - ink.from());
      return new Tone(
          ink.first(),
          ink.second(),
          back.getShearY() * per,
          back.getScaleY() * per,
          (back.getTranslateY() - ink.from()) * per);
    }

    int at(double x, double y) {
      return first == second
          ? first
          : mix(first, second, Math.max(0, Math.min(1, x * dx + y * dy + start)));
    }
  }
}
