package dev.interp.visual.optimize;

import java.util.Arrays;

/** {@code m = 0.9 m − rate · gradient; x = x + m}; a new rate begins with m at zero. */
final class Momentum implements Descent {
  private static final double KEPT = 0.9;

  private final double[] speed;
  private double last;

  Momentum(int length) {
    this.speed = new double[length];
  }

  @Override
  public void step(double[] values, double[] gradient, double rate) {
    if (rate != last) {
      Arrays.fill(speed, 0);
      last = rate;
    }
    for (int i = 0; i < values.length; i++) {
      speed[i] = KEPT * speed[i] - rate * gradient[i];
      values[i] += speed[i];
    }
  }
}
