package dev.interp.visual.optimize;

import dev.interp.core.image.ChannelOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What numbers a picture is made of while it is optimised: its pixels or its waves, of colours as
 * they are or decorrelated, kept within what a picture can show or not.
 *
 * <p>The gradient is the same; but a step of equal size in every number goes elsewhere. In waves
 * scaled like those of natural pictures and in colours that natural pictures vary in, it goes to
 * fewer patterns that only a network can see.
 *
 * <p>Source: lucid's {@code optvis.param} (Olah, Mordvintsev, Schubert, Feature visualization,
 * Distill 2017, with the spectrum of natural pictures and the colours of ImageNet). Immutable.
 */
public final class Parameterization {
  /** Square root of the covariance of ImageNet's colours; a column per decorrelated channel. */
  private static final double[][] COLOURS = {
    {0.26, 0.09, 0.02}, {0.27, 0.00, -0.05}, {0.27, -0.09, 0.03}
  };

  private final boolean fourier;
  private final boolean decorrelated;
  private final double unit;

  private Parameterization(boolean fourier, boolean decorrelated, double unit) {
    this.fourier = fourier;
    this.decorrelated = decorrelated;
    this.unit = unit;
  }

  /**
   * Waves of decorrelated colours, kept within [0, 1] by a logistic function.
   *
   * @return what the reference takes by default
   */
  public static Parameterization fourier() {
    return new Parameterization(true, true, 0);
  }

  /**
   * Pixels of decorrelated colours, kept within [0, 1] by a logistic function.
   *
   * @return the same without waves
   */
  public static Parameterization pixels() {
    return new Parameterization(false, true, 0);
  }

  /**
   * The channels as the network has them, not decorrelated.
   *
   * @return a copy
   */
  public Parameterization correlated() {
    return new Parameterization(fourier, false, unit);
  }

  /**
   * Without bounds: a pixel is 0.5 plus its number over the unit. What leaves [0, 1] is cut only
   * when the picture is shown.
   *
   * @param perUnit how much of the parameter is the way from black to white, above 0: 255 for the
   *     levels of 8-bit pixels
   * @return a copy
   * @throws IllegalArgumentException if it is not above 0
   */
  public Parameterization unbounded(double perUnit) {
    if (!(perUnit > 0) || Double.isInfinite(perUnit)) {
      throw new IllegalArgumentException("the unit of pixels must be above 0, was " + perUnit);
    }
    return new Parameterization(fourier, decorrelated, perUnit);
  }

  @Override
  public String toString() {
    return (fourier ? "waves" : "pixels")
        + (decorrelated ? " of decorrelated colours" : "")
        + (unit == 0 ? "" : ", unbounded");
  }

  Canvas canvas(ChannelOrder order, int h, int w) {
    return new Canvas(this, order, h, w);
  }

  /**
   * A picture of one size. Its numbers lie {@code [C, H, W]} in the order of the network. What it
   * gives is overwritten by its next call; not safe for concurrent use.
   */
  static final class Canvas {
    private static final double[][] AS_THEY_ARE = {};

    /** Numbers that are worked on at once, so that they stay near. */
    private static final int BLOCK = 512;

    private final Parameterization how;
    private final int channels;
    private final int h;
    private final int w;
    private final Spectrum spectrum;
    private final double[][] colours;
    private final double[][] planes;
    private final double[][] part;
    private final double[] mixed = new double[BLOCK];
    private final double[] pixels;
    private final double[] gradient;

    Canvas(Parameterization how, ChannelOrder order, int h, int w) {
      this.how = how;
      this.channels = order.channels();
      this.h = h;
      this.w = w;
      this.spectrum = new Spectrum(channels, h, w);
      this.colours = how.decorrelated && channels == 3 ? colours(order) : AS_THEY_ARE;
      this.planes = new double[channels][h * w];
      this.part = new double[channels][BLOCK];
      this.pixels = new double[channels * h * w];
      this.gradient = new double[parameters()];
    }

    private int parameters() {
      return how.fourier ? spectrum.parameters() : channels * h * w;
    }

    int height() {
      return h;
    }

    int width() {
      return w;
    }

    private static double[][] colours(ChannelOrder order) {
      double largest = 0;
      for (int j = 0; j < COLOURS.length; j++) {
        double square = 0;
        for (double[] row : COLOURS) {
          square += row[j] * row[j];
        }
        largest = Math.max(largest, Math.sqrt(square));
      }
      double[][] matrix = new double[COLOURS.length][COLOURS.length];
      for (int i = 0; i < matrix.length; i++) {
        int rgb = order == ChannelOrder.BGR ? matrix.length - 1 - i : i;
        for (int j = 0; j < matrix.length; j++) {
          matrix[i][j] = COLOURS[rgb][j] / largest;
        }
      }
      return matrix;
    }

