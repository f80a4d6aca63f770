package dev.interp.disentangle.tree;

import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.Trace;
import dev.interp.disentangle.dissect.Pictures;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Which part of an object each filter stands for: in each picture the part whose centre lies
 * nearest to the centre of what the filter's strongest unit sees; the part that this happens for in
 * most pictures, of equal ones the first. It is used to explain and to measure, never to grow a
 * tree.
 *
 * @param parts names of the parts
 * @param partOf of each filter the index of its part, −1 if it is active in no picture with parts
 */
public record PartAssignment(List<String> parts, List<Integer> partOf) {
  private static final int BATCH = 16;

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if there is no such part
   */
  public PartAssignment {
    parts = List.copyOf(parts);
    partOf = List.copyOf(partOf);
    for (int part : partOf) {
      if (part < -1 || part >= parts.size()) {
        throw new IllegalArgumentException(
            "parts are -1 to " + (parts.size() - 1) + ", was " + part);
      }
    }
  }

  /**
   * Looks at annotated pictures.
   *
   * @param network the network
   * @param layer whose filters
   * @param pictures the data set, with landmarks or masks
   * @param indices which of its pictures, at least 1
   * @return the part of each filter
   * @throws IllegalArgumentException if the pictures know nothing of parts or the layer has no
   *     spatial extent
   */
  public static PartAssignment of(
      Network network, String layer, Pictures pictures, List<Integer> indices) {
    List<String> parts = pictures.data().partNames();
    if (parts.isEmpty() || indices.isEmpty()) {
      throw new IllegalArgumentException(
          "parts of filters need pictures with parts, was "
              + indices.size()
              + " pictures with the parts "
              + parts);
    }
    int[][] votes = new int[0][];
    for (int from = 0; from < indices.size(); from += BATCH) {
      List<PartImage> images =
          indices.subList(from, Math.min(indices.size(), from + BATCH)).stream()
              .map(i -> pictures.data().get(i))
              .toList();
      INDArray x = pictures.batch(images);
      LayerInfo info = Rationales.check(network, layer, x);
      int filters = info.shape().get(0).intValue();
      int rows = info.shape().get(1).intValue();
      int columns = info.shape().get(2).intValue();
      votes = votes.length == 0 ? new int[filters][parts.size()] : votes;
      float[] maps;
      try (Trace trace = network.run(x, Hooks.none().keep(layer).forgetBelow())) {
        maps = trace.read(layer, m -> m.dup('c').ravel().toFloatVector());
      }
      for (int n = 0; n < images.size(); n++) {
        double[][] centres = centres(images.get(n), parts);
        double height = images.get(n).image().height();
        double width = images.get(n).image().width();
        for (int d = 0; d < filters; d++) {
          int peak = peak(maps, n * rows * columns * filters + d, rows * columns, filters);
          if (peak >= 0) {
            double row =
                center(info.receptiveField().height(), peak / columns, (double) x.size(2), height);
            double column =
                center(info.receptiveField().width(), peak % columns, (double) x.size(3), width);
            int nearest = nearest(centres, column, row);
            if (nearest >= 0) {
              votes[d][nearest]++;
            }
          }
        }
      }
    }
    List<Integer> partOf = new ArrayList<>();
    for (int[] own : votes) {
      int best = -1;
      for (int p = 0; p < own.length; p++) {
        best = own[p] > (best < 0 ? 0 : own[best]) ? p : best;
      }
      partOf.add(best);
    }
    return new PartAssignment(parts, partOf);
  }

  private static double center(ReceptiveField.Axis axis, int unit, double input, double picture) {
    return (axis.center() + unit * axis.stride() + 0.5) * picture / input;
  }

  /** The strongest position, −1 if none is above 0. */
  private static int peak(float[] maps, int offset, int cells, int filters) {
    int best = -1;
    float largest = 0;
    for (int cell = 0; cell < cells; cell++) {
      if (maps[offset + cell * filters] > largest) {
        largest = maps[offset + cell * filters];
        best = cell;
      }
    }
    return best;
  }

  /** Where each part is, x and y; empty arrays for those that are not seen. */
  private static double[][] centres(PartImage picture, List<String> parts) {
    double[][] centres = new double[parts.size()][0];
    for (int p = 0; p < parts.size(); p++) {
      for (Landmark landmark : picture.landmarks()) {
        if (landmark.visible() && landmark.part().equals(parts.get(p))) {
          centres[p] = new double[] {landmark.x(), landmark.y()};
        }
      }
    }
    if (picture.landmarks().isEmpty() && picture.mask().isPresent()) {
      PartMask mask = picture.mask().get();
      double[][] sums = new double[mask.parts().size() + 2][3];
      for (int y = 0; y < mask.height(); y++) {
        for (int x = 0; x < mask.width(); x++) {
          double[] sum = sums[mask.owner(x, y)];
          sum[0] += x + 0.5;
          sum[1] += y + 0.5;
          sum[2]++;
        }
      }
      for (int p = 0; p < parts.size(); p++) {
        int at = mask.parts().indexOf(parts.get(p)) + 1;
        if (at > 0 && sums[at][2] > 0) {
          centres[p] = new double[] {sums[at][0] / sums[at][2], sums[at][1] / sums[at][2]};
        }
      }
    }
    return centres;
  }

  private static int nearest(double[][] centres, double x, double y) {
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int p = 0; p < centres.length; p++) {
      if (centres[p].length == 2) {
        double distance = Math.hypot(centres[p][0] - x, centres[p][1] - y);
        if (distance < least) {
          least = distance;
          best = p;
        }
      }
    }
    return best;
  }

  /**
   * What each part adds to a score: the sum of what its filters add.
   *
   * @param contributions of filters, from {@link TreeNode#contributions}
   * @return one per part
   * @throws IllegalArgumentException if there are more or fewer filters
   */
  public double[] contributions(double[] contributions) {
    if (contributions.length != partOf.size()) {
      throw new IllegalArgumentException(
          "contributions of " + partOf.size() + " filters are needed, was " + contributions.length);
    }
    double[] sums = new double[parts.size()];
    for (int d = 0; d < contributions.length; d++) {
      if (partOf.get(d) >= 0) {
        sums[partOf.get(d)] += contributions[d];
      }
    }
    return sums;
  }
}
