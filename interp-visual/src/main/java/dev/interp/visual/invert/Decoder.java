package dev.interp.visual.invert;

import dev.interp.core.data.PartDataset;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.image.Resample;
import dev.interp.core.network.Features;
import dev.interp.core.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Draws pictures from what a tensor of a network keeps of them: an estimate of the mean of all
 * pictures that have these features. Learned by {@link DecoderTraining}; immutable, safe for
 * concurrent use.
 *
 * <p>Source: Dosovitskiy, Brox, Inverting visual representations with convolutional networks (CVPR
 * 2016).
 */
public final class Decoder {
  private static final int BATCH = 16;

  private final Features features;
  private final Preprocessor preprocessor;
  private final Network net;
  private final Standardization standard;
  private final Image mean;

  /** Made of a trained net, which gives a picture less the mean from standardised features. */
  Decoder(
      Features features,
      Preprocessor preprocessor,
      Network net,
      Standardization standard,
      Image mean) {
    this.features = features;
    this.preprocessor = preprocessor;
    this.net = net;
    this.standard = standard;
    this.mean = mean;
  }

  /**
   * How well pictures are drawn that the decoder has not learned on.
   *
   * @param layer the tensor that they are drawn from
   * @param pictures how many
   * @param error mean distance of the drawn pictures from the given ones, divided by the mean
   *     distance of two of the given ones (Dosovitskiy and Brox, section 3.1)
   * @param meanError the same for the mean of the pictures learned on, whatever is given
   * @param featureError summed squared distance of the features of the drawn pictures from the
   *     given ones, divided by the summed square of these (Mahendran and Vedaldi 2015, section 4)
   * @param recognised the share of drawn pictures that the network takes for the same class as the
   *     given ones; of a network without classes, for the same strongest output
   */
  public record Score(
      String layer,
      int pictures,
      double error,
      double meanError,
      double featureError,
      double recognised) {}

  /**
   * What is drawn from.
   *
   * @return the name of the tensor
   */
  public String layer() {
    return features.tensor();
  }

  /**
   * The mean of the pictures that were learned on.
   *
   * @return the picture, as large as the network's input
   */
  public Image mean() {
    return mean;
  }

  /**
   * Draws pictures.
   *
   * @param tensor the features, {@code [N, C, H, W]} or {@code [N, F]} as a run of the network
   *     gives them; not modified
   * @return N pictures as large as the network's input, their values cut to [0, 1]
   * @throws IllegalArgumentException if the features have another shape
   */
  public List<Image> invert(INDArray tensor) {
    long[] wanted = features.network().layer(layer()).shape().stream().mapToLong(s -> s).toArray();
    long[] shape = tensor.shape();
    if (!Arrays.equals(wanted, Arrays.copyOfRange(shape, 1, shape.length))) {
      throw new IllegalArgumentException(
          "the features must be those of '"
              + layer()
              + "', [N, "
              + Arrays.toString(wanted).substring(1)
              + ", were "
              + Arrays.toString(shape));
    }
    List<Image> pictures = new ArrayList<>();
    float[] usual = mean.values();
    try (INDArray drawn = net.logits(standard.apply(tensor).castTo(net.precision()))) {
      int h = (int) drawn.size(2);
      int w = (int) drawn.size(3);
      float[] all = drawn.data().asFloat();
      for (int from = 0; from < all.length; from += mean.channels() * h * w) {
        float[] values = new float[usual.length];
        int plane = mean.height() * mean.width();
        for (int c = 0; c < mean.channels(); c++) {
          int at = from + c * h * w;
          float[] large =
              Resample.BILINEAR.apply(
                  Arrays.copyOfRange(all, at, at + h * w), h, w, mean.height(), mean.width());
          for (int k = 0; k < plane; k++) {
            float value = usual[c * plane + k] + large[k];
            values[c * plane + k] = Math.min(1, Math.max(0, value));
          }
        }
        pictures.add(Image.of(mean.channels(), mean.height(), mean.width(), values));
      }
    }
    return pictures;
  }

  /**
   * Draws pictures again from their features.
   *
   * @param pictures any; each is prepared for the network first
   * @return a picture for each
   */
  public List<Image> redraw(List<Image> pictures) {
    try (INDArray x = preprocessor.apply(pictures)) {
      return invert(features.of(x));
    }
  }

  /**
   * Measures the decoder.
   *
   * <p>Cost: two forward passes per picture and one of the decoder.
   *
   * @param data pictures not learned on, at least 2
   * @return what it reached
   * @throws IllegalArgumentException if there are fewer pictures
   */
  public Score score(PartDataset data) {
    if (data.size() < 2) {
      throw new IllegalArgumentException(
          "distances between pictures need at least 2 of them, were " + data.size());
    }
    Network network = features.network();
    List<float[]> seen = new ArrayList<>();
    float[] usual = mean.values();
    double error = 0;
    double meanError = 0;
    double away = 0;
    double norm = 0;
    int same = 0;
    for (int from = 0; from < data.size(); from += BATCH) {
      int to = Math.min(data.size(), from + BATCH);
      INDArray x = preprocessor.apply(pictures(data, from, to));
      INDArray kept = features.of(x);
      List<Image> drawn = invert(kept);
      INDArray again = preprocessor.apply(drawn);
      double d = kept.distance2(features.of(again));
      away += d * d;
      double length = kept.norm2Number().doubleValue();
      norm += length * length;
      int[] before = strongest(network.logits(x));
      int[] after = strongest(network.logits(again));
      for (int i = 0; i < drawn.size(); i++) {
        float[] given = preprocessor.unapply(x, i).values();
        seen.add(given);
        error += distance(given, drawn.get(i).values()) / data.size();
        meanError += distance(given, usual) / data.size();
        same += before[i] == after[i] ? 1 : 0;
      }
    }
    double between = between(seen);
    if (!(between > 0) || !(norm > 0)) {
      throw new IllegalArgumentException(
          "errors are told in distances between pictures and sizes of features, but all pictures"
              + " are equal or their features zero");
    }
    return new Score(
        layer(),
        data.size(),
        error / between,
        meanError / between,
        away / norm,
        (double) same / data.size());
  }

  /** The mean distance of two different pictures. */
  private static double between(List<float[]> pictures) {
    double sum = 0;
    long pairs = 0;
    for (int i = 0; i < pictures.size(); i++) {
      // Some partners of each are enough for a mean.
      for (int step = 1; step <= Math.min(BATCH, pictures.size() - 1); step++) {
        sum += distance(pictures.get(i), pictures.get((i + step) % pictures.size()));
        pairs++;
      }
    }
    return sum / pairs;
  }

  static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += (a[k] - b[k]) * (a[k] - b[k]);
    }
    return Math.sqrt(sum);
  }

  private static int[] strongest(INDArray logits) {
    return logits.reshape(logits.size(0), -1).argMax(1).toIntVector();
  }

  static List<Image> pictures(PartDataset data, int from, int to) {
    List<Image> pictures = new ArrayList<>();
    for (int i = from; i < to; i++) {
      pictures.add(Image.of(data.get(i).image().toBufferedImage()));
    }
    return pictures;
  }
}
