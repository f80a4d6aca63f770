package dev.interp.core.dl4j;

import dev.interp.core.op.OpaqueFunction;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A preprocessor that no lowering knows, run as it is on a copy, one call at a time. */
final class OpaquePreprocessor implements OpaqueFunction {
  private final InputPreProcessor preprocessor;
  private final DataType type;
  private final boolean channelsLast;

  OpaquePreprocessor(InputPreProcessor preprocessor, DataType type, boolean channelsLast) {
    this.preprocessor = preprocessor.clone();
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
    synchronized (preprocessor) {
      INDArray out =
          preprocessor.preProcess(
              toNet(x), (int) x.size(0), LayerWorkspaceMgr.noWorkspacesImmutable());
      return fromNet(out);
    }
  }

  @Override
  public INDArray backward(INDArray x, INDArray gradient) {
    synchronized (preprocessor) {
      forward(x);
      INDArray below =
          preprocessor.backprop(
              toNet(gradient), (int) x.size(0), LayerWorkspaceMgr.noWorkspacesImmutable());
      return fromNet(below);
    }
  }

  private INDArray toNet(INDArray x) {
    return channelsLast && x.rank() == 4 ? x.permute(0, 2, 3, 1).dup('c') : x.dup('c');
  }

  private INDArray fromNet(INDArray y) {
    return channelsLast && y.rank() == 4 ? y.permute(0, 3, 1, 2).dup('c') : y.dup('c');
  }
}
