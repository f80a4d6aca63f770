package dev.interp.visual.optimize;

/** A way down a gradient, with what it remembers of the steps before. */
interface Descent {
  /**
   * Goes a step down.
   *
   * @param values changed in place
   * @param gradient of what shall become small, as long as the values; not modified
   * @param rate the size of the step
   */
  void step(double[] values, double[] gradient, double rate);
}