    /** Parameters with Gaussian noise. */
    double[] noise(SplittableRandom random, double deviation) {
      double[] z = new double[parameters()];
      for (int i = 0; deviation > 0 && i < z.length; i++) {
        z[i] = deviation * random.nextGaussian();
      }
      return z;
    }

    /** Pixels, in [0, 1] where there are bounds. */
    double[] pixels(double[] z) {
      planes(z);
      int size = h * w;
      for (int from = 0; from < size; from += BLOCK) {
        int length = Math.min(BLOCK, size - from);
        for (int c = 0; c < channels; c++) {
          System.arraycopy(planes[c], from, part[c], 0, length);
        }
        for (int c = 0; c < channels; c++) {
          mix(c, false);
          bound(mixed);
          System.arraycopy(mixed, 0, pixels, c * size + from, length);
        }
      }
      return pixels;
    }

    private void bound(double[] numbers) {
      if (how.unit == 0) {
        logistic(numbers);
        return;
      }
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = 0.5 + numbers[i] / how.unit;
      }
    }

    /** The gradient at the parameters, given that at the pixels as last made; not modified. */
    double[] gradient(double[] atPixels) {
      int size = h * w;
      for (int from = 0; from < size; from += BLOCK) {
        int length = Math.min(BLOCK, size - from);
        for (int c = 0; c < channels; c++) {
          System.arraycopy(atPixels, c * size + from, part[c], 0, length);
          System.arraycopy(pixels, c * size + from, mixed, 0, length);
          unbound(mixed, part[c]);
        }
        for (int c = 0; c < channels; c++) {
          mix(c, true);
          System.arraycopy(mixed, 0, planes[c], from, length);
        }
      }
      if (how.fourier) {
        spectrum.adjoint(planes, gradient);
      } else {
        for (int c = 0; c < channels; c++) {
          System.arraycopy(planes[c], 0, gradient, c * size, size);
        }
      }
      return gradient;
    }

    private void unbound(double[] shown, double[] gradient) {
      if (how.unit == 0) {
        for (int i = 0; i < shown.length; i++) {
          gradient[i] *= shown[i] * (1 - shown[i]);
        }
      } else {
        for (int i = 0; i < shown.length; i++) {
          gradient[i] /= how.unit;
        }
      }
    }

    /** The parameters of the same picture on a canvas of another size. */
    double[] resized(double[] z, Canvas to) {
      Separable map = Separable.bilinear(h, w, to.h, to.w);
      planes(z);
      double[][] result = new double[channels][];
      for (int c = 0; c < channels; c++) {
        result[c] = map.apply(planes[c]);
      }
      return how.fourier
          ? to.spectrum.parametersOf(result)
          : Arrays.stream(result).flatMapToDouble(Arrays::stream).toArray();
    }

    private void planes(double[] z) {
      if (how.fourier) {
        spectrum.planes(z, planes);
        return;
      }
      for (int c = 0; c < channels; c++) {
        System.arraycopy(z, c * h * w, planes[c], 0, h * w);
      }
    }

    /** Mixes a channel of the part by a row of the matrix of colours or of its transpose. */
    private void mix(int channel, boolean transposed) {
      if (colours.length == 0) {
        System.arraycopy(part[channel], 0, mixed, 0, BLOCK);
        return;
      }
      double[] row = colours[channel];
      double first = transposed ? colours[0][channel] : row[0];
      double second = transposed ? colours[1][channel] : row[1];
      double third = transposed ? colours[2][channel] : row[2];
      mix(first, part[0], second, part[1], third, part[2], mixed);
    }

    private static void mix(
        double x, double[] a, double y, double[] b, double z, double[] c, double[] into) {
      for (int k = 0; k < into.length; k++) {
        into[k] = x * a[k] + y * b[k] + z * c[k];
      }
    }
  }

  /**
   * {@code 1 / (1 + exp(−x))} in place, to 1e-12; beyond ±40 nothing changes. By products and sums
   * alone, which a compiler lays side by side: {@link Math#exp} took as long as all else that makes
   * a picture.
   */
  static void logistic(double[] x) {
    for (int i = 0; i < x.length; i++) {
      double y = Math.max(-40, Math.min(40, x[i])) * (-1.0 / 1024);
      // exp(y) to the eighth power, and that ten times squared.
      double e = 1 + y / 8;
      e = 1 + y * (1.0 / 7) * e;
      e = 1 + y * (1.0 / 6) * e;
      e = 1 + y * (1.0 / 5) * e;
      e = 1 + y * (1.0 / 4) * e;
      e = 1 + y * (1.0 / 3) * e;
      e = 1 + y * (1.0 / 2) * e;
      e = 1 + y * e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      x[i] = 1 / (1 + e);
    }
  }
}
