package dev.interp.core.metric;

/** Checks of settings. */
final class Checks {
  private Checks() {}

  static int atLeast(String what, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "the " + what + " must be at least " + least + ", was " + value);
    }
    return value;
  }

  static double positive(String what, double value) {
    if (!(value > 0 && Double.isFinite(value))) {
      throw new IllegalArgumentException("the " + what + " must be above 0, was " + value);
    }
    return value;
  }
}
