package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.Features;
import dev.interp.core.network.Network;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Whether a layer knows that a part of one picture is the same part of another one: the part is
 * hidden in each picture, and the more the changes of the features have the same signs, the more
 * the layer relates the parts. To be compared with the same for random places.
 *
 * <p>{@code ε_i = Φ(x_i) − Φ(x̃_i)}; the result is the mean over pairs of pictures of the share of
 * units in which the signs (−, 0, +) of ε_i and ε_j differ: 0 for changes that agree, 1 for such
 * that never do.
 *
 * <p>Source: Zeiler, Fergus, Visualizing and understanding convolutional networks (ECCV 2014),
 * section 4.3, there a sum over pairs; their measure is divided by the number of units, too.
 */
public final class PartCorrespondence {
  private PartCorrespondence() {}

  /**
   * Measures a layer.
   *
   * <p>Cost: two forward passes per picture.
   *
   * @param network takes pictures
   * @param layer the name of a tensor
   * @param x pictures {@code [N, C, H, W]}, at least 2; not modified
   * @param hidden for each picture, which of its pixels to hide, numbered row by row
   * @param cover what hidden pixels show
   * @return the mean share of units whose signs differ, 0 to 1
   * @throws IllegalArgumentException if there are too few pictures or not as many parts, the
   *     network lacks the tensor, or in some picture hiding changes nothing
   */
  public static double difference(
      Network network, String layer, INDArray x, List<IntPredicate> hidden, Baseline cover) {
    network.checkInput(x);
    int count = (int) x.size(0);
    if (x.rank() != 4 || count < 2 || hidden.size() != count) {
      throw new IllegalArgumentException(
          "parts are compared between at least 2 pictures [N, C, H, W], with one part each, were "
              + hidden.size()
              + " parts of "
              + Arrays.toString(x.shape()));
    }
    Features features = new Features(network, layer);
    INDArray without = x.dup('c');
    INDArray shown = cover.of(x);
    int plane = (int) (x.size(2) * x.size(3));
    INDArray pixels = without.reshape('c', count, x.size(1), plane);
    INDArray covers = shown.dup('c').reshape('c', count, x.size(1), plane);
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < plane; k++) {
        for (int c = 0; hidden.get(i).test(k) && c < x.size(1); c++) {
          pixels.putScalar(new int[] {i, c, k}, covers.getDouble(i, c, k));
        }
      }
    }
    float[] before = features.of(x).data().asFloat();
    float[] after = features.of(without).data().asFloat();
    int units = before.length / count;
    byte[][] signs = new byte[count][units];
    for (int i = 0; i < count; i++) {
      boolean changed = false;
      for (int k = 0; k < units; k++) {
        signs[i][k] = (byte) Math.signum(before[i * units + k] - after[i * units + k]);
        changed |= signs[i][k] != 0;
      }
      if (!changed) {
        throw new IllegalArgumentException(
            "hiding the part of picture " + i + " must change '" + layer + "', but nothing does");
      }
    }
    return meanDifference(signs);
  }

  private static double meanDifference(byte[][] signs) {
    double sum = 0;
    int pairs = 0;
    for (int i = 0; i < signs.length; i++) {
      for (int j = 0; j < i; j++) {
        int differing = 0;
        for (int k = 0; k < signs[i].length; k++) {
          differing += signs[i][k] != signs[j][k] ? 1 : 0;
        }
        sum += (double) differing / signs[i].length;
        pairs++;
      }
    }
    return sum / pairs;
  }
}
