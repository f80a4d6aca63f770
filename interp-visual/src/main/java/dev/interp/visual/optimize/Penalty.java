package dev.interp.visual.optimize;

import java.util.Arrays;
import java.util.Locale;

/**
 * What a picture costs beside what it is optimised for: a regulariser on its pixels p, in [0, 1]
 * where they are bounded, all channels summed. Immutable.
 */
public final class Penalty {
  private static final double GREY = 0.5;

  /** The value, and the gradient added to {@code into}. */
  private interface Cost {
    double add(double[] pixels, int h, int w, double[] into);
  }

  private final String name;
  private final Cost cost;

  private Penalty(String name, double weight, Cost cost) {
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(
          "the weight of " + name + " must be at least 0 and finite, was " + weight);
    }
    this.name = name + String.format(Locale.ROOT, " × %.4g", weight);
    this.cost = cost;
  }

  /**
   * {@code weight · Σ |p − 0.5|}.
   *
   * @param weight at least 0
   * @return the penalty
   */
  public static Penalty l1(double weight) {
    return new Penalty(
        "L1",
        weight,
        (p, h, w, into) -> {
          double sum = 0;
          for (int i = 0; i < p.length; i++) {
            sum += Math.abs(p[i] - GREY);
            into[i] += weight * Math.signum(p[i] - GREY);
          }
          return weight * sum;
        });
  }

  /**
   * {@code weight · Σ (p − 0.5)²}.
   *
   * @param weight at least 0
   * @return the penalty
   */
  public static Penalty l2(double weight) {
    return alphaNorm(weight, 2);
  }

  /**
   * {@code weight · Σ |p − 0.5|^α}: nearly nothing within the range of pictures for a large α, and
   * a wall beyond it.
   *
   * @param weight at least 0
   * @param alpha at least 1
   * @return the penalty
   */
  public static Penalty alphaNorm(double weight, double alpha) {
    if (!(alpha >= 1) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException("alpha must be at least 1 and finite, was " + alpha);
    }
    return new Penalty(
        String.format(Locale.ROOT, "L%.4g", alpha),
        weight,
        (p, h, w, into) -> {
          double sum = 0;
          for (int i = 0; i < p.length; i++) {
            double d = p[i] - GREY;
            double size = Math.abs(d);
            double power = alpha == 2 ? size : Math.pow(size, alpha - 1);
            sum += power * size;
            into[i] += weight * alpha * power * Math.signum(d);
          }
          return weight * sum;
        });
  }

  /**
   * {@code weight · Σ TV_β} of the channels, see {@link TotalVariation}.
   *
   * @param weight at least 0
   * @param beta above 0
   * @return the penalty
   */
  public static Penalty totalVariation(double weight, double beta) {
    if (!(beta > 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("beta must be above 0 and finite, was " + beta);
    }
    return new Penalty(
        String.format(Locale.ROOT, "total variation, β %.4g", beta),
        weight,
        (p, h, w, into) -> {
          double sum = 0;
          for (int from = 0; from < p.length; from += h * w) {
            sum += TotalVariation.of(p, from, h, w, beta);
            TotalVariation.addGradient(p, from, h, w, beta, weight, into);
          }
          return weight * sum;
        });
  }

  /**
   * {@code weight / 2 · Σ (p − blurred p)²}, the blurred picture held fast, so that each step goes
   * towards it.
   *
   * @param weight at least 0
   * @param sigma of the Gaussian in pixels, above 0
   * @return the penalty
   */
  public static Penalty blur(double weight, double sigma) {
    if (!(sigma > 0) || Double.isInfinite(sigma)) {
      throw new IllegalArgumentException("sigma must be above 0 and finite, was " + sigma);
    }
    return new Penalty(
        String.format(Locale.ROOT, "blur, σ %.4g", sigma),
        weight,
        (p, h, w, into) -> {
          Separable blur = Separable.blur(h, w, sigma);
          double sum = 0;
          for (int from = 0; from < p.length; from += h * w) {
            double[] blurred = blur.apply(Arrays.copyOfRange(p, from, from + h * w));
            for (int i = 0; i < blurred.length; i++) {
              double d = p[from + i] - blurred[i];
              sum += d * d / 2;
              into[from + i] += weight * d;
            }
          }
          return weight * sum;
        });
  }

  double add(double[] pixels, int h, int w, double[] into) {
    return cost.add(pixels, h, w, into);
  }

  @Override
  public String toString() {
    return name;
  }
}
