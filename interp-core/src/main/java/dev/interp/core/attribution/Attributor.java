package dev.interp.core.attribution;

import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A method that says how much each part of an input (or of a hidden tensor) had to do with a number
 * that a network computed. Implementations are immutable values with their settings in them, safe
 * for concurrent use; equal settings, seed and input give equal bytes, and each example of a batch
 * gets what it gets alone.
 */
public interface Attributor {

  /**
   * The method's identifier.
   *
   * @return lower case with hyphens, for example {@code integrated-gradients}
   */
  String id();

  /**
   * The settings in force.
   *
   * @return names and values in the order in which people would read them
   */
  Map<String, String> settings();

  /**
   * Explains a batch.
   *
   * @param network the network; not changed
   * @param x {@code [N, C, H, W]} or {@code [N, F]}, preprocessed as the network expects; not
   *     modified
   * @param target the number to explain; a target that depends on the input, such as {@link
   *     Target#predicted}, is decided on {@code x} itself
   * @return raw signed values, one map per example
   * @throws IllegalArgumentException before any work if input, target or settings do not fit the
   *     network; the message says what would
   * @throws java.util.concurrent.CancellationException if a progress listener cancels
   */
  Attribution attribute(Network network, INDArray x, Target target);
}
