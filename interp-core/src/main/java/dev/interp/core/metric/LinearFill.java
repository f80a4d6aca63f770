package dev.interp.core.metric;

import java.util.SplittableRandom;

/**
 * Removed pixels as weighted means of their neighbours. The weights are those of the kernel (1, 2,
 * 1) in both directions without its middle, over 12, so a product with the matrix is two passes of
 * three terms.
 */
final class LinearFill implements Fill {
  private static final double TOLERANCE = 1e-3;
  private static final int MOST_ROUNDS = 500;

  private final int height;
  private final int width;
  private final int channels;
  private final float[] noise;
  private final float[] diagonal;

  LinearFill(Examples examples, double deviation, long seed) {
    this.height = examples.height();
    this.width = examples.width();
    this.channels = examples.channels();
    this.noise = new float[channels * height * width];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) (deviation * random.nextGaussian());
    }
    float[] ones = new float[height * width];
    java.util.Arrays.fill(ones, 1);
    this.diagonal = new float[ones.length];
    neighbours(ones, diagonal, new float[ones.length]);
  }

  @Override
  public void apply(int example, int[] pixels, int from, int to, Canvas rows, int offset) {
    int plane = height * width;
    float[] removed = new float[plane];
    for (int i = from; i < to; i++) {
      removed[pixels[i]] = 1;
    }
    for (int c = 0; c < channels; c++) {
      int at = offset + c * plane;
      float[] values = new float[plane];
      for (int p = 0; p < plane; p++) {
        values[p] = (float) rows.get(at + p);
      }
      if (to - from < plane) {
        solve(values, removed);
      } else {
        // Nothing is known: what is left is the mean colour.
        double sum = 0;
        for (float v : values) {
          sum += v;
        }
        java.util.Arrays.fill(values, (float) (sum / plane));
      }
      for (int i = from; i < to; i++) {
        rows.set(at + pixels[i], values[pixels[i]] + noise[c * plane + pixels[i]]);
      }
    }
  }

  /** Conjugate gradients on the removed pixels; the others stay. */
  private void solve(float[] values, float[] removed) {
    int plane = values.length;
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    int unknown = 0;
    for (int p = 0; p < plane; p++) {
      low = removed[p] == 0 ? Math.min(low, values[p]) : low;
      high = removed[p] == 0 ? Math.max(high, values[p]) : high;
      unknown += (int) removed[p];
    }
    start(values, removed);
    float[] room = new float[plane];
    float[] product = new float[plane];
    float[] residual = new float[plane];
    neighbours(values, product, room);
    for (int p = 0; p < plane; p++) {
      residual[p] = removed[p] * (product[p] - diagonal[p] * values[p]);
    }
    float[] direction = residual.clone();
    double squares = dot(residual, residual);
    double limit = TOLERANCE * (high - low);
    double enough = limit * limit * unknown;
    for (int round = 0; round < MOST_ROUNDS && squares > enough; round++) {
      neighbours(direction, product, room);
      for (int p = 0; p < plane; p++) {
        product[p] = removed[p] * (diagonal[p] * direction[p] - product[p]);
      }
      float step = (float) (squares / dot(direction, product));
      for (int p = 0; p < plane; p++) {
        values[p] += step * direction[p];
        residual[p] -= step * product[p];
      }
      double before = squares;
      squares = dot(residual, residual);
      float share = (float) (squares / before);
      for (int p = 0; p < plane; p++) {
        direction[p] = residual[p] + share * direction[p];
      }
    }
  }

  /** Fills holes with means of what is known around them, from fine to coarse. */
  private void start(float[] values, float[] removed) {
    float[] known = new float[values.length];
    for (int p = 0; p < known.length; p++) {
      known[p] = 1 - removed[p];
    }
    coarse(values, known, height, width);
  }

  private static void coarse(float[] values, float[] known, int h, int w) {
    int h2 = (h + 1) / 2;
    int w2 = (w + 1) / 2;
    float[] sums = new float[h2 * w2];
    float[] counts = new float[h2 * w2];
    boolean holes = false;
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int p = y * w + x;
        int q = y / 2 * w2 + x / 2;
        sums[q] += known[p] * values[p];
        counts[q] += known[p];
        holes |= known[p] == 0;
      }
    }
    if (!holes) {
      return;
    }
    float[] some = new float[counts.length];
    for (int q = 0; q < sums.length; q++) {
      some[q] = counts[q] > 0 ? 1 : 0;
      sums[q] = counts[q] > 0 ? sums[q] / counts[q] : 0;
    }
    if (h > 1 || w > 1) {
      coarse(sums, some, h2, w2);
    }
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int p = y * w + x;
        values[p] = known[p] > 0 ? values[p] : between(sums, h2, w2, y, x);
      }
    }
  }

  /** The coarse map at the centre of a fine pixel, linear between coarse centres. */
  private static float between(float[] coarse, int h, int w, int y, int x) {
    int y0 = y / 2;
    int x0 = x / 2;
    int y1 = Math.max(0, Math.min(h - 1, y0 + (y % 2 == 0 ? -1 : 1)));
    int x1 = Math.max(0, Math.min(w - 1, x0 + (x % 2 == 0 ? -1 : 1)));
    return (9 * coarse[y0 * w + x0]
            + 3 * coarse[y1 * w + x0]
            + 3 * coarse[y0 * w + x1]
            + coarse[y1 * w + x1])
        / 16;
  }

  /** The weighted sum over the neighbours inside the picture. */
  private void neighbours(float[] from, float[] into, float[] room) {
    int w = width;
    for (int y = 0; y < height; y++) {
      int at = y * w;
      if (w == 1) {
        room[at] = 2 * from[at];
        continue;
      }
      room[at] = 2 * from[at] + from[at + 1];
      for (int i = at + 1; i < at + w - 1; i++) {
        room[i] = from[i - 1] + 2 * from[i] + from[i + 1];
      }
      room[at + w - 1] = from[at + w - 2] + 2 * from[at + w - 1];
    }
    for (int y = 0; y < height; y++) {
      int up = y > 0 ? -w : 0;
      int down = y < height - 1 ? w : 0;
      // A row at the edge counts once where the kernel counts it twice.
      float own = 2 - (up == 0 ? 1 : 0) - (down == 0 ? 1 : 0);
      for (int i = y * w; i < y * w + w; i++) {
        into[i] = (room[i + up] + own * room[i] + room[i + down] - 4 * from[i]) / 12;
      }
    }
  }

  private static double dot(float[] a, float[] b) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int end = a.length / 4 * 4;
    for (int i = 0; i < end; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (int i = end; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return s0 + s1 + s2 + s3;
  }
}
