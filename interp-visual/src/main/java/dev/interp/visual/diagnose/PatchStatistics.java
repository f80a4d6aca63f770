package dev.interp.visual.diagnose;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Mean and covariance of the patches of pictures, gathered as the pictures come; statistics of
 * parts of a data set can be merged. Sums are float64 and taken about running means.
 *
 * <p>Patches of each channel are described on their own, as in the authors' program for prediction
 * difference analysis, or those of all channels together. Not safe for concurrent use; gather per
 * thread and {@link #merge}.
 */
public final class PatchStatistics {
  private static final int BLOCK = 256;

  private final int channels;
  private final int together;
  private final int height;
  private final int width;
  private final double[][] mean;
  private final double[][] scatter;
  private final double[] least;
  private final double[] most;
  private long count;

  private PatchStatistics(int channels, int together, int height, int width) {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a patch must have at least one channel, row and column, had ["
              + channels
              + ", "
              + height
              + ", "
              + width
              + "]");
    }
    this.channels = channels;
    this.together = together;
    this.height = height;
    this.width = width;
    int groups = channels / together;
    int size = together * height * width;
    this.mean = new double[groups][size];
    this.scatter = new double[groups][size * size];
    this.least = new double[channels];
    this.most = new double[channels];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    Arrays.fill(most, Double.NEGATIVE_INFINITY);
  }

  /**
   * Empty statistics that describe each channel on its own.
   *
   * @param channels of the pictures
   * @param height of a patch
   * @param width of a patch
   * @return statistics of no patch
   */
  public static PatchStatistics perChannel(int channels, int height, int width) {
    return new PatchStatistics(channels, 1, height, width);
  }

  /**
   * Empty statistics that describe all channels together. Time and memory grow with the square of
   * channels · height · width.
   *
   * @param channels of the pictures
   * @param height of a patch
   * @param width of a patch
   * @return statistics of no patch
   */
  public static PatchStatistics joint(int channels, int height, int width) {
    return new PatchStatistics(channels, channels, height, width);
  }

  /**
   * Adds the patches of some pictures.
   *
   * @param pictures {@code [N, C, H, W]} in the values that the network takes; not modified
   * @param stride every how many pixels a patch begins, in rows and columns, at least 1
   */
  public void add(INDArray pictures, int stride) {
    if (stride < 1) {
      throw new IllegalArgumentException("the stride must be at least 1, was " + stride);
    }
    if (pictures.rank() != 4
        || pictures.size(1) != channels
        || pictures.size(2) < height
        || pictures.size(3) < width) {
      throw new IllegalArgumentException(
          "pictures must be [N, "
              + channels
              + ", H, W] with H at least "
              + height
              + " and W at least "
              + width
              + ", were "
              + Arrays.toString(pictures.shape()));
    }
    int h = (int) pictures.size(2);
    int w = (int) pictures.size(3);
    // ND4J takes the rows of a view that begins inside its buffer for empty.
    INDArray all = pictures.isView() ? pictures.dup('c') : pictures;
    for (int n = 0; n < all.size(0); n++) {
      double[] values = all.slice(n).castTo(DataType.DOUBLE).dup('c').data().asDouble();
      range(values, h * w);
      int rows = (h - height) / stride + 1;
      int columns = (w - width) / stride + 1;
      for (int first = 0; first < rows * columns; first += BLOCK) {
        int size = Math.min(BLOCK, rows * columns - first);
        for (int g = 0; g < mean.length; g++) {
          double[][] block = new double[size][];
          for (int r = 0; r < size; r++) {
            int top = (first + r) / columns * stride;
            int left = (first + r) % columns * stride;
            block[r] = patch(values, h, w, g, top, left);
          }
          addBlock(g, block);
        }
        count += size;
      }
    }
  }

  /**
   * Adds what another has gathered.
   *
   * @param other statistics of patches of the same shape; not modified
   */
  public void merge(PatchStatistics other) {
    if (channels != other.channels
        || together != other.together
        || height != other.height
        || width != other.width) {
      throw new IllegalArgumentException(
          "statistics to be merged must describe the same patches, were " + this + " and " + other);
    }
    for (int g = 0; g < mean.length; g++) {
      merge(g, other.count, other.mean[g], other.scatter[g]);
    }
    count += other.count;
    for (int c = 0; c < channels; c++) {
      least[c] = Math.min(least[c], other.least[c]);
      most[c] = Math.max(most[c], other.most[c]);
    }
  }

  /**
   * The number of patches so far.
   *
   * @return at least 0
   */
  public long count() {
    return count;
  }

  @Override
  public String toString() {
    return count
        + " patches ["
        + channels
        + ", "
        + height
        + ", "
        + width
        + "]"
        + (together == 1 ? " per channel" : " of all channels together");
  }

  int channels() {
    return channels;
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  /** How many channels one Gaussian describes. */
  int together() {
    return together;
  }

  double least(int channel) {
    return least[channel];
  }

  double most(int channel) {
    return most[channel];
  }

  double[] mean(int group) {
    return mean[group];
  }

  /**
   * The covariance, as if one more patch had been seen whose pixels are independent and vary like
   * all pixels of their channel: with few patches it is still positive definite, with many the
   * patch is not seen.
   */
  double[][] covariance(int group) {
    int size = mean[group].length;
    double[][] covariance = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        covariance[i][j] = scatter[group][i * size + j] / (count + 1);
        covariance[j][i] = covariance[i][j];
      }
    }
    int plane = height * width;
    for (int c = 0; c < together; c++) {
      double variance = variance(group, c * plane, plane) / (count + 1);
      for (int i = c * plane; i < (c + 1) * plane; i++) {
        covariance[i][i] += variance;
      }
    }
    return covariance;
  }

  /** Variance of the pixels of one channel, whatever their place in the patch. */
  private double variance(int group, int first, int length) {
    double centre = 0;
    for (int i = first; i < first + length; i++) {
      centre += mean[group][i] / length;
    }
    double sum = 0;
    for (int i = first; i < first + length; i++) {
      double d = mean[group][i] - centre;
      sum += d * d + scatter[group][i * mean[group].length + i] / Math.max(1, count);
    }
    return sum / length;
  }

  private void range(double[] values, int plane) {
    for (int k = 0; k < values.length; k++) {
      least[k / plane] = Math.min(least[k / plane], values[k]);
      most[k / plane] = Math.max(most[k / plane], values[k]);
    }
  }

  private double[] patch(double[] values, int h, int w, int group, int top, int left) {
    double[] patch = new double[together * height * width];
    for (int c = 0; c < together; c++) {
      for (int i = 0; i < height; i++) {
        System.arraycopy(
            values,
            ((group * together + c) * h + top + i) * w + left,
            patch,
            (c * height + i) * width,
            width);
      }
    }
    return patch;
  }

  private void addBlock(int group, double[][] block) {
    int size = mean[group].length;
    double[] centre = new double[size];
    for (double[] patch : block) {
      for (int i = 0; i < size; i++) {
        centre[i] += patch[i] / block.length;
      }
    }
    double[] around = new double[size * size];
    for (double[] patch : block) {
      for (int i = 0; i < size; i++) {
        patch[i] -= centre[i];
      }
      for (int i = 0; i < size; i++) {
        double p = patch[i];
        int row = i * size;
        for (int j = 0; j <= i; j++) {
          around[row + j] += p * patch[j];
        }
      }
    }
    merge(group, block.length, centre, around);
  }

  /** Chan, Golub, LeVeque 1979; the lower triangle of the scatter is kept. */
  private void merge(int group, long more, double[] centre, double[] around) {
    if (more == 0) {
      return;
    }
    double all = (double) count + more;
    int size = centre.length;
    double[] apart = new double[size];
    for (int i = 0; i < size; i++) {
      apart[i] = centre[i] - mean[group][i];
    }
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        scatter[group][i * size + j] +=
            around[i * size + j] + apart[i] * apart[j] * (count / all) * more;
      }
    }
    for (int i = 0; i < size; i++) {
      mean[group][i] += apart[i] * (more / all);
    }
  }
}
