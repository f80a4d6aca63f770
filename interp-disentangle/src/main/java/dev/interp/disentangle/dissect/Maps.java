package dev.interp.disentangle.dissect;

import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Maps of a network as plain numbers. */
final class Maps {
  private Maps() {}

  /** What lies in an array in C order, as a copy. */
  static float[] floats(INDArray array) {
    INDArray single = array.dataType() == DataType.FLOAT ? array : array.castTo(DataType.FLOAT);
    INDArray plain = single.offset() == 0 ? single : single.dup('c');
    float[] values = new float[Math.toIntExact(plain.length())];
    plain.data().asNioFloat().get(values);
    return values;
  }

  /** What is known about a layer of filters. */
  static LayerInfo layer(Network network, String name, INDArray x) {
    network.layer(name);
    List<LayerInfo> layers = network.layers(x.size(1), x.size(2), x.size(3));
    LayerInfo layer = layers.stream().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
    if (!layer.isSpatial()) {
      throw new IllegalArgumentException(
          "the layer must have spatial extent, [C, H, W] with H * W above 1, but '"
              + name
              + "' is "
              + layer.shape()
              + "; layers with spatial extent are "
              + layers.stream().filter(LayerInfo::isSpatial).map(LayerInfo::name).toList());
    }
    return layer;
  }

  static int size(LayerInfo layer, int axis) {
    return Math.toIntExact(layer.shape().get(axis));
  }

  /** The number of channels, rows and columns of one picture as the network takes it. */
  static long[] input(INDArray x) {
    return Arrays.copyOfRange(x.shape(), 1, 4);
  }
}
