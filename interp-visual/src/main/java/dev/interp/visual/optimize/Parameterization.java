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

    private final Parameterization how;
    private final int channels;
    private final int h;
    private final int w;
    private final Spectrum spectrum;
    private final double[][] colours;
    private final double[] planes;
    private final double[] pixels;
    private final double[] gradient;

    Canvas(Parameterization how, ChannelOrder order, int h, int w) {
      this.how = how;
      this.channels = order.channels();
      this.h = h;
      this.w = w;
      this.spectrum = new Spectrum(channels, h, w);
      this.colours = how.decorrelated && channels == 3 ? colours(order) : AS_THEY_ARE;
      this.planes = new double[channels * h * w];
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
      mix(planes(z), false, pixels);
      if (how.unit == 0) {
        logistic(pixels);
      } else {
        for (int i = 0; i < pixels.length; i++) {
          pixels[i] = 0.5 + pixels[i] / how.unit;
        }
      }
      return pixels;
    }

    /** The gradient at the parameters; that at the pixels, as last given, is used up. */
    double[] gradient(double[] atPixels) {
      if (how.unit == 0) {
        for (int i = 0; i < pixels.length; i++) {
          atPixels[i] *= pixels[i] * (1 - pixels[i]);
        }
      } else {
        for (int i = 0; i < pixels.length; i++) {
          atPixels[i] /= how.unit;
        }
      }
      if (how.fourier) {
        mix(atPixels, true, planes);
        spectrum.adjoint(planes, gradient);
      } else {
        mix(atPixels, true, gradient);
      }
      return gradient;
    }

    /** The parameters of the same picture on a canvas of another size. */
    double[] resized(double[] z, Canvas to) {
      Separable map = Separable.bilinear(h, w, to.h, to.w);
      double[] all = planes(z);
      double[] result = new double[channels * to.h * to.w];
      for (int c = 0; c < channels; c++) {
        double[] plane = Arrays.copyOfRange(all, c * h * w, (c + 1) * h * w);
        System.arraycopy(map.apply(plane), 0, result, c * to.h * to.w, to.h * to.w);
      }
      return how.fourier ? to.spectrum.parametersOf(result) : result;
    }

    private double[] planes(double[] z) {
      if (!how.fourier) {
        return z;
      }
      spectrum.planes(z, planes);
      return planes;
    }

    private void mix(double[] from, boolean transposed, double[] into) {
      int size = h * w;
      for (int i = 0; i < colours.length; i++) {
        double[] row = colours[i].clone();
        for (int j = 0; transposed && j < row.length; j++) {
          row[j] = colours[j][i];
        }
        for (int k = 0; k < size; k++) {
          into[i * size + k] =
              row[0] * from[k] + row[1] * from[size + k] + row[2] * from[2 * size + k];
        }
      }
      if (colours.length == 0) {
        System.arraycopy(from, 0, into, 0, into.length);
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
      double y = Math.max(-40, Math.min(40, x[i])) * (-1.0 / 256);
      // exp(y) to the eleventh power, and that eight times squared.
      double e = 1 + y / 11;
      e = 1 + y * (1.0 / 10) * e;
      e = 1 + y * (1.0 / 9) * e;
      e = 1 + y * (1.0 / 8) * e;
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
      x[i] = 1 / (1 + e);
    }
  }
}
