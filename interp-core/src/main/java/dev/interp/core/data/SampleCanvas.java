package dev.interp.core.data;

import dev.interp.core.data.BirdCatalogue.Ink;
import java.awt.geom.AffineTransform;
import java.util.Arrays;

/** Paints regions in the number of what they belong to, without smoothing. For one thread. */
final class SampleCanvas implements BirdRenderer.Canvas {
  private final int perPixel;
  private final int fine;
  private final byte[] samples;
  private final RegionScan scan;

  /** Samples lie in the middle of the cells of a grid with that many cells per pixel and axis. */
  SampleCanvas(int side, int perPixel) {
    this.perPixel = perPixel;
    this.fine = side * perPixel;
    this.samples = new byte[fine * fine];
    this.scan = new RegionScan(side, perPixel);
  }

  /** Returns the numbers row by row, 0 where nothing was painted. */
  byte[] samples() {
    return samples;
  }

  @Override
  public void fill(Region region, AffineTransform toImage, Ink ink, int id) {
    scan.scan(
        region,
        toImage,
        (line, from, to) -> {
          int a = Math.max(0, (int) Math.ceil(from * perPixel - 0.5));
          int b = Math.min(fine, (int) Math.ceil(to * perPixel - 0.5));
          if (a < b) {
            Arrays.fill(samples, line * fine + a, line * fine + b, (byte) id);
          }
        });
  }
}
