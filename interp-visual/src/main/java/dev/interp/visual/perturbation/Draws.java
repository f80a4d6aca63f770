package dev.interp.visual.perturbation;

import java.util.Map;
import java.util.SplittableRandom;

/**
 * How much is drawn at random.
 *
 * @param samples how many
 * @param seed of the drawing
 */
record Draws(int samples, long seed) {
  private static final long STEP = 0x9E3779B97F4A7C15L;

  Draws {
    if (samples < 1) {
      throw new IllegalArgumentException("samples must be at least 1, was " + samples);
    }
  }

  Draws withSamples(int number) {
    return new Draws(number, seed);
  }

  Draws withSeed(long number) {
    return new Draws(samples, number);
  }

  /** The same numbers for every example, whatever batch it is in. */
  SplittableRandom random() {
    return random(0);
  }

  /** The numbers of one sample, which can be drawn again. */
  SplittableRandom random(int sample) {
    // One turn of the generator keeps neighbouring seeds from sharing samples.
    return new SplittableRandom(new SplittableRandom(seed).nextLong() + STEP * sample);
  }

  void describe(Map<String, String> texts) {
    texts.put("samples", Integer.toString(samples));
    texts.put("seed", Long.toString(seed));
  }
}
