package dev.interp.training.filter;

import dev.interp.core.network.ReceptiveField;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a {@link FilterMonitor} found in one layer after an epoch.
 *
 * @param epoch counted from 0
 * @param layer the name of the filter layer
 * @param instability the location instability, mean over filters, in lengths of the picture's
 *     diagonal; NaN if no picture has landmarks
 * @param partInterpretability the mean over filters, 0 to 1; empty if the pictures have no masks
 * @param interCategory the mean entropy of "does the part appear?", in nats
 * @param spatial the mean entropy of "where?", in nats
 * @param categories the category of each filter; −1 where there is none
 * @param reassigned how many filters have another category than after the epoch before
 * @param strongest the pictures in which each filter is strongest, the strongest first
 */
public record FilterReport(
    int epoch,
    String layer,
    double instability,
    OptionalDouble partInterpretability,
    double interCategory,
    double spatial,
    List<Integer> categories,
    int reassigned,
    List<List<Shot>> strongest) {

  /**
   * A filter in a picture.
   *
   * @param picture index into the monitor's pictures
   * @param activation of the strongest unit
   * @param x where it looks, as a share of the width
   * @param y where it looks, as a share of the height
   */
  public record Shot(int picture, double activation, double x, double y) {}

  /** Copies the lists. */
  public FilterReport {
    categories = List.copyOf(categories);
    strongest = strongest.stream().map(List::copyOf).toList();
  }

  /**
   * Finds the pictures in which filters are strongest.
   *
   * @param maps batches of maps, {@code [N, filters, h, w]} each, their pictures counted through;
   *     not modified
   * @param field the receptive field of the maps' units
   * @param input the shape of one picture as the network takes it, {@code [C, H, W]}
   * @param count how many pictures a filter gets at most
   * @return for each filter, the strongest first
   */
  public static List<List<Shot>> strongest(
      List<INDArray> maps, ReceptiveField field, long[] input, int count) {
    int filters = (int) maps.get(0).size(1);
    List<List<Shot>> all = new ArrayList<>();
    for (int f = 0; f < filters; f++) {
      all.add(new ArrayList<>());
    }
    int picture = 0;
    for (INDArray batch : maps) {
      INDArray flat =
          batch.dup('c').reshape('c', batch.size(0) * filters, batch.size(2) * batch.size(3));
      int[] at = Nd4j.argMax(flat, 1).toIntVector();
      double[] peaks = flat.max(1).toDoubleVector();
      for (int i = 0; i < at.length; i++) {
        long row = at[i] / batch.size(3);
        long column = at[i] % batch.size(3);
        all.get(i % filters)
            .add(
                new Shot(
                    picture + i / filters,
                    peaks[i],
                    share(field.width(), column, input[2]),
                    share(field.height(), row, input[1])));
      }
      picture += (int) batch.size(0);
    }
    Comparator<Shot> order =
        Comparator.comparingDouble(Shot::activation).reversed().thenComparing(Shot::picture);
    return all.stream().map(shots -> shots.stream().sorted(order).limit(count).toList()).toList();
  }

  private static double share(ReceptiveField.Axis axis, long unit, long pixels) {
    return Math.min(1, Math.max(0, (axis.center() + unit * axis.stride() + 0.5) / pixels));
  }
}
