package dev.interp.core.attribution;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a method found, raw and unscaled; drawing it is another matter.
 *
 * @param values {@code [N, C, H, W]} (or {@code [N, F]}) in the network's precision: the method's
 *     own numbers, not rectified or normalised; positive speaks for the target. Class activation
 *     maps and occlusion maps have one channel. Detached; owned by whoever holds the record
 * @param tensor the tensor that the values lie on; {@code "input"} for maps of the picture's size
 * @param classes the class explained for each example, −1 where the target is not a class
 * @param outputs the number explained for each example, for example its logit
 * @param completenessGaps for each example the sum of the values minus what they should sum to;
 *     empty for methods that promise no sum
 * @param provenance how the values came about
 */
public record Attribution(
    INDArray values,
    String tensor,
    List<Integer> classes,
    List<Double> outputs,
    List<Double> completenessGaps,
    Provenance provenance) {
  /** Copies the lists. */
  public Attribution {
    classes = List.copyOf(classes);
    outputs = List.copyOf(outputs);
    completenessGaps = List.copyOf(completenessGaps);
  }
}
