package dev.interp.training.filter;

import dev.interp.core.dl4j.LoweringScope;
import dev.interp.core.op.Op;
import dev.interp.core.op.OpaqueFunction;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The masks of maps, as a function of a network. Where a filter is strongest does not change with a
 * small change of its map, so the masks count as constants and the gradient is zero.
 */
final class MaskFunction implements OpaqueFunction {
  private final INDArray slopes;
  private final MaskPosition position;

  /** Those of the last run; of any run if several go on at once. */
  private volatile @Nullable Templates last;

  private MaskFunction(INDArray slopes, MaskPosition position) {
    this.slopes = slopes;
    this.position = position;
  }

  /** Lowers maps and their masks to the product that the layer gives. */
  static void lower(LoweringScope scope, String maps, FilterSettings settings) {
    MaskFunction masks =
        new MaskFunction(scope.parameter(FilterParameters.SLOPE), settings.getPosition());
    String mask = scope.branch("mask", new Op.Opaque("template mask", masks), maps);
    scope.resultOf(new Op.Elementwise(Op.Combination.MULTIPLY), maps, mask);
  }

  @Override
  public long[] outputShape(long[] input) {
    if (input.length != 3 || input[0] != slopes.length()) {
      throw new IllegalArgumentException(
          "template mask: the input must be ["
              + slopes.length()
              + ", height, width], was "
              + java.util.Arrays.toString(input));
    }
    return input.clone();
  }

  @Override
  public INDArray forward(INDArray x) {
    Templates templates = Templates.fitting(x, last);
    last = templates;
    INDArray ones = Nd4j.ones(x.dataType(), x.shape());
    return templates.masked(ones, templates.positions(x, position), slopes);
  }

  @Override
  public INDArray backward(INDArray x, INDArray gradient) {
    return Nd4j.zeros(x.dataType(), x.shape());
  }

  @Override
  public boolean keepsPositions() {
    return true;
  }

  @Override
  public List<INDArray> parameters() {
    return List.of(slopes);
  }
}
