package dev.interp.disentangle.graph;

/**
 * What an iteration did to a layer. Arrays belong to whoever is told.
 *
 * @param layer the tensor
 * @param iteration from 1 on
 * @param iterations how many there are for the layer
 * @param likelihood logarithm of the likelihood of all activations before the step, divided by
 *     their sum; 0 if no filter fires. It does not fall from step to step, but where the model
 *     changed in between: patterns were first tied to neighbours, in the second step, or merged
 * @param filters the filter of each pattern
 * @param mass the activation that each pattern answers for, summed over units and pictures
 * @param rows the same with each activation multiplied by the row of its unit
 * @param columns the same with the column
 * @param squares the same with the sum of both squares
 * @param rewired how many patterns changed neighbours
 */
// Told once and not compared.
@SuppressWarnings("ArrayRecordComponent")
public record GraphStep(
    String layer,
    int iteration,
    int iterations,
    double likelihood,
    int[] filters,
    double[] mass,
    double[] rows,
    double[] columns,
    double[] squares,
    int rewired) {
  /** Told of every step, on the thread that learns; the next step waits. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Is told.
     *
     * @param step what was done
     */
    void step(GraphStep step);
  }
}
