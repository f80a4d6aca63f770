package dev.interp.core.dl4j;

import dev.interp.core.op.OpaqueFunction;
import java.util.Random;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A layer that no lowering knows, run as it is, in evaluation mode. Layers hold the input of their
 * last call, so this works on a layer of a copy of the user's net, one call at a time.
 */
final class OpaqueLayer implements OpaqueFunction {
  private static final double TOLERANCE = 0.02;

  private final Layer layer;
  private final DataType type;
  private final boolean channelsLast;

  OpaqueLayer(Layer layer, DataType type, boolean channelsLast) {
    this.layer = layer;
    this.type = type;
    this.channelsLast = channelsLast;
  }

  @Override
  public long[] outputShape(long[] input) {
    long[] one = new long[input.length + 1];
    one[0] = 1;
    System.arraycopy(input, 0, one, 1, input.length);
    long[] out = forward(Nd4j.zeros(type, one)).shape();
    return java.util.Arrays.copyOfRange(out, 1, out.length);
  }

  @Override
  public INDArray forward(INDArray x) {
    synchronized (layer) {
      INDArray out = layer.activate(toLayer(x), false, LayerWorkspaceMgr.noWorkspacesImmutable());
      return toPublic(out).castTo(x.dataType());
    }
  }

  @Override
  public INDArray backward(INDArray x, INDArray gradient) {
    synchronized (layer) {
      forward(x);
      INDArray below =
          layer
              .backpropGradient(toLayer(gradient), LayerWorkspaceMgr.noWorkspacesImmutable())
              .getSecond();
      if (below == null) {
        throw new IllegalStateException("its backpropGradient gives no gradient for the input");
      }
      return toPublic(below).castTo(x.dataType());
    }
  }

  /**
   * Compares the layer's gradient with a finite difference.
   *
   * @return null if they agree, else what is wrong
   */
  @Nullable String complaint(long[] input) {
    long[] two = new long[input.length + 1];
    two[0] = 2;
    System.arraycopy(input, 0, two, 1, input.length);
    try {
      // Fixed numbers from outside ND4J, whose generator belongs to the user.
      Random random = new Random(7);
      INDArray x = gaussian(random, two);
      INDArray direction = gaussian(random, two);
      INDArray weight = gaussian(random, forward(x).shape());
      double derivative = backward(x, weight).mul(direction).sumNumber().doubleValue();
      double step = type == DataType.DOUBLE ? 1e-5 : 1e-3;
      double difference =
          forward(x.add(direction.mul(step)))
                  .sub(forward(x.sub(direction.mul(step))))
                  .mul(weight)
                  .sumNumber()
                  .doubleValue()
              / (2 * step);
      double size = Math.max(Math.abs(difference), Math.sqrt((double) weight.length()));
      if (!(Math.abs(derivative - difference) <= TOLERANCE * size)) {
        return "its gradient along a random direction is "
            + derivative
            + ", but a finite difference gives "
            + difference;
      }
      return null;
    } catch (RuntimeException e) {
      return e.getMessage() == null ? e.toString() : e.getMessage();
    }
  }

  private INDArray gaussian(Random random, long... shape) {
    INDArray array = Nd4j.create(type, shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, random.nextGaussian());
    }
    return array;
  }

  private INDArray toLayer(INDArray x) {
    INDArray typed = x.castTo(type);
    return channelsLast && x.rank() == 4 ? typed.permute(0, 2, 3, 1).dup('c') : typed.dup('c');
  }

  private INDArray toPublic(INDArray y) {
    return channelsLast && y.rank() == 4 ? y.permute(0, 3, 1, 2).dup('c') : y.dup('c');
  }
}
