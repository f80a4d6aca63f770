package dev.interp.disentangle.tree;

import dev.interp.core.data.PartImage;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.disentangle.dissect.Pictures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What the network's score really loses when the filters of a part are set to zero; the truth that
 * contributions of parts are measured by. One forward pass per picture and part.
 */
public final class PartEffects {
  private static final int BATCH = 16;

  private final PartAssignment parts;
  private final Map<Integer, double[]> effects;

  private PartEffects(PartAssignment parts, Map<Integer, double[]> effects) {
    this.parts = parts;
    this.effects = effects;
  }

  /**
   * Measures the effects.
   *
   * @param network the network
   * @param pictures the data set
   * @param rationales of those of its pictures that are to be measured
   * @param parts of the filters
   * @return the effects
   */
  public static PartEffects of(
      Network network, Pictures pictures, Rationales rationales, PartAssignment parts) {
    Map<Integer, double[]> effects = new HashMap<>();
    List<Rationale> all = rationales.all();
    for (int from = 0; from < all.size(); from += BATCH) {
      List<Rationale> some = all.subList(from, Math.min(all.size(), from + BATCH));
      List<PartImage> images = some.stream().map(r -> pictures.data().get(r.picture())).toList();
      INDArray x = pictures.batch(images);
      double[] whole = scores(network, rationales, x, List.of());
      some.forEach(r -> effects.put(r.picture(), new double[parts.parts().size()]));
      for (int p = 0; p < parts.parts().size(); p++) {
        List<Integer> filters = new ArrayList<>();
        for (int d = 0; d < parts.partOf().size(); d++) {
          if (parts.partOf().get(d) == p) {
            filters.add(d);
          }
        }
        double[] without = filters.isEmpty() ? whole : scores(network, rationales, x, filters);
        for (int n = 0; n < some.size(); n++) {
          double[] own = effects.getOrDefault(some.get(n).picture(), new double[0]);
          own[p] = (whole[n] - without[n]) / some.get(n).norm();
        }
      }
    }
    return new PartEffects(parts, effects);
  }

  private static double[] scores(
      Network network, Rationales rationales, INDArray x, List<Integer> silenced) {
    Hooks hooks =
        silenced.isEmpty()
            ? Hooks.none()
            : Hooks.none()
                .edit(
                    rationales.layer(),
                    maps -> {
                      for (int d : silenced) {
                        maps.get(
                                NDArrayIndex.all(),
                                NDArrayIndex.point(d),
                                NDArrayIndex.all(),
                                NDArrayIndex.all())
                            .assign(0);
                      }
                      return maps;
                    });
    try (Trace trace = network.run(x, hooks)) {
      return trace.resolve(rationales.score()).values().toDoubleVector();
    }
  }

  /**
   * The parts of the filters.
   *
   * @return the assignment
   */
  public PartAssignment parts() {
    return parts;
  }

  /**
   * What a picture's score loses without each part.
   *
   * @param rationale of a measured picture
   * @return one per part, in the unit of the rationale's score; a copy
   * @throws IllegalArgumentException if the picture was not measured
   */
  public double[] of(Rationale rationale) {
    double[] own = effects.get(rationale.picture());
    if (own == null) {
      throw new IllegalArgumentException(
          "the effects of parts in picture " + rationale.picture() + " were not measured");
    }
    return own.clone();
  }
}
