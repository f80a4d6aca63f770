package dev.interp.visual.gallery;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Projects single units down to the input: what of a picture a unit was excited by. All other
 * activations of its layer are taken as zero; max pools put a value back where it came from,
 * rectifiers pass the positive part of the signal, convolutions are turned around, local response
 * normalisation is passed over.
 *
 * <p>Cost: one forward pass to the layer, and one backward pass from it for each unit.
 *
 * <p>Source: M. Zeiler, R. Fergus, Visualizing and understanding convolutional networks (ECCV
 * 2014), section 2. Other ops pass their gradient.
 */
public final class Deconvnet {
  private static final Composite RULES =
      Composite.deconvnet()
          .on(node -> node.op() instanceof Op.LocalResponseNormalization, BackwardRule.pass());

  private Deconvnet() {}

  /**
   * A place in a layer.
   *
   * @param channel from 0
   * @param row from 0; 0 in a vector
   * @param column from 0; 0 in a vector
   */
  public record Unit(int channel, int row, int column) {}

  /**
   * A projected unit.
   *
   * @param unit which
   * @param activation its value, which the projection began with
   * @param values {@code [C, H, W]} like the input, zero outside of the patch; owned by the record
   * @param patch the part of the picture that the unit sees
   */
  public record Projection(Unit unit, double activation, INDArray values, Patch patch) {}

  /**
   * Projects units of a layer in a picture.
   *
   * @param network the network
   * @param x one picture {@code [1, C, H, W]}; not modified
   * @param layer the tensor of the units, {@code [C, H, W]} or {@code [F]}
   * @param units which ones
   * @return one projection for each, in their order
   * @throws IllegalArgumentException if {@code x} is not one picture, or the network has no such
   *     layer or unit
   */
  public static List<Projection> project(
      Network network, INDArray x, String layer, List<Unit> units) {
    network.layer(layer);
    network.checkInput(x);
    if (x.rank() != 4 || x.size(0) != 1) {
      throw new IllegalArgumentException(
          "units are projected in one picture, [1, C, H, W], was " + Arrays.toString(x.shape()));
    }
    long[] input = Arrays.copyOfRange(x.shape(), 1, 4);
    LayerInfo info = network.withInput(input).layer(layer);
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    units.forEach(unit -> place(unit, shape, layer));
    List<Projection> projections = new ArrayList<>();
    try (Trace trace = network.run(x, Hooks.none().keep(Network.INPUT, layer).withRules(RULES))) {
      INDArray maps = trace.activation(layer);
      for (Unit unit : units) {
        long[] place = place(unit, shape, layer);
        double value = maps.getDouble(place);
        INDArray seed = Nd4j.zeros(maps.dataType(), maps.shape());
        seed.putScalar(place, value);
        INDArray signal =
            trace.gradient(
                new Target.Resolved(layer, List.of(-1), Nd4j.createFromArray(value), seed),
                Network.INPUT);
        projections.add(
            new Projection(
                unit,
                value,
                signal.reshape(input),
                Patch.of(
                    info.receptiveField(),
                    unit.row(),
                    unit.column(),
                    (int) input[1],
                    (int) input[2])));
      }
    }
    return List.copyOf(projections);
  }

  private static long[] place(Unit unit, long[] shape, String layer) {
    long[] place = new long[] {0, unit.channel(), unit.row(), unit.column()};
    for (int axis = 0; axis < 3; axis++) {
      long size = axis < shape.length ? shape[axis] : 1;
      if (place[axis + 1] < 0 || place[axis + 1] >= size) {
        throw new IllegalArgumentException(
            unit + " must lie in '" + layer + "' of shape " + Arrays.toString(shape));
      }
    }
    return Arrays.copyOf(place, shape.length + 1);
  }
}
