package dev.interp.visual.optimize;

import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A picture that is being optimised, between its parameters and what the network is shown of it.
 * Holds the room that its steps work in: not safe for concurrent use.
 */
final class Sketch {
  private final ActivationMaximization how;
  private final ChannelOrder order;
  private final float[] low;
  private final float[] high;
  private final int h;
  private final int w;
  private final double[] view;
  private int stage;
  private Parameterization.Canvas canvas;
  private double[] z;
  private Descent descent;
  private double[] pixels = {};
  private double[] atPixels = {};
  private double[] room = {};
  private double[] roomBack = {};
  private boolean moved;

  /**
   * Begins.
   *
   * @param copy of the pictures for the same objective: their noise does not depend on what stands
   *     beside them
   * @param h rows that the network is shown
   * @param w columns that the network is shown
   */
  Sketch(ActivationMaximization how, Preprocessor preprocessor, int copy, int h, int w) {
    this.how = how;
    this.order = preprocessor.order();
    this.low = preprocessor.low();
    this.high = preprocessor.high();
    this.h = h;
    this.w = w;
    this.view = new double[order.channels() * h * w];
    this.canvas = canvas(0);
    this.z = canvas.noise(new SplittableRandom(31 * how.seed + copy), how.noise);
    this.descent = begin();
  }

  private Parameterization.Canvas canvas(int size) {
    double share = how.sizes[size];
    int rows = Math.max(1, (int) Math.round(share * h));
    int columns = Math.max(1, (int) Math.round(share * w));
    return how.parameterization.canvas(order, rows, columns);
  }

  private Descent begin() {
    return how.momentum ? new Momentum(z.length) : new Adam(z.length);
  }

  int height() {
    return canvas.height();
  }

  int width() {
    return canvas.width();
  }

  /** Goes on in one of the method's sizes. */
  void enlarge(int size) {
    if (size != stage) {
      stage = size;
      Parameterization.Canvas next = canvas(size);
      z = canvas.resized(z, next);
      canvas = next;
      descent = begin();
      room = new double[0];
    }
  }

  /** What the network is shown at a look; overwritten by the next one. */
  double[] look(Warp.Taps taps, int step) {
    pixels = canvas.pixels(z);
    if (room.length == 0) {
      room = new double[taps.padded()];
      roomBack = new double[taps.padded()];
      atPixels = new double[pixels.length];
    }
    int size = h * w;
    double total = 0;
    for (int c = 0; c < low.length; c++) {
      taps.apply(pixels, c * (pixels.length / low.length), view, c * size, room);
      double range = high[c] - low[c];
      for (int k = c * size; k < (c + 1) * size; k++) {
        view[k] = low[c] + range * view[k];
        total += Math.abs(view[k]);
      }
    }
    if (!(total <= Float.MAX_VALUE)) {
      throw new ArithmeticException(
          "the picture left all bounds after " + step + " steps; choose a smaller rate");
    }
    return view;
  }

  /**
   * Goes a step up the objective, after a look.
   *
   * @param gradients of the objective at the network's inputs, channels last
   * @param from where that of this picture begins
   */
  void step(double[] gradients, int from, Warp.Taps taps, double rate) {
    Arrays.fill(atPixels, 0);
    for (Penalty penalty : how.penalties) {
      penalty.add(pixels, canvas.height(), canvas.width(), atPixels);
    }
    int size = h * w;
    int channels = low.length;
    moved = false;
    for (int c = 0; c < channels; c++) {
      double range = low[c] - high[c];
      for (int k = 0; k < size; k++) {
        view[k] = range * gradients[from + k * channels + c];
        moved |= view[k] != 0;
      }
      taps.addAdjoint(view, 0, atPixels, c * (pixels.length / channels), roomBack);
    }
    descent.step(z, canvas.gradient(atPixels), rate);
  }

  /** Whether the objective changed with what the network was shown in the last step. */
  boolean moved() {
    return moved;
  }

  /** What the penalties cost. */
  double penalty() {
    double[] now = canvas.pixels(z);
    double cost = 0;
    for (Penalty penalty : how.penalties) {
      cost += penalty.add(now, canvas.height(), canvas.width(), new double[now.length]);
    }
    return cost;
  }

  /** The picture, its values cut to [0, 1]. */
  Image image() {
    double[] now = canvas.pixels(z);
    int channels = low.length;
    int size = now.length / channels;
    float[] values = new float[now.length];
    for (int c = 0; c < channels; c++) {
      int from = order == ChannelOrder.BGR ? channels - 1 - c : c;
      for (int k = 0; k < size; k++) {
        values[c * size + k] = (float) Math.min(1, Math.max(0, now[from * size + k]));
      }
    }
    return Image.of(channels, canvas.height(), canvas.width(), values);
  }
}
