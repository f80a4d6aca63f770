package dev.interp.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ResampleProperties {

  private static float[] plane(int height, int width, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] plane = new float[height * width];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = (float) random.nextDouble(-1, 1);
    }
    return plane;
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE, seed = "1")
  void constants_stay_and_ranges_hold(
      @ForAll Resample kind,
      @ForAll @IntRange(min = 1, max = 20) int h,
      @ForAll @IntRange(min = 1, max = 20) int w,
      @ForAll @IntRange(min = 1, max = 30) int newH,
      @ForAll @IntRange(min = 1, max = 30) int newW,
      @ForAll long seed) {
    float[] constant = new float[h * w];
    Arrays.fill(constant, 0.7f);
    for (float v : kind.apply(constant, h, w, newH, newW)) {
      assertThat(v).isCloseTo(0.7f, within(1e-6f));
    }
    float[] plane = plane(h, w, seed);
    float min = Float.MAX_VALUE;
    float max = -Float.MAX_VALUE;
    for (float v : plane) {
      min = Math.min(min, v);
      max = Math.max(max, v);
    }
    float[] out = kind.apply(plane, h, w, newH, newW);
    assertThat(out).hasSize(newH * newW);
    for (float v : out) {
      assertThat(v).isBetween(min - 1e-6f, max + 1e-6f);
    }
  }

  /** The definition in two dimensions, over all pixels, without separating the axes. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE, seed = "2")
  void triangle_filters_meet_their_definition(
      @ForAll boolean antialias,
      @ForAll @IntRange(min = 1, max = 14) int h,
      @ForAll @IntRange(min = 1, max = 14) int w,
      @ForAll @IntRange(min = 1, max = 20) int newH,
      @ForAll @IntRange(min = 1, max = 20) int newW,
      @ForAll long seed) {
    float[] plane = plane(h, w, seed);
    float[] out =
        (antialias ? Resample.ANTIALIAS : Resample.BILINEAR).apply(plane, h, w, newH, newW);
    for (int j = 0; j < newH; j++) {
      for (int i = 0; i < newW; i++) {
        double sum = 0;
        double total = 0;
        for (int y = 0; y < h; y++) {
          for (int x = 0; x < w; x++) {
            double weight = weight(y, j, h, newH, antialias) * weight(x, i, w, newW, antialias);
            sum += weight * plane[y * w + x];
            total += weight;
          }
        }
        assertThat(out[j * newW + i]).isCloseTo((float) (sum / total), within(2e-6f));
      }
    }
  }

  private static double weight(int pixel, int output, int from, int to, boolean antialias) {
    double stretch = antialias && from > to ? (double) from / to : 1;
    double distance = Math.abs(pixel + 0.5 - (output + 0.5) * from / to);
    return Math.max(0, 1 - distance / stretch);
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE, seed = "3")
  void transposing_and_mirroring_commute(
      @ForAll Resample kind,
      @ForAll @IntRange(min = 1, max = 12) int h,
      @ForAll @IntRange(min = 1, max = 12) int w,
      @ForAll @IntRange(min = 1, max = 17) int newH,
      @ForAll @IntRange(min = 1, max = 17) int newW,
      @ForAll long seed) {
    float[] plane = plane(h, w, seed);
    float[] out = kind.apply(plane, h, w, newH, newW);
    float[] turned = kind.apply(transpose(plane, h, w), w, h, newW, newH);
    assertThat(transpose(turned, newW, newH)).containsExactly(out, within(1e-6f));
    if (kind != Resample.NEAREST) { // rounds down, so it has a side
      float[] mirrored = kind.apply(reverse(plane), h, w, newH, newW);
      assertThat(reverse(mirrored)).containsExactly(out, within(1e-5f));
    }
  }

  private static float[] transpose(float[] plane, int h, int w) {
    float[] out = new float[h * w];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        out[x * h + y] = plane[y * w + x];
      }
    }
    return out;
  }

  /** Mirrors both axes. */
  private static float[] reverse(float[] plane) {
    float[] out = new float[plane.length];
    for (int i = 0; i < plane.length; i++) {
      out[i] = plane[plane.length - 1 - i];
    }
    return out;
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE, seed = "4")
  void enlarging_needs_no_antialias_and_area_keeps_the_mean(
      @ForAll @IntRange(min = 1, max = 9) int h,
      @ForAll @IntRange(min = 1, max = 9) int w,
      @ForAll @IntRange(min = 0, max = 12) int more,
      @ForAll @IntRange(min = 1, max = 25) int newH,
      @ForAll @IntRange(min = 1, max = 25) int newW,
      @ForAll long seed) {
    float[] plane = plane(h, w, seed);
    assertThat(Resample.ANTIALIAS.apply(plane, h, w, h + more, w + 2 * more))
        .containsExactly(Resample.BILINEAR.apply(plane, h, w, h + more, w + 2 * more));
    float[] area = Resample.AREA.apply(plane, h, w, newH, newW);
    assertThat(mean(area)).isCloseTo(mean(plane), within(1e-6));
  }

  private static double mean(float[] plane) {
    double sum = 0;
    for (float v : plane) {
      sum += v;
    }
    return sum / plane.length;
  }
}
