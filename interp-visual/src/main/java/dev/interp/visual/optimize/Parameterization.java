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

  /** Pictures of one size. Their numbers lie {@code [C, H, W]} in the order of the network. */
  static final class Canvas {
    private final Parameterization how;
    private final int channels;
    private final int h;
    private final int w;
    private final Spectrum spectrum;
    private final double[][] colours;

    Canvas(Parameterization how, ChannelOrder order, int h, int w) {
      this.how = how;
      this.channels = order.channels();
      this.h = h;
      this.w = w;
      this.spectrum = new Spectrum(h, w);
      this.colours = how.decorrelated && channels == 3 ? colours(order) : new double[0][];
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
      double[] z = new double[how.fourier ? channels * spectrum.parameters() : channels * h * w];
      for (int i = 0; deviation > 0 && i < z.length; i++) {
        z[i] = deviation * random.nextGaussian();
      }
      return z;
    }

    /** Pixels of one picture, in [0, 1] where there are bounds. */
    double[] pixels(double[] z) {
      double[] pixels = mixed(how.fourier ? spectrum.planes(z) : z, false);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = how.unit == 0 ? 1 / (1 + Math.exp(-pixels[i])) : 0.5 + pixels[i] / how.unit;
      }
      return pixels;
    }

    /** The gradient at the parameters; that at the pixels is used up. */
    double[] gradient(double[] pixels, double[] atPixels) {
      for (int i = 0; i < pixels.length; i++) {
        atPixels[i] *= how.unit == 0 ? pixels[i] * (1 - pixels[i]) : 1 / how.unit;
      }
      double[] planes = mixed(atPixels, true);
      return how.fourier ? spectrum.adjoint(planes) : planes;
    }

    /** The parameters of the same picture on a canvas of another size. */
    double[] resized(double[] z, Canvas to) {
      Separable map = Separable.bilinear(h, w, to.h, to.w);
      double[] planes = how.fourier ? spectrum.planes(z) : z;
      double[] result = new double[channels * to.h * to.w];
      for (int c = 0; c < channels; c++) {
        double[] plane = Arrays.copyOfRange(planes, c * h * w, (c + 1) * h * w);
        System.arraycopy(map.apply(plane), 0, result, c * to.h * to.w, to.h * to.w);
      }
      return how.fourier ? to.spectrum.parametersOf(result) : result;
    }

    private double[] mixed(double[] planes, boolean transposed) {
      if (colours.length == 0) {
        return planes.clone();
      }
      int size = h * w;
      double[] result = new double[planes.length];
      for (int i = 0; i < channels; i++) {
        for (int j = 0; j < channels; j++) {
          double f = transposed ? colours[j][i] : colours[i][j];
          for (int k = 0; k < size; k++) {
            result[i * size + k] += f * planes[j * size + k];
          }
        }
      }
      return result;
    }
  }
}
