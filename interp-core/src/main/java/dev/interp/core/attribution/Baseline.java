package dev.interp.core.attribution;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The input that stands for "nothing there". Baselines are in the network's own input values, after
 * preprocessing: a black picture is a constant, not zero, for a network that subtracts a mean.
 */
public sealed interface Baseline {

  /**
   * Zero in the network's input values.
   *
   * @return the baseline
   */
  static Baseline zero() {
    return new Constant(List.of(0.0), "zero");
  }

  /**
   * The same value per channel everywhere.
   *
   * @param values one per channel, or one for all; network input values
   * @return the baseline
   * @throws IllegalArgumentException if there is no value or one is not finite
   */
  static Baseline constant(double... values) {
    if (values.length == 0 || !Arrays.stream(values).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException(
          "the baseline must have at least one value, all finite, was " + Arrays.toString(values));
    }
    return new Constant(
        Arrays.stream(values).boxed().toList(), "constant " + Arrays.toString(values));
  }

  /**
   * Each example's own mean per channel.
   *
   * @return the baseline
   */
  static Baseline mean() {
    return new Mean();
  }

  /**
   * Each example blurred by a Gaussian, its edges repeated.
   *
   * @param sigma standard deviation in pixels, above 0
   * @return the baseline
   */
  static Baseline blur(double sigma) {
    if (!(sigma > 0 && Double.isFinite(sigma))) {
      throw new IllegalArgumentException("sigma must be above 0, was " + sigma);
    }
    return new Blur(sigma);
  }

  /**
   * Gaussian noise, the same for every example.
   *
   * @param deviation standard deviation in network input values
   * @param seed of the noise
   * @return the baseline
   */
  static Baseline noise(double deviation, long seed) {
    return new Noise(deviation, seed);
  }

  /**
   * A given array.
   *
   * @param array {@code [1, C, H, W]} for all examples, {@code [N, C, H, W]} for one each, or
   *     {@code [1, C, 1, 1]} for a colour; not copied, not modified
   * @return the baseline
   */
  static Baseline array(INDArray array) {
    return new Given(array);
  }

  /**
   * The baseline for a batch.
   *
   * @param x {@code [N, C, H, W]} or {@code [N, F]}; not modified
   * @return in the shape and type of {@code x}, owned by the caller
   * @throws IllegalArgumentException if the baseline does not fit the batch
   */
  INDArray of(INDArray x);

  /**
   * One value per channel.
   *
   * @param values one number or one per channel
   * @param name what provenance calls it
   */
  record Constant(List<Double> values, String name) implements Baseline {
    /** Copies the list. */
    public Constant {
      values = List.copyOf(values);
    }

    @Override
    public INDArray of(INDArray x) {
      int channels = (int) x.size(1);
      if (values.size() != 1 && values.size() != channels) {
        throw new IllegalArgumentException(
            "the baseline must have one value or one per channel ("
                + channels
                + "), has "
                + values.size());
      }
      long[] shape = new long[x.rank()];
      Arrays.fill(shape, 1);
      shape[1] = channels;
      double[] each = new double[channels];
      Arrays.setAll(each, c -> values.get(values.size() == 1 ? 0 : c));
      return Nd4j.createFromArray(each)
          .reshape(shape)
          .castTo(x.dataType())
          .broadcast(x.shape())
          .dup('c');
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Mean per example and channel. */
  record Mean() implements Baseline {
    @Override
    public INDArray of(INDArray x) {
      INDArray mean = x.rank() == 4 ? x.mean(true, 2, 3) : x.mean(true, 1);
      return mean.broadcast(x.shape()).dup('c');
    }

    @Override
    public String toString() {
      return "mean";
    }
  }

  /**
   * Blurred example.
   *
   * @param sigma in pixels
   */
  record Blur(double sigma) implements Baseline {
    @Override
    public INDArray of(INDArray x) {
      if (x.rank() != 4) {
        throw new IllegalArgumentException(
            "a blurred baseline needs pictures [N, C, H, W], was " + Arrays.toString(x.shape()));
      }
      return GaussianBlur.apply(x, sigma);
    }

    @Override
    public String toString() {
      return "blur " + sigma;
    }
  }

  /**
   * Noise.
   *
   * @param deviation standard deviation
   * @param seed of the noise
   */
  record Noise(double deviation, long seed) implements Baseline {
    @Override
    public INDArray of(INDArray x) {
      SplittableRandom random = new SplittableRandom(seed);
      double[] one = new double[(int) (x.length() / x.size(0))];
      for (int i = 0; i < one.length; i++) {
        one[i] = deviation * random.nextGaussian();
      }
      long[] shape = x.shape().clone();
      shape[0] = 1;
      return Nd4j.createFromArray(one)
          .reshape(shape)
          .castTo(x.dataType())
          .broadcast(x.shape())
          .dup('c');
    }

    @Override
    public String toString() {
      return "noise " + deviation + " seed " + seed;
    }
  }

  /**
   * Given values.
   *
   * @param array as given
   */
  record Given(INDArray array) implements Baseline {
    @Override
    public INDArray of(INDArray x) {
      boolean fits = array.rank() == x.rank();
      for (int i = 0; fits && i < x.rank(); i++) {
        fits = array.size(i) == x.size(i) || (array.size(i) == 1 && i != 1);
      }
      if (!fits) {
        throw new IllegalArgumentException(
            "the baseline must be "
                + Arrays.toString(x.shape())
                + " or have 1 for the batch or for height and width, was "
                + Arrays.toString(array.shape()));
      }
      return array.castTo(x.dataType()).broadcast(x.shape()).dup('c');
    }

    @Override
    public String toString() {
      return "array " + Arrays.toString(array.shape());
    }
  }
}
