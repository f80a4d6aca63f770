package dev.interp.visual.segment;

import dev.interp.core.attribution.Baseline;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Divides a picture into regions by a graph of its pixels: neighbours (eight of them) are joined in
 * order of how much their colours differ, as long as the difference is no larger than what the two
 * regions hold within themselves plus {@code scale / size}.
 *
 * <p>Felzenszwalb, Huttenlocher: Efficient Graph-Based Image Segmentation, IJCV 2004. As in
 * scikit-image, the colour difference is the Euclidean distance over the channels and the scale is
 * told for values from 0 to 255: it is divided by 255 for pictures whose values are of the order of
 * one.
 */
public final class Felzenszwalb {
  private static final double BYTE_RANGE = 255;

  private final double scale;
  private final double sigma;
  private final int minSize;

  private Felzenszwalb(double scale, double sigma, int minSize) {
    this.scale = scale;
    this.sigma = sigma;
    this.minSize = minSize;
  }

  /**
   * Scale 100, smoothed by 0.8 pixels, regions of at least 20 pixels.
   *
   * @return the division
   */
  public static Felzenszwalb withDefaults() {
    return new Felzenszwalb(100, 0.8, 20);
  }

  /**
   * Sets how large regions tend to be.
   *
   * @param k larger gives larger regions; at least 0
   * @return the division with that scale
   */
  public Felzenszwalb withScale(double k) {
    if (!(k >= 0 && Double.isFinite(k))) {
      throw new IllegalArgumentException("the scale must be at least 0, was " + k);
    }
    return new Felzenszwalb(k, sigma, minSize);
  }

  /**
   * Sets how far the picture is smoothed before.
   *
   * @param deviation of the Gaussian in pixels; 0 for none
   * @return the division with that smoothing
   */
  public Felzenszwalb withSigma(double deviation) {
    if (!(deviation >= 0 && Double.isFinite(deviation))) {
      throw new IllegalArgumentException("sigma must be at least 0, was " + deviation);
    }
    return new Felzenszwalb(scale, deviation, minSize);
  }

  /**
   * Sets the size below which regions are joined to a neighbour.
   *
   * @param pixels at least 1
   * @return the division with that size
   */
  public Felzenszwalb withMinSize(int pixels) {
    if (pixels < 1) {
      throw new IllegalArgumentException("the least size must be at least 1, was " + pixels);
    }
    return new Felzenszwalb(scale, sigma, pixels);
  }

  /**
   * Divides a picture.
   *
   * @param picture {@code [C, H, W]}, values of the order of one; not modified
   * @return the region of each pixel, row by row (length H · W), numbered from 0 in the order in
   *     which they appear; owned by the caller
   * @throws IllegalArgumentException if it is not a picture
   */
  public int[] divide(INDArray picture) {
    if (picture.rank() != 3) {
      throw new IllegalArgumentException(
          "the picture must be [C, H, W], was " + Arrays.toString(picture.shape()));
    }
    int channels = (int) picture.size(0);
    int height = (int) picture.size(1);
    int width = (int) picture.size(2);
    INDArray one = picture.castTo(DataType.DOUBLE).reshape(1, channels, height, width);
    INDArray smooth = sigma == 0 ? one : Baseline.blur(sigma).of(one);
    Regions regions = new Regions(height * width);
    long[] edges = edges(smooth.dup('c').data().asDouble(), channels, height, width);
    double k = scale / BYTE_RANGE;
    for (long edge : edges) {
      regions.joinIfAlike(from(edge), to(edge, width), weight(edge), k);
    }
    for (long edge : edges) {
      regions.joinIfSmall(from(edge), to(edge, width), minSize);
    }
    return regions.labels();
  }

  /**
   * Pairs of neighbours by rising difference: 32 bits of a float that is not negative, which sort
   * as numbers, then the pixel and which of its neighbours, so that ties have an order too.
   */
  private static long[] edges(double[] values, int channels, int height, int width) {
    int[] down = {0, 1, 1, 1};
    int[] right = {1, 0, 1, -1};
    long[] edges = new long[4 * height * width];
    int count = 0;
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        for (int d = 0; d < 4; d++) {
          int ni = i + down[d];
          int nj = j + right[d];
          if (ni < height && nj >= 0 && nj < width) {
            double sum = 0;
            for (int c = 0; c < channels; c++) {
              int plane = c * height * width;
              double difference = values[plane + i * width + j] - values[plane + ni * width + nj];
              sum += difference * difference;
            }
            long bits = Float.floatToIntBits((float) Math.sqrt(sum));
            edges[count++] = bits << 32 | (4L * (i * width + j) + d);
          }
        }
      }
    }
    long[] sorted = Arrays.copyOf(edges, count);
    Arrays.sort(sorted);
    return sorted;
  }

  private static float weight(long edge) {
    return Float.intBitsToFloat((int) (edge >>> 32));
  }

  private static int from(long edge) {
    return (int) (edge & 0xffffffffL) / 4;
  }

  private static int to(long edge, int width) {
    int[] ahead = {1, width, width + 1, width - 1};
    return from(edge) + ahead[(int) (edge & 3)];
  }

  /** Pixels joined into regions. */
  private static final class Regions {
    private final int[] parent;
    private final int[] size;
    private final double[] within;

    Regions(int pixels) {
      parent = new int[pixels];
      size = new int[pixels];
      within = new double[pixels];
      Arrays.setAll(parent, i -> i);
      Arrays.fill(size, 1);
    }

    private int root(int pixel) {
      int p = pixel;
      while (parent[p] != p) {
        parent[p] = parent[parent[p]];
        p = parent[p];
      }
      return p;
    }

    void joinIfAlike(int a, int b, double weight, double k) {
      int first = root(a);
      int second = root(b);
      if (first != second
          && weight
              <= Math.min(within[first] + k / size[first], within[second] + k / size[second])) {
        join(first, second);
        // Edges come by rising weight, so this is the largest within the joined region.
        within[root(first)] = weight;
      }
    }

    void joinIfSmall(int a, int b, int least) {
      int first = root(a);
      int second = root(b);
      if (first != second && (size[first] < least || size[second] < least)) {
        join(first, second);
      }
    }

    private void join(int a, int b) {
      int large = size[a] >= size[b] ? a : b;
      int small = large == a ? b : a;
      parent[small] = large;
      size[large] += size[small];
    }

    int[] labels() {
      int[] ofRoot = new int[parent.length];
      Arrays.fill(ofRoot, -1);
      int[] labels = new int[parent.length];
      int next = 0;
      for (int i = 0; i < labels.length; i++) {
        int root = root(i);
        if (ofRoot[root] < 0) {
          ofRoot[root] = next++;
        }
        labels[i] = ofRoot[root];
      }
      return labels;
    }
  }
}
